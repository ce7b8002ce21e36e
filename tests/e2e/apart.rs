//! J4: two devices edit apart for long, on the same things, and both have everything when they have met.

use std::time::Instant;

use groundplan_tests::device::Device;
use groundplan_tests::edits::{Common, Side};
use groundplan_tests::journey::{agree, everything, found, link, login, sync};
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::{Value, json};

const EDITS: usize = 200;

#[test]
fn weeks_apart_end_in_agreement_on_the_embedded_store() {
    weeks_apart(Store::Embedded, 0x6a34_0001);
}

#[test]
fn weeks_apart_end_in_agreement_on_postgres() {
    weeks_apart(Store::Postgres, 0x6a34_0002);
}

fn weeks_apart(store: Store, seed: u64) {
    let mut server = Server::start(store);
    let wire = server.wire();
    let desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let common = Common::make(&desk);
    sync(&desk);
    let mut laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);

    server.kill();
    let start = Instant::now();
    let mut one = Side::new(&desk, &common, "desk", seed);
    let mut other = Side::new(&laptop, &common, "lap", seed ^ 0xffff);
    for _ in 0..EDITS {
        one.edit();
        other.edit();
    }
    let editing = start.elapsed();
    for device in [&desk, &laptop] {
        let status = device.ask("sync/status", json!({}));
        assert!(status["waiting"].as_u64().unwrap() > 100, "the edits wait: {status}");
        assert_ne!(status["state"], "up_to_date", "and the device says so");
    }

    server.restart();
    let start = Instant::now();
    let merged = agree(&[&desk, &laptop]);
    let merging = start.elapsed();
    check(&merged, &common, &one, &other, seed);
    let marks = one.present.len() + other.present.len();
    drop((one, other));
    compare_answers(&desk, &laptop, &common);

    // What was agreed on is what is stored: a device that starts again says the same.
    let before = everything(&laptop);
    laptop.kill();
    laptop.start();
    assert_eq!(everything(&laptop), before);
    compare_answers(&desk, &laptop, &common);
    tell(&format!(
        "{store:?}, seed {seed:#x}: 2 x {EDITS} edits in {:.1} s, merged in {:.1} s, {marks} marks found",
        editing.as_secs_f32(),
        merging.as_secs_f32()
    ));
}

fn check(merged: &Value, common: &Common, one: &Side<'_>, other: &Side<'_>, seed: u64) {
    let text = merged.to_string();
    for side in [one, other] {
        let lost: Vec<&String> = side.present.iter().filter(|mark| !text.contains(mark.as_str())).collect();
        assert!(lost.is_empty(), "seed {seed:#x}: lost {lost:?}");
        let back: Vec<&String> = side.absent.iter().filter(|mark| text.contains(mark.as_str())).collect();
        assert!(back.is_empty(), "seed {seed:#x}: taken back and still here: {back:?}");
    }
    let here =
        |id: &String| merged["elements"].as_array().unwrap().iter().any(|element| element["id"] == json!(id));
    let mut beaten = 0;
    for id in &common.doomed {
        let edited = one.edited.contains(id) || other.edited.contains(id);
        let deleted = one.deleted.contains(id) || other.deleted.contains(id);
        assert_eq!(here(id), edited || !deleted, "seed {seed:#x}: edited {edited}, deleted {deleted}: {id}");
        beaten += usize::from(edited && deleted);
    }
    tell(&format!("{beaten} deletes were beaten by an edit of the other side"));
    assert!(common.parts.iter().all(here));
}

/// Lists, searches, drawings and conflicts: what people look at is the same on both.
fn compare_answers(desk: &Device, laptop: &Device, common: &Common) {
    let mut questions = vec![
        ("element/list", json!({})),
        ("relation/list", json!({})),
        ("page/list", json!({})),
        ("view/list", json!({})),
        ("search/query", json!({ "text": "desk", "limit": 500 })),
        ("search/query", json!({ "text": "renamed", "limit": 500 })),
        ("view/scene", json!({ "id": common.view })),
    ];
    questions.extend(common.parts.iter().map(|id| ("element/get", json!({ "id": id }))));
    questions.extend(common.pages.iter().map(|id| ("page/get", json!({ "id": id }))));
    for (method, params) in questions {
        let (ours, theirs) = (desk.ask(method, params.clone()), laptop.ask(method, params.clone()));
        assert_eq!(ours, theirs, "{method} {params}");
    }
    let dangling = |device: &Device| device.ask("workspace/summary", json!({}))["elements"].clone();
    assert_eq!(dangling(desk), dangling(laptop));
}
