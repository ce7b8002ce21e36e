//! J3: register on a server, link a second device, print the recovery code, and come back with nothing but it.

use groundplan_tests::device::{CallError, Device};
use groundplan_tests::journey::{agree, element, everything, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

fn refusal(device: &Device, method: &str, params: Value) -> Value {
    match device.call(method, params) {
        Err(CallError::Refused(_, error)) => error,
        other => panic!("{method} should be refused: {other:?}"),
    }
}

#[test]
fn a_second_device_is_linked_and_a_third_recovers_on_the_embedded_store() {
    three_devices(Store::Embedded);
}

#[test]
fn a_second_device_is_linked_and_a_third_recovers_on_postgres() {
    three_devices(Store::Postgres);
}

fn three_devices(store: Store) {
    let mut server = Server::start(store);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let web = element(&desk, "component", "Web");
    desk.ask(
        "page/create",
        json!({ "kind": "runbook", "title": "Restart", "body": "1. Breathe [[Web]]", "about": web }),
    );
    sync(&desk);

    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    let both = agree(&[&desk, &laptop]);
    assert!(both.to_string().contains("Breathe"));
    let devices = |device: &Device| device.ask("device/list", json!({}));
    assert_eq!(devices(&desk)["safety_number"], devices(&laptop)["safety_number"]);
    assert_ne!(devices(&desk)["safety_number"], json!(""));
    for name in ["Desk", "Laptop"] {
        assert!(devices(&laptop).to_string().contains(name), "devices know each other by name");
    }

    // An edit of the new device reaches the old one.
    element(&laptop, "datastore", "Orders");
    agree(&[&laptop, &desk]);
    assert!(everything(&desk).contains("Orders"));

    let code = desk.ask("recovery/create", json!({}))["code"].clone();
    sync(&desk);
    let (before, safety) = (everything(&desk), devices(&desk)["safety_number"].clone());
    drop((desk, laptop));

    let third = Device::with_agent("Replacement");
    let wrong = refusal(&third, "recovery/use", json!({ "code": code }));
    assert_eq!(wrong["code"], "not_connected", "nobody is signed in yet: {wrong}");
    login(&third, &wire, "ada");
    let scrambled: String = code.as_str().unwrap().chars().rev().collect();
    refusal(&third, "recovery/use", json!({ "code": scrambled }));
    third.ask("recovery/use", json!({ "code": code }));
    sync(&third);
    assert_eq!(everything(&third), before);
    let now = devices(&third);
    let this: Vec<&Value> =
        now["items"].as_array().unwrap().iter().filter(|row| row["this"] == json!(true)).collect();
    assert_eq!((this.len(), &this[0]["active"]), (1, &json!(true)));
    assert_ne!(now["safety_number"], safety, "a device joined");
    // It can write, too.
    element(&third, "component", "After the loss");
    sync(&third);
}

#[test]
fn the_same_journey_by_command_line() {
    let mut server = Server::start(Store::Embedded);
    let url = server.wire().url();
    let (desk, laptop, third) = (Device::new("Desk"), Device::new("Laptop"), Device::new("Third"));
    desk.done(&["init", "Shop"]);
    desk.done(&["add", "component", "Web"]);
    desk.done(&["register", &url, "ada"]);
    desk.done(&["connect"]);
    desk.done(&["sync"]);
    let recovery = desk.done(&["recovery", "create"]);
    desk.done(&["sync"]);
    laptop.done(&["login", &url, "ada"]);
    // The code is read from the line that the waiting command prints, as a person would.
    let mut waiting = desk.background(&["device", "link", "--yes"]);
    let code = waiting.wait_for("the code", |line| line.split("device link ").nth(1).map(str::to_owned));
    laptop.done(&["device", "link", code.trim()]);
    assert!(waiting.ended_well());
    laptop.done(&["sync"]);
    let before = desk.done(&["export", "json"]);
    assert_eq!(laptop.done(&["export", "json"]), before);
    // The code works once.
    assert_ne!(Device::new("Fourth").cli(&["device", "link", code.trim(), "--timeout", "5"]).code, 0);

    let file = third.folder().join("code");
    std::fs::write(&file, recovery.lines().next().unwrap()).unwrap();
    third.done(&["login", &url, "ada"]);
    third.done(&["recovery", "use", "--code-file", file.to_str().unwrap()]);
    third.done(&["sync"]);
    assert_eq!(third.done(&["export", "json"]), before);
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_told_apart_by_nobody() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let stranger = Device::with_agent("Stranger");
    let attempt = |name: &str, password: &str| {
        refusal(
            &stranger,
            "account/login",
            json!({ "server": wire.url(), "name": name, "password": password }),
        )
    };
    let wrong = attempt("ada", "not the right words at all");
    let unknown = attempt("nobody", PASSWORD);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong["code"], "not_allowed", "{wrong}");

    // A name that is taken is not handed out again, and the first account still works.
    let taken = json!({ "server": wire.url(), "name": "ada", "password": "another long password" });
    refusal(&stranger, "account/register", taken);
    login(&stranger, &wire, "ada");
}

#[test]
fn a_wrong_link_code_is_refused_and_the_right_one_still_works() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    element(&desk, "component", "Web");
    sync(&desk);
    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    for code in ["", "nonsense", "GP1-AAAA-BBBB"] {
        let error = refusal(&laptop, "device/link_join", json!({ "code": code, "timeout_ms": 2_000 }));
        assert_eq!(error["code"], "invalid_input", "{error}");
    }
    // A code of the right form whose secret is another.
    let code = desk.ask("device/link_start", json!({}))["code"].as_str().unwrap().to_owned();
    let mut forged: Vec<char> = code.chars().collect();
    let at = forged.len() - 6;
    forged[at] = if forged[at] == 'A' { 'B' } else { 'A' };
    let forged: String = forged.into_iter().collect();
    refusal(&laptop, "device/link_join", json!({ "code": forged, "timeout_ms": 2_000 }));
    assert!(laptop.call("element/list", json!({})).is_err(), "no workspace came of it");
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);
}
