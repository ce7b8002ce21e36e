//! Steps that several stories share: found a workspace on a server, link a device, synchronise, agree.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::device::Device;
use crate::programs::PASSWORD;
use crate::wire::Wire;

/// How long devices may take to agree on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Creates a workspace on a device, registers an account and uploads.
pub fn found(device: &Device, wire: &Wire, workspace: &str, account: &str) {
    device.ask("workspace/create", json!({ "name": workspace }));
    device.ask("account/register", json!({ "server": wire.url(), "name": account, "password": PASSWORD }));
    device.ask("sync/connect", json!({}));
    sync(device);
}

/// Signs a device in.
pub fn login(device: &Device, wire: &Wire, account: &str) {
    device.ask("account/login", json!({ "server": wire.url(), "name": account, "password": PASSWORD }));
}

/// Links `new` with a code that `old` makes.
///
/// # Panics
/// If a step fails, or `old` is told another device's name.
pub fn link(old: &Device, new: &Device) {
    let code = old.ask("device/link_start", json!({}))["code"].clone();
    let caller = new.caller();
    let join = std::thread::spawn(move || caller.call("device/link_join", json!({ "code": code })));
    let request = old.ask("device/link_wait", json!({ "timeout_ms": 60_000 }));
    assert_eq!(request["device_name"], json!(new.name));
    old.ask("device/link_confirm", json!({ "device": request["device"] }));
    join.join().expect("the join does not panic").expect("the new device joins");
}

/// Synchronises until everything here is on the server.
///
/// # Panics
/// If it takes too long or there is a problem.
pub fn sync(device: &Device) {
    sync_within(device, PATIENCE);
}

/// Like [`sync`], with as much patience as it is given.
///
/// # Panics
/// If it takes longer or there is a problem.
pub fn sync_within(device: &Device, patience: Duration) {
    let until = Instant::now() + patience;
    loop {
        let status = device.ask("sync/now", json!({ "timeout_ms": 30_000 }));
        if status["state"] == json!("up_to_date") && status["waiting"] == json!(0) {
            assert_eq!(status["quarantined"], json!(0), "{}: {status}", device.name);
            return;
        }
        assert!(Instant::now() < until, "{} does not get up to date: {status}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

/// Synchronises all until they hold the same; returns it.
///
/// # Panics
/// If they do not agree in time; says where they differ.
pub fn agree(devices: &[&Device]) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        devices.iter().for_each(|device| sync(device));
        let all: Vec<String> = devices.iter().map(|device| everything(device)).collect();
        if all.windows(2).all(|pair| pair[0] == pair[1]) {
            return serde_json::from_str(&all[0]).expect("an export is JSON");
        }
        if Instant::now() > until {
            let pair = all.windows(2).find(|pair| pair[0] != pair[1]).expect("two that differ");
            panic!("the devices do not agree:\n{}", first_difference(&pair[0], &pair[1]));
        }
        devices[0].wait_for_event(Duration::from_millis(200));
    }
}

/// Returns the whole content of the open workspace as JSON text.
///
/// # Panics
/// If there is none.
pub fn everything(device: &Device) -> String {
    let exported = device.ask("export/run", json!({ "format": "json" }));
    exported["text"].as_str().expect("the export as text").to_owned()
}

/// Shows the first lines that differ, with what stands around them.
pub fn first_difference(a: &str, b: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let at = (0..a.len().max(b.len())).find(|at| a.get(*at) != b.get(*at)).unwrap_or(0);
    let show =
        |lines: &[&str]| lines[at.saturating_sub(12).min(lines.len())..(at + 6).min(lines.len())].join("\n");
    format!("line {at}\n--- one\n{}\n--- other\n{}", show(&a), show(&b))
}

/// Creates an element and returns its id.
///
/// # Panics
/// If it cannot be created.
pub fn element(device: &Device, kind: &str, name: &str) -> String {
    let made = device.ask("element/create", json!({ "kind": kind, "name": name }));
    made["element"]["id"].as_str().expect("an id").to_owned()
}
