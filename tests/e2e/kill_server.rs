//! The server is killed with `SIGKILL` at random points of a push, and loses nothing that it acknowledged.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use groundplan_tests::device::Device;
use groundplan_tests::journey::{agree, element, found, link, login, sync};
use groundplan_tests::random::Random;
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use groundplan_tests::wire::Way;
use serde_json::json;

/// Edits made around each kill.
const BURST: u64 = 10;

#[test]
fn fifty_kills_of_the_server_lose_nothing_on_the_embedded_store() {
    sweep(Store::Embedded, 50, 0x5e54_0001);
}

#[test]
fn fifty_kills_of_the_server_lose_nothing_on_postgres() {
    sweep(Store::Postgres, 50, 0x5e54_0002);
}

fn sweep(store: Store, kills: usize, seed: u64) {
    let start = Instant::now();
    let mut random = Random::new(seed);
    let mut server = Server::start(store);
    let wire = server.wire();
    let writer = Device::with_agent("Writer");
    found(&writer, &wire, "Shop", "ada");
    let reader = Device::with_agent("Reader");
    login(&reader, &wire, "ada");
    link(&writer, &reader);
    agree(&[&writer, &reader]);

    let mut made: u64 = 0;
    let mut burst = |writer: &Device| {
        for _ in 0..BURST {
            element(writer, "component", &format!("edit-{made:05}"));
            made += 1;
        }
        made
    };
    // One burst without a kill, to know how many bytes one is.
    let before = [wire.bytes(Way::Up), wire.bytes(Way::Down)];
    burst(&writer);
    sync(&writer);
    let size = [wire.bytes(Way::Up) - before[0], wire.bytes(Way::Down) - before[1]];

    let (mut in_flight, mut late, mut unacknowledged) = (0, 0, 0);
    for kill in 0..kills {
        let way = if random.below(2) == 0 { Way::Up } else { Way::Down };
        let after = 1 + random.number() % size[way as usize];
        let (sender, killed) = channel();
        let killer = server.killer();
        // Half of the kills wait for what the last byte sets off: reading, checking, committing.
        let delay = Duration::from_micros(random.number() % 4_000 * (random.number() % 2));
        wire.after(way, after, move || {
            let moment = Instant::now() + delay;
            while Instant::now() < moment {
                std::hint::spin_loop();
            }
            killer();
            // Nobody listens if the round is over already.
            let _ = sender.send(());
        });
        let made = burst(&writer);
        // Returns when everything is there, or when the server turns out to be gone.
        writer.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        if wire.disarm() {
            late += 1;
        } else {
            killed.recv_timeout(Duration::from_secs(10)).expect("the server was killed");
            in_flight += 1;
        }
        server.kill();
        let status = writer.ask("sync/now", json!({ "timeout_ms": 5_000 }));
        assert_ne!(
            status["state"], "up_to_date",
            "kill {kill}: the device knows that nobody is there: {status}"
        );
        let waiting = status["waiting"].as_u64().expect("a count");
        assert!(waiting <= made);
        unacknowledged += waiting;
        let acknowledged = made - waiting;

        // The writer sends nothing meanwhile: what the reader gets is what the server has.
        writer.process().pause();
        server.restart();
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            sync(&reader);
            let here = count(&reader);
            if here >= acknowledged {
                break;
            }
            assert!(
                Instant::now() < until,
                "{store:?}, seed {seed:#x}, kill {kill} after {after} bytes {way:?}: {acknowledged} of {made} edits \
                 were acknowledged, {here} are on the server"
            );
            reader.wait_for_event(Duration::from_millis(100));
        }
        writer.process().resume();
        sync(&writer);
    }
    // A device that never heard anything live: all that the server ever acknowledged must be in its store.
    let newcomer = Device::with_agent("Newcomer");
    login(&newcomer, &wire, "ada");
    link(&writer, &newcomer);
    agree(&[&writer, &reader, &newcomer]);
    assert_eq!(count(&newcomer), made);
    tell(&format!(
        "{store:?}, seed {seed:#x}: {kills} kills, {in_flight} with bytes under way, {late} after the last byte; \
         {made} edits, {unacknowledged} sent again, none lost, in {:.0} s",
        start.elapsed().as_secs_f32()
    ));
    assert!(in_flight * 2 > kills, "most kills hit a push");
}

/// The proof that the sweep can fail: a server that lost what it acknowledged does not pass for a whole one.
#[test]
fn a_server_that_forgot_is_noticed() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let writer = Device::with_agent("Writer");
    found(&writer, &wire, "Shop", "ada");
    let mut reader = Device::with_agent("Reader");
    login(&reader, &wire, "ada");
    link(&writer, &reader);
    agree(&[&writer, &reader]);
    reader.kill();
    let old = tempfile::TempDir::new().unwrap();
    server.kill();
    copy(&server.data(), old.path());
    server.restart();
    (0..BURST).for_each(|number| drop(element(&writer, "component", &format!("edit-{number:05}"))));
    sync(&writer);
    server.kill();
    std::fs::remove_dir_all(server.data()).unwrap();
    copy(old.path(), &server.data());
    writer.process().pause();
    server.restart();
    reader.start();
    reader.ask("sync/now", json!({ "timeout_ms": 5_000 }));
    assert_eq!(count(&reader), 0, "the edits are gone, and counting shows it");
    writer.process().resume();
    let status = writer.ask("sync/now", json!({ "timeout_ms": 5_000 }));
    assert_ne!(status["state"], "up_to_date", "the writer does not believe that all is well: {status}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

fn count(device: &Device) -> u64 {
    let list = device.ask("element/list", json!({ "filter": "edit-", "limit": 1 }));
    list["total"].as_u64().expect("a count")
}
