//! The client is killed with `SIGKILL` at random points of a commit, and has everything it acknowledged when it starts
//! again.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use groundplan_tests::device::{CallError, Caller, Device};
use groundplan_tests::journey::{agree, element, everything, found, link, login};
use groundplan_tests::random::Random;
use groundplan_tests::server::{Server, Store};
use groundplan_tests::tell;
use serde_json::json;

const KILLS: usize = 50;

/// Edits until the client is gone; returns the marks of those that were acknowledged, and of the one that was not.
fn edit_until_gone(
    caller: &Caller,
    target: &str,
    round: usize,
    told: impl Fn(Duration),
) -> (Vec<String>, String) {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let mark = format!("round{round:02}-edit{number:03}");
        let start = Instant::now();
        let answer = match number % 3 {
            0 => caller.call("element/create", json!({ "kind": "component", "name": mark })),
            1 => caller.call("element/update", json!({ "id": target, "add_tags": [mark] })),
            _ => caller.call("page/create", json!({ "kind": "doc", "title": mark, "body": "Text." })),
        };
        match answer {
            Ok(_) => acknowledged.push(mark),
            Err(CallError::Broken(_)) => return (acknowledged, mark),
            Err(error) => panic!("{mark}: {error:?}"),
        }
        told(start.elapsed());
    }
    unreachable!("numbers do not end")
}

#[test]
fn fifty_kills_of_the_client_lose_nothing() {
    let start = Instant::now();
    let seed = 0xc11e_0001;
    let mut random = Random::new(seed);
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let mut desk = Device::with_agent("Desk");
    found(&desk, &wire, "Shop", "ada");
    let target = element(&desk, "component", "Target");
    let laptop = Device::with_agent("Laptop");
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);

    let (mut all, mut survived) = (Vec::new(), 0);
    for round in 0..KILLS {
        let answers = 1 + random.below(4);
        let share = random.below(1_000) as u32;
        let (mut process, caller) = desk.lend_process();
        if round % 2 == 0 {
            // Every other time the commit meets a push of what was committed before.
            drop(caller.call("sync/status", json!({})));
        }
        let (sender, durations) = channel();
        let target = target.clone();
        let writer = std::thread::spawn(move || {
            edit_until_gone(&caller, &target, round, |took| {
                // Nobody listens once the kill is under way.
                let _ = sender.send(took);
            })
        });
        let mut longest = Duration::ZERO;
        for _ in 0..answers {
            longest = longest.max(durations.recv_timeout(Duration::from_secs(60)).expect("an answer"));
        }
        // Somewhere inside the next call.
        let moment = Instant::now() + longest * share / 1_000;
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        process.kill();
        let (acknowledged, in_flight) = writer.join().expect("the writer does not panic");
        drop(process);
        desk.start();
        let text = everything(&desk);
        let lost: Vec<&String> = acknowledged.iter().filter(|mark| !text.contains(mark.as_str())).collect();
        assert!(lost.is_empty(), "seed {seed:#x}, round {round}: acknowledged and gone: {lost:?}");
        survived += usize::from(text.contains(&in_flight));
        all.extend(acknowledged);
    }
    let merged = agree(&[&desk, &laptop]).to_string();
    assert!(all.iter().all(|mark| merged.contains(mark.as_str())));
    desk.kill();
    desk.done(&["doctor"]);
    tell(&format!(
        "seed {seed:#x}: {KILLS} kills of the client, {} acknowledged edits, none lost; {survived} edits were durable \
         although the answer was not heard; {:.0} s",
        all.len(),
        start.elapsed().as_secs_f32()
    ));
}
