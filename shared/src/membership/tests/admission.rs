//! Invite, Join, Confirm.

use super::super::fixture::{OWNER, World};
use super::super::*;
use crate::auth::role::{Clearance, Compartment, Role};
use crate::crypto::safe::InviteSecret;
use crate::wire::ids::{InviteId, MemberId};

const EDITOR: (Role, Clearance) = (Role::Editor, Clearance::STANDARD);

fn invited(n: u8) -> (World, InviteSecret) {
    let mut world = World::new();
    let secret = InviteSecret::make(&*world.random).unwrap();
    let owner = world.owner.device.clone();
    world.accept(&owner, Body::Invite(world.invite_body(&secret, n, EDITOR.0, EDITOR.1)));
    (world, secret)
}

#[test]
fn a_newcomer_gets_exactly_the_promised_keys() {
    let mut world = World::new();
    let person = world.admit(2, EDITOR.0, EDITOR.1);
    let ring = world.ring(&person.device);
    let owners = world.ring(&world.owner.device);
    for compartment in Compartment::ALL {
        let held = ring.get(compartment, 1);
        assert_eq!(held.is_some(), EDITOR.1.allows(compartment));
        assert!(held.is_none() || held == owners.get(compartment, 1));
    }
    assert!(world.state.active(&person.device.id()).is_some());
}

#[test]
fn before_the_confirmation_a_newcomer_can_do_nothing() {
    let (mut world, secret) = invited(2);
    let person = world.person(2);
    world.accept(&person.device, Body::Join(world.join_body(&secret, 2, &person)));
    assert_eq!(world.state.active(&person.device.id()), None);
    let attempt = world.attempt(&person.device, Body::Confirm(world.confirm_body(&person, EDITOR.1)));
    assert_eq!(attempt, Err(Refusal::ActorInactive), "confirming oneself");
    assert!(world.ring(&person.device).iter().next().is_none());
}

#[test]
fn an_invitation_works_once_and_only_with_its_secret() {
    let (mut world, secret) = invited(2);
    let person = world.person(2);
    let good = world.join_body(&secret, 2, &person);
    let wrong = InviteSecret::make(&*world.random).unwrap();
    let attempt = |world: &World, body: Join| world.attempt(&person.device, Body::Join(body)).map(|_| ());
    assert_eq!(attempt(&world, world.join_body(&wrong, 2, &person)), Err(Refusal::InviteSignature));
    let other_member = Join { member: MemberId([3; 16]), ..good.clone() };
    assert_eq!(attempt(&world, other_member), Err(Refusal::InviteSignature));
    let other_key = Join { device: world.person(9).device.public(), ..good.clone() };
    assert!(attempt(&world, other_key).is_err(), "M1: a key of the server's");
    assert_eq!(attempt(&world, Join { invite: InviteId([8; 16]), ..good.clone() }), Err(Refusal::Invite));
    world.accept(&person.device, Body::Join(good));
    let second = world.person(3);
    let replay = world.attempt(&second.device, Body::Join(world.join_body(&secret, 2, &second)));
    assert_eq!(replay, Err(Refusal::Invite), "M8: a used invitation");
}

#[test]
fn an_invitation_expires_by_index_time_and_with_its_maker() {
    let (mut world, secret) = invited(2);
    let person = world.person(2);
    let join = world.join_body(&secret, 2, &person);
    let late = build::next_entry(&world.state, &person.device, 10_001, Body::Join(join.clone()));
    assert_eq!(apply(&world.state, &late), Err(Refusal::Invite));
    let owner = world.owner.device.clone();
    for days in 1..=19 {
        assert!(world.attempt(&person.device, Body::Join(join.clone())).is_ok(), "{days}");
        let policy = Policy { max_offline_days: Some(days), ..Policy::default() };
        world.accept(&owner, Body::PolicySet(PolicySet { policy }));
    }
    assert_eq!(world.attempt(&person.device, Body::Join(join)), Err(Refusal::Invite));
    // An administrator's invitation ends with the administrator's rights.
    let mut world = World::new();
    let admin = world.admit(4, Role::Administrator, Clearance::ALL);
    let secret = InviteSecret::make(&*world.random).unwrap();
    world.accept(&admin.device, Body::Invite(world.invite_body(&secret, 5, EDITOR.0, EDITOR.1)));
    let join = world.join_body(&secret, 5, &person);
    assert!(world.attempt(&person.device, Body::Join(join.clone())).is_ok());
    let owner = world.owner.device.clone();
    world.accept(&owner, Body::RoleSet(RoleSet { member: admin.member, role: Role::Viewer }));
    assert_eq!(world.attempt(&person.device, Body::Join(join)), Err(Refusal::Invite));
}

#[test]
fn nobody_invites_above_their_own_role_or_clearance() {
    let mut world = World::new();
    let admin = world.admit(2, Role::Administrator, Clearance::STANDARD);
    let editor = world.admit(3, Role::Editor, Clearance::ALL);
    let secret = InviteSecret::make(&*world.random).unwrap();
    let attempt = |person: &fixture::Person, role, clearance| {
        let body = world.invite_body(&secret, 7, role, clearance);
        world.attempt(&person.device, Body::Invite(body)).map(|_| ())
    };
    assert_eq!(attempt(&admin, Role::Administrator, Clearance::STANDARD), Ok(()));
    assert_eq!(attempt(&admin, Role::Owner, Clearance::STANDARD), Err(Refusal::NotAllowed));
    assert_eq!(attempt(&admin, Role::Editor, Clearance::ALL), Err(Refusal::Clearance));
    assert_eq!(attempt(&admin, Role::Editor, Clearance::NONE), Err(Refusal::Value));
    assert_eq!(attempt(&editor, Role::Viewer, Clearance::LEAST), Err(Refusal::NotAllowed));
    assert_eq!(attempt(&world.owner, Role::Owner, Clearance::ALL), Err(Refusal::NotAllowed));
    let forever =
        Invite { expires_index: u64::MAX, ..world.invite_body(&secret, 7, Role::Viewer, Clearance::LEAST) };
    assert_eq!(world.attempt(&admin.device, Body::Invite(forever)), Err(Refusal::Value));
}

#[test]
fn an_invitation_bound_to_a_device_takes_no_other() {
    let mut world = World::new();
    let (expected, other) = (world.person(2), world.person(2));
    let secret = InviteSecret::make(&*world.random).unwrap();
    let bound = Some(expected.device.id());
    let body = Invite { bound_to: bound, ..world.invite_body(&secret, 2, EDITOR.0, EDITOR.1) };
    let owner = world.owner.device.clone();
    world.accept(&owner, Body::Invite(body));
    let join = |p: &fixture::Person| {
        world.attempt(&p.device, Body::Join(world.join_body(&secret, 2, p))).map(|_| ())
    };
    assert_eq!(join(&other), Err(Refusal::Invite));
    assert_eq!(join(&expected), Ok(()));
}

#[test]
fn a_confirmation_hands_over_exactly_what_was_promised() {
    let (mut world, secret) = invited(2);
    let person = world.person(2);
    world.accept(&person.device, Body::Join(world.join_body(&secret, 2, &person)));
    let good = world.confirm_body(&person, EDITOR.1);
    let attempt = |body: Confirm| world.attempt(&world.owner.device, Body::Confirm(body)).map(|_| ());
    assert_eq!(attempt(good.clone()), Ok(()));
    let more = world.wraps(Clearance::ALL, &[person.device.public()]);
    assert_eq!(attempt(Confirm { keys: more, ..good.clone() }), Err(Refusal::Wraps));
    assert_eq!(attempt(Confirm { keys: vec![], ..good.clone() }), Err(Refusal::Wraps));
    let to_another = world.wraps(EDITOR.1, &[world.person(9).device.public()]);
    assert_eq!(attempt(Confirm { keys: to_another, ..good.clone() }), Err(Refusal::Wraps));
    assert_eq!(
        attempt(Confirm { device: world.owner.device.id(), ..good.clone() }),
        Err(Refusal::UnknownDevice)
    );
    assert_eq!(attempt(Confirm { member: OWNER, ..good }), Err(Refusal::UnknownMember));
}

#[test]
fn an_invitation_is_taken_back_by_whoever_could_have_made_it() {
    let (mut world, secret) = invited(2);
    let cancel = |n| Body::InviteCancel(InviteCancel { invite: InviteId([n; 16]) });
    let editor = world.admit(5, Role::Editor, Clearance::ALL);
    let admin = world.admit(6, Role::Administrator, Clearance::STANDARD);
    assert_eq!(world.attempt(&editor.device, cancel(2)), Err(Refusal::NotAllowed));
    assert_eq!(world.attempt(&admin.device, cancel(9)), Err(Refusal::Invite), "there is none");
    assert_eq!(world.attempt(&admin.device, cancel(5)), Err(Refusal::Invite), "it was used");
    let person = world.person(2);
    let join = Body::Join(world.join_body(&secret, 2, &person));
    assert!(world.attempt(&person.device, join.clone()).is_ok());
    world.accept(&admin.device, cancel(2));
    assert!(!world.state.invite(&InviteId([2; 16])).unwrap().is_open());
    assert_eq!(world.attempt(&person.device, join), Err(Refusal::Invite), "it works no more");
    assert_eq!(world.attempt(&admin.device, cancel(2)), Err(Refusal::Invite), "once is enough");

    // One that promises more than the administrator has is not theirs to take back.
    let owner = world.owner.device.clone();
    let secret = InviteSecret::make(&*world.random).unwrap();
    world.accept(&owner, Body::Invite(world.invite_body(&secret, 7, Role::Editor, Clearance::ALL)));
    assert_eq!(world.attempt(&admin.device, cancel(7)), Err(Refusal::Clearance));
    assert!(world.attempt(&owner, cancel(7)).is_ok());
}
