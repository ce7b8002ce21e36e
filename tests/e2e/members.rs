//! Members come and go between real processes: what they could read is rotated, whoever was shut out knows it and keeps
//! everything, and nobody else loses a word.

use std::time::{Duration, Instant};

use groundplan_tests::device::{CallError, Device};
use groundplan_tests::journey::{agree, element, everything, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

fn refused(device: &Device, method: &str, params: Value) -> Value {
    match device.call(method, params) {
        Err(CallError::Refused(_, error)) => error,
        other => panic!("{method} should be refused: {other:?}"),
    }
}

/// Waits until a device knows what it is.
pub(crate) fn standing(device: &Device, wanted: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        let status = device.ask("sync/status", json!({}));
        if status["standing"] == json!(wanted) {
            return status;
        }
        assert!(Instant::now() < until, "{} never learns that it is {wanted}: {status}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

fn key(device: &Device, level: &str) -> (u64, bool) {
    let list = device.ask("member/list", json!({}));
    let keys = list["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["level"] == json!(level)).unwrap();
    (key["epoch"].as_u64().unwrap(), key["held"].as_bool().unwrap())
}

fn member(device: &Device, name: &str) -> Value {
    let list = device.ask("member/list", json!({}));
    let found = list["items"].as_array().unwrap().iter().find(|member| member["name"] == json!(name));
    found.unwrap_or_else(|| panic!("{} does not know {name}: {list}", device.name)).clone()
}

#[test]
fn whoever_is_removed_reads_nothing_new_and_keeps_everything_on_the_embedded_store() {
    removal(Store::Embedded);
}

#[test]
fn whoever_is_removed_reads_nothing_new_and_keeps_everything_on_postgres() {
    removal(Store::Postgres);
}

fn removal(store: Store) {
    let mut server = Server::start(store);
    let wire = server.wire();
    let (desk, laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    let mut grace = Device::with_agent("Tablet");
    found(&desk, &wire, "Shop", "ada");
    element(&desk, "component", "Before");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    let invitation = desk.ask("member/invite", json!({ "role": "editor", "clearance": "restricted" }));
    grace.ask("account/register", json!({ "server": wire.url(), "name": "grace", "password": PASSWORD }));
    grace.ask("member/join", json!({ "link": invitation["link"], "name": "Grace" }));
    agree(&[&desk, &laptop, &grace]);

    // Both compare the same sixty digits; an editor may not remove anybody.
    let ours = desk.ask("member/safety", json!({ "member": "Grace" }))["number"].clone();
    let ada = member(&desk, "Owner")["id"].clone();
    assert_eq!(grace.ask("member/safety", json!({ "member": ada }))["number"], ours);
    let error = refused(&grace, "member/remove", json!({ "member": ada }));
    assert_eq!(error["code"], "not_allowed", "{error}");

    // Less clearance: what she no longer reads gets new keys that she is not given.
    desk.ask("member/clearance", json!({ "member": "Grace", "clearance": "internal" }));
    agree(&[&desk, &laptop, &grace]);
    assert_eq!((key(&grace, "restricted"), key(&grace, "internal")), ((2, false), (1, true)));
    assert_eq!(key(&laptop, "restricted"), (2, true));

    // Everybody writes while the server is away; then Ada removes Grace before anybody else has sent anything.
    server.kill();
    element(&grace, "component", "Only at Graces");
    element(&laptop, "component", "Written on the train");
    grace.kill();
    server.restart();
    desk.ask("member/remove", json!({ "member": "Grace" }));
    assert_eq!(member(&desk, "Grace")["active"], json!(false));
    assert_eq!(key(&desk, "internal"), (2, true));
    element(&desk, "component", "After");
    // What the laptop had sealed or not under the old key arrives under the new one.
    agree(&[&desk, &laptop]);
    assert!(everything(&desk).contains("Written on the train"));
    assert_eq!(key(&laptop, "internal"), (2, true));

    grace.start();
    let status = standing(&grace, "removed");
    assert_eq!(status["state"], json!("problem"), "{status}");
    assert!(status["waiting"].as_u64().unwrap() > 0, "nothing is wiped: {status}");
    assert!(status["problem"]["hint"].as_str().unwrap().contains("--rescue"), "{status}");
    let rescue = grace.ask("sync/rescue", json!({}));
    assert!(rescue["text"].as_str().unwrap().contains("Only at Graces"), "{rescue}");
    assert_eq!(rescue["documents"][0]["name"], json!("Only at Graces"), "{rescue}");
    assert!(!everything(&grace).contains("After"), "and she reads nothing new");
    assert!(everything(&grace).contains("Before"), "what she had stays readable");
    assert!(!everything(&desk).contains("Only at Graces"));
    assert_eq!(key(&grace, "internal"), (2, false), "the key that shut her out is not hers");

    // A device, too.
    desk.ask("device/revoke", json!({ "device": "Laptop" }));
    let status = standing(&laptop, "device_revoked");
    assert_eq!((&status["waiting"], &status["state"]), (&json!(0), &json!("problem")), "{status}");
    element(&desk, "component", "At the end");
    sync(&desk);
    assert_eq!(key(&desk, "restricted"), (3, true));
    for device in [&desk, &laptop, &grace] {
        assert_eq!(device.ask("sync/alarm", json!({}))["alarm"], Value::Null, "{}", device.name);
        assert_eq!(device.ask("sync/quarantine", json!({}))["total"], json!(0), "{}", device.name);
    }
}

#[test]
fn members_by_command_line() {
    let mut server = Server::start(Store::Embedded);
    let url = server.wire().url();
    let (desk, tablet) = (Device::with_agent("Desk"), Device::new("Tablet"));
    desk.ask("workspace/create", json!({ "name": "Shop" }));
    desk.ask("account/register", json!({ "server": url, "name": "ada", "password": PASSWORD }));
    desk.ask("sync/connect", json!({}));
    desk.done(&["add", "component", "Web"]);
    sync(&desk);
    tablet.done(&["register", &url, "grace"]);

    // A link that was taken back opens nothing.
    let link = |device: &Device| {
        let said = device.done(&["member", "invite", "--clearance", "internal"]);
        said.lines().next().unwrap().to_owned()
    };
    let stale = link(&desk);
    let list: Value = serde_json::from_str(&desk.done(&["--json", "member", "invitations"])).unwrap();
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(desk.done(&["member", "invitations", "--cancel", &id]).contains("cancelled"));
    assert_ne!(tablet.cli(&["member", "join", &stale, "--name", "Grace"]).code, 0);
    tablet.done(&["member", "join", &link(&desk), "--name", "Grace"]);
    tablet.done(&["sync"]);
    assert!(tablet.done(&["list"]).contains("Web"));

    assert!(desk.done(&["role", "define", "Reviewer", "--allow", "read,comment"]).contains("Grace"));
    assert!(desk.done(&["member", "role", "Grace", "Reviewer"]).contains("Reviewer"));
    tablet.done(&["sync"]);
    assert_eq!(tablet.cli(&["member", "role", "Grace", "owner"]).code, 5);
    assert!(desk.done(&["policy", "--rotate-after-days", "90"]).contains("90 days"));
    assert!(desk.done(&["key", "rotate", "--level", "internal"]).contains("epoch 2"));
    tablet.done(&["sync"]);
    assert!(tablet.done(&["member", "list"]).contains("epoch 2"));
    let said = desk.done(&["service", "add", "Robot", "--clearance", "public"]);
    let handed = said.lines().next().unwrap().to_owned();
    assert_eq!(handed.len(), 224, "the secret, the workspace and the hash of its first entry in hexadecimal");
    robot(&desk, &url, &handed);
    assert!(desk.done(&["member", "list"]).contains("service"));

    // She leaves by herself: what she could read is due for rotation, and Ada's device does it.
    tablet.done(&["member", "remove", "Grace"]);
    assert_eq!(tablet.cli(&["sync"]).code, 5, "not allowed any more");
    let until = Instant::now() + Duration::from_secs(60);
    while key(&desk, "internal") != (3, true) {
        assert!(Instant::now() < until, "{}", desk.ask("member/list", json!({})));
        desk.wait_for_event(Duration::from_millis(200));
    }
    assert!(tablet.done(&["sync", "--rescue"]).contains("Everything here was sent"));
    assert!(tablet.done(&["sync", "--quarantine"]).contains("Nothing was set aside"));
    assert!(tablet.done(&["sync", "--alarm"]).contains("There is no alarm"));
}

/// A profile without a person joins with the service's key and synchronises.
fn robot(desk: &Device, url: &str, key: &str) {
    let robot = Device::new("Robot");
    let with_key = |device: &Device, key: &str| {
        device.cli_with(&["service", "use"], |command| {
            command.env("GROUNDPLAN_SERVICE_KEY", key);
        })
    };
    assert_eq!(with_key(&robot, key.get(2..).expect("hex digits")).code, 2, "a key that is cut is none");
    let person = Device::new("Person");
    person.done(&["register", url, "somebody"]);
    assert_eq!(with_key(&person, key).code, 4, "a person's profile stays a person's");
    let said = with_key(&robot, key);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    robot.done(&["register", url, "robot"]);
    let said = robot.done(&["service", "open"]);
    assert!(said.contains("Opened"), "{said}");
    robot.done(&["sync"]);
    assert!(robot.done(&["member", "list"]).contains("service"), "it reads the signed list of members");
    // It is cleared for what is public only, and everything here is internal.
    assert!(!robot.done(&["--json", "export", "json"]).contains("Web"));
    assert_ne!(person.cli(&["service", "open"]).code, 0);
    sync(desk);
}
