//! Backups on real processes: a device that comes back from one, or from a copy of its folder, has everything, goes on
//! beside the original and breaks nobody.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use groundplan_tests::device::{Device, Said};
use groundplan_tests::journey::{agree, element, everything, found, link, login, sync};
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::{Value, json};

/// Opens every backup of these stories; another one than the profiles'.
const OPENER: &str = "words for a backup only";

fn with_opener(command: &mut Command) {
    command.env("GROUNDPLAN_BACKUP_PASSPHRASE", OPENER);
}

/// Makes a backup through the agent while it works.
fn back_up(device: &Device, name: &str) -> PathBuf {
    let path = device.folder().join(name);
    let made = device.ask("backup/create", json!({ "path": path, "passphrase": OPENER }));
    assert_eq!(made["scope"], json!("device"));
    path
}

/// Makes a device from a backup; returns it with an agent, and what the restoration said.
fn restore(name: &str, backup: &Path) -> (Device, Value) {
    let mut device = Device::new(name);
    let words = ["--json", "backup", "restore", backup.to_str().expect("UTF-8")];
    let said = device.cli_with(&words, with_opener);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    device.start();
    (device, serde_json::from_str(&said.out).expect("JSON"))
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn all_there(text: &str, marks: &[&str]) {
    let lost: Vec<&&str> = marks.iter().filter(|mark| !text.contains(**mark)).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
}

#[test]
fn a_device_restored_from_a_backup_goes_on_beside_the_original() {
    let start = Instant::now();
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    let shared = element(&laptop, "component", "edited-by-all");
    let page = json!({ "kind": "doc", "title": "notes", "body": "Text." });
    let page = laptop.ask("page/create", page)["page"]["id"].clone();
    let file = json!({ "document": page, "name": "a.bin", "base64": "aGVsbG8gYmFja3Vw" });
    let file = laptop.ask("attachment/add", file)["id"].clone();
    agree(&[&desk, &laptop]);

    // Without the server, edits wait; a backup is made while more of them come in.
    server.kill();
    element(&laptop, "component", "unsent-when-backed-up");
    let text = laptop.ask("text/open", json!({ "document": page, "field": "body" }));
    let changes = json!([{ "at": 0, "delete": 0, "insert": "typed-when-backed-up " }]);
    let typed = json!({ "document": page, "field": "body", "version": text["version"], "changes": changes });
    laptop.ask("text/edit", typed);
    let stop = Arc::new(AtomicBool::new(false));
    let (caller, stopped) = (laptop.caller(), Arc::clone(&stop));
    let busy = std::thread::spawn(move || {
        let mut made = 0;
        while !stopped.load(Ordering::Relaxed) {
            let params = json!({ "kind": "component", "name": format!("meanwhile-{made}") });
            caller.call("element/create", params).expect("editing goes on during a backup");
            made += 1;
        }
        made
    });
    let backup = back_up(&laptop, "laptop.age");
    stop.store(true, Ordering::Relaxed);
    let made = busy.join().expect("the writer does not panic");
    assert!(made > 0, "edits were made during the backup");

    // The original goes on, sends what the backup holds as unsent, and edits what both know.
    laptop.ask("element/update", json!({ "id": shared, "add_tags": ["original-after-backup"] }));
    server.restart();
    agree(&[&desk, &laptop]);

    // It is lost, or is thought to be: the backup comes back on another machine.
    let (spare, said) = restore("Spare", &backup);
    assert!(said["unsent"].as_u64().expect("a number") >= 2, "{said}");
    all_there(&everything(&spare), &["unsent-when-backed-up", "typed-when-backed-up"]);
    spare.ask("element/update", json!({ "id": shared, "add_tags": ["restored-before-sync"] }));
    login(&spare, &wire, "ada");
    let merged = agree(&[&desk, &spare]).to_string();
    all_there(&merged, &["original-after-backup", "restored-before-sync", "unsent-when-backed-up"]);
    let bytes = spare.ask("attachment/get", json!({ "id": file }));
    assert_eq!(bytes["base64"], json!("aGVsbG8gYmFja3Vw"), "{bytes}");

    // The original was not lost after all: both are the same device, and both edit.
    laptop.ask("element/update", json!({ "id": shared, "add_tags": ["original-again"] }));
    spare.ask("element/update", json!({ "id": shared, "add_tags": ["restored-again"] }));
    login(&laptop, &wire, "ada");
    sync(&laptop);
    login(&spare, &wire, "ada");
    sync(&spare);
    login(&laptop, &wire, "ada");
    let merged = agree(&[&desk, &laptop]).to_string();
    all_there(&merged, &["original-again", "restored-again", "restored-before-sync"]);
    tell(&format!(
        "a backup during {made} edits came back beside its original, in {:.0} s",
        start.elapsed().as_secs_f32()
    ));
}

#[test]
fn a_folder_that_was_put_back_breaks_nobody() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let mut laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    let shared = element(&laptop, "component", "edited-by-all");
    agree(&[&desk, &laptop]);
    laptop.kill();
    let (profile, copy) = (laptop.folder().join("profile"), laptop.folder().join("copy"));
    copy_folder(&profile, &copy);
    for round in 0..3 {
        laptop.start();
        login(&laptop, &wire, "ada");
        let tags = json!([format!("before-{round}")]);
        laptop.ask("element/update", json!({ "id": shared, "add_tags": tags }));
        element(&laptop, "component", &format!("made-before-{round}"));
        agree(&[&desk, &laptop]);
        laptop.kill();
        std::fs::remove_dir_all(&profile).expect("the profile goes");
        copy_folder(&copy, &profile);
        laptop.start();
        // The same document, from the same place in its history.
        let tags = json!([format!("after-{round}")]);
        laptop.ask("element/update", json!({ "id": shared, "add_tags": tags }));
        login(&laptop, &wire, "ada");
        let merged = agree(&[&desk, &laptop]).to_string();
        let before = format!("made-before-{round}");
        all_there(&merged, &[&format!("before-{round}"), &format!("after-{round}"), &before]);
        laptop.kill();
    }
    tell("a folder put back three times: nothing lost, nothing set aside");
}

#[test]
fn a_revoked_device_comes_back_shut_out() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    element(&laptop, "component", "from-the-laptop");
    agree(&[&desk, &laptop]);
    let backup = back_up(&laptop, "laptop.age");
    desk.ask("device/revoke", json!({ "device": "Laptop" }));
    sync(&desk);
    element(&desk, "component", "after-the-revocation");
    sync(&desk);

    let (spare, _) = restore("Spare", &backup);
    element(&spare, "component", "written-by-the-shut-out");
    let params =
        json!({ "server": wire.url(), "name": "ada", "password": groundplan_tests::programs::PASSWORD });
    // Signing in may be refused already; what counts is what the device says and does after it.
    let signed_in = spare.call("account/login", params);
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        let status = match spare.call("sync/now", json!({ "timeout_ms": 5_000 })) {
            Ok(status) => status,
            Err(_) => spare.ask("sync/status", json!({})),
        };
        if status["problem"] != Value::Null {
            break status;
        }
        assert!(Instant::now() < until, "{signed_in:?}: {status}");
        spare.wait_for_event(Duration::from_millis(200));
    };
    assert_eq!(status["state"], json!("problem"), "{status}");
    assert_eq!(status["standing"], json!("device_revoked"), "{signed_in:?}: {status}");
    let text = everything(&spare);
    all_there(&text, &["from-the-laptop", "written-by-the-shut-out"]);
    assert!(!text.contains("after-the-revocation"), "the new keys are not for it");
    let rescue = spare.ask("sync/rescue", json!({}));
    assert!(rescue.to_string().contains("written-by-the-shut-out"), "{rescue}");
    sync(&desk);
    assert!(!everything(&desk).contains("written-by-the-shut-out"));
}

#[test]
fn the_command_line_says_what_is_wrong_with_a_backup() {
    let device = Device::new("Desk");
    device.done(&["init", "Shop"]);
    device.done(&["add", "component", "Web"]);
    let path = device.folder().join("shop.age");
    let file = path.to_str().expect("UTF-8").to_owned();
    let run = |words: &[&str]| device.cli_with(words, with_opener);
    let expect = |said: Said, code: i32, word: &str| {
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
        assert!(format!("{}{}", said.out, said.err).contains(word), "{word}: {}{}", said.out, said.err);
    };
    expect(device.cli(&["backup", "create", &file]), 2, "GROUNDPLAN_BACKUP_PASSPHRASE");
    expect(run(&["backup", "create", &file]), 0, "Shop");
    expect(run(&["backup", "create", &file]), 4, "--force");
    expect(run(&["backup", "create", "--force", &file]), 0, "Shop");
    expect(run(&["--workspace", "Shop", "--json", "backup", "create", "--force", &file]), 0, "\"workspace\"");
    expect(run(&["backup", "verify", &file]), 0, "whole");
    expect(run(&["backup", "verify", "/no/such/file"]), 3, "cannot be read");
    let wrong = |command: &mut Command| {
        command.env("GROUNDPLAN_BACKUP_PASSPHRASE", "another one entirely");
    };
    expect(device.cli_with(&["backup", "verify", &file], wrong), 7, "does not open");
    expect(run(&["backup", "restore", &file]), 4, "--profile");

    let whole = std::fs::read(&path).expect("a backup");
    let bad = device.folder().join("bad.age");
    let bad_file = bad.to_str().expect("UTF-8").to_owned();
    let fresh = Device::new("Fresh");
    let mut broken: Vec<(&str, Vec<u8>)> = vec![("cut off", whole[..whole.len() - 1].to_vec())];
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    broken.push(("is damaged", flipped));
    for (word, bytes) in broken {
        std::fs::write(&bad, bytes).expect("written");
        expect(fresh.cli_with(&["backup", "restore", &bad_file], with_opener), 8, word);
        let left: Vec<_> = std::fs::read_dir(fresh.folder()).expect("a folder").collect();
        assert!(left.is_empty(), "{word}: nothing is half restored: {left:?}");
    }
    expect(fresh.cli_with(&["backup", "restore", &file], with_opener), 0, "Restored");
    assert!(fresh.done(&["list"]).contains("Web"));
    fresh.done(&["doctor"]);
}

#[test]
fn a_backup_that_is_killed_leaves_no_file_and_a_whole_store() {
    let device = Device::new("Desk");
    device.done(&["init", "--sample"]);
    let path = device.folder().join("never.age");
    let (mut killed, mut whole) = (0, 0);
    for wait in [0, 30, 80, 150, 300, 600, 1_000] {
        let mut process =
            device.background_with(&["backup", "create", path.to_str().expect("UTF-8")], with_opener);
        // Somewhere in the middle; where exactly is the point of trying several.
        process.ends_within(Duration::from_millis(wait));
        process.kill();
        if path.exists() {
            let said = device.cli_with(&["backup", "verify", path.to_str().expect("UTF-8")], with_opener);
            assert_eq!(said.code, 0, "a file that has its name is whole: {}", said.err);
            std::fs::remove_file(&path).expect("removed");
            whole += 1;
        } else {
            killed += 1;
        }
        device.done(&["doctor"]);
    }
    let needle = groundplan_tests::scan::Needles::new(&["Blind sync server".to_owned()]);
    let (there, size) = needle.find_in_folder(device.folder());
    assert!(there.is_empty() && size > 100_000, "{there:?}: nothing of a killed backup is in the clear");
    tell(&format!("{killed} backups killed on the way, {whole} after the end; {size} bytes searched"));
}
