//! Roles, removal, clearance, rotation, transfer, services, policy, restore.

use super::super::fixture::{OWNER, WORKSPACE, World};
use super::super::*;
use crate::auth::role::{Clearance, Compartment, Permissions, Role};
use crate::crypto::safe::names::NameOf;
use crate::wire::ids::{Incarnation, RoleId};

#[test]
fn roles_change_only_downwards_from_the_actor() {
    let mut world = World::new();
    let admin = world.admit(2, Role::Administrator, Clearance::ALL);
    let editor = world.admit(3, Role::Editor, Clearance::STANDARD);
    let attempt = |world: &World, by: &fixture::Person, member, role| {
        world.attempt(&by.device, Body::RoleSet(RoleSet { member, role })).map(|_| ())
    };
    assert_eq!(attempt(&world, &admin, editor.member, Role::Administrator), Ok(()));
    assert_eq!(attempt(&world, &admin, editor.member, Role::Owner), Err(Refusal::NotAllowed), "M4");
    assert_eq!(attempt(&world, &admin, OWNER, Role::Viewer), Err(Refusal::NotAllowed));
    assert_eq!(attempt(&world, &admin, admin.member, Role::Owner), Err(Refusal::NotAllowed));
    assert_eq!(attempt(&world, &editor, admin.member, Role::Viewer), Err(Refusal::NotAllowed));
    assert_eq!(attempt(&world, &editor, editor.member, Role::Viewer), Ok(()), "stepping down");
    assert_eq!(attempt(&world, &admin, editor.member, Role::Editor), Err(Refusal::NoChange));
    let owner = world.owner.clone();
    assert_eq!(attempt(&world, &owner, OWNER, Role::Editor), Err(Refusal::LastOwner));
    assert_eq!(attempt(&world, &owner, editor.member, Role::Owner), Err(Refusal::Clearance));
    world.accept(&owner.device, Body::RoleSet(RoleSet { member: admin.member, role: Role::Owner }));
    assert_eq!(attempt(&world, &owner, OWNER, Role::Editor), Ok(()), "another owner is left");
}

#[test]
fn custom_roles_hold_no_more_than_their_maker() {
    let mut world = World::new();
    let admin = world.admit(2, Role::Administrator, Clearance::ALL);
    let id = RoleId([6; 16]);
    let body = |permissions| {
        Body::RoleDefine(RoleDefine {
            role: id,
            name: world.name(NameOf::Role(id.0), "Reviewer"),
            permissions,
        })
    };
    let reviewer = Permissions::READ.union(Permissions::COMMENT);
    assert_eq!(world.attempt(&world.owner.device, body(Permissions::ALL)), Err(Refusal::Value));
    assert_eq!(world.attempt(&admin.device, body(Permissions::OWN)), Err(Refusal::NotAllowed));
    let define = body(reviewer.union(Permissions::WRITE));
    world.accept(&admin.device, define);
    let person = world.admit(3, Role::Custom(id), Clearance::STANDARD);
    let before = world.state.head_index();
    assert!(world.state.active(&person.device.id()).unwrap().1.permissions.contains(Permissions::WRITE));
    let name = world.name(NameOf::Role(id.0), "Reviewer");
    world.accept(&admin.device, Body::RoleDefine(RoleDefine { role: id, name, permissions: reviewer }));
    let can_write = |index| world.state.active_at(&person.device.id(), index).unwrap().1.permissions;
    assert!(can_write(before).contains(Permissions::WRITE));
    assert!(!can_write(before + 1).contains(Permissions::WRITE));
}

#[test]
fn removal_rotates_what_the_member_could_read() {
    let mut world = World::new();
    let person = world.admit(2, Role::Editor, Clearance::STANDARD);
    let owner = world.owner.device.clone();
    let remove = |rotate| Body::MemberRemove(MemberRemove { member: person.member, rotate });
    let too_many = world.rotation(Clearance::ALL, Some(person.member));
    assert_eq!(world.attempt(&owner, remove(too_many)), Err(Refusal::Rotation));
    let still_in = world.rotation(Clearance::STANDARD, None);
    assert_eq!(world.attempt(&owner, remove(still_in)), Err(Refusal::Wraps));
    assert_eq!(world.attempt(&owner, remove(vec![])), Err(Refusal::Rotation));
    let rotate = world.rotation(Clearance::STANDARD, Some(person.member));
    assert_eq!(
        world.attempt(&person.device, remove(rotate.clone())),
        Err(Refusal::Rotation),
        "leaving makes no key"
    );
    world.accept(&owner, remove(rotate));
    assert_eq!(world.state.chain(Compartment::Internal).current(), 2);
    assert_eq!(world.state.chain(Compartment::Restricted).current(), 1);
    assert!(world.ring(&person.device).get(Compartment::Internal, 2).is_none());
    assert!(world.ring(&owner).get(Compartment::Internal, 1).is_some(), "history stays readable");
    assert_eq!(world.state.active(&person.device.id()), None);
    assert!(!world.state.member(&person.member).unwrap().is_active());
}

#[test]
fn clearance_is_granted_with_keys_and_revoked_with_rotation() {
    let mut world = World::new();
    let admin = world.admit(2, Role::Administrator, Clearance::STANDARD);
    let person = world.admit(3, Role::Editor, Clearance::STANDARD);
    let owner = world.owner.device.clone();
    let confidential = Clearance::only(Compartment::Confidential);
    let keys = world.wraps(confidential, &[person.device.public()]);
    let grant = |keys| Body::Grant(Grant { member: person.member, clearance: confidential, keys });
    assert_eq!(world.attempt(&admin.device, grant(keys.clone())), Err(Refusal::Clearance));
    assert_eq!(world.attempt(&owner, grant(vec![])), Err(Refusal::Wraps));
    world.accept(&owner, grant(keys));
    assert!(world.ring(&person.device).get(Compartment::Confidential, 1).is_some());
    let rotate = world.rotation(confidential, Some(person.member));
    let revoke = |clearance, rotate| Body::Revoke(Revoke { member: person.member, clearance, rotate });
    assert_eq!(world.attempt(&owner, revoke(confidential, vec![])), Err(Refusal::Rotation));
    assert_eq!(world.attempt(&owner, revoke(Clearance::LEAST, vec![])), Err(Refusal::NotAllowed));
    world.accept(&owner, revoke(confidential, rotate));
    assert!(world.ring(&person.device).get(Compartment::Confidential, 2).is_none());
}

#[test]
fn a_rotation_serves_exactly_those_who_are_cleared() {
    let mut world = World::new();
    let person = world.admit(2, Role::Editor, Clearance::STANDARD);
    let owner = world.owner.device.clone();
    let good = world.rotation(Clearance::STANDARD, None);
    let attempt = |world: &World, change: &dyn Fn(&mut EpochStart)| {
        let mut rotate = good.clone();
        change(&mut rotate[1]);
        world.attempt(&owner, Body::KeyRotate(KeyRotate { rotate })).map(|_| ())
    };
    assert_eq!(attempt(&world, &|_| ()), Ok(()));
    assert_eq!(attempt(&world, &|s| s.epoch = 3), Err(Refusal::Rotation));
    assert_eq!(attempt(&world, &|s| s.epoch = 1), Err(Refusal::Rotation));
    assert_eq!(attempt(&world, &|s| s.previous = None), Err(Refusal::Rotation));
    assert_eq!(attempt(&world, &|s| s.wraps.truncate(1)), Err(Refusal::Wraps));
    assert_eq!(attempt(&world, &|s| s.wraps.reverse()), Err(Refusal::Wraps));
    assert_eq!(attempt(&world, &|s| s.compartment = Compartment::Public), Err(Refusal::Rotation));
    let first = world.state.chain(Compartment::Public).epochs[0].key_commitment;
    assert_eq!(attempt(&world, &|s| s.key_commitment = first), Err(Refusal::Reused));
    let by_editor = world.attempt(&person.device, Body::KeyRotate(KeyRotate { rotate: good.clone() }));
    assert_eq!(by_editor, Err(Refusal::NotAllowed));
    world.accept(&owner, Body::KeyRotate(KeyRotate { rotate: good }));
    assert_eq!(world.ring(&person.device).iter().count(), 4);
}

#[test]
fn ownership_passes_to_a_fully_cleared_member() {
    let mut world = World::new();
    let (full, some) =
        (world.admit(2, Role::Editor, Clearance::ALL), world.admit(3, Role::Editor, Clearance::STANDARD));
    let owner = world.owner.device.clone();
    let transfer = |to| Body::OwnerTransfer(OwnerTransfer { to });
    assert_eq!(world.attempt(&full.device, transfer(full.member)), Err(Refusal::NotAllowed));
    assert_eq!(world.attempt(&owner, transfer(some.member)), Err(Refusal::Clearance));
    world.accept(&owner, transfer(full.member));
    assert_eq!(world.state.member(&full.member).unwrap().role, Role::Owner);
    assert_eq!(world.state.member(&OWNER).unwrap().role, Role::Administrator);
}

#[test]
fn services_policy_and_restores() {
    let mut world = World::new();
    let (owner, service) = (world.owner.device.clone(), world.person(5));
    let body = ServiceAccountAdd {
        member: service.member,
        device: service.device.public(),
        consent: service.device.consent(&WORKSPACE, &service.member),
        name: world.name(NameOf::Member(service.member.0), "bot"),
        role: Role::Viewer,
        clearance: Clearance::LEAST,
        keys: world.wraps(Clearance::LEAST, &[service.device.public()]),
    };
    let as_owner = ServiceAccountAdd { role: Role::Owner, ..body.clone() };
    assert_eq!(world.attempt(&owner, Body::ServiceAccountAdd(as_owner)), Err(Refusal::Value));
    world.accept(&owner, Body::ServiceAccountAdd(body));
    let more = world.device_add_body(service.member, &world.person(6).device, Clearance::LEAST);
    assert_eq!(world.attempt(&service.device, Body::DeviceAdd(more)), Err(Refusal::NotAllowed));
    let none = SignInMethods { password: false, sso: false, passkey: false };
    let locked_out = PolicySet { policy: Policy { sign_in: none, ..Policy::default() } };
    assert_eq!(world.attempt(&owner, Body::PolicySet(locked_out)), Err(Refusal::Value));
    let restore =
        |a, b| Body::ServerRestore(ServerRestore { from: Incarnation([a; 16]), to: Incarnation([b; 16]) });
    assert_eq!(world.attempt(&service.device, restore(1, 2)), Err(Refusal::NotAllowed));
    assert_eq!(world.attempt(&owner, restore(1, 1)), Err(Refusal::Value));
    world.accept(&owner, restore(1, 2));
    assert_eq!(world.attempt(&owner, restore(1, 3)), Err(Refusal::Value), "it must follow the last one");
    world.accept(&owner, restore(2, 3));
    assert_eq!(world.state.incarnations().len(), 3);
}
