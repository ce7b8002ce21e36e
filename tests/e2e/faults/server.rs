//! F2: the server is killed at every call by which it writes, syncs, sends a statement or answers.
//!
//! Each round: the server starts and is killed at one call, if not while it starts then while a device does something with
//! it. It starts again; another device, while the first is stopped, must find what the first was told is done; then the
//! first goes on, and everything is there exactly once. Kills at random bytes of the wire are in `kill_server`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::faults::{self, CALLS, Point, SENDS};
use groundplan_tests::journey::{agree, element, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::{Value, json};

/// How long a device tries what the server may die of.
const TRY_MS: u64 = 5_000;

/// The server, a device that does things with it, and one that looks.
struct Stage {
    server: Server,
    url: String,
    writer: Device,
    reader: Device,
    target: Value,
}

/// Something that a device does with the server.
struct Act {
    name: &'static str,
    /// Does it under a mark; says whether it was told that it is done.
    does: fn(&Stage, &str) -> bool,
    /// Says how often a device that synchronised finds it.
    found: fn(&Device, &str) -> u64,
}

const ACTS: [Act; 4] = [
    Act { name: "push", does: push, found: pushed },
    Act { name: "file", does: file, found: filed },
    Act { name: "rotation", does: rotation, found: rotated },
    Act { name: "sign-in", does: sign_in, found: |_, _| 1 },
];

fn push(stage: &Stage, mark: &str) -> bool {
    element(&stage.writer, "component", mark);
    stage.writer.ask("sync/now", json!({ "timeout_ms": TRY_MS }))["waiting"] == json!(0)
}

fn pushed(device: &Device, mark: &str) -> u64 {
    let list = device.ask("element/list", json!({ "filter": mark, "limit": 1 }));
    list["total"].as_u64().expect("a count")
}

/// The content of the file with a mark, in base64.
fn content(mark: &str) -> String {
    let unlike: String = mark.bytes().map(|byte| char::from(b'A' + byte % 26)).collect();
    unlike.repeat(400 / unlike.len() * 4)
}

fn file(stage: &Stage, mark: &str) -> bool {
    let file = json!({ "document": stage.target, "name": mark, "base64": content(mark) });
    stage.writer.ask("attachment/add", file);
    let status = stage.writer.ask("sync/now", json!({ "timeout_ms": TRY_MS }));
    status["waiting"] == json!(0) && status["attachments"]["to_send"] == json!(0)
}

fn filed(device: &Device, mark: &str) -> u64 {
    let list = device.ask("attachment/list", json!({}));
    let rows = list["items"].as_array().expect("rows").iter();
    let fetched = rows.filter(|row| row["name"] == json!(mark)).filter(|row| {
        let got = device.call("attachment/get", json!({ "id": row["id"] }));
        got.is_ok_and(|got| got["base64"] == json!(content(mark)))
    });
    fetched.count() as u64
}

fn rotation(stage: &Stage, mark: &str) -> bool {
    // The mark is the epoch that is to begin.
    let levels = json!({ "levels": ["confidential"] });
    while epoch(&stage.writer) < mark.parse().expect("an epoch") {
        if stage.writer.call("key/rotate", levels.clone()).is_err() {
            return false;
        }
    }
    true
}

fn rotated(device: &Device, mark: &str) -> u64 {
    u64::from(epoch(device) >= mark.parse().expect("an epoch"))
}

fn epoch(device: &Device) -> u64 {
    let list = device.ask("member/list", json!({}));
    let key = list["keys"].as_array().expect("keys").iter().find(|key| key["level"] == json!("confidential"));
    key.expect("the level")["epoch"].as_u64().expect("an epoch")
}

fn sign_in(stage: &Stage, _: &str) -> bool {
    let login = json!({ "server": stage.url, "name": "ada", "password": PASSWORD });
    stage.writer.call("account/login", login).is_ok()
}

impl Stage {
    fn new(store: Store) -> Self {
        let mut server = Server::start(store);
        // What it logs is no call of interest.
        server.restart_with("GROUNDPLAN_SERVER_LOG_FILTER", "error");
        let wire = server.wire();
        let writer = Device::with_agent("Writer");
        found(&writer, &wire, "Shop", "ada");
        let target = json!(element(&writer, "component", "Target"));
        let reader = Device::with_agent("Reader");
        login(&reader, &wire, "ada");
        link(&writer, &reader);
        agree(&[&writer, &reader]);
        Self { server, url: wire.url(), writer, reader, target }
    }

    /// What a mark of an act looks like.
    fn mark(&self, act: &Act, round: usize) -> String {
        match act.name {
            "rotation" => (epoch(&self.writer) + 1).to_string(),
            name => format!("{name}-{round:05}"),
        }
    }

    /// Returns the points while the server starts and, behind them, those of an act.
    fn points(&mut self, act: &Act, calls: &[&'static str]) -> (Vec<Point>, Vec<Point>) {
        let log = self.writer.folder().join("server-calls.log");
        // What a log holds of an earlier act is no part of this one.
        let _ = std::fs::remove_file(&log);
        assert!(self.server.restart_below(|command| faults::watched(&command, calls, &log)), "it starts");
        let starting = faults::counted(&log, calls);
        let mark = self.mark(act, 0);
        assert!((act.does)(self, &mark), "{} works without a fault", act.name);
        self.server.kill();
        let mut acting = faults::counted(&log, calls);
        acting.retain(|point| !starting.contains(point));
        self.server.restart();
        sync(&self.writer);
        (starting, acting)
    }

    /// Waits until the reader has what the writer was told is done. The writer stands still meanwhile.
    fn there(&self, act: &Act, mark: &str, point: Point) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            self.reader.ask("sync/now", json!({ "timeout_ms": TRY_MS }));
            if (act.found)(&self.reader, mark) > 0 {
                return;
            }
            assert!(Instant::now() < until, "{point:?}: {} {mark} was acknowledged and is gone", act.name);
            self.reader.wait_for_event(Duration::from_millis(100));
        }
    }

    /// One round. Says whether the server was killed while it started, while it worked, or not at all.
    fn round(&mut self, act: &Act, mark: &str, point: Point) -> (&'static str, bool) {
        let up = self.server.restart_below(|command| faults::doomed(&command, point));
        let told = up && (act.does)(self, mark);
        let fate = match (up, self.server.runs()) {
            (false, _) => "starting",
            (true, false) => "working",
            (true, true) => "never",
        };
        self.server.kill();
        self.writer.process().pause();
        self.server.restart();
        if told {
            self.there(act, mark, point);
        }
        self.writer.process().resume();
        sync(&self.writer);
        if up && act.name != "rotation" {
            self.there(act, mark, point);
            assert_eq!((act.found)(&self.reader, mark), 1, "{point:?}: {} {mark} is there once", act.name);
        }
        (fate, told)
    }
}

fn sweep(store: Store, acts: &[Act], calls: &[&'static str], seconds: u64, seed: u64) {
    if !faults::can_trace("F2, kills at every call of the server") {
        return;
    }
    let start = Instant::now();
    let mut stage = Stage::new(store);
    let share = faults::budget(seconds).map(|budget| budget / acts.len() as u32);
    let (mut all, mut visited, mut told, mut fates) = (0, 0, 0, BTreeMap::<&str, usize>::new());
    for (at, act) in acts.iter().enumerate() {
        let (starting, mut points) = stage.points(act, calls);
        assert!(!points.is_empty(), "{}: the server does something for it", act.name);
        if at == 0 {
            points.extend(starting);
        }
        all += points.len();
        visited += faults::sweep(points, seed + at as u64, share, |n, point| {
            let mark = stage.mark(act, n + 1);
            let (fate, acknowledged) = stage.round(act, &mark, point);
            *fates.entry(fate).or_default() += 1;
            told += usize::from(acknowledged);
        });
    }
    agree(&[&stage.writer, &stage.reader]);
    let killed = visited - fates.get("never").copied().unwrap_or(0);
    assert!(killed * 2 > visited, "most rounds kill: {fates:?}");
    let names: Vec<&str> = acts.iter().map(|act| act.name).collect();
    tell(&format!(
        "F2 {store:?}: {visited} of {all} injection points visited ({}; calls {}), {killed} kills ({fates:?}): {told} \
         acknowledged, none lost, nothing twice; {:.0} s",
        names.join(" "),
        calls.join(" "),
        start.elapsed().as_secs_f32()
    ));
}

#[test]
fn a_kill_of_the_server_at_any_call_loses_nothing_that_it_acknowledged() {
    let calls: Vec<&str> = CALLS.into_iter().chain(SENDS).collect();
    sweep(Store::Embedded, &ACTS, &calls, 60, 0xf2_0001);
}

#[test]
fn a_kill_of_the_server_at_any_statement_to_postgres_loses_nothing_that_it_acknowledged() {
    let calls: Vec<&str> = ["write"].into_iter().chain(SENDS).collect();
    sweep(Store::Postgres, &ACTS[..1], &calls, 20, 0xf2_1001);
}
