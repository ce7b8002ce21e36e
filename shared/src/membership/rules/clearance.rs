//! Grant, Revoke, KeyRotate.

use super::keys::{take_rotation, take_wraps};
use super::{Actor, set_rights};
use crate::auth::role::{Clearance, Permissions, Role};
use crate::membership::body::{Grant, KeyRotate, Revoke};
use crate::membership::refusal::Refusal;
use crate::membership::state::MembershipState;
use crate::wire::ids::{DeviceId, MemberId};

/// Checks that the actor may change this member's clearance; returns permissions and clearance as they are.
fn subject(
    state: &MembershipState,
    actor: &Actor,
    id: &MemberId,
) -> Result<(Role, Permissions, Clearance), Refusal> {
    actor.must(Permissions::MANAGE_MEMBERS)?;
    let member = state.members.get(id).filter(|m| m.is_active()).ok_or(Refusal::UnknownMember)?;
    let permissions = state.permissions_of(member.role).ok_or(Refusal::UnknownRole)?;
    actor.must(permissions)?;
    Ok((member.role, permissions, member.clearance))
}

pub(in crate::membership) fn grant(
    state: &mut MembershipState,
    actor: &Actor,
    body: &Grant,
) -> Result<(), Refusal> {
    let (_, permissions, clearance) = subject(state, actor, &body.member)?;
    actor.must_outrank(Permissions::NONE, body.clearance)?;
    if body.clearance.is_empty() || body.clearance.without(clearance) != body.clearance {
        return Err(Refusal::NoChange);
    }
    let recipients: Vec<DeviceId> = state.devices_of(body.member).map(|(id, _)| *id).collect();
    take_wraps(state, actor.index, &body.keys, body.clearance, &recipients)?;
    set_rights(state, &body.member, actor.index, permissions, clearance.union(body.clearance));
    Ok(())
}

pub(in crate::membership) fn revoke(
    state: &mut MembershipState,
    actor: &Actor,
    body: &Revoke,
) -> Result<(), Refusal> {
    let (role, permissions, clearance) = subject(state, actor, &body.member)?;
    actor.must_outrank(Permissions::NONE, body.clearance)?;
    if body.clearance.is_empty() || !clearance.contains(body.clearance) {
        return Err(Refusal::NoChange);
    }
    // Owners read everything, everybody reads `public`, and nobody makes the key that shuts themselves out.
    let own = body.member == actor.member;
    if role == Role::Owner || own || body.clearance.contains(Clearance::LEAST) {
        return Err(Refusal::NotAllowed);
    }
    set_rights(state, &body.member, actor.index, permissions, clearance.without(body.clearance));
    take_rotation(state, actor.at(), &body.rotate, body.clearance)
}

pub(in crate::membership) fn rotate(
    state: &mut MembershipState,
    actor: &Actor,
    body: &KeyRotate,
) -> Result<(), Refusal> {
    actor.must(Permissions::ROTATE_KEYS)?;
    let set =
        body.rotate.iter().fold(Clearance::NONE, |set, start| set.union(Clearance::only(start.compartment)));
    if set.is_empty() {
        return Err(Refusal::NoChange);
    }
    actor.must_outrank(Permissions::NONE, set)?;
    take_rotation(state, actor.at(), &body.rotate, set)
}
