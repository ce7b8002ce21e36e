//! The figures of PERFORMANCE that concern the local core, as ratios inside one run: P1 (keystroke to durable),
//! P9 (search) and opening a workspace of 10,000 elements against one of 100.
//!
//! Run with `cargo bench -p groundplan-app --bench figures`; needs the recorded traces of the corpora for P1
//! (`GROUNDPLAN_CORPORA`). A run whose result is wrong prints no figure. Not here: layout (`app/diagram/benches`).

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use automerge::{ActorId, AutoCommit, ObjType, ROOT, TextEncoding, transaction::Transactable};
use groundplan_app::core::CoreError;
use groundplan_app::doc;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{env, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

const KEYSTROKES: usize = 2_000;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    if runs("p1") {
        keystrokes();
    }
    if runs("p9") {
        search();
    }
    if runs("open") {
        open();
    }
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output is open");
}

fn app(dir: &Path) -> Arc<App> {
    let key = KeyOptions { passphrase: Some("a long passphrase".to_owned().into()), prefer_passphrase: true };
    let app = App::open(&ProfileOptions { data_dir: Some(dir.to_owned()), key, create: true, profile: None })
        .expect("opens");
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Bench".into() }).expect("creates");
    app
}

fn percentile(times: &mut [Duration], part: f64) -> Duration {
    times.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((times.len() - 1) as f64 * part) as usize;
    times[index]
}

fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().expect("user") + fields[12].parse::<u64>().expect("system");
    Duration::from_millis(ticks * 10)
}

struct Patch {
    at: u32,
    delete: u32,
    insert: String,
}

fn trace() -> Option<Vec<Patch>> {
    let root = std::env::var_os("GROUNDPLAN_CORPORA")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    let file = std::fs::File::open(root.join("traces/seph-blog1.json.gz")).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the trace is text");
    let json: serde_json::Value = serde_json::from_str(&text).expect("the trace is JSON");
    let mut patches = Vec::new();
    for transaction in json["txns"].as_array().expect("txns") {
        for patch in transaction["patches"].as_array().expect("patches") {
            let number =
                |index: usize| u32::try_from(patch[index].as_u64().expect("a number")).expect("small");
            let insert = patch[2].as_str().expect("a text").to_owned();
            patches.push(Patch { at: number(0), delete: number(1), insert });
        }
    }
    // The trace counts characters; its first part is ASCII, where that is the same as UTF-16 units.
    patches.truncate(KEYSTROKES);
    assert!(patches.iter().all(|patch| patch.insert.is_ascii()), "the part used is ASCII");
    Some(patches)
}

fn keystrokes() {
    let Some(patches) = trace() else {
        say("P1 SKIPPED: the corpora are not here");
        return;
    };
    for before in [0_usize, 200_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        let page = PageCreateParams {
            kind: PageKind::Doc,
            title: "Trace".into(),
            path: String::new(),
            body: "x".repeat(before),
            about: None,
        };
        let document = ops::page::create(&app, page).expect("creates").page.id;
        let open = TextOpenParams { document, field: TextField::Body };
        let mut version = ops::text::open(&app, open.clone()).expect("opens").version;
        let mut ours = Vec::with_capacity(patches.len());
        let cpu_before = cpu();
        for patch in &patches {
            let change = TextChange { at: patch.at, delete: patch.delete, insert: patch.insert.clone() };
            let params = TextEditParams { document, field: TextField::Body, version, changes: vec![change] };
            let started = Instant::now();
            version = ops::text::edit(&app, params).expect("edits").version;
            ours.push(started.elapsed());
        }
        let our_cpu = cpu() - cpu_before;

        let mut bare =
            AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit).with_actor(ActorId::from([1; 24]));
        let text = bare.put_object(ROOT, "body", ObjType::Text).expect("puts");
        bare.splice_text(&text, 0, 0, &"x".repeat(before)).expect("splices");
        bare.commit();
        let cpu_before = cpu();
        let mut rounds = 0;
        while rounds < 10 {
            let mut doc = bare.fork();
            for patch in &patches {
                let delete = isize::try_from(patch.delete).expect("small");
                doc.splice_text(&text, patch.at as usize, delete, &patch.insert).expect("splices");
                doc.commit();
            }
            rounds += 1;
            black_box(&mut doc);
            if rounds == 10 {
                let expected = automerge::ReadDoc::text(&doc, &text).expect("reads");
                let actual = ops::text::open(&app, open.clone()).expect("opens").text;
                assert_eq!(actual, expected, "the text is what was typed");
            }
        }
        let bare_cpu = (cpu() - cpu_before) / rounds;
        let mut raw = raw_writes(dir.path());
        let (p50, p99) = (percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
        let raw50 = percentile(&mut raw, 0.5);
        say(&format!(
            "P1 text of {before}: {KEYSTROKES} keystrokes, p50 {p50:?}, p99 {p99:?}; raw 4 KiB write + fdatasync p50 {raw50:?}; \
             ratio {:.2} (target 1.5); CPU {our_cpu:?} against {bare_cpu:?} bare, ratio {:.2} (target 3)",
            p50.as_secs_f64() / raw50.as_secs_f64(),
            our_cpu.as_secs_f64() / bare_cpu.as_secs_f64().max(0.001),
        ));
    }
}

fn raw_writes(dir: &Path) -> Vec<Duration> {
    let file = std::fs::File::create(dir.join("raw")).expect("creates");
    file.set_len(4096 * 64).expect("grows");
    file.sync_all().expect("syncs");
    let block = [7_u8; 4096];
    (0..500_u64)
        .map(|n| {
            let started = Instant::now();
            file.write_all_at(&block, (n % 64) * 4096).expect("writes");
            file.sync_data().expect("syncs");
            started.elapsed()
        })
        .collect()
}

fn fill_pages(app: &App, count: usize) {
    let words = [
        "order",
        "payment",
        "kafka",
        "replica",
        "gateway",
        "failover",
        "certificate",
        "backup",
        "queue",
        "ledger",
    ];
    let workspace = app.workspace().expect("open");
    for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
        workspace
            .transaction::<(), CoreError>(|tx| {
                for n in chunk {
                    let body: String = (0..60)
                        .map(|k| format!("{} {} ", words[(n * 7 + k * 3) % words.len()], (n * 31 + k) % 997))
                        .collect();
                    let page = Page {
                        id: DocumentId::new(env::make_uuid()),
                        kind: PageKind::Runbook,
                        title: format!("Runbook {n}"),
                        path: format!("runbooks/{n}.md"),
                        front_matter: String::new(),
                        body,
                        tags: Default::default(),
                        aliases: Default::default(),
                        eol: Default::default(),
                        bom: false,
                        source: None,
                    };
                    tx.create(page.id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?))?;
                }
                Ok(())
            })
            .expect("fills");
    }
}

fn search() {
    for count in [2_000, 20_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        fill_pages(&app, count);
        let plain = rusqlite::Connection::open(dir.path().join("plain.db")).expect("opens");
        plain
            .execute_batch(
                "CREATE VIRTUAL TABLE search USING fts5(name, body, tags, properties,
                 tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3'); BEGIN;",
            )
            .expect("creates");
        app.workspace()
            .expect("open")
            .read(|tx| {
                let mut statement =
                    tx.sql().prepare("SELECT rowid, name, body, tags, properties FROM search")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let cell = |index| row.get::<_, String>(index);
                    plain.execute(
                        "INSERT INTO search(rowid, name, body, tags, properties) VALUES (?1, ?2, ?3, ?4, ?5)",
                        (row.get::<_, i64>(0)?, cell(1)?, cell(2)?, cell(3)?, cell(4)?),
                    )?;
                }
                Ok(())
            })
            .expect("copies");
        plain.execute_batch("COMMIT").expect("commits");
        let queries: Vec<String> = (0..200)
            .map(|n| format!("runbook {} {}", n * 53 % count, ["order", "kafka", "back"][n % 3]))
            .collect();
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for query in queries.iter().chain(&queries) {
            let started = Instant::now();
            let found =
                ops::search::query(&app, SearchParams { text: query.clone(), limit: 20 }).expect("finds");
            ours.push(started.elapsed());
            let expression: Vec<String> = query.split(' ').map(|word| format!("\"{word}\"*")).collect();
            let started = Instant::now();
            let mut statement = plain
                .prepare_cached(
                    "SELECT rowid, snippet(search, -1, char(57344), char(57345), '…', 16) FROM search
                     WHERE search MATCH ?1 AND rank MATCH 'bm25(10.0, 1.0, 4.0, 2.0)' ORDER BY rank LIMIT 20",
                )
                .expect("prepares");
            let rows = statement.query_map([expression.join(" ")], |row| row.get::<_, i64>(0)).expect("runs");
            let plain_hits = rows.count();
            theirs.push(started.elapsed());
            assert_eq!(found.hits.len(), plain_hits, "both find the same for {query}");
        }
        let (ours50, ours99) = (percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
        let theirs50 = percentile(&mut theirs, 0.5);
        say(&format!(
            "P9 {count} pages: p50 {ours50:?}, p99 {ours99:?} (target 5 ms); plain SQLite FTS5 p50 {theirs50:?}; ratio {:.2} (target 1.15)",
            ours50.as_secs_f64() / theirs50.as_secs_f64()
        ));
    }
}

fn open() {
    let mut figures = Vec::new();
    for count in [100_usize, 10_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        let workspace = app.workspace().expect("open");
        for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
            workspace
                .transaction::<(), CoreError>(|tx| {
                    for n in chunk {
                        let element = Element {
                            id: DocumentId::new(env::make_uuid()),
                            kind: ElementKind::Component,
                            name: format!("Service {n}"),
                            description: "Does one thing.".into(),
                            properties: Default::default(),
                            tags: Default::default(),
                            links: Vec::new(),
                            relations: Vec::new(),
                            endpoints: Vec::new(),
                            source: None,
                        };
                        tx.create(element.id, DocumentKind::Element, |doc| {
                            Ok(doc::element::write(doc, &element)?)
                        })?;
                    }
                    Ok(())
                })
                .expect("fills");
        }
        let id = workspace.id();
        drop(workspace);
        let mut times: Vec<Duration> = (0..15)
            .map(|_| {
                let started = Instant::now();
                let opened = app.workspace_files(id).expect("opens");
                let first = opened.read(|tx| groundplan_app::query::summary(tx)).expect("reads");
                assert_eq!(first.elements.get("component"), Some(&(count as u64)));
                started.elapsed()
            })
            .collect();
        figures.push(percentile(&mut times, 0.5));
    }
    say(&format!(
        "Opening a workspace: 100 elements {:?}, 10,000 elements {:?}, ratio {:.2} (target 1.5)",
        figures[0],
        figures[1],
        figures[1].as_secs_f64() / figures[0].as_secs_f64()
    ));
}
