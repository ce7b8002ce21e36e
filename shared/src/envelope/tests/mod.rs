//! Tests of envelopes: round trip, every mutation, every substitution, fixed vectors.

mod attacks;
mod format;

use super::*;
use crate::auth::role::Compartment;
use crate::crypto::safe::low::random::seeded;
use crate::crypto::safe::{CompartmentKey, DeviceKeys};
use crate::membership::fixture::{WORKSPACE, World};
use crate::wire::ids::{DocumentId, EnvelopeId, Hash, Incarnation, StreamId};

const DOCUMENT: DocumentId = DocumentId([0x0d; 16]);

/// A stand-in for Automerge: a change is its actor's length, its actor, and anything.
fn change_by(device: &DeviceKeys, text: &str) -> Vec<u8> {
    let actor = [device.id().0.as_slice(), b"install1"].concat();
    [&[actor.len() as u8], actor.as_slice(), text.as_bytes()].concat()
}

fn actor_of(change: &[u8]) -> Option<Vec<u8>> {
    let (&length, rest) = change.split_first()?;
    rest.get(..usize::from(length)).map(<[u8]>::to_vec)
}

fn input<'a>(world: &World, body: &'a EnvelopeBody) -> SealInput<'a> {
    SealInput {
        kind: Kind::Change,
        workspace: WORKSPACE,
        document: DOCUMENT,
        compartment: Compartment::Internal,
        epoch: 1,
        stream: StreamId::from_slice(b"stream-1").unwrap(),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log: LogPoint { index: world.state.head_index(), hash: world.state.head_hash() },
        seen: Some(Seen { incarnation: Incarnation([3; 16]), doc_seq: 7, link: Hash([4; 32]) }),
        body,
    }
}

/// Opens with the keys of a device, as part of [`DOCUMENT`], as stored.
fn open(world: &World, device: &DeviceKeys, bytes: &[u8]) -> Result<Opened, OpenReason> {
    let ring = world.ring(device);
    let key = |compartment, epoch| ring.get(compartment, epoch);
    open_checked(bytes, &DOCUMENT, &world.state, Standing::Stored, key, actor_of).map_err(|e| e.reason())
}

fn sealed_by(world: &World, device: &DeviceKeys, input: &SealInput<'_>) -> Sealed {
    let key = key_of(world, input.compartment);
    seal(input, device, &key, &seeded(200)).unwrap()
}

fn key_of(world: &World, compartment: Compartment) -> CompartmentKey {
    world.ring(&world.owner.device).current(&world.state, compartment).unwrap().1.clone()
}
