//! DeviceAdd, DeviceRevoke, RecoverySet and the use of a recovery code.

use super::super::fixture::{OWNER, World};
use super::super::*;
use crate::auth::role::{Clearance, Compartment, Role};
use crate::crypto::safe::{DeviceKeys, RecoveryCode};

fn recovery(world: &World) -> DeviceKeys {
    RecoveryCode::make(&*world.random).unwrap().device_keys()
}

#[test]
fn a_member_links_a_device_that_can_read_everything_the_member_can() {
    let mut world = World::new();
    let (owner, laptop) = (world.owner.device.clone(), world.person(1).device);
    world.accept(&owner, Body::DeviceAdd(world.device_add_body(OWNER, &laptop, Clearance::ALL)));
    assert_eq!(world.ring(&laptop), world.ring(&owner));
    assert_eq!(world.state.devices_of(OWNER).count(), 2);
}

#[test]
fn nobody_links_a_device_for_somebody_else() {
    let mut world = World::new();
    let admin = world.admit(2, Role::Administrator, Clearance::ALL);
    let device = world.person(9).device;
    let body = world.device_add_body(OWNER, &device, Clearance::ALL);
    let attempt = world.attempt(&admin.device, Body::DeviceAdd(body));
    assert_eq!(attempt, Err(Refusal::NotAllowed), "M3: a device for an existing user");
    let other_consent = DeviceAdd {
        consent: device.consent(&fixture::WORKSPACE, &admin.member),
        ..world.device_add_body(OWNER, &device, Clearance::ALL)
    };
    let owner = &world.owner.device;
    assert_eq!(world.attempt(owner, Body::DeviceAdd(other_consent)), Err(Refusal::Consent));
    let again = world.device_add_body(OWNER, &admin.device, Clearance::ALL);
    assert_eq!(world.attempt(owner, Body::DeviceAdd(again)), Err(Refusal::Reused));
    let fewer = world.device_add_body(OWNER, &device, Clearance::STANDARD);
    assert_eq!(world.attempt(owner, Body::DeviceAdd(fewer)), Err(Refusal::Wraps));
}

#[test]
fn a_recovery_code_links_a_new_device_and_does_nothing_else() {
    let mut world = World::new();
    let (owner, code) = (world.owner.device.clone(), recovery(&world));
    world.accept(&owner, Body::RecoverySet(world.recovery_body(&code, None)));
    let ring = world.ring(&code);
    assert_eq!(ring, world.ring(&owner), "the recovery device opens every key");
    let fresh = world.person(1).device;
    let policy = Body::PolicySet(PolicySet { policy: Policy::default() });
    assert_eq!(world.attempt(&code, policy), Err(Refusal::NotAllowed));
    let second = recovery(&world);
    let replace = Body::RecoverySet(world.recovery_body(&second, Some(&code)));
    assert_eq!(world.attempt(&code, replace), Err(Refusal::NotAllowed));
    world.accept(&code, Body::DeviceAdd(world.device_add_body(OWNER, &fresh, Clearance::ALL)));
    assert_eq!(world.ring(&fresh), ring);
}

#[test]
fn a_recovery_code_is_replaced_never_just_lost() {
    let mut world = World::new();
    let (owner, first, second) = (world.owner.device.clone(), recovery(&world), recovery(&world));
    world.accept(&owner, Body::RecoverySet(world.recovery_body(&first, None)));
    let beside = Body::RecoverySet(world.recovery_body(&second, None));
    assert_eq!(world.attempt(&owner, beside), Err(Refusal::UnknownDevice));
    let rotate = world.rotation(Clearance::ALL, None);
    let without: Vec<EpochStart> = rotate
        .into_iter()
        .map(|mut start| {
            start.wraps.retain(|w| w.recipient != first.id());
            start
        })
        .collect();
    let revoke = Body::DeviceRevoke(DeviceRevoke { device: first.id(), rotate: without });
    assert_eq!(world.attempt(&owner, revoke), Err(Refusal::LastRecovery));
    world.accept(&owner, Body::RecoverySet(world.recovery_body(&second, Some(&first))));
    assert_eq!(world.state.active(&first.id()), None);
    assert!(Compartment::ALL.iter().all(|c| world.state.chain(*c).rotation_due));
    world.accept(&owner, Body::KeyRotate(KeyRotate { rotate: world.rotation(Clearance::ALL, None) }));
    assert!(Compartment::ALL.iter().all(|c| !world.state.chain(*c).rotation_due));
    assert!(world.ring(&first).iter().next().is_none(), "the old code opens nothing new");
    assert_eq!(world.ring(&second).iter().count(), 8, "the new one opens both epochs");
}

#[test]
fn a_revoked_device_is_shut_out_in_the_same_entry() {
    let mut world = World::new();
    let (owner, laptop) = (world.owner.device.clone(), world.person(1).device);
    world.accept(&owner, Body::DeviceAdd(world.device_add_body(OWNER, &laptop, Clearance::ALL)));
    let all = world.rotation(Clearance::ALL, None);
    let fewer: Vec<EpochStart> = all
        .iter()
        .cloned()
        .map(|mut start| {
            start.wraps.retain(|w| w.recipient != laptop.id());
            start
        })
        .collect();
    let revoke = |rotate: Vec<EpochStart>| Body::DeviceRevoke(DeviceRevoke { device: laptop.id(), rotate });
    assert_eq!(world.attempt(&owner, revoke(all)), Err(Refusal::Wraps), "a wrap for the revoked device");
    assert_eq!(world.attempt(&owner, revoke(vec![])), Err(Refusal::Rotation), "no rotation");
    assert_eq!(world.attempt(&owner, revoke(fewer[1..].to_vec())), Err(Refusal::Rotation), "not all");
    let index = world.state.head_index();
    world.accept(&owner, revoke(fewer));
    assert_eq!(world.state.active(&laptop.id()), None);
    assert!(world.state.active_at(&laptop.id(), index).is_some(), "what it did before stays valid");
    assert_eq!(
        world.attempt(&laptop, Body::KeyRotate(KeyRotate { rotate: vec![] })),
        Err(Refusal::ActorInactive)
    );
    assert_eq!(world.ring(&owner).iter().count(), 8);
}

#[test]
fn a_device_may_revoke_itself_and_the_rotation_is_then_due() {
    let mut world = World::new();
    let (owner, laptop) = (world.owner.device.clone(), world.person(1).device);
    let alone = Body::DeviceRevoke(DeviceRevoke { device: owner.id(), rotate: vec![] });
    assert_eq!(world.attempt(&owner, alone), Err(Refusal::LastOwner));
    world.accept(&owner, Body::DeviceAdd(world.device_add_body(OWNER, &laptop, Clearance::ALL)));
    world.accept(&laptop, Body::DeviceRevoke(DeviceRevoke { device: laptop.id(), rotate: vec![] }));
    assert!(world.state.chain(Compartment::Restricted).rotation_due);
}
