//! A server that is put back from a backup: everybody says so, keeps working, and has everything again once an owner
//! has signed it.

use groundplan_shared::api::SyncState;
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::wire::Incarnation;

use super::random::Dice;
use super::server::ModelServer;
use super::world::{Plan, World};
use crate::sync::rotate::Action;
use crate::sync::weak::{Check, without};
use crate::sync::{Event, SyncStore, run};

fn world(seed: u64, replicas: usize) -> World {
    World::new(seed, Plan::calm(replicas))
}

/// Puts a copy in the place of the server; `life` is what the operator says by `groundplan-server restored`.
fn put_back(world: &mut World, copy: ModelServer, life: Option<u8>) {
    let known = world.server.incarnation;
    world.server = copy;
    world.server.incarnation = life.map_or(known, |life| Incarnation([life; 16]));
    for at in 0..world.replicas.len() {
        world.disconnect(at);
    }
}

fn connect(world: &mut World, replicas: &[usize]) {
    replicas.iter().for_each(|at| world.connect(*at));
    for _ in 0..6 {
        world.flow();
    }
}

/// An owner confirms that the server was restored, if the disk lets it.
fn sign(world: &mut World, at: usize) {
    let noted = run(world.store(at) as &dyn SyncStore, |tx| {
        let mut record = tx.record()?;
        record.approved = record.found;
        tx.set_record(&record)
    });
    if noted.is_ok() {
        world.feed(at, Event::LocalChange);
    }
}

fn alarms(world: &World) -> Vec<Option<String>> {
    world.statuses().into_iter().map(|status| status.alarm).collect()
}

fn rotate(world: &World) -> Action {
    let since = world.server.state.head_index();
    Action::Rotate { clearance: Clearance::only(Compartment::Internal), since }
}

/// A history in which the server loses its latest hour; up to the owner's word.
fn lost(seed: u64) -> World {
    let mut world = world(seed, 3);
    for at in 0..3 {
        world.edit_one(at, 10 + at as u8, "before the copy");
    }
    world.settle();
    let copy = world.server.clone();
    world.edit_one(0, 10, "lost by the server");
    world.edit_one(1, 20, "a new document that it lost");
    world.settle();
    world.disconnect(0);
    world.disconnect(1);
    world.edit_one(2, 12, "acknowledged, and seen by nobody else");
    world.flow();
    put_back(&mut world, copy, Some(77));
    for at in 0..3 {
        world.edit_one(at, 10, "written while it was away");
    }
    connect(&mut world, &[0, 1, 2]);
    world
}

#[test]
fn a_restored_server_is_noticed_and_given_nothing_new() {
    let world = lost(1);
    for (at, status) in world.statuses().into_iter().enumerate() {
        assert_eq!((status.alarm.as_deref(), status.state), (Some("restored"), SyncState::Problem), "{at}");
        assert_eq!(status.waiting, 1, "what is new waits for the owner's word");
        let content = world.store(at).content();
        assert!(content.values().any(|value| value.contains("while it was away")), "and is kept");
    }
}

#[test]
fn what_a_restored_server_lost_comes_back_once_an_owner_has_signed() {
    for seed in 0..20 {
        let mut world = lost(seed);
        sign(&mut world, (seed % 3) as usize);
        world.settle();
        assert_eq!(world.agree(), [0, 0, 0]);
        assert_eq!(alarms(&world), [None, None, None]);
        assert_eq!(world.server.state.incarnations().last(), Some(&world.server.incarnation));
    }
}

/// The second and third are away while the first signs; what only they have comes later.
fn signed_by_the_first_alone(rotated: bool) -> World {
    let mut world = world(5, 3);
    world.edit_one(0, 1, "before the copy");
    world.settle();
    let copy = world.server.clone();
    world.disconnect(0);
    world.edit_one(1, 1, "acknowledged while the first was away");
    world.edit_one(2, 2, "and this");
    world.flow();
    put_back(&mut world, copy, Some(78));
    connect(&mut world, &[0]);
    sign(&mut world, 0);
    world.flow();
    world.edit_one(0, 1, "goes on at once");
    world.flow();
    if rotated {
        let action = rotate(&world);
        assert_eq!(world.act(0, action), Ok(true));
        world.flow();
        world.edit_one(0, 1, "under the new key");
        world.flow();
    }
    assert_eq!(alarms(&world)[0], None);
    world.settle();
    world
}

#[test]
fn whoever_comes_later_brings_the_rest() {
    assert_eq!(signed_by_the_first_alone(false).agree(), [0, 0, 0]);
}

#[test]
fn whoever_comes_after_a_rotation_seals_its_own_anew() {
    assert_eq!(signed_by_the_first_alone(true).agree(), [0, 0, 0]);
}

#[test]
fn without_the_return_acknowledged_edits_are_lost() {
    let world = without(&[Check::Resend], || signed_by_the_first_alone(false));
    let shown = |at: usize| world.store(at).content().values().any(|value| value.contains("first was away"));
    assert!(!shown(0), "the first never gets what only the others had");
}

#[test]
fn entries_that_the_server_lost_come_back_in_their_places() {
    for seed in 0..10 {
        let mut world = world(seed, 4);
        world.edit_one(0, 1, "before the copy");
        world.edit_one(3, 4, "of one who is shut out later");
        world.settle();
        let copy = world.server.clone();
        world.edit_one(1, 1, "under the first key");
        world.settle();
        let action = rotate(&world);
        assert_eq!(world.act(0, action), Ok(true));
        world.settle();
        world.edit_one(2, 1, "under the second key");
        world.edit_one(3, 4, "the last of one who is shut out");
        world.settle();
        let device = world.device(3);
        assert_eq!(world.act(0, Action::RevokeDevice(device)), Ok(true));
        world.shut.insert(3);
        world.settle();
        world.edit_one(1, 1, "after that");
        world.settle();
        let before = (world.server.state.head_hash(), world.server.feed.clone());
        put_back(&mut world, copy, Some(79));
        connect(&mut world, &[0, 1, 2]);
        assert_eq!(world.server.state.head_hash(), before.0, "the log is whole before anybody signs");
        let places = |feed: &[groundplan_shared::wire::frames::FeedItem]| {
            let mut places: Vec<_> =
                feed.iter().map(|item| (item.document, item.doc_seq, item.link)).collect();
            places.sort();
            places
        };
        assert_eq!(places(&world.server.feed), places(&before.1), "every document stands where it stood");
        sign(&mut world, 0);
        world.settle();
        let content = world.store(0).content();
        assert!((1..3).all(|at| world.store(at).content() == content));
        assert_eq!(alarms(&world)[..3], [None, None, None]);
        assert!(content.values().any(|value| value.contains("the last of one")));
        assert!(world.statuses().iter().take(3).all(|status| status.quarantined == 0));
    }
}

#[test]
fn a_restore_that_nobody_declared_is_noticed_and_mended_when_it_is() {
    let mut world = world(6, 3);
    world.edit_one(0, 1, "before the copy");
    world.settle();
    world.disconnect(2);
    let copy = world.server.clone();
    world.edit_one(0, 1, "lost by the server");
    world.edit_one(1, 1, "lost as well");
    world.flow();
    put_back(&mut world, copy, None);
    // Whoever was away sees nothing wrong, and writes into the places that the server forgot.
    world.edit_one(2, 1, "in a place that was taken");
    connect(&mut world, &[0, 1, 2]);
    assert!(alarms(&world)[..2].iter().all(Option::is_some), "{:?}", alarms(&world));
    let current = world.server.clone();
    put_back(&mut world, current, Some(80));
    connect(&mut world, &[0, 1, 2]);
    assert_eq!(alarms(&world), vec![Some("restored".to_owned()); 3]);
    sign(&mut world, 1);
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
}

#[test]
fn an_older_state_shown_in_between_is_over_when_the_true_one_is_back() {
    let mut world = lost(1);
    world.disconnect(2);
    let older = world.server.clone();
    sign(&mut world, 0);
    world.flow();
    let returns = |world: &World| run(world.store(2), |tx| Ok(tx.record()?.resend)).unwrap();
    world.connect(2);
    while !returns(&world) {
        world.serve(2);
        world.deliver(2);
    }
    let current = world.server.clone();
    put_back(&mut world, older, Some(77));
    connect(&mut world, &[2]);
    assert_eq!(alarms(&world)[2].as_deref(), Some("rolled_back"));
    put_back(&mut world, current, Some(77));
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
    assert_eq!(alarms(&world), [None, None, None]);
}

#[test]
fn crashes_on_the_way_lose_nothing() {
    for seed in 0..40 {
        let dice = Dice::new(seed);
        let mut world = lost(seed);
        let signer = dice.below(3);
        for turn in 0..8 {
            if turn == dice.below(8) {
                sign(&mut world, signer);
            }
            let at = dice.below(3);
            world.crash(at);
            world.store(dice.below(3)).fail_in(dice.below(9) as u32);
            for _ in 0..dice.below(4) {
                connect(&mut world, &[dice.below(3)]);
            }
        }
        for at in 0..3 {
            world.store(at).heal();
        }
        connect(&mut world, &[0, 1, 2]);
        sign(&mut world, signer);
        world.settle();
        assert_eq!(world.agree(), [0, 0, 0], "seed {seed}");
    }
}
