//! What was compacted is still everything: brought back, classified anew, talked about, and after the server was put back
//! from a backup. The page is longer than an envelope, so its snapshot travels in parts. Real profiles, the real server.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::helpers::*;
use groundplan_app::ops;
use groundplan_server::clock::Clock;
use groundplan_server::config::RegistrationMode;
use groundplan_server::identity::Identity;
use groundplan_server::server::open_store;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tempfile::TempDir;

const FIRST: &str = "the first words";

/// Text that hardly deflates: a snapshot of a few of them is larger than an envelope.
struct Noise(u64);

impl Noise {
    fn text(&mut self, length: usize) -> String {
        let letter = |_| {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'0' + (self.0 >> 33) as u8 % 75)
        };
        (0..length).map(letter).collect()
    }
}

fn write(device: &Device, page: DocumentId, words: &str) {
    let field = TextField::Body;
    let state = ops::text::open(&device.app, TextOpenParams { document: page, field }).unwrap();
    let changes = vec![TextChange { at: 0, delete: 0, insert: words.into() }];
    let params = TextEditParams { document: page, field, version: state.version, changes };
    ops::text::edit(&device.app, params).unwrap();
}

fn body(device: &Device, page: DocumentId) -> String {
    ops::page::get(&device.app, PageGetParams { id: page }).unwrap().page.body
}

async fn start(data: &Path, listen: SocketAddr) -> RunningServer {
    let mut config = Config {
        listen,
        data_dir: data.to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    config.limits.compaction_grace_hours = 0;
    Server::start(config).await.unwrap()
}

/// Bytes of envelopes that the server holds, and how many opinions it was told.
fn held(data: &Path) -> (u64, u64) {
    let database = rusqlite::Connection::open(data.join("server.db")).unwrap();
    let sql = "SELECT (SELECT sum(length(envelope)) FROM envelopes), (SELECT count(*) FROM snapshot_acks)";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// What the server holds of each document: places and sizes.
fn list(data: &Path) -> String {
    let database = rusqlite::Connection::open(data.join("server.db")).unwrap();
    let mut statement = database
        .prepare("SELECT hex(document_id), doc_seq, length(envelope) FROM envelopes ORDER BY 1, 2")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        Ok(format!("{} {} {}", row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    };
    statement.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap().join("\n")
}

/// A page whose log the server dropped: two devices saw it from its start, a third read it from the snapshot.
struct Story {
    data: TempDir,
    server: RunningServer,
    desk: Device,
    laptop: Device,
    late: Device,
    page: DocumentId,
    noise: Noise,
}

async fn story() -> Story {
    let data = TempDir::new().unwrap();
    let server = start(data.path(), ([127, 0, 0, 1], 0).into()).await;
    let desk = founded(&server).await;
    let params = serde_json::json!({ "kind": "doc", "title": "Long", "body": FIRST });
    let page = ops::page::create(&desk.app, serde_json::from_value(params).unwrap()).unwrap().page.id;
    sync(&desk).await;
    let laptop = device("Laptop");
    login(&laptop, &server, "ada").await;
    link(&desk, &laptop).await;
    meet(&desk, &laptop).await;
    let mut noise = Noise(7);
    for _ in 0..6 {
        write(&desk, page, &noise.text(70_000));
        quiet(&desk).await;
    }
    let before = held(data.path()).0;
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    while held(data.path()).1 == 0 || held(data.path()).0 * 6 > before * 5 {
        assert!(
            tokio::time::Instant::now() < until,
            "{before} {:?} {}",
            held(data.path()),
            list(data.path())
        );
        quiet(&desk).await;
        quiet(&laptop).await;
    }
    let late = device("Laptop");
    login(&late, &server, "ada").await;
    link(&desk, &late).await;
    let story = Story { data, server, desk, laptop, late, page, noise };
    story.agree().await;
    assert!(body(&story.late, page).contains(FIRST));
    story
}

/// Synchronises, and nothing is set aside.
async fn quiet(device: &Device) {
    let status = sync(device).await;
    assert_eq!(status.quarantined, 0, "{status:?}");
}

impl Story {
    fn devices(&self) -> [&Device; 3] {
        [&self.desk, &self.laptop, &self.late]
    }

    /// Synchronises all until they hold the same.
    async fn agree(&self) {
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            for device in self.devices() {
                quiet(device).await;
            }
            let all = self.devices().map(everything);
            if all.iter().all(|one| *one == all[0]) {
                return;
            }
            assert!(tokio::time::Instant::now() < until, "they do not agree");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_page_is_compacted_in_parts_and_an_early_version_brought_back() {
    let story = story().await;
    let params = HistoryListParams { limit: 100, every: true, ..HistoryListParams::of(story.page) };
    let versions = ops::history::list(&story.late.app, params).unwrap().items;
    assert!(versions.len() >= 7, "every version came with the snapshot: {}", versions.len());
    let version = versions.last().unwrap().version.clone();
    let params = HistoryRestoreParams { document: story.page, version, field: None };
    assert_eq!(ops::history::restore(&story.late.app, params).unwrap().documents, 1);
    story.agree().await;
    for device in story.devices() {
        assert_eq!(body(device, story.page), FIRST, "everybody has the first version again");
    }
    story.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_compacted_is_classified_anew_and_talked_about() {
    let mut story = story().await;
    let say = |device: &Device, thread, subject, text: &str| {
        let params = CommentAddParams { thread, subject, relation: None, text: text.to_owned() };
        ops::comment::add(&device.app, params).unwrap().id
    };
    let thread = say(&story.late, None, Some(story.page), "Is all of it still true?");
    story.agree().await;
    // A thread grows as a page does: it is compacted as well.
    let acks = held(story.data.path()).1;
    for _ in 0..12 {
        // Each its own: what is said twice in an envelope is packed once.
        for _ in 0..4 {
            let text = story.noise.text(9_000);
            say(&story.desk, Some(thread), None, &text);
        }
        story.agree().await;
    }
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    while held(story.data.path()).1 == acks {
        assert!(tokio::time::Instant::now() < until, "the thread is never compacted");
        story.agree().await;
    }
    let params = serde_json::json!({ "id": story.page, "classification": "confidential" });
    ops::page::update(&story.late.app, serde_json::from_value(params).unwrap()).unwrap();
    story.agree().await;
    assert!(body(&story.laptop, story.page).contains(FIRST));
    say(&story.laptop, Some(thread), None, "It is.");
    write(&story.desk, story.page, "written after it was classified ");
    story.agree().await;
    let all = everything(&story.late);
    for words in ["It is.", "Is all of it still true?", "written after it was classified", FIRST] {
        assert!(all.contains(words), "{words}");
    }
    story.server.shutdown().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The server is put back to where a page was compacted; what it lost since is more edits, or a further snapshot, too.
async fn put_back(further: bool) {
    let mut story = story().await;
    let address: SocketAddr = story.server.base_url.trim_start_matches("http://").parse().unwrap();
    let backup = TempDir::new().unwrap();
    story.server.shutdown().await;
    copy(story.data.path(), backup.path());
    story.server = start(story.data.path(), address).await;
    if further {
        let acks = held(story.data.path()).1;
        let until = tokio::time::Instant::now() + Duration::from_secs(120);
        while held(story.data.path()).1 == acks {
            assert!(tokio::time::Instant::now() < until, "no further snapshot");
            let words = story.noise.text(70_000);
            write(&story.desk, story.page, &words);
            story.agree().await;
        }
        story.agree().await;
    }
    write(&story.laptop, story.page, "lost by the server ");
    story.agree().await;
    story.server.shutdown().await;
    std::fs::remove_dir_all(story.data.path()).unwrap();
    copy(backup.path(), story.data.path());
    let config = Config { data_dir: story.data.path().to_owned(), ..Config::default() };
    let store = open_store(&config, &Clock::system()).await.unwrap();
    Identity::begin_new_life(&*store).await.unwrap();
    store.close().await.unwrap();
    story.server = start(story.data.path(), address).await;
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    let alarm = async |device: &Device| {
        ops::sync::now::run(&device.app, SyncNowParams { timeout_ms: 2_000 }).await.unwrap().alarm
    };
    while alarm(&story.desk).await.as_deref() != Some("restored") {
        assert!(tokio::time::Instant::now() < until, "the desk never notices");
    }
    let params = SyncSettleParams { alarm: "restored".to_owned() };
    ops::sync::trust::settle(&story.desk.app, params).await.unwrap();
    while alarm(&story.laptop).await.is_some() || alarm(&story.late).await.is_some() {
        assert!(tokio::time::Instant::now() < until + Duration::from_secs(60), "somebody stays alarmed");
    }
    story.agree().await;
    let fresh = device("Laptop");
    login(&fresh, &story.server, "ada").await;
    link(&story.desk, &fresh).await;
    quiet(&fresh).await;
    let words = body(&fresh, story.page);
    assert!(words.contains("lost by the server") && words.contains(FIRST));
    assert_eq!(everything(&fresh), everything(&story.desk));
    story.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_put_back_to_right_after_a_compaction() {
    put_back(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_put_back_to_before_a_further_compaction() {
    put_back(true).await;
}
