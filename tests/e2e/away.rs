//! 180 days away, between real processes: a laptop comes back with edits of its own to ten times as many made
//! elsewhere, with the keys rotated meanwhile and its session at an end. It says that it wants a sign-in, keeps everything
//! until then, and both devices end with the same and with every edit.
//!
//! `GROUNDPLAN_AWAY_ELEMENTS=5000` makes it 10,000 against 100,000 edits; an ordinary run takes a twentieth of that. The
//! clock of a machine cannot be moved for one process, so half a year is put between the server's record of the laptop's
//! session and now. Not here: what an edit may be (`apart`), figures (`app/benches/figures/away.rs`).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::journey::{everything, first_difference, found, link, login, sync_within};
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::{Value, json};

const ELEMENTS: usize = 250;
const ROUNDS: usize = 20;
const OWN_ROUNDS: usize = 2;
const AWAY_MS: i64 = 180 * 24 * 60 * 60 * 1000;
/// For all of a catch-up, at full size on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A catalogue of components whose shown names say the round.
fn catalogue(elements: usize, round: usize) -> String {
    let mut text = String::new();
    for n in 0..elements {
        writeln!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: part-{n}\n  title: Part {n} of round \
             {round}\nspec:\n  type: service\n  lifecycle: production\n  owner: everybody"
        )
        .expect("text is written");
    }
    text
}

/// Imports the catalogue of a round; says how many elements it added or changed.
fn import(device: &Device, elements: usize, round: usize) -> u64 {
    let path = device.folder().join("catalog-info.yaml");
    std::fs::write(&path, catalogue(elements, round)).expect("the catalogue is written");
    let applied = device.ask("import/apply", json!({ "input": { "path": path } }));
    let count = |name: &str| applied["counts"][name].as_u64().expect("a count");
    count("added") + count("changed")
}

/// Lets half a year go by for the newest session.
fn age_newest_session(server: &Server) {
    let store = rusqlite::Connection::open(server.data().join("server.db")).expect("the store opens");
    let newest = "(SELECT family_id FROM refresh_families ORDER BY created_at_ms DESC LIMIT 1)";
    let tokens =
        format!("UPDATE refresh_tokens SET issued_at_ms = issued_at_ms - ?1 WHERE family_id = {newest}");
    assert_ne!(store.execute(&tokens, [AWAY_MS]).expect("tokens age"), 0);
    let families = format!(
        "UPDATE refresh_families SET rotated_at_ms = rotated_at_ms - ?1, created_at_ms = created_at_ms - ?1,
         expires_at_ms = expires_at_ms - ?1 WHERE family_id = {newest}"
    );
    assert_eq!(store.execute(&families, [AWAY_MS]).expect("the session ages"), 1);
}

/// Waits until a device says that it cannot go on.
fn stuck(device: &Device) -> Value {
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        let status = device.ask("sync/status", json!({}));
        if !status["problem"].is_null() {
            return status;
        }
        assert!(Instant::now() < until, "{} never says what it wants: {status}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

#[test]
fn half_a_year_away_ends_in_agreement() {
    let elements = std::env::var("GROUNDPLAN_AWAY_ELEMENTS")
        .ok()
        .map_or(ELEMENTS, |text| text.parse().expect("GROUNDPLAN_AWAY_ELEMENTS is a number"));
    let mut server = Server::start(Store::Embedded);
    // Half a year passes in minutes here: the server's pace of 100 envelopes a second is for days.
    server.restart_with("GROUNDPLAN_SERVER_LIMITS_ENVELOPE_BURST", "1000000");
    let wire = server.wire();
    let (desk, mut laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    found(&desk, &wire, "Shop", "ada");
    import(&desk, elements, 0);
    sync_within(&desk, PATIENCE);
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    sync_within(&laptop, PATIENCE);
    let listed = laptop.ask("element/list", json!({}));
    let ids: Vec<Value> =
        listed["items"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert!(ids.len() >= elements, "the laptop holds the whole catalogue");
    laptop.kill();

    let (mut made, mut pushed) = (Duration::ZERO, Duration::ZERO);
    for round in 1..=ROUNDS {
        let start = Instant::now();
        assert!(import(&desk, elements, round) >= elements as u64, "every element changes in round {round}");
        made += start.elapsed();
        let start = Instant::now();
        sync_within(&desk, PATIENCE);
        pushed += start.elapsed();
        if round == ROUNDS / 2 {
            desk.ask("key/rotate", json!({}));
        }
    }
    server.kill();
    age_newest_session(&server);

    laptop.start();
    for round in 0..OWN_ROUNDS {
        for id in &ids {
            laptop.ask("element/update", json!({ "id": id, "add_tags": [format!("away-{round}")] }));
        }
    }
    server.restart();
    let status = stuck(&laptop);
    let waiting = status["waiting"].as_u64().expect("a count");
    assert!(waiting >= (OWN_ROUNDS * ids.len()) as u64, "every edit waits: {status}");
    let asked = status["problem"]["message"].as_str().expect("it says why").to_owned();
    assert_eq!(status["problem"]["code"], json!("not_connected"), "{status}");

    let start = Instant::now();
    login(&laptop, &wire, "ada");
    sync_within(&laptop, PATIENCE);
    sync_within(&desk, PATIENCE);
    let merged = start.elapsed();
    let (ours, theirs) = (everything(&laptop), everything(&desk));
    assert!(ours == theirs, "the devices do not agree:\n{}", first_difference(&ours, &theirs));
    let last = format!(" of round {ROUNDS}\"");
    assert!(ours.matches(&last).count() >= elements, "every name is the last one given");
    for round in 0..OWN_ROUNDS {
        let tag = format!("\"away-{round}\"");
        assert!(ours.matches(&tag).count() >= ids.len(), "every tag is there");
    }
    tell(&format!(
        "180 days away: {} edits here against {} elsewhere (made in {:.1} s, pushed in {:.1} s), keys rotated, session ended; asked \
         “{asked}” with {waiting} waiting; merged {:.1} s after the sign-in, both equal, nothing lost",
        OWN_ROUNDS * ids.len(),
        ROUNDS * elements,
        made.as_secs_f32(),
        pushed.as_secs_f32(),
        merged.as_secs_f32(),
    ));
}
