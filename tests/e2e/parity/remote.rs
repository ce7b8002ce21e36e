//! A story that uses each command that needs a server, through agents: some of them go on while others answer, which a
//! command line that ends in between cannot do.

use std::cell::RefCell;
use std::collections::BTreeSet;

use groundplan_shared::auth::totp::{STEP_S, TotpSecret};
use groundplan_tests::device::Device;
use groundplan_tests::journey::link;
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

use crate::members::standing;

/// Tells it; returns the commands used.
pub(super) fn tell() -> BTreeSet<String> {
    let mut server = Server::start(Store::Embedded);
    let url = server.wire().url();
    let used = RefCell::new(BTreeSet::new());
    let call = |device: &Device, method: &str, params: Value| {
        used.borrow_mut().insert(method.to_owned());
        device.ask(method, params)
    };
    let account = |name: &str| json!({ "server": url, "name": name, "password": PASSWORD });
    let (desk, mut laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    let (spare, guest) = (Device::with_agent("Spare"), Device::with_agent("Guest"));
    call(&desk, "workspace/create", json!({ "name": "Shop" }));
    call(&desk, "account/register", account("ada"));
    call(&desk, "sync/connect", json!({}));
    call(&desk, "sync/now", json!({}));
    call(&desk, "sync/status", json!({}));
    call(&desk, "sync/peers", json!({}));
    call(&desk, "sync/held", json!({}));
    // Nothing is held, so there is nothing to decide.
    assert!(desk.call("sync/decide", json!({ "device": "00", "answer": "undo" })).is_err());
    used.borrow_mut().insert("sync/decide".to_owned());

    call(&laptop, "account/login", account("ada"));
    let code = call(&desk, "device/link_start", json!({}))["code"].clone();
    let caller = laptop.caller();
    let join = std::thread::spawn(move || caller.call("device/link_join", json!({ "code": code })));
    let request = call(&desk, "device/link_wait", json!({}));
    call(&desk, "device/link_confirm", json!({ "device": request["device"] }));
    join.join().unwrap().unwrap();
    used.borrow_mut().insert("device/link_join".to_owned());
    let list = call(&desk, "device/list", json!({}));
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");

    let code = call(&desk, "recovery/create", json!({}))["code"].clone();
    call(&desk, "sync/now", json!({}));
    call(&spare, "account/login", account("ada"));
    call(&spare, "recovery/use", json!({ "code": code }));

    let link =
        call(&desk, "member/invite", json!({ "role": "editor", "clearance": "restricted" }))["link"].clone();
    call(&desk, "sync/now", json!({}));
    call(&guest, "account/register", account("grace"));
    call(&guest, "member/join", json!({ "link": link, "name": "Grace" }));
    call(&guest, "account/logout", json!({}));
    second_factor(&call, &desk);
    govern(&call, [&desk, &spare], &mut laptop, &url);
    returns(&call, &desk, &mut laptop, account("ada"));
    let folder = tempfile::tempdir().unwrap();
    let backup = json!({ "path": folder.path().join("all.age"), "passphrase": "words for a backup" });
    call(&desk, "backup/create", backup.clone());
    let other = Device::with_agent("Other");
    let taken = call(&other, "backup/take_in", backup);
    assert_eq!(taken["workspace"]["name"], json!("Shop"), "{taken}");
    used.borrow_mut().insert("sync/settle".to_owned());
    // Nothing is wrong, so there is nothing to settle.
    assert!(desk.call("sync/settle", json!({ "alarm": "forked" })).is_err());
    used.into_inner()
}

/// The laptop, which was revoked meanwhile, is let in again as a new device.
fn returns(
    call: &impl Fn(&Device, &str, Value) -> Value,
    desk: &Device,
    laptop: &mut Device,
    account: Value,
) {
    laptop.start();
    standing(laptop, "device_revoked");
    call(laptop, "device/renew", json!({}));
    laptop.ask("account/login", account);
    link(desk, laptop);
    let brought = call(laptop, "sync/bring_in", json!({}));
    assert_eq!(brought["documents"], json!(0), "everything was sent before: {brought}");
}

/// The second factor: set up, demanded, and gone again.
fn second_factor(call: &impl Fn(&Device, &str, Value) -> Value, desk: &Device) {
    let setup = call(desk, "account/second_factor_begin", json!({}));
    let secret = TotpSecret::from_text(setup["secret"].as_str().unwrap()).unwrap();
    let step = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / STEP_S;
    let demand = json!({ "second_factor_required": true });
    assert!(desk.call("policy/set", demand.clone()).is_err(), "nobody shuts themselves out");
    call(desk, "account/second_factor_confirm", json!({ "code": secret.code(step()) }));
    let status = call(desk, "account/second_factor", json!({}));
    assert_eq!(status, json!({ "enabled": true, "proven": true }));
    desk.ask("policy/set", demand);
    desk.ask("policy/set", json!({ "second_factor_required": false }));
    // A code counts once: the next one, which the server takes from a clock that is ahead.
    call(desk, "account/second_factor_remove", json!({ "code": secret.code(step() + 1) }));
}

/// Members, roles, keys and policy: the desk is an owner's, and `laptop` another device of the same person.
fn govern(
    call: &impl Fn(&Device, &str, Value) -> Value,
    [desk, late]: [&Device; 2],
    laptop: &mut Device,
    url: &str,
) {
    call(desk, "member/role", json!({ "member": "Grace", "role": "viewer" }));
    call(desk, "member/clearance", json!({ "member": "Grace", "clearance": "public" }));
    call(desk, "role/define", json!({ "name": "Reviewer", "permissions": ["read", "comment"] }));
    let robot = json!({ "name": "Robot", "role": "viewer", "clearance": "public" });
    let key = call(desk, "service/add", robot)["credential"].clone();
    let mut robot = Device::with_agent("Robot");
    call(&robot, "service/use", json!({ "credential": key }));
    robot.kill();
    robot.start();
    robot.ask("account/register", json!({ "server": url, "name": "robot", "password": PASSWORD }));
    call(&robot, "service/open", json!({}));
    call(desk, "policy/set", json!({ "max_offline_days": 30 }));
    call(desk, "key/rotate", json!({ "levels": ["internal"] }));
    let offer = json!({ "role": "editor", "clearance": "restricted" });
    call(desk, "member/invite", offer.clone());
    let open = call(desk, "invite/list", json!({}))["items"][0].clone();
    assert_eq!(open["state"], json!("open"));
    call(desk, "invite/cancel", json!({ "invite": open["id"] }));

    // Whoever made this invitation goes away, so somebody else confirms by the safety number.
    let newcomer = Device::with_agent("Newcomer");
    newcomer.ask("account/register", json!({ "server": url, "name": "lin", "password": PASSWORD }));
    call(laptop, "sync/now", json!({}));
    let link = laptop.ask("member/invite", offer)["link"].clone();
    laptop.kill();
    let join = json!({ "link": link, "name": "Lin", "timeout_ms": 2_000 });
    let waits = newcomer.call("member/join", join.clone());
    let said = format!("{waits:?}");
    call(desk, "sync/now", json!({}));
    let waiting = call(desk, "member/list", json!({}))["waiting"][0].clone();
    let number = waiting["safety_number"].as_str().unwrap();
    assert!(said.contains(number), "both sides compute {number}: {said}");
    let wrong = json!({ "member": waiting["id"], "safety_number": "0".repeat(60), "name": "Lin" });
    assert!(desk.call("member/confirm", wrong).is_err(), "another number lets nobody in");
    let right = json!({ "member": waiting["id"], "safety_number": number, "name": "Lin" });
    call(desk, "member/confirm", right);
    newcomer.ask("member/join", join);
    // An owner who can be recovered follows one who can be.
    newcomer.ask("recovery/create", json!({}));

    call(desk, "device/revoke", json!({ "device": "Laptop" }));
    call(desk, "member/remove", json!({ "member": "Grace" }));
    call(late, "sync/now", json!({}));
    let safety = call(desk, "member/safety", json!({ "member": "Lin" }));
    let verified = json!({ "member": "Lin", "safety_number": safety["number"] });
    let list = call(desk, "member/verify", verified).to_string();
    assert!(list.contains("\"compared\":true"), "{list}");
    let wrong = json!({ "member": "Lin", "safety_number": "0".repeat(60) });
    assert!(desk.call("member/verify", wrong).is_err(), "other digits are nobody's");
    for question in ["sync/quarantine", "sync/alarm", "sync/rescue"] {
        call(desk, question, json!({}));
    }
    call(desk, "member/transfer", json!({ "member": "Lin" }));
    let lin = desk.ask("member/list", json!({}));
    assert!(lin.to_string().contains("\"role\":\"owner\""), "{lin}");
}
