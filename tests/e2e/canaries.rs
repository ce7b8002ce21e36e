//! A thousand strings typed into a workspace are found nowhere on the server and nowhere on the way to it.

use std::collections::BTreeSet;
use std::process::Command;

use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, everything, found, link, login, sync};
use groundplan_tests::random::Random;
use groundplan_tests::scan::{Needles, socket_payloads};
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::{Value, json};

const COUNT: usize = 1_000;
/// Not secret, and so the proof that the search sees what is there.
const ACCOUNT: &str = "visible.account.name";

#[test]
fn a_thousand_canaries_do_not_leave_the_devices_with_the_embedded_store() {
    canaries(Store::Embedded);
}

#[test]
fn a_thousand_canaries_do_not_leave_the_devices_with_postgres() {
    canaries(Store::Postgres);
}

fn make(random: &mut Random) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').collect();
    (0..COUNT).map(|_| (0..16).map(|_| *random.pick(&letters)).collect()).collect()
}

/// Types all but the first three, which are names of the workspace and of the devices.
fn type_in(device: &Device, canaries: &[String]) {
    let mut rest = canaries[3..].chunks_exact(9);
    for nine in rest.by_ref() {
        let [name, description, tag, title, body, path, view, note, endpoint] = nine else {
            unreachable!("nine")
        };
        let element = json!({
            "kind": "api", "name": name, "description": format!("It is {description}."), "tags": [tag],
            "properties": { "technology": note },
        });
        let made = device.ask("element/create", element);
        let page = json!({
            "kind": "runbook", "title": title, "body": format!("# Steps\n\n{body}"), "path": format!("{path}.md"),
            "about": made["element"]["id"],
        });
        device.ask("page/create", page);
        let comment = json!({ "subject": made["element"]["id"], "text": format!("Is it {description}?") });
        device.ask("comment/add", comment);
        device.ask("view/create", json!({ "kind": "landscape", "name": view }));
        let id = format!(
            "00000000-0000-4000-8000-{:012x}",
            endpoint.bytes().fold(0_u64, |n, b| (n * 31 + u64::from(b)) % (1 << 47))
        );
        let endpoint = json!({ "id": id, "method": "GET", "path": format!("/{endpoint}") });
        device.ask("endpoint/set", json!({ "api": made["element"]["id"], "endpoint": endpoint }));
    }
    for name in rest.remainder() {
        device.ask("element/create", json!({ "kind": "system", "name": name }));
    }
}

fn canaries(store: Store) {
    let canaries = make(&mut Random::new(0xca4a_0001));
    let needles = Needles::new(&canaries);
    let mut server = Server::start(store);
    let wire = server.wire();
    wire.record();
    let desk = Device::with_agent(&canaries[0]);
    found(&desk, &wire, &canaries[1], ACCOUNT);
    type_in(&desk, &canaries);
    sync(&desk);
    let laptop = Device::with_agent(&canaries[2]);
    login(&laptop, &wire, ACCOUNT);
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);

    // The search finds all of them where they belong: on the device to which they travelled.
    let known = [
        everything(&laptop),
        laptop.ask("app/status", json!({})).to_string(),
        laptop.ask("device/list", json!({})).to_string(),
    ];
    let there = needles.find(known.concat().as_bytes());
    let missing: Vec<usize> = (0..COUNT).filter(|number| !there.contains(number)).collect();
    assert!(
        missing.is_empty(),
        "the search finds what is there, and everything travelled: {missing:?} are missing"
    );
    let workspace = desk.ask("app/status", json!({}))["open"].clone();

    let mut places = traffic(&wire.recordings());
    server.kill();
    places.push(("log of the server", std::fs::read(server.log()).unwrap()));
    match server.database() {
        Some(url) => places.push(("dump of the database", dump(url))),
        None => places.push(("files of the server", read_all(&server.data()))),
    }
    let account = Needles::new(&[ACCOUNT.to_owned()]);
    let id = Needles::raw(&id_bytes(&workspace));
    let hex: String = id_bytes(&workspace).iter().map(|byte| format!("{byte:02x}")).collect();
    let id_as_hex = Needles::raw(hex.as_bytes());
    for (place, bytes) in &places {
        let found: BTreeSet<usize> = needles.find(bytes);
        assert!(
            found.is_empty(),
            "{place}: {} canaries, such as {:?}",
            found.len(),
            canaries[*found.first().unwrap()]
        );
        let size = bytes.len();
        tell(&format!("{store:?}: {place}: no canary in {size} bytes"));
        assert!(size > 1_000, "{place} holds something");
        // And what is no secret is seen in each place, so that it was the right place to look.
        match *place {
            "requests and answers" => assert!(!account.find(bytes).is_empty(), "{place}"),
            "log of the server" => assert!(String::from_utf8_lossy(bytes).contains("INFO"), "{place}"),
            "dump of the database" => {
                assert!(!account.find(bytes).is_empty() && !id_as_hex.find(bytes).is_empty(), "{place}");
            }
            "files of the server" => {
                assert!(!account.find(bytes).is_empty() && !id.find(bytes).is_empty(), "{place}");
            }
            _ => assert!(!id.find(bytes).is_empty(), "{place}: the workspace's id is in its frames"),
        }
    }
    // Nor do they lie in the clear on the devices.
    for device in [&desk, &laptop] {
        let (found, size) = needles.find_in_folder(device.folder());
        assert!(found.is_empty(), "{}: {found:?}", device.name);
        assert!(size > 100_000);
    }
}

/// The raw bytes of everything that was not a socket, and the unmasked payloads of the sockets by direction.
fn traffic(recordings: &[groundplan_tests::wire::Recording]) -> Vec<(&'static str, Vec<u8>)> {
    let (mut plain, mut up, mut down) = (Vec::new(), Vec::new(), Vec::new());
    for recording in recordings {
        plain.extend_from_slice(&recording.up);
        plain.extend_from_slice(&recording.down);
        up.extend(socket_payloads(&recording.up).unwrap_or_default());
        down.extend(socket_payloads(&recording.down).unwrap_or_default());
    }
    assert!(
        !String::from_utf8_lossy(&plain).to_lowercase().contains("content-encoding"),
        "nothing is compressed"
    );
    vec![("requests and answers", plain), ("frames to the server", up), ("frames to the device", down)]
}

fn id_bytes(id: &Value) -> Vec<u8> {
    let hex: String = id.as_str().unwrap().chars().filter(|letter| *letter != '-').collect();
    (0..16).map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2).unwrap(), 16).unwrap()).collect()
}

fn read_all(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        all.extend(if path.is_dir() { read_all(&path) } else { std::fs::read(&path).unwrap() });
    }
    all
}

/// Everything in the database as text; bytes come in hexadecimal, which is one of the forms looked for.
fn dump(url: &str) -> Vec<u8> {
    let folder = std::env::var_os("GROUNDPLAN_PG_BIN_DIR").map(std::path::PathBuf::from);
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let candidates = folder.into_iter().chain(installed.map(|entry| entry.path().join("bin")));
    let program = candidates.map(|folder| folder.join("pg_dump")).find(|path| path.exists());
    let output = Command::new(program.unwrap_or_else(|| "pg_dump".into())).arg(url).output().unwrap();
    assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
