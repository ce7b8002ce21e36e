//! A vault with files is imported on one device and exported on another, byte for byte, through a server that is killed
//! in the middle and cannot read any of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, found, link, login, sync};
use groundplan_tests::random::Random;
use groundplan_tests::scan::Needles;
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use groundplan_tests::wire::Way;
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
    let kill_later = |server: &Server| {
        let (sender, killed) = channel();
        let killer = server.killer();
        wire.after(Way::Up, 2_500_000, move || {
            killer();
            // Nobody listens if the story is over already.
            let _ = sender.send(());
        });
        killed
    };
    let mut killed = kill_later(&server);
    desk.ask("import/apply", json!({ "input": { "path": source } }));
    for round in 0..3 {
        desk.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        killed.recv_timeout(Duration::from_secs(60)).expect("the server is killed in the middle");
        server.kill();
        let status = desk.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        assert_ne!(status["attachments"]["to_send"], json!(0), "{store:?}, kill {round}: {status}");
        if round < 2 {
            server.restart();
            killed = kill_later(&server);
        }
    }
    let before = wire.bytes(Way::Up);
    server.restart();
    finish(&desk, "to_send");
    let rest = wire.bytes(Way::Up) - before;
    assert!(rest < LARGE as u64, "{store:?}: it went on where it ended and sent {rest} bytes more");
    sync(&desk);

    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
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
