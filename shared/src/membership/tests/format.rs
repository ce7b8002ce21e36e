//! The entry's format: fixed vector, mutations, chain.

use proptest::prelude::*;

use super::super::fixture::{OWNER, WORKSPACE, World};
use super::super::*;
use crate::auth::role::{Clearance, Compartment, Role};
use crate::crypto::safe::names::{NameOf, open_name};
use crate::crypto::safe::{DeviceKeys, Keyring};
use crate::wire::ids::Hash;

/// Reads a kept vector.
fn kept(hex: &str) -> Vec<u8> {
    let hex = hex.trim();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap())
        .collect()
}

/// The kept entry pins every format inside: entry, body, device id, wraps, commitments, names.
#[test]
fn the_genesis_vector_is_read_for_ever() {
    let entry = kept(include_str!("../../../tests/vectors/genesis.hex"));
    let device =
        DeviceKeys::from_secret_bytes(&kept(include_str!("../../../tests/vectors/device.hex"))).unwrap();
    let state = start(&entry).unwrap();
    assert_eq!(
        state.genesis_hash().to_string(),
        "f2b4cbd1419cc7720a2aa357802ec5c2ab8104c843b2c0d51288912f4e9519ac"
    );
    let (ring, failed) = Keyring::open(&state, &device);
    assert!(failed.is_empty());
    assert_eq!(ring.iter().count(), 4);
    let public = ring.get(Compartment::Public, 1).unwrap();
    let name = &state.member(&OWNER).unwrap().name;
    assert_eq!(open_name(public, &WORKSPACE, NameOf::Member(OWNER.0), name).as_deref(), Some("Ada"));
    // And it is still written so.
    let parsed = parse_entry(&entry).unwrap();
    assert_eq!(sign_entry(&parsed.entry, &device), entry);
    assert_eq!(entry, World::new().log[0], "the fixture makes the kept entry");
}

#[test]
fn a_whole_log_replays_to_the_same_state() {
    let mut world = World::new();
    world.admit(2, Role::Editor, Clearance::STANDARD);
    let again = replay(world.log.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(again, world.state);
    let shortened = replay(world.log.iter().skip(1).map(Vec::as_slice));
    assert!(matches!(shortened, Err((0, Refusal::Index { .. }))));
}

#[test]
fn every_flip_and_truncation_of_an_entry_is_refused() {
    let mut world = World::new();
    let before = world.state.clone();
    let owner = world.owner.device.clone();
    let policy = PolicySet { policy: Policy { max_offline_days: Some(30), ..Policy::default() } };
    world.accept(&owner, Body::PolicySet(policy));
    let entry = world.log.last().unwrap();
    assert!(apply(&before, entry).is_ok());
    for at in 0..entry.len() {
        assert!(apply(&before, entry.get(..at).unwrap()).is_err(), "length {at}");
        for bit in 0..8 {
            let mut bad = entry.clone();
            bad[at] ^= 1 << bit;
            assert!(apply(&before, &bad).is_err(), "byte {at} bit {bit}");
        }
    }
    let trailing = [entry.as_slice(), &[0]].concat();
    assert_eq!(apply(&before, &trailing), Err(Refusal::Codec(crate::wire::CodecError::Trailing)));
}

#[test]
fn every_flip_of_a_genesis_is_refused() {
    let world = World::new();
    for at in 0..world.log[0].len() {
        let mut bad = world.log[0].clone();
        bad[at] ^= 0x10;
        assert!(start(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn an_entry_fits_one_place_in_one_log_only() {
    let world = World::new();
    let owner = &world.owner.device;
    let body =
        Body::PolicySet(PolicySet { policy: Policy { max_offline_days: Some(3), ..Policy::default() } });
    let good = parse_entry(&world.sign(owner, body)).unwrap().entry;
    let attempt = |entry: Entry| apply(&world.state, &sign_entry(&entry, owner)).map(|_| ());
    assert_eq!(attempt(good.clone()), Ok(()));
    let other = crate::wire::ids::WorkspaceId([9; 16]);
    assert_ne!(other, WORKSPACE);
    assert_eq!(attempt(Entry { workspace: other, ..good.clone() }), Err(Refusal::Workspace));
    assert_eq!(attempt(Entry { index: 2, ..good.clone() }), Err(Refusal::Index { found: 2, expected: 1 }));
    assert_eq!(attempt(Entry { index: 0, ..good.clone() }), Err(Refusal::Index { found: 0, expected: 1 }));
    assert_eq!(attempt(Entry { previous: Hash([1; 32]), ..good.clone() }), Err(Refusal::Previous));
    assert_eq!(attempt(Entry { version: 0, ..good.clone() }), Err(Refusal::Version { version: 0 }));
    assert_eq!(attempt(Entry { version: 2, ..good.clone() }), Err(Refusal::Version { version: 2 }));
    let stranger = world.person(9).device;
    assert_eq!(attempt(Entry { actor: stranger.id(), ..good.clone() }), Err(Refusal::ActorInactive));
    assert_eq!(apply(&world.state, &sign_entry(&good, &stranger)).map(|_| ()), Err(Refusal::Signature));
}

proptest! {
    #[test]
    fn junk_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(start(&bytes).is_err());
    }
}

#[test]
fn a_body_travels_in_the_version_that_brought_it_and_no_other() {
    let mut world = World::new();
    let owner = world.owner.device.clone();
    let secret = crate::crypto::safe::InviteSecret::make(&*world.random).unwrap();
    world.accept(&owner, Body::Invite(world.invite_body(&secret, 2, Role::Editor, Clearance::STANDARD)));
    let cancel = Body::InviteCancel(InviteCancel { invite: crate::wire::ids::InviteId([2; 16]) });
    let signed = world.sign(&owner, cancel);
    assert_eq!(signed, kept(include_str!("../../../tests/vectors/invite_cancel.hex")), "kept for ever");
    let good = parse_entry(&signed).unwrap().entry;
    assert_eq!(good.version, 2);
    assert!(apply(&world.state, &signed).is_ok());
    for version in [0, 1, 3] {
        let other = sign_entry(&Entry { version, ..good.clone() }, &owner);
        assert_eq!(apply(&world.state, &other), Err(Refusal::Version { version }));
    }
}
