//! Rooms that talk to each other: who is seen, for how long, and what a server that repeats or forges achieves.

use groundplan_shared::crypto::safe::presence::Stretch;
use groundplan_shared::wire::DocumentId;

use super::*;

const A: DeviceId = DeviceId([1; 16]);
const B: DeviceId = DeviceId([2; 16]);

fn place(n: u8) -> Place {
    Place { document: DocumentId([n; 16]), cursor: None, selected: Vec::new() }
}

fn spot(n: u8) -> Option<Spot> {
    Some(Spot { place: Some(place(n)), compartment: 1 })
}

/// Two programs whose people are somewhere.
fn two() -> (Room, Room) {
    let (mut a, mut b) = (Room::new([10; 16], 0), Room::new([20; 16], 0));
    a.set(spot(1), 0);
    b.set(spot(2), 0);
    (a, b)
}

/// Carries what both have to say, until nobody says anything; returns all messages of `a`.
fn talk(a: &mut Room, b: &mut Room, now: u64) -> Vec<PresenceMessage> {
    let mut said = Vec::new();
    for _ in 0..10 {
        let (from_a, from_b) = (a.turn(now), b.turn(now));
        if from_a.is_empty() && from_b.is_empty() {
            break;
        }
        for tell in from_a {
            said.push(tell.message.clone());
            b.heard(A, tell.message, now);
        }
        for tell in from_b {
            a.heard(B, tell.message, now);
        }
    }
    said
}

#[test]
fn people_see_each_other_move_and_leave() {
    let (mut a, mut b) = two();
    talk(&mut a, &mut b, 0);
    talk(&mut a, &mut b, GREET_MS);
    assert_eq!(a.list(GREET_MS), [(B, Some(place(2)))]);
    assert_eq!(b.list(GREET_MS), [(A, Some(place(1)))]);
    assert!(!a.is_alone(GREET_MS) && !b.is_alone(GREET_MS));
    let mut moved = place(3);
    moved.cursor = Some(Stretch { anchor: 1, head: 5 });
    a.set(Some(Spot { place: Some(moved.clone()), compartment: 1 }), 2_000);
    talk(&mut a, &mut b, 2_000);
    assert_eq!(b.list(2_000), [(A, Some(moved))]);
    // What readers of one compartment saw is taken back when one goes where they may not look.
    a.set(Some(Spot { place: Some(place(4)), compartment: 3 }), 3_000);
    let tells = a.turn(3_000);
    let kinds: Vec<(Option<u8>, bool)> =
        tells.iter().map(|t| (t.compartment, t.message.whereabouts == Whereabouts::Left)).collect();
    assert_eq!(kinds, [(Some(1), true), (Some(3), false)]);
    b.heard(A, tells[0].message.clone(), 3_000);
    assert_eq!(b.list(3_000), [(A, None)], "there, and nobody knows where");
    assert_eq!(b.list(3_000 + THERE_MS), [], "nobody is there for ever");
}

#[test]
fn whoever_says_goodbye_is_gone_at_once() {
    let (mut a, mut b) = two();
    talk(&mut a, &mut b, 0);
    talk(&mut a, &mut b, GREET_MS);
    assert_eq!(b.list(GREET_MS).len(), 1);
    a.set(None, 2_000);
    talk(&mut a, &mut b, 2_000);
    assert_eq!(b.list(2_000), []);
}

#[test]
fn alone_is_who_is_there_and_hears_of_nobody() {
    let mut a = Room::new([10; 16], 0);
    assert!(!a.is_alone(0), "who tells nothing hears of nobody");
    a.set(spot(1), 0);
    assert!(a.is_alone(0));
    let mut b = Room::new([20; 16], 0);
    b.set(spot(2), 0);
    let came = b.turn(0).remove(0).message;
    a.heard(B, came, 0);
    assert!(!a.is_alone(0), "whoever comes is somebody before it is believed who");
    a.set(spot(1), YOUNG_MS);
    assert!(a.is_alone(YOUNG_MS), "who is silent is gone");
    a.set(None, YOUNG_MS);
    assert!(!a.is_alone(YOUNG_MS));
}

#[test]
fn whoever_goes_on_talking_stays_and_whose_interface_is_gone_goes() {
    let (mut a, mut b) = two();
    let mut now = 0;
    while now < 200_000 {
        b.set(spot(2), now);
        if now < 100_000 {
            a.set(spot(1), now);
        }
        talk(&mut a, &mut b, now);
        if now > 2 * GREET_MS && now < 100_000 {
            assert_eq!(b.list(now).len(), 1, "at {now}");
        }
        now += 1_000;
    }
    assert!(b.list(now).is_empty(), "nothing renewed the place of A");
    assert!(a.turn(now).is_empty(), "and a program without an interface is silent");
}

#[test]
fn messages_that_are_played_again_show_nobody() {
    let (mut a, mut b) = two();
    let mut said = talk(&mut a, &mut b, 0);
    said.extend(talk(&mut a, &mut b, GREET_MS));
    assert!(!said.is_empty());
    // At once: known numbers change nothing, though the place was told before.
    a.set(spot(5), 2_000);
    talk(&mut a, &mut b, 2_000);
    for message in &said {
        b.heard(A, message.clone(), 2_100);
    }
    assert_eq!(b.list(2_100), [(A, Some(place(5)))]);
    // Later, after everything was forgotten.
    let later = 2_100 + YOUNG_MS;
    assert!(b.list(later).is_empty());
    for message in &said {
        b.heard(A, message.clone(), later);
    }
    assert!(b.list(later).is_empty(), "they repeat no young number");
    // To a program that has just started.
    let mut fresh = Room::new([30; 16], 0);
    fresh.set(spot(2), 0);
    fresh.turn(0);
    for message in &said {
        fresh.heard(A, message.clone(), 10);
    }
    assert!(fresh.list(10).is_empty(), "they repeat no number of this session");
}

#[test]
fn numbers_that_were_never_given_out_are_not_believed() {
    let (_, mut b) = two();
    b.turn(0);
    let heard = vec![Heard { session: b.session, number: b.number + 1 }];
    let whereabouts = Whereabouts::At(place(9));
    let message = PresenceMessage { session: SessionId([40; 16]), number: 1, heard, whereabouts };
    b.heard(A, message.clone(), 1);
    assert!(b.list(1).is_empty());
    let heard = vec![Heard { session: b.session, number: b.number }];
    b.heard(A, PresenceMessage { heard, number: 2, ..message }, 2);
    assert_eq!(b.list(2), [(A, Some(place(9)))], "the same with a number that was");
}

#[test]
fn floods_are_bounded() {
    let (_, mut b) = two();
    let taken = (0..10_000).filter(|_| b.admits(500)).count();
    assert_eq!(taken, MESSAGES_PER_SECOND as usize);
    assert!(b.admits(1_500));
    for n in 0..5_000_u32 {
        let mut session = [7; 16];
        session[..4].copy_from_slice(&n.to_be_bytes());
        let message = PresenceMessage {
            session: SessionId(session),
            number: 1,
            heard: Vec::new(),
            whereabouts: Whereabouts::Here,
        };
        let mut device = [8; 16];
        device[0] = (n % 200) as u8;
        b.heard(DeviceId(device), message, 1);
    }
    assert!(b.peers.len() <= SESSIONS);
    assert!(b.turn(GREET_MS * 2).iter().all(|tell| tell.message.heard.len() <= HEARD_MAX));
    let greetings = (0..100).filter(|n| !b.turn(GREET_MS * 2 + n).is_empty()).count();
    assert_eq!(greetings, 0, "strangers do not make one talk without end");
}
