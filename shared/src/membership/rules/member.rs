//! RoleSet, RoleDefine, MemberRemove, OwnerTransfer, ServiceAccountAdd.

use super::keys::{rotate_or_mark, take_wraps};
use super::{Actor, check_consent, check_name, check_new_device, check_new_member, set_rights};
use crate::auth::role::{Clearance, Permissions, Role};
use crate::membership::body::{MemberRemove, OwnerTransfer, RoleDefine, RoleSet, ServiceAccountAdd};
use crate::membership::refusal::Refusal;
use crate::membership::state::{CustomRole, Device, DeviceKind, Member, MembershipState, Rights};
use crate::wire::ids::MemberId;

/// Returns an active member's role, permissions and clearance.
fn standing(state: &MembershipState, id: &MemberId) -> Result<(Role, Permissions, Clearance), Refusal> {
    let member = state.members.get(id).filter(|m| m.is_active()).ok_or(Refusal::UnknownMember)?;
    let permissions = state.permissions_of(member.role).ok_or(Refusal::UnknownRole)?;
    Ok((member.role, permissions, member.clearance))
}

fn change_role(state: &mut MembershipState, id: &MemberId, index: u64, role: Role) -> Result<(), Refusal> {
    let permissions = state.permissions_of(role).ok_or(Refusal::UnknownRole)?;
    let (_, _, clearance) = standing(state, id)?;
    if let Some(member) = state.members.get_mut(id) {
        // Owners can read everything, so that no compartment is ever left without a reader, and are people.
        if role == Role::Owner && (clearance != Clearance::ALL || member.service) {
            return Err(Refusal::Clearance);
        }
        member.role = role;
    }
    set_rights(state, id, index, permissions, clearance);
    Ok(())
}

pub(in crate::membership) fn set_role(
    state: &mut MembershipState,
    actor: &Actor,
    body: &RoleSet,
) -> Result<(), Refusal> {
    let (role, now, clearance) = standing(state, &body.member)?;
    let then = state.permissions_of(body.role).ok_or(Refusal::UnknownRole)?;
    if role == body.role {
        return Err(Refusal::NoChange);
    }
    // Everybody may step down; anything else takes an administrator who outranks both roles and the clearance.
    let steps_down = actor.member == body.member && now.contains(then);
    if !steps_down {
        actor.must(Permissions::MANAGE_MEMBERS)?;
        actor.must_outrank(now.union(then), clearance)?;
    }
    change_role(state, &body.member, actor.index, body.role)
}

pub(in crate::membership) fn define_role(
    state: &mut MembershipState,
    actor: &Actor,
    body: &RoleDefine,
) -> Result<(), Refusal> {
    actor.must(Permissions::MANAGE_ROLES)?;
    actor.must(body.permissions)?;
    if body.permissions.contains(Permissions::OWN) || !body.permissions.contains(Permissions::READ) {
        return Err(Refusal::Value);
    }
    check_name(state, &body.name)?;
    if let Some(old) = state.roles.get(&body.role) {
        actor.must(old.permissions)?;
    }
    let role = CustomRole { name: body.name.clone(), permissions: body.permissions };
    state.roles.insert(body.role, role);
    let holders: Vec<(MemberId, Clearance)> = state
        .members
        .iter()
        .filter(|(_, m)| m.is_active() && m.role == Role::Custom(body.role))
        .map(|(id, m)| (*id, m.clearance))
        .collect();
    for (id, clearance) in holders {
        actor.must_outrank(Permissions::NONE, clearance)?;
        set_rights(state, &id, actor.index, body.permissions, clearance);
    }
    Ok(())
}

pub(in crate::membership) fn remove(
    state: &mut MembershipState,
    actor: &Actor,
    body: &MemberRemove,
) -> Result<(), Refusal> {
    if let Some(pending) = state.pending.get(&body.member) {
        actor.must(Permissions::INVITE)?;
        actor.must_outrank(Permissions::NONE, pending.clearance)?;
        if !body.rotate.is_empty() {
            return Err(Refusal::Rotation);
        }
        state.pending.remove(&body.member);
        return Ok(());
    }
    let (_, permissions, clearance) = standing(state, &body.member)?;
    let leaves = body.member == actor.member;
    if !leaves {
        actor.must(Permissions::MANAGE_MEMBERS)?;
        actor.must_outrank(permissions, clearance)?;
    }
    set_rights(state, &body.member, actor.index, Permissions::NONE, Clearance::NONE);
    if let Some(member) = state.members.get_mut(&body.member) {
        member.removed_index = Some(actor.index);
    }
    for device in state.devices.values_mut().filter(|d| d.member == body.member) {
        device.revoked_index.get_or_insert(actor.index);
    }
    rotate_or_mark(state, actor.at(), &body.rotate, clearance, leaves)
}

pub(in crate::membership) fn transfer(
    state: &mut MembershipState,
    actor: &Actor,
    body: &OwnerTransfer,
) -> Result<(), Refusal> {
    actor.must(Permissions::OWN)?;
    if standing(state, &body.to)?.0 == Role::Owner {
        return Err(Refusal::NoChange);
    }
    change_role(state, &body.to, actor.index, Role::Owner)?;
    change_role(state, &actor.member, actor.index, Role::Administrator)
}

pub(in crate::membership) fn add_service(
    state: &mut MembershipState,
    actor: &Actor,
    body: &ServiceAccountAdd,
) -> Result<(), Refusal> {
    actor.must(Permissions::MANAGE_SERVICES)?;
    let permissions = state.permissions_of(body.role).ok_or(Refusal::UnknownRole)?;
    actor.must_outrank(permissions, body.clearance)?;
    if body.role == Role::Owner || !body.clearance.contains(Clearance::LEAST) {
        return Err(Refusal::Value);
    }
    check_new_member(state, &body.member)?;
    let device = check_new_device(state, &body.device)?;
    check_consent(state, &body.member, &body.device, &body.consent)?;
    check_name(state, &body.name)?;
    take_wraps(state, actor.index, &body.keys, body.clearance, &[device])?;
    state.members.insert(
        body.member,
        Member {
            role: body.role,
            clearance: body.clearance,
            name: body.name.clone(),
            service: true,
            removed_index: None,
            history: vec![Rights { from_index: actor.index, permissions, clearance: body.clearance }],
        },
    );
    state.devices.insert(
        device,
        Device {
            keys: body.device,
            member: body.member,
            kind: DeviceKind::Service,
            name: None,
            added_index: actor.index,
            revoked_index: None,
        },
    );
    Ok(())
}
