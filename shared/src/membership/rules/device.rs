//! DeviceAdd, DeviceRevoke, RecoverySet.

use super::keys::{mark_due, rotate_or_mark, take_wraps};
use super::{Actor, check_consent, check_name, check_new_device};
use crate::auth::role::Permissions;
use crate::membership::body::{DeviceAdd, DeviceRevoke, RecoverySet};
use crate::membership::refusal::Refusal;
use crate::membership::state::{Device, DeviceKind, MembershipState};
use crate::proof::{Check, left_out};

/// Only a device of the same member (its recovery device too) adds a device; service accounts have one key.
fn must_be_own(actor: &Actor, member: &crate::wire::ids::MemberId) -> Result<(), Refusal> {
    let own = actor.member == *member && actor.kind != DeviceKind::Service;
    if own || left_out(Check::OwnDevice) { Ok(()) } else { Err(Refusal::NotAllowed) }
}

pub(in crate::membership) fn add(
    state: &mut MembershipState,
    actor: &Actor,
    body: &DeviceAdd,
) -> Result<(), Refusal> {
    must_be_own(actor, &body.member)?;
    let device = check_new_device(state, &body.device)?;
    check_consent(state, &body.member, &body.device, &body.consent)?;
    check_name(state, &body.device_name)?;
    take_wraps(state, actor.index, &body.keys, actor.rights.clearance, &[device])?;
    state.devices.insert(
        device,
        Device {
            keys: body.device,
            member: body.member,
            kind: DeviceKind::Ordinary,
            name: Some(body.device_name.clone()),
            added_index: actor.index,
            revoked_index: None,
        },
    );
    Ok(())
}

pub(in crate::membership) fn revoke(
    state: &mut MembershipState,
    actor: &Actor,
    body: &DeviceRevoke,
) -> Result<(), Refusal> {
    let (target, rights) = state.active(&body.device).ok_or(Refusal::UnknownDevice)?;
    let member = target.member;
    if member != actor.member {
        actor.must(Permissions::MANAGE_DEVICES)?;
        actor.must_outrank(rights.permissions, rights.clearance)?;
    } else if actor.kind == DeviceKind::Recovery && body.device == actor.device {
        return Err(Refusal::NotAllowed);
    }
    if let Some(device) = state.devices.get_mut(&body.device) {
        device.revoked_index = Some(actor.index);
    }
    rotate_or_mark(state, actor.at(), &body.rotate, rights.clearance, body.device == actor.device)
}

pub(in crate::membership) fn set_recovery(
    state: &mut MembershipState,
    actor: &Actor,
    body: &RecoverySet,
) -> Result<(), Refusal> {
    must_be_own(actor, &body.member)?;
    // A recovery code in somebody's hands must not silently become another one.
    if actor.kind != DeviceKind::Ordinary {
        return Err(Refusal::NotAllowed);
    }
    let device = check_new_device(state, &body.device)?;
    check_consent(state, &body.member, &body.device, &body.consent)?;
    let old = state.devices_of(body.member).find(|(_, d)| d.kind == DeviceKind::Recovery).map(|(id, _)| *id);
    if old != body.replaces {
        return Err(Refusal::UnknownDevice);
    }
    take_wraps(state, actor.index, &body.keys, actor.rights.clearance, &[device])?;
    if let Some(old) = old.and_then(|id| state.devices.get_mut(&id)) {
        old.revoked_index = Some(actor.index);
        mark_due(state, actor.rights.clearance);
    }
    state.devices.insert(
        device,
        Device {
            keys: body.device,
            member: body.member,
            kind: DeviceKind::Recovery,
            name: None,
            added_index: actor.index,
            revoked_index: None,
        },
    );
    Ok(())
}
