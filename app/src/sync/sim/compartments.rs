//! A member and a server that try to move a document to another compartment, and a device that is cleared for more.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ROOT};
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::envelope::{self, EnvelopeBody, Kind, SealInput};
use groundplan_shared::wire::{DocumentId, EnvelopeId, StreamId};

use super::cast::Cast;
use super::world::{Plan, World};
use crate::sync::memory::COMPARTMENT;
use crate::sync::weak::{Check, without};
use crate::sync::{SyncStore, run};

/// A member seals a change of a known document under a compartment that more people may read, and the server takes it.
fn moved_to_public() -> World {
    let mut world = World::new(21, Plan::calm(3));
    world.edit_one(0, 1, "first");
    world.settle();
    let keys: &DeviceKeys = &world.keys(0);
    let mut doc = AutoCommit::new().with_actor(ActorId::from([keys.id().0.as_slice(), &[9; 8]].concat()));
    doc.put(ROOT, "evil", "slipped in").unwrap();
    doc.commit();
    let change = doc.get_last_local_change().unwrap().raw_bytes().to_vec();
    let compartment = Compartment::Public;
    let key = run(world.store(0) as &dyn SyncStore, |tx| tx.key(compartment, 1)).unwrap().unwrap();
    let log = world.replicas[0].machine.as_ref().unwrap().log();
    let body = EnvelopeBody::of_changes([change]);
    let input = SealInput {
        kind: Kind::Change,
        workspace: log.state().workspace(),
        document: DocumentId([1; 16]),
        compartment,
        epoch: 1,
        stream: StreamId::from_slice(&[5; 16]).unwrap(),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log: log.head(),
        seen: None,
        body: &body,
    };
    let sealed = envelope::seal(&input, keys, &key, &world.dice).unwrap();
    let head = world.server.state.head_index();
    world.server.backdate(&sealed.bytes, head);
    world.tell();
    world.flow();
    world
}

#[test]
fn an_envelope_of_another_compartment_than_its_document_is_set_aside() {
    let world = moved_to_public();
    for at in 1..3 {
        let listed = run(world.store(at) as &dyn SyncStore, |tx| tx.quarantine_list(9)).unwrap();
        assert_eq!(listed.len(), 1, "replica {at}");
        assert!(listed[0].reason.contains("classification"), "{}", listed[0].reason);
        assert!(!world.store(at).content().values().any(|value| value.contains("slipped in")));
    }
    let weak = without(&[Check::Compartment], moved_to_public);
    assert!(weak.store(1).content().values().any(|value| value.contains("slipped in")), "without the check");
}

/// A device is cleared for more while something else is on its way to it, and the connection breaks when it has read both.
fn cleared_while_reading() -> World {
    let mut world = World::new(22, Plan { cast: Cast::Team, ..Plan::calm(5) });
    let mut secret = [9; 16];
    secret[15] = COMPARTMENT + Compartment::Confidential.number();
    world.edit_all(0, &[DocumentId(secret)], "for few");
    world.settle();
    let more = Clearance::only(Compartment::Confidential);
    let member = world.member(3).unwrap();
    assert_eq!(world.grant(0, member, more), Ok(true));
    world.edit_one(1, 1, "for all");
    while !world.replicas[1].to_server.is_empty() {
        world.serve(1);
    }
    assert!(world.replicas[3].to_client.len() >= 2, "the log and the feed are on their way");
    while !world.replicas[3].to_client.is_empty() {
        world.deliver(3);
    }
    world.disconnect(3);
    world.settle();
    world
}

#[test]
fn whoever_is_cleared_for_more_reads_what_there_was_before() {
    let reads = |world: &World| world.store(3).content().values().any(|value| value.contains("for few"));
    assert!(reads(&cleared_while_reading()));
    assert!(!reads(&without(&[Check::Anew], cleared_while_reading)), "without the check");
}
