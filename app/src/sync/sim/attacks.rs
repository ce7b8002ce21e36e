//! What a server may try against a client, on the state machine: the client notices, keeps everything, and goes on.
//!
//! A first few of the attack list; the whole list, with proofs that each test can fail, comes with the evil server.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_shared::api::SyncState;
use groundplan_shared::wire::DocumentId;
use groundplan_shared::wire::frames::{LogDelta, ServerFrame};

use super::world::{Plan, World};

fn world(seed: u64) -> World {
    World::new(seed, Plan { replicas: 2, steps: 0, chaos: false, rotations: false, removals: false })
}

/// Changes the first feed item for replica 1 that `change` takes, once.
fn once(change: impl Fn(&mut groundplan_shared::wire::frames::FeedItem) + 'static) -> super::world::Tamper {
    let mut done = false;
    Box::new(move |at, frame| {
        if let (1, ServerFrame::Feed(feed), false) = (at, frame, done)
            && let Some(item) = feed.items.first_mut()
        {
            change(item);
            done = true;
        }
        true
    })
}

#[test]
fn a_flipped_byte_is_set_aside_and_the_true_item_is_fetched() {
    for at in (0..700).step_by(23) {
        let mut world = world(at as u64);
        world.tamper = Some(once(move |item| {
            let length = item.envelope.len();
            item.envelope.0[at % length] ^= 1;
        }));
        world.edit_one(0, 1, "first");
        world.edit_one(0, 2, "elsewhere");
        world.settle();
        assert_eq!(world.agree(), [0, 1], "byte {at}");
    }
}

#[test]
fn every_truncation_is_set_aside() {
    for kept in (0..600).step_by(41) {
        let mut world = world(1_000 + kept as u64);
        world.tamper = Some(once(move |item| item.envelope.0.truncate(kept)));
        world.edit_one(0, 1, "first");
        world.settle();
        assert_eq!(world.agree(), [0, 1], "{kept} bytes kept");
    }
}

#[test]
fn an_item_delivered_as_another_documents_is_set_aside() {
    let mut world = world(1);
    world.tamper = Some(once(|item| item.document = DocumentId([9; 16])));
    world.edit_one(0, 1, "first");
    world.edit_one(0, 1, "second");
    world.settle();
    assert_eq!(world.agree(), [0, 1]);
}

#[test]
fn a_withheld_item_is_asked_for_again() {
    let mut world = world(2);
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
fn a_server_that_is_rolled_back_is_noticed_and_nothing_is_lost() {
    let mut world = world(3);
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
    assert_eq!(status.state, SyncState::Problem);
    assert_eq!(status.waiting, 1, "nothing is sent to a server that forgot");
    assert_eq!(world.store(0).content().len(), 4, "and nothing here is deleted");

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
        let mut world = world(100 + seed);
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
    let mut world = world(4);
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
