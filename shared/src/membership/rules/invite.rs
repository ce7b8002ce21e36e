//! Invite, Join, Confirm: how a newcomer comes in.

use super::keys::take_wraps;
use super::{Actor, check_name, check_name_at, check_new_device, check_new_member};
use crate::auth::role::{Clearance, Permissions, Role};
use crate::crypto::safe::invite::join_payload;
use crate::crypto::safe::low::sign::{is_small_order, verify};
use crate::membership::body::{Confirm, Invite, InviteCancel, Join};
use crate::membership::entry::Entry;
use crate::membership::refusal::Refusal;
use crate::membership::state::{
    Device, DeviceKind, Member, MembershipState, OpenInvite, PendingJoin, Rights,
};
use crate::proof::{Check, left_out};

/// Most log entries that an invitation may outlive.
pub const INVITE_ENTRIES: u64 = 10_000;

pub(in crate::membership) fn invite(
    state: &mut MembershipState,
    actor: &Actor,
    body: &Invite,
) -> Result<(), Refusal> {
    actor.must(Permissions::INVITE)?;
    let permissions = state.permissions_of(body.role).ok_or(Refusal::UnknownRole)?;
    actor.must_outrank(permissions, body.clearance)?;
    // An owner is made by a member who can be seen, never by a link.
    if body.role == Role::Owner {
        return Err(Refusal::NotAllowed);
    }
    let lasts = body.expires_index.checked_sub(actor.index).filter(|n| (1..=INVITE_ENTRIES).contains(n));
    if lasts.is_none() || !body.clearance.contains(Clearance::LEAST) {
        return Err(Refusal::Value);
    }
    if is_small_order(&body.key) {
        return Err(Refusal::KeyInvalid);
    }
    let reused = state.invites.iter().any(|(id, i)| *id == body.invite || i.invite.key == body.key);
    if reused {
        return Err(Refusal::Reused);
    }
    let open = OpenInvite { invite: body.clone(), inviter: actor.member, used: false, cancelled_index: None };
    state.invites.insert(body.invite, open);
    Ok(())
}

/// Whoever made it may take it back, and so may whoever could have made it.
pub(in crate::membership) fn cancel(
    state: &mut MembershipState,
    actor: &Actor,
    body: &InviteCancel,
) -> Result<(), Refusal> {
    let open = state.invites.get(&body.invite).filter(|open| open.is_open()).ok_or(Refusal::Invite)?;
    if open.inviter != actor.member {
        actor.must(Permissions::INVITE)?;
        let permissions = state.permissions_of(open.invite.role).ok_or(Refusal::UnknownRole)?;
        actor.must_outrank(permissions, open.invite.clearance)?;
    }
    if let Some(open) = state.invites.get_mut(&body.invite) {
        open.cancelled_index = Some(actor.index);
    }
    Ok(())
}

pub(in crate::membership) fn join(
    state: &mut MembershipState,
    entry: &Entry,
    body: &Join,
) -> Result<(), Refusal> {
    let open = state.invites.get(&body.invite).ok_or(Refusal::Invite)?;
    if !open.is_open() && !left_out(Check::InviteOnce) {
        return Err(Refusal::Invite);
    }
    let (role, clearance, key) = (open.invite.role, open.invite.clearance, open.invite.key);
    let in_time = entry.index <= open.invite.expires_index && entry.time_ms <= open.invite.expires_ms;
    let for_device = open.invite.bound_to.is_none_or(|device| device == entry.actor);
    if !in_time || !for_device || !inviter_still_may(state, open) {
        return Err(Refusal::Invite);
    }
    check_new_member(state, &body.member)?;
    let device = check_new_device(state, &body.device)?;
    if device != entry.actor {
        return Err(Refusal::ActorInactive);
    }
    let payload = join_payload(&state.workspace, &body.invite, &body.member, &body.device);
    if !verify(&key, &payload, &body.invite_signature) && !left_out(Check::InviteSecret) {
        return Err(Refusal::InviteSignature);
    }
    check_name_at(&body.member_name, 0)?;
    check_name_at(&body.device_name, 0)?;
    if let Some(open) = state.invites.get_mut(&body.invite) {
        open.used = true;
    }
    state.pending.insert(body.member, PendingJoin { join: body.clone(), device, role, clearance });
    Ok(())
}

/// An invitation does not outlive its maker's right to give what it promises.
fn inviter_still_may(state: &MembershipState, open: &OpenInvite) -> bool {
    let rights = state.members.get(&open.inviter).and_then(|m| m.rights_at(state.head_index()));
    let promised = state.permissions_of(open.invite.role);
    rights.zip(promised).is_some_and(|(rights, promised)| {
        rights.permissions.contains(promised.union(Permissions::INVITE))
            && rights.clearance.contains(open.invite.clearance)
    })
}

pub(in crate::membership) fn confirm(
    state: &mut MembershipState,
    actor: &Actor,
    body: &Confirm,
) -> Result<(), Refusal> {
    actor.must(Permissions::INVITE)?;
    let pending = state.pending.get(&body.member).ok_or(Refusal::UnknownMember)?.clone();
    if pending.device != body.device {
        return Err(Refusal::UnknownDevice);
    }
    let permissions = state.permissions_of(pending.role).ok_or(Refusal::UnknownRole)?;
    actor.must_outrank(permissions, pending.clearance)?;
    check_name(state, &body.member_name)?;
    check_name(state, &body.device_name)?;
    take_wraps(state, actor.index, &body.keys, pending.clearance, &[pending.device])?;
    state.pending.remove(&body.member);
    state.members.insert(
        body.member,
        Member {
            role: pending.role,
            clearance: pending.clearance,
            name: body.member_name.clone(),
            service: false,
            removed_index: None,
            history: vec![Rights { from_index: actor.index, permissions, clearance: pending.clearance }],
        },
    );
    state.devices.insert(
        pending.device,
        Device {
            keys: pending.join.device,
            member: body.member,
            kind: DeviceKind::Ordinary,
            name: Some(body.device_name.clone()),
            added_index: actor.index,
            revoked_index: None,
        },
    );
    Ok(())
}
