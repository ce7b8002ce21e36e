//! The attack list: what a server or a member may try against a client, on the state machine with the real validators.
//!
//! Each attack is a test; `table` names it together with the check without which it must fail, and `proof` runs it so.
//! Attacks on sockets and sign-in are in the integration tests of this crate.

mod beside;
mod envelopes;
mod log;
mod outside;
mod proof;
mod server;
mod table;

use groundplan_shared::auth::Compartment;
use groundplan_shared::wire::frames::{FeedItem, LogDelta, ServerFrame};

use super::cast::{Cast, WORKSPACE};
use super::world::{Plan, Tamper, World};
use crate::sync::run;

/// An owner, two administrators, an editor with little clearance, and one with all, who is the evil one where one is.
fn team(seed: u64) -> World {
    World::new(seed, Plan { cast: Cast::Team, ..Plan::calm(5) })
}

/// The evil member's replica.
const EVIL: usize = 4;

/// Two devices of one owner.
fn pair(seed: u64) -> World {
    World::new(seed, Plan::calm(2))
}

/// Changes the first feed item for replica 1 that `change` takes, once.
fn once(change: impl Fn(&mut FeedItem) + 'static) -> Tamper {
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

/// An evil server shows a replica an entry of its own as the next one.
fn offer(world: &mut World, at: usize, entry: Vec<u8>) {
    let first_index = world.server.entries.len() as u64;
    let delta = LogDelta { workspace: WORKSPACE, first_index, entries: vec![entry.into()], more: false };
    world.queue(at, ServerFrame::LogDelta(delta));
    world.flow();
}

/// The entry was ignored with an alarm; what was here is here, and others' edits still arrive.
fn assert_ignored(world: &mut World, at: usize) {
    let head = world.replicas[at].machine.as_ref().unwrap().log().head();
    assert_eq!(head.index, world.server.state.head_index(), "the forged entry was taken");
    assert_eq!(head.hash, world.server.state.head_hash());
    assert_eq!(world.status(at).alarm.as_deref(), Some("bad_log"));
    let other = if at == 1 { 2 } else { 1 };
    world.edit_one(other, 77, "the rest goes on");
    world.edit_one(at, 78, "kept here");
    world.flow();
    world.flow();
    assert!(shows(world, at, "the rest goes on"));
    assert!(shows(world, at, "kept here"));
}

fn shows(world: &World, at: usize, text: &str) -> bool {
    world.store(at).content().values().any(|value| value.contains(text))
}

/// Why items were set aside at a replica.
fn reasons(world: &World, at: usize) -> Vec<String> {
    let rows = run(world.store(at), |tx| tx.quarantine_list(99)).unwrap();
    rows.into_iter().map(|row| row.reason).collect()
}

/// The key that a replica holds of a compartment and epoch.
fn key_of(
    world: &World,
    at: usize,
    compartment: Compartment,
    epoch: u32,
) -> Option<groundplan_shared::crypto::safe::CompartmentKey> {
    run(world.store(at), |tx| tx.key(compartment, epoch)).unwrap()
}

/// Lets everything arrive although somebody has an alarm or waits.
fn flow_on(world: &mut World) {
    (0..world.replicas.len()).for_each(|at| world.connect(at));
    (0..3).for_each(|_| world.flow());
}
