//! The server's database is put back from a backup, between real processes: both devices say so and keep working, an
//! owner confirms it, and everything is back on the server and equal.

use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, element, everything, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

/// Waits until a device shows an alarm.
fn alarmed(device: &Device, alarm: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        let status = device.ask("sync/status", json!({}));
        if status["alarm"] == json!(alarm) {
            return status;
        }
        assert!(Instant::now() < until, "{} never shows the alarm {alarm}: {status}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

#[test]
fn a_restored_server_gets_back_what_it_lost_on_the_embedded_store() {
    restored(Store::Embedded);
}

#[test]
fn a_restored_server_gets_back_what_it_lost_on_postgres() {
    restored(Store::Postgres);
}

fn restored(store: Store) {
    let mut server = Server::start(store);
    let wire = server.wire();
    let (mut desk, mut laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    let tablet = Device::with_agent("Tablet");
    found(&desk, &wire, "Shop", "ada");
    element(&desk, "component", "Before the backup");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    tablet.ask("account/register", json!({ "server": wire.url(), "name": "grace", "password": PASSWORD }));
    agree(&[&desk, &laptop]);
    server.kill();
    let backup = server.backup();
    server.restart();

    // An eventful hour: members and keys change as well.
    element(&laptop, "component", "Written after it");
    agree(&[&desk, &laptop]);
    desk.ask("key/rotate", json!({}));
    let invitation = desk.ask("member/invite", json!({ "role": "editor", "clearance": "restricted" }));
    tablet.ask("member/join", json!({ "link": invitation["link"], "name": "Grace" }));
    element(&desk, "component", "Under the second key");
    agree(&[&desk, &laptop, &tablet]);
    laptop.kill();
    desk.kill();
    element(&tablet, "component", "Seen by nobody else");
    sync(&tablet);

    server.kill();
    server.put_back(&backup);
    let said = server.command("restored");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("new life"), "{}", said.out);
    server.restart();
    laptop.start();
    desk.start();
    for device in [&desk, &laptop] {
        let status = alarmed(device, "restored");
        assert_eq!(status["state"], json!("problem"), "{status}");
        element(device, "component", &format!("Written meanwhile on the {}", device.name));
        let status = device.ask("sync/status", json!({}));
        assert!(status["waiting"].as_u64().unwrap() > 0, "nothing new is sent: {status}");
    }
    let alarm = laptop.ask("sync/alarm", json!({}));
    assert_eq!(alarm["answers"], json!(["restored"]), "{alarm}");
    desk.ask("sync/settle", json!({ "alarm": "restored" }));
    agree(&[&desk, &laptop, &tablet]);
    let all = everything(&laptop);
    let names = [
        "Before the backup",
        "Written after it",
        "Under the second key",
        "Seen by nobody else",
        "Written meanwhile on the Desk",
        "Written meanwhile on the Laptop",
    ];
    for name in names {
        assert!(all.contains(name), "{name} is lost");
    }

    // What the devices agree on is what the server has: a new device reads the same.
    let fresh = Device::with_agent("Fresh");
    login(&fresh, &wire, "ada");
    link(&desk, &fresh);
    agree(&[&desk, &laptop, &tablet, &fresh]);
    for device in [&desk, &laptop, &tablet, &fresh] {
        assert_eq!(device.ask("sync/alarm", json!({}))["alarm"], Value::Null, "{}", device.name);
        assert_eq!(device.ask("sync/quarantine", json!({}))["total"], json!(0), "{}", device.name);
    }
}

#[test]
fn a_backup_that_nobody_declared_is_noticed_and_mended_when_it_is() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    server.kill();
    let backup = server.backup();
    server.restart();
    element(&desk, "component", "Lost by the server");
    sync(&desk);
    server.kill();
    server.put_back(&backup);
    server.restart();
    let status = alarmed(&desk, "rolled_back");
    assert!(status["problem"]["hint"].as_str().unwrap().contains("groundplan-server restored"), "{status}");
    element(&desk, "component", "Written meanwhile");
    let refused = desk.cli(&["sync", "--settle", "rolled_back"]);
    assert_eq!(refused.code, 5, "{}{}", refused.out, refused.err);
    server.kill();
    assert_eq!(server.command("restored").code, 0);
    server.restart();
    alarmed(&desk, "restored");
    let said = desk.done(&["sync", "--settle", "restored"]);
    assert!(said.contains("up to date"), "{said}");
    sync(&desk);
    let fresh = Device::with_agent("Fresh");
    login(&fresh, &wire, "ada");
    link(&desk, &fresh);
    agree(&[&desk, &fresh]);
    assert!(everything(&fresh).contains("Lost by the server"));
}

/// Synchronises both until they hold the same; what was set aside is looked at elsewhere.
fn same(one: &Device, other: &Device) -> String {
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        for device in [one, other] {
            device.ask("sync/now", json!({}));
        }
        let (here, there) = (everything(one), everything(other));
        if here == there {
            return here;
        }
        assert!(Instant::now() < until, "{} and {} do not agree", one.name, other.name);
        one.wait_for_event(Duration::from_millis(200));
    }
}

#[test]
fn whoever_held_entries_that_nobody_else_had_takes_the_other_log_over() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let (mut desk, mut laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    found(&desk, &wire, "Shop", "ada");
    element(&desk, "component", "Before the backup");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);
    server.kill();
    let backup = server.backup();
    server.restart();
    laptop.kill();

    // Of this hour, only the desk knows.
    element(&desk, "component", "Under the first key");
    sync(&desk);
    desk.ask("role/define", json!({ "name": "Reviewer", "permissions": ["read", "comment"] }));
    desk.ask("key/rotate", json!({}));
    element(&desk, "component", "Under a key that is lost");
    sync(&desk);
    desk.kill();
    server.kill();
    server.put_back(&backup);
    assert_eq!(server.command("restored").code, 0);
    server.restart();
    laptop.start();
    alarmed(&laptop, "restored");
    laptop.ask("sync/settle", json!({ "alarm": "restored" }));
    element(&laptop, "component", "Written after the restore");
    sync(&laptop);

    desk.start();
    let status = alarmed(&desk, "forked");
    assert!(status["problem"]["hint"].as_str().unwrap().contains("--settle forked"), "{status}");
    element(&desk, "component", "Written while it was forked");
    let status = desk.ask("sync/settle", json!({ "alarm": "forked" }));
    assert_eq!(status["alarm"], Value::Null, "{status}");
    let all = same(&desk, &laptop);
    let names = [
        "Before the backup",
        "Under the first key",
        "Under a key that is lost",
        "Written after the restore",
        "Written while it was forked",
    ];
    for name in names {
        assert_eq!(all.matches(name).count(), 1, "{name}");
    }
    // Its entries are set aside with what they were, and what follows is made on the common log.
    let aside = desk.ask("sync/quarantine", json!({}));
    let reasons = aside["items"].to_string();
    assert_eq!(aside["total"], json!(2), "{aside}");
    assert!(reasons.contains("role define") && reasons.contains("key rotate"), "{reasons}");
    let roles = |device: &Device| device.ask("member/list", json!({}))["roles"].as_array().unwrap().len();
    assert_eq!(roles(&desk), roles(&laptop));
    desk.ask("key/rotate", json!({}));
    element(&desk, "component", "Under a new key");
    let all = same(&desk, &laptop);
    assert!(all.contains("Under a new key"));
    for device in [&desk, &laptop] {
        assert_eq!(device.ask("sync/alarm", json!({}))["alarm"], Value::Null, "{}", device.name);
    }
}
