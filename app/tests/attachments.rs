//! Stories of attachments: kept in the encrypted store, imported, exported byte for byte, undone, synchronised.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use groundplan_app::dispatch::Caller;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{attachment, ops};
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Device {
    app: Arc<App>,
    dir: TempDir,
}

fn device() -> Device {
    let dir = TempDir::new().unwrap();
    let options = ProfileOptions {
        data_dir: Some(dir.path().join("profile")),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: true,
        profile: None,
    };
    Device { app: App::open(&options).unwrap(), dir }
}

impl Device {
    async fn ask(&self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).await.unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    async fn try_ask(&self, method: &str, params: Value) -> Result<Value, ApiError> {
        self.app.call(Caller::CommandLine, method, params).await
    }

    async fn import(&self, path: &Path) -> ImportApplied {
        let applied = self.ask("import/apply", json!({ "input": { "path": path } })).await;
        serde_json::from_value(applied).unwrap()
    }

    async fn list(&self) -> Vec<AttachmentView> {
        let list = self.ask("attachment/list", json!({})).await;
        serde_json::from_value(list["items"].clone()).unwrap()
    }

    async fn export(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = self.dir.path().join(name);
        self.ask("export/run", json!({ "format": "markdown", "path": folder })).await;
        files(&folder)
    }
}

async fn founded() -> Device {
    let device = device();
    device.ask("workspace/create", json!({ "name": "Shop" })).await;
    device
}

/// Every visible file below a folder by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.file_name().unwrap().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 8) as u8
        })
        .collect()
}

/// A vault: a large file, two with equal content, one that no page links to, an empty one.
fn vault(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut content: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    content.insert("Home.md".into(), b"# Home\n\n![[big.bin]] and ![plan](img/plan.png)\n".to_vec());
    content.insert("notes/Deep.md".into(), b"# Deep\r\n\r\n![[plan.png|300]]\r\n".to_vec());
    content.insert("assets/big.bin".into(), noise(1, (2 << 20) + 12_345));
    content.insert("img/plan.png".into(), [b"\x89PNG\r\n\x1a\n".as_slice(), &noise(2, 5_000)].concat());
    content.insert("notes/copy.png".into(), content["img/plan.png"].clone());
    content.insert("notes/alone.pdf".into(), [b"%PDF-1.7 ".as_slice(), &noise(3, 1 << 20)].concat());
    content.insert("empty.txt".into(), Vec::new());
    for (name, bytes) in &content {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    content
}

fn corpora() -> Option<PathBuf> {
    let root = std::env::var_os("GROUNDPLAN_CORPORA")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    if root.is_dir() {
        return Some(root);
    }
    println!("SKIPPED: the corpora are not beside the project");
    None
}

#[tokio::test]
async fn a_vault_comes_back_byte_for_byte_and_importing_again_changes_nothing() {
    let device = founded().await;
    let source = device.dir.path().join("vault");
    let content = vault(&source);
    let applied = device.import(&source).await;
    assert_eq!((applied.counts.pages, applied.counts.attachments, applied.counts.added), (2, 5, 7));
    assert_eq!(device.export("first").await, content);
    // Equal content lies there once.
    let workspace = device.app.workspace().unwrap();
    let held = workspace.read(|tx| attachment::chunks::total(tx.sql())).unwrap();
    let copy = content["notes/copy.png"].len() as u64;
    let bytes: u64 =
        content.iter().filter(|(name, _)| !name.ends_with(".md")).map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(held, bytes - copy);

    let again = device.import(&source).await;
    assert_eq!(
        (again.counts.added, again.counts.changed, again.counts.removed, again.counts.drift),
        (0, 0, 0, 0)
    );
    assert_eq!(again.counts.unchanged, 7);
    let state = device.ask("edit/state", json!({})).await;
    assert_eq!(state["undo"], "Import vault", "importing again is no edit");

    // A changed, a new and a removed file.
    std::fs::write(source.join("assets/big.bin"), b"small now").unwrap();
    std::fs::write(source.join("new.csv"), b"a,b\n").unwrap();
    std::fs::remove_file(source.join("notes/alone.pdf")).unwrap();
    let third = device.import(&source).await;
    assert_eq!((third.counts.added, third.counts.changed, third.counts.removed), (1, 1, 1));
    assert_eq!(device.export("third").await, files(&source));
    device.ask("edit/undo", json!({})).await;
    assert_eq!(device.export("undone").await, content, "undo finds the old bytes");
    device.ask("edit/redo", json!({})).await;
    assert_eq!(device.export("redone").await, files(&source));
}

#[tokio::test]
async fn nothing_lies_on_the_disk_in_the_clear() {
    let device = founded().await;
    let needle = b"a canary inside an attachment, quite visible";
    let source = device.dir.path().join("vault");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(source.join("a.md"), "# A\n").unwrap();
    std::fs::write(source.join("b.txt"), [noise(9, 70_000), needle.to_vec()].concat()).unwrap();
    device.import(&source).await;
    let found = files(&device.dir.path().join("profile"));
    assert!(found.values().map(Vec::len).sum::<usize>() > 70_000);
    for (name, bytes) in found {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{name}");
    }
}

#[tokio::test]
async fn what_people_took_away_stays_away_and_undo_brings_it_back() {
    let device = founded().await;
    let source = device.dir.path().join("vault");
    vault(&source);
    device.import(&source).await;
    let plan = device.list().await.into_iter().find(|one| one.path == "img/plan.png").unwrap();
    assert_eq!(plan.media_type, "image/png");
    device.ask("attachment/remove", json!({ "id": plan.id })).await;
    assert_eq!(device.list().await.len(), 4);
    let again = device.import(&source).await;
    assert_eq!((again.counts.added, again.counts.drift), (0, 1));
    assert_eq!(device.list().await.len(), 4);
    device.ask("edit/undo", json!({})).await;
    assert_eq!(device.list().await.len(), 5);
    let got = device.ask("attachment/get", json!({ "id": plan.id })).await;
    assert!(got["base64"].as_str().unwrap().starts_with("iVBORw0KGg"));
}

#[tokio::test]
async fn files_are_added_read_and_refused_with_reasons() {
    let device = founded().await;
    let page =
        device.ask("page/create", json!({ "kind": "doc", "title": "Plan", "body": "![[a.txt]]" })).await;
    let page = page["page"]["id"].clone();
    let file = device.dir.path().join("a.txt");
    std::fs::write(&file, "hello").unwrap();
    let added = device.ask("attachment/add", json!({ "document": page, "path": file })).await;
    assert_eq!((added["size"].as_u64(), added["media_type"].as_str()), (Some(5), Some("text/plain")));
    let linked = device.ask("attachment/list", json!({ "linked_from": page })).await;
    assert_eq!(linked["items"][0]["links"], json!(["a.txt"]));
    let view = device.ask("page/get", json!({ "id": page })).await;
    assert_eq!(view["links"][0]["target"]["document"], "attachment", "it is no dangling link");
    assert!(!view["html"].as_str().unwrap().contains("<img"), "a text is no picture");
    let picture =
        json!({ "document": page, "name": "dot.gif", "base64": "R0lGODlhAQABAAAAACwAAAAAAQABAAA=" });
    device.ask("attachment/add", picture).await;
    let text = device.ask("text/open", json!({ "document": page, "field": "body" })).await;
    let changes = json!([{ "at": 0, "delete": 0, "insert": "![a dot](dot.gif) ![no](https://evil.example/x.gif)\n\n" }]);
    let edit = json!({ "document": page, "field": "body", "version": text["version"], "changes": changes });
    device.ask("text/edit", edit).await;
    let view = device.ask("page/get", json!({ "id": page })).await;
    let html = view["html"].as_str().unwrap();
    assert!(html.contains("<img src=\"data:image/gif;base64,R0lGODlh"), "{html}");
    assert!(html.contains("alt=\"a dot\"") && html.matches("<img").count() == 1, "{html}");
    device.ask("edit/undo", json!({})).await;
    device.ask("edit/undo", json!({})).await;
    let out = device.dir.path().join("out.txt");
    device.ask("attachment/get", json!({ "id": added["id"], "path": out })).await;
    assert_eq!(std::fs::read(&out).unwrap(), b"hello");
    let code = async |method: &str, params: Value| device.try_ask(method, params).await.unwrap_err().code;
    assert_eq!(code("attachment/get", json!({ "id": added["id"], "path": out })).await, ErrorCode::Conflict);
    assert_eq!(std::fs::read(&out).unwrap(), b"hello", "what was there stays");
    for name in ["../x", "/etc/x", "a/b", "", ".hidden", "a\\b", "a\u{0}b"] {
        let params = json!({ "document": page, "base64": "aGk=", "name": name });
        assert_eq!(code("attachment/add", params).await, ErrorCode::InvalidInput, "{name:?}");
    }
    let folder = json!({ "document": page, "path": device.dir.path() });
    assert_eq!(code("attachment/add", folder).await, ErrorCode::InvalidInput);
    let nobody = json!({ "document": "00000000-0000-4000-8000-000000000001", "base64": "aGk=", "name": "a" });
    assert_eq!(code("attachment/add", nobody).await, ErrorCode::NotFound);
    let large = std::fs::File::create(device.dir.path().join("large")).unwrap();
    large.set_len(ATTACHMENT_MAX_BYTES + 1).unwrap();
    let large = json!({ "document": page, "path": device.dir.path().join("large") });
    assert_eq!(code("attachment/add", large).await, ErrorCode::InvalidInput);
    assert_eq!(device.list().await.len(), 1);
    let workspace = device.app.workspace().unwrap();
    // The text, and the picture that redo could bring back.
    let held = workspace.read(|tx| attachment::chunks::total(tx.sql())).unwrap();
    assert_eq!(held, 5 + 23, "nothing half kept");
    device.ask("page/delete", json!({ "id": page })).await;
    assert!(device.list().await.is_empty());
    device.ask("edit/undo", json!({})).await;
    assert_eq!(device.list().await.len(), 1);
}

#[tokio::test]
async fn names_that_lead_outside_are_exported_inside() {
    let device = founded().await;
    let page = device.ask("page/create", json!({ "kind": "doc", "title": "Plan" })).await;
    let page: DocumentId = serde_json::from_value(page["page"]["id"].clone()).unwrap();
    // What a careless or hostile peer writes does not pass through our commands.
    let names =
        ["../../escape.txt", "/abs.txt", "a/../../b.txt", ".ssh/config", "C:\\x.txt", "Plan.md", "Plan.md/x"];
    let workspace = device.app.workspace().unwrap();
    workspace
        .edit("Peer", |tx| {
            let content = attachment::chunks::keep(tx.sql(), "x", &mut &b"bytes"[..])?;
            tx.edit(page, |doc| {
                for (n, name) in names.iter().enumerate() {
                    let attachment = Attachment {
                        id: AttachmentId::from_bytes([n as u8 + 1; 16]),
                        name: (*name).to_owned(),
                        path: (*name).to_owned(),
                        media_type: "text/plain".to_owned(),
                        size: content.size,
                        hash: content.hash,
                        chunks: content.chunks.clone(),
                        source: None,
                    };
                    groundplan_app::doc::attachment::set(doc, &attachment)?;
                }
                Ok(())
            })
        })
        .unwrap();
    let exported = device.export("inner/out").await;
    assert_eq!(exported.len(), names.len() + 1, "{:?}", exported.keys());
    assert_eq!(files(&device.dir.path().join("inner")).len(), names.len() + 1, "nothing beside the folder");
    assert!(!Path::new("/abs.txt").exists());
}

#[tokio::test]
async fn bytes_go_only_when_no_undo_can_need_them() {
    let device = founded().await;
    let page = device.ask("page/create", json!({ "kind": "doc", "title": "Plan" })).await;
    let page = page["page"]["id"].clone();
    let added = device
        .ask("attachment/add", json!({ "document": page, "base64": "aGVsbG8=", "name": "a.txt" }))
        .await;
    device.ask("attachment/remove", json!({ "id": added["id"] })).await;
    let workspace = device.app.workspace().unwrap();
    let now_ms = groundplan_app::env::now_ms();
    let far = now_ms + 10 * attachment::gc::KEEP_MS;
    let sweep = |at: u64| {
        workspace
            .transaction(|tx| attachment::gc::sweep(tx.sql(), at))
            .map(|gone: Vec<_>| gone.len())
            .unwrap()
    };
    assert_eq!(sweep(now_ms), 0);
    assert_eq!(sweep(far), 0, "undo still knows the step");
    device.ask("edit/undo", json!({})).await;
    let got = device.ask("attachment/get", json!({ "id": added["id"] })).await;
    assert_eq!(got["base64"], "aGVsbG8=");
    device.ask("edit/redo", json!({})).await;
    assert_eq!(sweep(far), 0);
    let forget = |tx: &mut groundplan_app::core::Tx<'_>| -> Result<(), groundplan_app::core::CoreError> {
        tx.sql().execute("DELETE FROM journal", [])?;
        Ok(())
    };
    workspace.transaction(forget).unwrap();
    assert_eq!(sweep(far + 1), 0, "marked a moment ago");
    assert_eq!(sweep(far + attachment::gc::KEEP_MS + 1), 1);
    assert_eq!(workspace.read(|tx| attachment::chunks::total(tx.sql())).unwrap(), 0);
}

#[tokio::test]
async fn every_vault_of_the_corpora_with_files_comes_back() {
    let Some(root) = corpora() else { return };
    let (mut vaults, mut count, mut bytes) = (0, 0, 0);
    for folder in std::fs::read_dir(root.join("markdown")).unwrap().map(|entry| entry.unwrap().path()) {
        let source = files(&folder);
        let attached = source.keys().filter(|name| !name.ends_with(".md")).count();
        if attached == 0 || !source.keys().any(|name| name.ends_with(".md")) {
            continue;
        }
        let device = founded().await;
        let started = std::time::Instant::now();
        device.import(&folder).await;
        let took = started.elapsed();
        let exported = device.export("out").await;
        let linked: BTreeMap<_, _> = source
            .iter()
            .filter(|(name, _)| !folder.join(name).symlink_metadata().unwrap().is_symlink())
            .collect();
        for (name, content) in &linked {
            assert!(exported.get(*name) == Some(*content), "{}: {name}", folder.display());
        }
        assert_eq!(exported.len(), linked.len(), "{}", folder.display());
        vaults += 1;
        count += attached;
        bytes += source.values().map(Vec::len).sum::<usize>();
        println!("{}: {attached} files in {} ms", folder.display(), took.as_millis());
    }
    println!("{vaults} vaults, {count} files that are no pages, {bytes} bytes in all");
    assert!(vaults > 0 && count > 0);
}

async fn server(dir: &TempDir, change: impl FnOnce(&mut Config)) -> RunningServer {
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    change(&mut config);
    Server::start(config).await.unwrap()
}

const PASSWORD: &str = "several words make a password";

async fn connect(device: &Device, server: &RunningServer) {
    let account = json!({ "server": server.base_url, "name": "ada", "password": PASSWORD });
    device.ask("account/register", account).await;
    device.ask("sync/connect", json!({})).await;
}

async fn sync(device: &Device) -> SyncStatus {
    let status = device.ask("sync/now", json!({ "timeout_ms": 60_000 })).await;
    serde_json::from_value(status).unwrap()
}

async fn link(a: &Device, b: &Device, server: &RunningServer) {
    let account = json!({ "server": server.base_url, "name": "ada", "password": PASSWORD });
    b.ask("account/login", account).await;
    let code = a.ask("device/link_start", json!({})).await["code"].clone();
    let app = Arc::clone(&b.app);
    let join = tokio::spawn(async move {
        app.call(Caller::CommandLine, "device/link_join", json!({ "code": code, "timeout_ms": 60_000 })).await
    });
    let request = a.ask("device/link_wait", json!({ "timeout_ms": 60_000 })).await;
    a.ask("device/link_confirm", json!({ "device": request["device"] })).await;
    join.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_device_exports_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let server = server(&folder, |_| {}).await;
    let desk = founded().await;
    let source = desk.dir.path().join("vault");
    let content = vault(&source);
    desk.import(&source).await;
    connect(&desk, &server).await;
    let status = sync(&desk).await;
    assert_eq!((status.state, status.attachments.to_send), (SyncState::UpToDate, 0), "{status:?}");
    let laptop = device();
    link(&desk, &laptop, &server).await;
    let status = sync(&laptop).await;
    assert_eq!((status.state, status.attachments.to_fetch), (SyncState::UpToDate, 0), "{status:?}");
    assert!(laptop.list().await.iter().all(|one| one.here));
    assert_eq!(laptop.export("out").await, content);
    // On the server: sealed, once each, and nothing of the content.
    let blobs = files(&folder.path().join("blobs"));
    // 3 + 1 (shared) + 2 chunks.
    assert_eq!(blobs.len(), 6);
    let piece = &content["assets/big.bin"][1_000..1_032];
    for (name, bytes) in &blobs {
        assert!(!bytes.windows(piece.len()).any(|window| window == piece), "{name}");
    }
    // What the server lost or damaged is noticed, and whoever has it sends it again.
    for (damaged, name) in blobs.keys().enumerate() {
        let path = folder.path().join("blobs").join(name);
        if damaged == 0 {
            std::fs::remove_file(&path).unwrap();
        } else {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[100] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let tablet = device();
    link(&desk, &tablet, &server).await;
    let status = sync(&tablet).await;
    assert!(status.attachments.to_fetch > 0, "nothing damaged is taken: {status:?}");
    for one in [&desk, &laptop] {
        one.app.stop_sync();
    }
    let again = App::open(&ProfileOptions {
        data_dir: Some(desk.dir.path().join("profile")),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: false,
        profile: None,
    })
    .unwrap();
    ops::sync::now::run(&again, SyncNowParams { timeout_ms: 60_000 }).await.unwrap();
    let status = sync(&tablet).await;
    assert_eq!(status.attachments.to_fetch, 0, "{status:?}");
    assert_eq!(tablet.export("out").await, content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_is_told_and_documents_go_on() {
    let folder = TempDir::new().unwrap();
    let server = server(&folder, |config| config.limits.workspace_blob_bytes = 1 << 20).await;
    let desk = founded().await;
    let source = desk.dir.path().join("vault");
    vault(&source);
    desk.import(&source).await;
    connect(&desk, &server).await;
    let status = sync(&desk).await;
    assert_eq!(status.state, SyncState::Problem, "{status:?}");
    assert!(status.attachments.to_send > 0);
    let told = status.problem.unwrap();
    assert_eq!(told.code, ErrorCode::ServerRefused);
    assert!(told.message.contains("storage on the server is used up"), "{told:?}");
    assert_eq!(status.waiting, 0, "the documents are there");
}
