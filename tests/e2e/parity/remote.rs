//! A story that uses each command that needs a server, through agents: some of them go on while others answer, which a
//! command line that ends in between cannot do.

use std::cell::RefCell;
use std::collections::BTreeSet;

use groundplan_tests::device::Device;
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

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
    let (desk, laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    let (spare, guest) = (Device::with_agent("Spare"), Device::with_agent("Guest"));
    call(&desk, "workspace/create", json!({ "name": "Shop" }));
    call(&desk, "account/register", account("ada"));
    call(&desk, "sync/connect", json!({}));
    call(&desk, "sync/now", json!({}));
    call(&desk, "sync/status", json!({}));

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
    used.into_inner()
}
