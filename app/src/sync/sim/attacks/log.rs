//! Attacks on the membership log: M1, M2, M3, M4, M7, M8, M12.

use groundplan_shared::auth::{Clearance, Compartment, Role};
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{CompartmentKey, DeviceKeys, InviteSecret, WrapPlace};
use groundplan_shared::membership::build::{next_entry, start_epochs, wrap_current};
use groundplan_shared::membership::{
    Body, DeviceAdd, Entry, Invite, KeyRotate, RecoverySet, RoleSet, cut_hash, parse_entry, sign_entry,
};
use groundplan_shared::wire::frames::{LogDelta, ServerFrame};
use groundplan_shared::wire::{InviteId, MemberId};

use super::super::cast::{OWNER, WORKSPACE, join};
use super::super::world::World;
use super::{EVIL, assert_ignored, flow_on, key_of, offer, shows, team};
use crate::sync::confirm::keyring;
use crate::sync::run;

const INVITE: InviteId = InviteId([99; 16]);

/// Everybody has something, and the owner has an open invitation.
fn invited(seed: u64) -> (World, InviteSecret) {
    let mut world = team(seed);
    world.edit_one(0, 1, "before");
    world.settle();
    let secret = InviteSecret::make(&world.dice).unwrap();
    let body = offer_of(&world, &secret);
    let entry = next_entry(&world.server.state, &world.keys(0), 0, Body::Invite(body));
    world.server.append(&entry).unwrap();
    run(world.store(0), |tx| tx.put_invite_secret(INVITE, &secret, u64::MAX)).unwrap();
    world.tell();
    world.settle();
    (world, secret)
}

fn offer_of(world: &World, secret: &InviteSecret) -> Invite {
    Invite {
        invite: INVITE,
        key: secret.public(),
        role: Role::Administrator,
        clearance: Clearance::ALL,
        expires_index: world.server.state.head_index() + 100,
        expires_ms: u64::MAX,
        bound_to: None,
    }
}

/// What everybody who holds the key of `public` can make.
fn device_name(world: &World, by: usize, keys: &DeviceKeys) -> groundplan_shared::membership::SealedName {
    run(world.store(by), |tx| {
        let ring = keyring(tx, &world.server.state)?;
        let (epoch, public) = ring.current(&world.server.state, Compartment::Public).unwrap();
        Ok(seal_name(public, epoch, &WORKSPACE, NameOf::Device(keys.id().0), "Mine", &world.dice).unwrap())
    })
    .unwrap()
}

#[test]
fn m01_a_servers_own_key_for_an_invitee_gets_nothing() {
    let (mut world, _) = invited(1);
    let (evil, guessed) = (DeviceKeys::make(&world.dice).unwrap(), InviteSecret::make(&world.dice).unwrap());
    let join = join(&guessed, INVITE, MemberId([66; 16]), &evil, &world.dice);
    let entry = next_entry(&world.server.state, &evil, 0, Body::Join(join));
    offer(&mut world, 0, entry);
    assert_ignored(&mut world, 0);
    assert!(world.server.state.pending().next().is_none(), "nothing was handed over");
}

#[test]
fn m02_an_entry_that_the_server_signs_for_the_owner_is_ignored() {
    let mut world = team(2);
    world.edit_one(0, 1, "before");
    world.settle();
    let (evil, secret) = (DeviceKeys::make(&world.dice).unwrap(), InviteSecret::make(&world.dice).unwrap());
    let state = &world.server.state;
    let body = Body::Invite(offer_of(&world, &secret));
    let entry = Entry {
        version: body.version(),
        workspace: WORKSPACE,
        index: state.head_index() + 1,
        previous: state.head_hash(),
        actor: world.device(0),
        time_ms: 0,
        body,
    };
    let entry = sign_entry(&entry, &evil);
    offer(&mut world, 1, entry);
    assert_ignored(&mut world, 1);
}

#[test]
fn m03_a_member_cannot_add_a_device_for_somebody_else() {
    let mut world = team(3);
    world.edit_one(0, 1, "before");
    world.settle();
    let evil = DeviceKeys::make(&world.dice).unwrap();
    let (name, state) = (device_name(&world, EVIL, &evil), &world.server.state);
    let keys = run(world.store(EVIL), |tx| {
        let ring = keyring(tx, state)?;
        Ok(wrap_current(state, &ring, Clearance::ALL, &[evil.public()], &world.dice).unwrap())
    })
    .unwrap();
    let add = DeviceAdd {
        member: OWNER,
        device: evil.public(),
        consent: evil.consent(&WORKSPACE, &OWNER),
        device_name: name,
        keys,
    };
    let entry = next_entry(state, &world.keys(EVIL), 0, Body::DeviceAdd(add));
    offer(&mut world, 0, entry);
    assert_ignored(&mut world, 0);
}

#[test]
fn m04_an_editor_who_makes_itself_administrator_is_ignored() {
    let mut world = team(4);
    world.edit_one(0, 1, "before");
    world.settle();
    let member = world.member(EVIL).unwrap();
    let body = Body::RoleSet(RoleSet { member, role: Role::Administrator });
    let entry = next_entry(&world.server.state, &world.keys(EVIL), 0, body);
    offer(&mut world, 1, entry);
    assert_ignored(&mut world, 1);
}

#[test]
fn m07_a_recovery_key_that_its_member_did_not_set_is_ignored() {
    let mut world = team(5);
    world.edit_one(0, 1, "before");
    world.settle();
    let evil = DeviceKeys::make(&world.dice).unwrap();
    let state = &world.server.state;
    let keys = run(world.store(EVIL), |tx| {
        let ring = keyring(tx, state)?;
        Ok(wrap_current(state, &ring, Clearance::ALL, &[evil.public()], &world.dice).unwrap())
    })
    .unwrap();
    let set = RecoverySet {
        member: OWNER,
        device: evil.public(),
        consent: evil.consent(&WORKSPACE, &OWNER),
        replaces: None,
        keys,
    };
    let entry = next_entry(state, &world.keys(EVIL), 0, Body::RecoverySet(set));
    offer(&mut world, 0, entry);
    assert_ignored(&mut world, 0);
}

#[test]
fn m08_a_used_invitation_lets_nobody_in() {
    let (mut world, secret) = invited(6);
    let first = DeviceKeys::make(&world.dice).unwrap();
    let body = join(&secret, INVITE, MemberId([55; 16]), &first, &world.dice);
    let entry = next_entry(&world.server.state, &first, 0, Body::Join(body));
    world.server.append(&entry).unwrap();
    world.tell();
    world.settle();
    assert!(world.server.state.active(&first.id()).is_some(), "the owner let the first one in");
    let second = DeviceKeys::make(&world.dice).unwrap();
    let body = join(&secret, INVITE, MemberId([66; 16]), &second, &world.dice);
    let entry = next_entry(&world.server.state, &second, 0, Body::Join(body));
    offer(&mut world, 0, entry);
    assert_ignored(&mut world, 0);
}

/// A rotation of `internal` by the first administrator; `spoil` may change it before it is signed.
fn rotation(world: &World, spoil: impl FnOnce(&mut KeyRotate)) -> Vec<u8> {
    let state = &world.server.state;
    let cut = run(world.store(1), |tx| {
        Ok(cut_hash(&WORKSPACE, Compartment::Internal, &tx.stood(Compartment::Internal, u64::MAX)?))
    })
    .unwrap();
    let ring = run(world.store(1), |tx| keyring(tx, state)).unwrap();
    let level = Clearance::only(Compartment::Internal);
    let (rotate, _) = start_epochs(state, &ring, level, |_, _| true, |_| cut, &world.dice).unwrap();
    let mut body = KeyRotate { rotate };
    spoil(&mut body);
    next_entry(state, &world.keys(1), 0, Body::KeyRotate(body))
}

#[test]
fn m12_a_wrapped_key_that_the_server_replaces_breaks_the_entry() {
    let mut world = team(7);
    world.edit_one(0, 1, "before");
    world.settle();
    let honest = rotation(&world, |_| ());
    let known = CompartmentKey::make(&world.dice).unwrap();
    let mut parsed = parse_entry(&honest).unwrap().entry;
    let place = WrapPlace {
        workspace: WORKSPACE,
        compartment: Compartment::Internal,
        epoch: 2,
        log_index: parsed.index,
    };
    if let Body::KeyRotate(body) = &mut parsed.body {
        for wrap in &mut body.rotate[0].wraps {
            let keys = world.server.state.device(&wrap.recipient).unwrap().keys;
            *wrap = known.wrap_for(&keys, &place, &world.dice).unwrap();
        }
    }
    let evil = DeviceKeys::make(&world.dice).unwrap();
    let replaced = sign_entry(&parsed, &evil);
    offer(&mut world, 3, replaced);
    assert_ignored(&mut world, 3);
    assert_eq!(key_of(&world, 3, Compartment::Internal, 2), None);
}

#[test]
fn m12_a_key_other_than_the_one_that_the_log_commits_to_is_refused() {
    let mut world = team(8);
    world.edit_one(0, 1, "before");
    world.settle();
    // An administrator who works for the server gives one member a key that the server knows.
    let known = CompartmentKey::make(&world.dice).unwrap();
    let victim = world.keys(3).public();
    let place = WrapPlace {
        workspace: WORKSPACE,
        compartment: Compartment::Internal,
        epoch: 2,
        log_index: world.server.state.head_index() + 1,
    };
    let wrap = known.wrap_for(&victim, &place, &world.dice).unwrap();
    let entry = rotation(&world, |body| {
        let of = |other: &groundplan_shared::membership::Wrap| other.recipient == wrap.recipient;
        *body.rotate[0].wraps.iter_mut().find(|other| of(other)).unwrap() = wrap.clone();
    });
    world.server.append(&entry).unwrap();
    world.tell();
    world.edit_one(3, 1, "must not be sealed for the server");
    flow_on(&mut world);
    assert_eq!(key_of(&world, 3, Compartment::Internal, 2), None, "the known key was refused");
    assert!(key_of(&world, 0, Compartment::Internal, 2).is_some());
    assert!(shows(&world, 3, "must not be sealed"), "and the edit is kept");
    world.edit_one(0, 2, "others go on");
    flow_on(&mut world);
    assert!(shows(&world, 1, "others go on"));
}

#[test]
fn m12_an_honest_rotation_is_taken() {
    let mut world = team(9);
    world.edit_one(0, 1, "before");
    world.settle();
    let entry = rotation(&world, |_| ());
    world.server.append(&entry).unwrap();
    world.tell();
    world.settle();
    assert!((0..5).all(|at| key_of(&world, at, Compartment::Internal, 2).is_some()));
    let delta = LogDelta { workspace: WORKSPACE, first_index: 0, entries: Vec::new(), more: false };
    world.queue(3, ServerFrame::LogDelta(delta));
    world.flow();
    assert_eq!(world.status(3).alarm, None);
}
