//! Attacks by what a server shows, repeats, withholds, forgets: M19, M20, M21, M22, M23, M24, M25.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_shared::api::SyncState;
use groundplan_shared::wire::frames::{LogDelta, ServerFrame};

use super::super::server::ModelServer;
use super::super::world::World;
use super::{flow_on, pair, reasons, shows, team};
use crate::sync::run;
use crate::sync::store::EnvelopeState;

#[test]
fn m21_a_withheld_item_is_asked_for_again() {
    let mut world = pair(2);
    let withheld = Rc::new(RefCell::new(0));
    let count = Rc::clone(&withheld);
    world.edit_one(0, 1, "before");
    world.settle();
    world.tamper = Some(Box::new(move |at, frame| {
        let hide = at == 1 && matches!(frame, ServerFrame::Feed(feed) if !feed.items.is_empty());
        if hide && *count.borrow() < 2 {
            *count.borrow_mut() += 1;
            return false;
        }
        true
    }));
    world.edit_one(0, 1, "hidden at first");
    world.edit_one(0, 2, "hidden too");
    world.flow();
    world.edit_one(0, 3, "shown");
    world.settle();
    assert_eq!(*withheld.borrow(), 2);
    assert_eq!(world.agree(), [0, 0]);
}

#[test]
fn m20_a_server_that_is_rolled_back_is_noticed_and_nothing_is_lost() {
    let mut world = pair(3);
    world.edit_one(0, 1, "old");
    world.settle();
    let older = world.server.clone();
    world.edit_one(0, 1, "new");
    world.settle();
    let newer = std::mem::replace(&mut world.server, older);
    world.disconnect(0);
    world.edit_one(0, 1, "while it is rolled back");
    world.connect(0);
    world.flow();
    let status = world.statuses().remove(0);
    assert_eq!((status.state, status.alarm.as_deref()), (SyncState::Problem, Some("rolled_back")));
    assert_eq!(status.waiting, 1, "nothing is sent to a server that forgot");
    assert_eq!(world.store(0).content().len(), 3, "and nothing here is deleted");

    // The operator brings the newer state back: it goes on by itself.
    world.server = newer;
    world.disconnect(0);
    world.disconnect(1);
    world.settle();
    assert_eq!(world.agree(), [0, 0]);
}

#[test]
fn a_device_restored_from_a_backup_breaks_nobody() {
    for seed in 0..20 {
        let mut world = pair(100 + seed);
        world.edit_one(0, 1, "before the backup");
        world.settle();
        let backup = world.store(0).backup();
        world.edit_one(0, 1, "after the backup");
        world.edit_one(0, 2, "another document");
        world.settle();
        world.restore(0, &backup);
        world.edit_one(0, 1, "after the restore, before any contact");
        if seed % 2 == 0 {
            world.connect(0);
            world.flow();
        }
        world.edit_one(0, 3, "and more");
        world.settle();
        assert_eq!(world.agree(), [0, 0], "seed {seed}");
    }
}

#[test]
fn an_invalid_membership_entry_is_ignored_and_raises_the_alarm() {
    let mut world = pair(4);
    world.edit_one(0, 1, "before");
    world.settle();
    // An old entry in a new place, as a server would that wants a device back in.
    let (entry, next) = (world.server.entries[1].clone(), world.server.entries.len() as u64);
    let mut done = false;
    world.tamper = Some(Box::new(move |at, frame| {
        if let (1, ServerFrame::Feed(feed), false) = (at, &*frame, done) {
            let entries = vec![entry.clone().into()];
            let workspace = feed.workspace;
            *frame = ServerFrame::LogDelta(LogDelta { workspace, first_index: next, entries, more: false });
            done = true;
        }
        true
    }));
    world.disconnect(1);
    world.connect(1);
    world.flow();
    let status = world.statuses().remove(1);
    assert_eq!(status.state, SyncState::Problem);
    assert!(status.problem.is_some());
    world.edit_one(0, 1, "still read");
    world.flow();
    assert_eq!(world.store(0).content(), world.store(1).content(), "reading goes on");
}

#[test]
fn m19_what_is_repeated_changes_nothing_and_is_told_once() {
    let mut world = pair(20);
    let recorded = Rc::new(RefCell::new(Vec::new()));
    let copy = Rc::clone(&recorded);
    world.tamper = Some(Box::new(move |at, frame| {
        if at == 1 {
            copy.borrow_mut().push(frame.clone());
        }
        true
    }));
    world.edit_one(0, 1, "once");
    world.edit_one(0, 1, "and once more");
    world.settle();
    world.tamper = None;
    let told = world.told.iter().filter(|(at, _)| *at == 1).count();
    let content = world.store(1).content();
    for _ in 0..3 {
        for frame in recorded.borrow().iter().cloned() {
            world.queue(1, frame);
        }
        world.flow();
    }
    assert_eq!(world.told.iter().filter(|(at, _)| *at == 1).count(), told, "nobody is told again");
    assert_eq!((world.store(1).content(), world.status(1).quarantined), (content, 0));
    world.settle();
    assert_eq!(world.agree(), [0, 0]);
}

#[test]
fn m22_a_frozen_tail_shows_since_when_nobody_was_heard_from() {
    let mut world = pair(22);
    world.edit_one(0, 1, "heard");
    world.settle();
    let before = world.status(1);
    let (_, heard_ms) = before.last_heard.clone().expect("somebody was heard from");
    assert_eq!(before.verified_items, 1);
    world.tamper = Some(Box::new(|at, frame| {
        if let (1, ServerFrame::Feed(feed)) = (at, frame) {
            feed.items.clear();
            feed.head_ws_seq = 1;
        }
        true
    }));
    world.pass(86_400_000);
    world.edit_one(0, 1, "withheld for ever");
    flow_on(&mut world);
    let after = world.status(1);
    assert_eq!((after.verified_items, after.last_heard.map(|(_, ms)| ms)), (1, Some(heard_ms)));
    world.edit_one(1, 2, "its own goes on");
    flow_on(&mut world);
    assert!(shows(&world, 0, "its own goes on"));
}

/// Two servers from one, each telling half of the people that it is the only one.
fn forked(seed: u64) -> (World, ModelServer) {
    let mut world = team(seed);
    world.edit_one(0, 1, "before");
    world.settle();
    for at in 1..5 {
        world.disconnect(at);
    }
    let other = world.server.clone();
    world.edit_one(0, 1, "in the first view");
    world.edit_one(0, 1, "and again");
    world.flow();
    world.edit_one(0, 1, "having seen it");
    world.flow();
    world.disconnect(0);
    let first = std::mem::replace(&mut world.server, other);
    world.connect(1);
    world.edit_one(1, 1, "in the second view");
    world.flow();
    (world, first)
}

#[test]
fn m23_a_fork_is_noticed_at_the_first_envelope_that_crosses() {
    let (mut world, first) = forked(23);
    let (base, head) = (world.server.feed.len() - 1, world.server.state.head_index());
    for item in &first.feed[base..] {
        world.server.backdate(&item.envelope.0, head);
    }
    world.tell();
    world.flow();
    let status = world.status(1);
    assert_eq!(status.alarm.as_deref(), Some("forked"), "{status:?} {:?}", reasons(&world, 1));
    assert_eq!(status.state, SyncState::Problem);
    assert!(shows(&world, 1, "in the second view") && shows(&world, 1, "before"));
    world.edit_one(1, 2, "kept");
    world.flow();
    assert_eq!(world.status(1).waiting, 1, "nothing more is sent");
}

#[test]
fn m25_what_was_acknowledged_and_dropped_is_sent_again() {
    let mut world = pair(25);
    world.edit_one(0, 1, "before");
    world.settle();
    let before = world.server.clone();
    world.tamper =
        Some(Box::new(|_, frame| !matches!(frame, ServerFrame::Feed(feed) if !feed.items.is_empty())));
    world.edit_one(0, 1, "acknowledged and dropped");
    world.flow();
    let stored = run(world.store(0), |tx| tx.count_in(EnvelopeState::Stored)).unwrap();
    assert_eq!(stored, 1, "it was acknowledged");
    // The acknowledgement was a lie.
    world.tamper = None;
    (0..2).for_each(|at| world.disconnect(at));
    world.server = before;
    (0..2).for_each(|at| world.server.drop_session(at));
    flow_on(&mut world);
    world.edit_one(0, 2, "elsewhere");
    flow_on(&mut world);
    assert!(shows(&world, 0, "acknowledged and dropped"));
    assert!(shows(&world, 1, "acknowledged and dropped"), "{:?}", world.statuses());
    assert!(shows(&world, 1, "elsewhere"));
}
