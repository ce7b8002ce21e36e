//! A device that was shut out with unsent work comes back with new keys, and its work with it, between real processes.

use groundplan_tests::device::{CallError, Device};
use groundplan_tests::journey::{agree, element, everything, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

use crate::members::standing;

fn text(device: &Device, page: &Value, at: usize, words: &str) {
    let opened = device.ask("text/open", json!({ "document": page, "field": "body" }));
    let changes = json!([{ "at": at, "delete": 0, "insert": words }]);
    let edit = json!({ "document": page, "field": "body", "version": opened["version"], "changes": changes });
    device.ask("text/edit", edit);
}

fn refused(device: &Device, method: &str) -> Value {
    match device.call(method, json!({})) {
        Err(CallError::Refused(_, error)) => error,
        other => panic!("{method} should be refused: {other:?}"),
    }
}

#[test]
fn a_revoked_device_comes_back_and_brings_its_edits_in() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let (desk, mut laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    found(&desk, &wire, "Shop", "ada");
    let web = element(&desk, "component", "Web");
    let page = json!({ "kind": "doc", "title": "Notes", "body": "one three" });
    let page = desk.ask("page/create", page)["page"]["id"].clone();
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    element(&laptop, "component", "Sent in time");
    agree(&[&desk, &laptop]);
    assert_eq!(refused(&laptop, "device/renew")["code"], json!("conflict"), "nobody shut it out");

    server.kill();
    element(&laptop, "component", "Written on the train");
    laptop.ask("element/update", json!({ "id": web, "add_tags": ["from-the-train"] }));
    text(&laptop, &page, 4, "two ");
    laptop.kill();
    server.restart();
    text(&desk, &page, 9, " four");
    desk.ask("device/revoke", json!({ "device": "Laptop" }));

    laptop.start();
    let status = standing(&laptop, "device_revoked");
    assert!(status["waiting"].as_u64().unwrap() >= 3, "{status}");
    assert!(status["problem"]["hint"].as_str().unwrap().contains("device renew"), "{status}");
    assert_eq!(refused(&laptop, "sync/bring_in")["code"], json!("not_allowed"));
    text(&laptop, &page, 0, "zero ");

    let renewed = laptop.ask("device/renew", json!({}));
    assert!(renewed["unsent"].as_u64().unwrap() >= 4, "{renewed}");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    element(&laptop, "component", "Written after coming back");
    let status = laptop.ask("sync/now", json!({}));
    assert_eq!((&status["standing"], &status["state"]), (&json!("member"), &json!("problem")), "{status}");
    assert!(status["problem"]["hint"].as_str().unwrap().contains("--bring-in"), "{status}");
    sync(&desk);
    assert!(everything(&desk).contains("Written after coming back"), "what is new does not wait");
    assert!(!everything(&desk).contains("Written on the train"), "what is old waits for a person");
    let rescue = laptop.ask("sync/rescue", json!({}));
    assert!(rescue["text"].as_str().unwrap().contains("Written on the train"), "{rescue}");

    let done = laptop.ask("sync/bring_in", json!({}));
    assert_eq!((&done["documents"], &done["left"]), (&json!(3), &json!(0)), "{done}");
    let all = agree(&[&desk, &laptop]).to_string();
    for words in ["Sent in time", "Written on the train", "from-the-train", "zero one two three four"] {
        assert_eq!(all.matches(words).count(), 1, "{words}: {all}");
    }
    assert_eq!(laptop.ask("sync/bring_in", json!({}))["documents"], json!(0), "nothing is brought in twice");

    // A newcomer reads the same, whoever wrote it.
    let fresh = Device::with_agent("Fresh");
    login(&fresh, &wire, "ada");
    link(&laptop, &fresh);
    agree(&[&desk, &laptop, &fresh]);
    for device in [&desk, &laptop, &fresh] {
        assert_eq!(device.ask("sync/alarm", json!({}))["alarm"], Value::Null, "{}", device.name);
        assert_eq!(device.ask("sync/quarantine", json!({}))["total"], json!(0), "{}", device.name);
    }
}

#[test]
fn a_removed_member_is_invited_again_by_command_line() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let url = wire.url();
    let (desk, tablet) = (Device::with_agent("Desk"), Device::new("Tablet"));
    found(&desk, &wire, "Shop", "ada");
    tablet.done(&["register", &url, "grace"]);
    let invite = || {
        let said = desk.done(&["member", "invite", "--clearance", "internal"]);
        said.lines().next().unwrap().to_owned()
    };
    tablet.done(&["member", "join", &invite(), "--name", "Grace"]);
    tablet.done(&["sync"]);
    desk.ask("member/remove", json!({ "member": "Grace" }));
    tablet.done(&["add", "component", "Kept by Grace"]);
    assert_eq!(tablet.cli(&["sync"]).code, 5);
    assert!(tablet.done(&["device", "renew"]).contains("--bring-in"));
    tablet.cli_with(&["login", &url, "grace"], |command| {
        command.env("GROUNDPLAN_PASSWORD", PASSWORD);
    });
    tablet.done(&["member", "join", &invite(), "--name", "Grace"]);
    assert_ne!(tablet.cli(&["sync"]).code, 0, "it waits for a person");
    let said = tablet.done(&["sync", "--bring-in"]);
    assert!(said.contains("1 document") && said.contains("up to date"), "{said}");
    sync(&desk);
    assert!(everything(&desk).contains("Kept by Grace"));
    tablet.done(&["sync"]);
}
