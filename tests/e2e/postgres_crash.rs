//! The database crashes under a server that is at work, again and again: nothing acknowledged is lost, and the same server
//! process goes on by itself. Not here: what happens when the server is killed (`kill_server`).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use groundplan_server::testing::postgres::Cluster;
use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, found, link, login, sync};
use groundplan_tests::server::Server;
use groundplan_tests::tell;
use serde_json::json;

const CRASHES: usize = 10;

#[test]
fn ten_crashes_of_postgres_under_load_lose_nothing() {
    let start = Instant::now();
    let cluster = Cluster::start();
    let mut server = Server::start_on(Some(cluster.database()));
    let wire = server.wire();
    let writer = Device::with_agent("Writer");
    found(&writer, &wire, "Shop", "ada");
    let reader = Device::with_agent("Reader");
    login(&reader, &wire, "ada");
    link(&writer, &reader);
    agree(&[&writer, &reader]);

    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut acknowledged, mut waited) = (Vec::new(), Vec::new());
    let caller = writer.caller();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let name = format!("edit-{:05}", made.fetch_add(1, Ordering::Relaxed));
                caller.call("element/create", json!({ "kind": "component", "name": name })).expect("edits");
            }
        });
        for crash in 0..CRASHES {
            // So many edits between two crashes, some of them under way.
            let until = made.load(Ordering::Relaxed) + 5;
            while made.load(Ordering::Relaxed) < until {
                writer.wait_for_event(Duration::from_millis(20));
            }
            let status = writer.ask("sync/status", json!({}));
            let before = made.load(Ordering::Relaxed);
            acknowledged.push(before.saturating_sub(status["waiting"].as_u64().expect("a count") + 1));
            cluster.crash();
            let back = Instant::now();
            // Somebody else's way through the server, which the writer keeps busy.
            let deadline = back + Duration::from_secs(60);
            loop {
                let status = reader.ask("sync/now", json!({ "timeout_ms": 5_000 }));
                if status["state"] == "up_to_date" && count(&reader) >= acknowledged[crash] {
                    break;
                }
                assert!(
                    Instant::now() < deadline,
                    "crash {crash}: the reader does not get through: {status}"
                );
            }
            waited.push(back.elapsed());
        }
        stop.store(true, Ordering::Relaxed);
    });
    sync(&writer);
    agree(&[&writer, &reader]);
    let made = made.load(Ordering::Relaxed);
    assert_eq!(count(&reader), made, "every edit is on the other device");
    waited.sort();
    tell(&format!(
        "{CRASHES} crashes of Postgres under load: {made} edits, none lost; up to date again after {:.1} s (median), {:.1} \
         s (longest); {:.0} s in all",
        waited[waited.len() / 2].as_secs_f32(),
        waited[waited.len() - 1].as_secs_f32(),
        start.elapsed().as_secs_f32()
    ));
}

fn count(device: &Device) -> u64 {
    let list = device.ask("element/list", json!({ "filter": "edit-", "limit": 1 }));
    list["total"].as_u64().expect("a count")
}
