//! Histories that failed once, told as stories: seeds change their meaning with every new kind of event, stories do not.

use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::wire::Incarnation;
use groundplan_shared::wire::frames::ServerFrame;

use super::server::ModelServer;
use super::world::{Plan, World};
use crate::sync::rotate::Action;

/// Lets frames flow among some replicas.
fn flow(world: &mut World, replicas: &[usize]) {
    replicas.iter().for_each(|at| world.connect(*at));
    (0..4).for_each(|_| world.flow());
}

/// Puts a copy in the place of the server, and says so.
fn put_back(world: &mut World, copy: ModelServer) {
    (0..world.replicas.len()).for_each(|at| world.disconnect(at));
    world.lost = Some(world.server.entries.len());
    world.server = copy;
    world.server.incarnation = Incarnation([90; 16]);
}

/// A server damages an item for one replica as often as it is sent, behind which that replica's own item lies.
fn own_behind_a_damaged_one() -> World {
    let mut world = World::new(1, Plan::calm(2));
    world.settle();
    world.tamper = Some(Box::new(|at, frame| {
        let items = match frame {
            ServerFrame::Feed(feed) => &mut feed.items,
            ServerFrame::PullResult(result) => &mut result.items,
            _ => return true,
        };
        items.iter_mut().filter(|item| at == 0 && item.doc_seq == 1).for_each(|item| item.link.0[0] ^= 1);
        true
    }));
    world.edit_one(1, 1, "first");
    world.flow();
    world.edit_one(0, 1, "second");
    for _ in 0..3 {
        world.flow();
        world.disconnect(0);
        world.connect(0);
    }
    world.flow();
    world
}

#[test]
fn an_own_envelope_that_was_read_back_behind_a_gap_is_not_sent_twice() {
    let mut world = own_behind_a_damaged_one();
    assert_eq!(world.server.feed.len(), 2, "what waits for what lies before it was not dropped");
    world.tamper = None;
    world.crash(0);
    world.connect(0);
    flow(&mut world, &[0, 1]);
    let content = world.store(1).content();
    assert!(content.values().any(|value| value == "second"));
}

#[test]
fn what_was_read_back_behind_a_gap_takes_its_place_when_only_the_gap_is_closed() {
    let mut world = own_behind_a_damaged_one();
    assert_eq!(world.status(0).waiting, 1);
    world.tamper = Some(Box::new(|at, frame| {
        let items = match frame {
            ServerFrame::Feed(feed) => &mut feed.items,
            ServerFrame::PullResult(result) => &mut result.items,
            _ => return true,
        };
        items.retain(|item| at != 0 || item.doc_seq == 1);
        true
    }));
    world.crash(0);
    world.connect(0);
    flow(&mut world, &[0, 1]);
    assert_eq!(world.status(0).waiting, 0, "{:?}", world.status(0));
}

#[test]
fn what_was_only_acknowledged_does_not_take_a_place_that_a_rotation_was_signed_over() {
    let mut world = World::new(2, Plan::calm(3));
    world.settle();
    let copy = world.server.clone();
    world.tamper = Some(Box::new(|at, frame| at != 1 || !matches!(frame, ServerFrame::Feed(_))));
    world.edit_one(0, 1, "first");
    world.flow();
    world.edit_one(1, 1, "second, by one who has not read the first");
    world.flow();
    let since = world.server.state.head_index();
    let clearance = Clearance::only(Compartment::Internal);
    assert_eq!(world.act(2, Action::Rotate { clearance, since }), Ok(true));
    world.flow();
    world.tamper = None;
    put_back(&mut world, copy);
    // Whoever knows least comes first.
    flow(&mut world, &[1]);
    flow(&mut world, &[0, 1, 2]);
    assert_eq!(world.server.state.head_index(), since + 1, "the rotation is back");
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
}

/// A snapshot is made while the owner is away; the server loses it; the owner signs that alone and writes on.
fn snapshot_of_the_life_before() -> World {
    let mut world = World::new(3, Plan::calm(3));
    world.edit_one(0, 1, "the first");
    world.settle();
    let copy = world.server.clone();
    world.disconnect(0);
    for number in 0..30 {
        world.edit_one(1 + number % 2, 1, &format!("text {number}"));
        world.flow();
    }
    assert!(world.server.compaction.dropped > 0, "a snapshot was made and agreed to");
    put_back(&mut world, copy);
    flow(&mut world, &[0]);
    world.sign(0);
    flow(&mut world, &[0]);
    world.edit_one(0, 1, "in a place that was another's");
    flow(&mut world, &[0]);
    flow(&mut world, &[0, 1, 2]);
    world
}

#[test]
fn a_snapshot_of_the_life_before_a_restore_is_no_fork() {
    let mut world = snapshot_of_the_life_before();
    let alarms: Vec<Option<String>> = world.statuses().into_iter().map(|status| status.alarm).collect();
    assert_eq!(alarms, [None, None, None]);
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
}
