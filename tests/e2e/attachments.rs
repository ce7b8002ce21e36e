//! A vault with files is imported on one device and exported on another, byte for byte, through a server that is killed
//! in the middle and cannot read any of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, found, link, login, sync};
use groundplan_tests::random::Random;
use groundplan_tests::scan::Needles;
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use groundplan_tests::wire::{Way, Wire};
use serde_json::json;

/// Looked for on the server and on the way to it.
const CANARY: &str = "canary-in-an-attachment-8841-quite-visible";
/// Bytes of attachments in the vault.
const LARGE: usize = 12 << 20;

#[test]
fn a_vault_with_files_travels_whole_on_the_embedded_store() {
    travel(Store::Embedded);
}

#[test]
fn a_vault_with_files_travels_whole_on_postgres() {
    travel(Store::Postgres);
}

fn vault(folder: &Path, random: &mut Random) -> BTreeMap<String, Vec<u8>> {
    let mut noise = |length: usize| -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&random.number().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    };
    let mut content = BTreeMap::new();
    content.insert("Home.md".to_owned(), b"# Home\n\n![[plan.png]] and [[Deep]]\n".to_vec());
    content.insert("notes/Deep.md".to_owned(), b"# Deep\n\n![](../files/large.bin)\n".to_vec());
    content.insert("img/plan.png".to_owned(), [b"\x89PNG\r\n\x1a\n".to_vec(), noise(40_000)].concat());
    content.insert("files/large.bin".to_owned(), noise(LARGE));
    let canary = CANARY.repeat(40).into_bytes();
    content.insert("files/canary.txt".to_owned(), [noise(100), canary, noise(100)].concat());
    content.insert("files/again.txt".to_owned(), content["files/canary.txt"].clone());
    for (name, bytes) in &content {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, bytes).expect("a file is written");
    }
    content
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("below").to_str().expect("UTF-8").to_owned();
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
}

fn travel(store: Store) {
    let started = Instant::now();
    let mut random = Random::new(0xa77a_0001);
    let mut server = Server::start(store);
    let wire = server.wire();
    wire.record();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let source = desk.folder().join("vault");
    let content = vault(&source, &mut random);
    // Three times the server dies in the middle of the upload; each time it goes on where it ended.
    let mut killed = cut_later(&wire, &server, Way::Up);
    desk.ask("import/apply", json!({ "input": { "path": source } }));
    for round in 0..3 {
        desk.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        killed.recv_timeout(Duration::from_secs(60)).expect("the server is killed in the middle");
        server.kill();
        let status = desk.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        assert_ne!(status["attachments"]["to_send"], json!(0), "{store:?}, kill {round}: {status}");
        if round < 2 {
            server.restart();
            killed = cut_later(&wire, &server, Way::Up);
        }
    }
    let before = wire.bytes(Way::Up);
    server.restart();
    finish(&desk, "to_send");
    let rest = wire.bytes(Way::Up) - before;
    assert!(rest < LARGE as u64, "{store:?}: it went on where it ended and sent {rest} bytes more");
    sync(&desk);

    let mut laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    let killed = cut_later(&wire, &server, Way::Down);
    link(&desk, &laptop);
    cut_the_download(killed, &mut server, &wire, &mut laptop);
    agree(&[&desk, &laptop]);
    finish(&laptop, "to_fetch");
    let out = laptop.folder().join("out");
    laptop.done(&["export", "markdown", "--output", out.to_str().expect("UTF-8")]);
    let mut exported = BTreeMap::new();
    files(&out, &out, &mut exported);
    assert_eq!(exported.keys().collect::<Vec<_>>(), content.keys().collect::<Vec<_>>());
    assert!(exported == content, "{store:?}: every byte is the same");

    // The search finds the canary where it belongs, and nowhere else.
    let needles = Needles::new(&[CANARY.to_owned()]);
    assert!(!needles.find(&exported["files/canary.txt"]).is_empty());
    for (way, recording) in wire.recordings().iter().flat_map(|r| [("up", &r.up), ("down", &r.down)]) {
        assert!(needles.find(recording).is_empty(), "{store:?}: traffic {way}");
    }
    server.kill();
    let (there, size) = needles.find_in_folder(&server.data());
    assert!(there.is_empty() && size > LARGE, "{store:?}: {size} bytes of the server were searched");
    assert!(needles.find(&std::fs::read(server.log()).expect("a log")).is_empty());
    for device in [&desk, &laptop] {
        let (there, _) = needles.find_in_folder(&device.folder().join("profile"));
        assert!(there.is_empty(), "{store:?}: in the clear on {}", device.name);
    }
    tell(&format!(
        "{store:?}: {} files, {} bytes, three kills in mid-upload, in {:.0} s",
        content.len(),
        content.values().map(Vec::len).sum::<usize>(),
        started.elapsed().as_secs_f32()
    ));
}

/// Synchronises until nothing is left to carry.
fn finish(device: &Device, what: &str) {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let status = device.ask("sync/now", json!({ "timeout_ms": 30_000 }));
        if status["state"] == json!("up_to_date") && status["attachments"][what] == json!(0) {
            return;
        }
        assert!(Instant::now() < until, "{}: {status}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

/// Kills the server after so much more of a transfer.
fn cut_later(wire: &Wire, server: &Server, way: Way) -> Receiver<()> {
    let (sender, killed) = channel();
    let killer = server.killer();
    // More than is on its way at a time, so that some of it has arrived.
    wire.after(way, 3_600_000, move || {
        killer();
        // Nobody listens if the story is over already.
        let _ = sender.send(());
    });
    killed
}

/// The server dies in the middle of a download, and then the device itself: what came before is not fetched again.
fn cut_the_download(first: Receiver<()>, server: &mut Server, wire: &Wire, laptop: &mut Device) {
    let mut killed = first;
    for kill_device in [false, true] {
        // It may be waiting for its next turn.
        drop(laptop.call("sync/now", json!({ "timeout_ms": 2_000 })));
        killed.recv_timeout(Duration::from_secs(60)).expect("the server is killed in the middle");
        server.kill();
        if kill_device {
            laptop.kill();
            laptop.start();
        }
        let status = laptop.ask("sync/now", json!({ "timeout_ms": 2_000 }));
        assert_ne!(status["attachments"]["to_fetch"], json!(0), "{status}");
        if kill_device {
            break;
        }
        killed = cut_later(wire, server, Way::Down);
        server.restart();
    }
    let before = wire.bytes(Way::Down);
    server.restart();
    finish(laptop, "to_fetch");
    let rest = wire.bytes(Way::Down) - before;
    assert!(rest < LARGE as u64, "it went on where it ended and fetched {rest} bytes more");
}

#[test]
fn a_quota_of_the_server_is_said_and_waited_for() {
    let mut server = Server::start(Store::Embedded);
    server.restart_with("GROUNDPLAN_SERVER_LIMITS_WORKSPACE_BLOB_BYTES", "1500000");
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let page = desk.ask("page/create", json!({ "kind": "doc", "title": "Notes", "body": "Text." }));
    let page = page["page"]["id"].clone();
    let file = desk.folder().join("large.bin");
    let mut random = Random::new(0xa77a_0002);
    let bytes: Vec<u8> = (0..400_000).flat_map(|_| random.number().to_le_bytes()).collect();
    std::fs::write(&file, &bytes).expect("a file");
    desk.ask("attachment/add", json!({ "document": page, "path": file }));
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        let status = desk.ask("sync/now", json!({ "timeout_ms": 3_000 }));
        if status["attachments"]["problem"] != json!(null) {
            break status;
        }
        assert!(Instant::now() < until, "{status}");
        desk.wait_for_event(Duration::from_millis(200));
    };
    assert_eq!(status["state"], json!("problem"), "{status}");
    assert!(status["problem"]["message"].as_str().expect("words").contains("storage"), "{status}");
    assert_eq!(status["waiting"], json!(0), "the edit itself is on the server: {status}");
    let out = desk.folder().join("out.bin");
    let id = desk.ask("attachment/list", json!({}))["items"][0]["id"].clone();
    desk.ask("attachment/get", json!({ "id": id, "path": out }));
    assert!(std::fs::read(&out).expect("a file") == bytes, "and the file is kept here");
    // The administrator gives more room; it goes on by itself.
    server.restart_with("GROUNDPLAN_SERVER_LIMITS_WORKSPACE_BLOB_BYTES", "100000000");
    finish(&desk, "to_send");
}
