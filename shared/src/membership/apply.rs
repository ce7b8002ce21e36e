//! The one validator: a pure function from state and entry to the next state or a refusal.
//!
//! Frame checks and invariants are here, the rule of each body is in `rules`.

use std::sync::Arc;

use super::body::Body;
use super::entry::{ParsedEntry, parse_entry};
use super::refusal::Refusal;
use super::rules::{self, Actor};
use super::state::{DeviceKind, MembershipState};
use crate::crypto::safe::device_id;
use crate::wire::ids::Hash;

/// Starts a state from a genesis entry.
///
/// # Errors
/// A [`Refusal`].
pub fn start(bytes: &[u8]) -> Result<MembershipState, Refusal> {
    let parsed = parse_entry(bytes)?;
    let entry = &parsed.entry;
    let Body::Genesis(genesis) = &entry.body else {
        return Err(Refusal::Index { found: entry.index, expected: 0 });
    };
    if entry.index != 0 {
        return Err(Refusal::Index { found: entry.index, expected: 0 });
    }
    if entry.previous != Hash::ZERO {
        return Err(Refusal::Previous);
    }
    if entry.actor != device_id(&genesis.device) {
        return Err(Refusal::ActorInactive);
    }
    parsed.check_signature(&genesis.device.signing)?;
    let mut state = rules::genesis::start(entry, genesis)?;
    state.hashes = Arc::new(vec![parsed.hash]);
    Ok(state)
}

/// Applies an entry to a state.
///
/// # Errors
/// A [`Refusal`]; the state given is unchanged.
pub fn apply(state: &MembershipState, bytes: &[u8]) -> Result<MembershipState, Refusal> {
    let parsed = parse_entry(bytes)?;
    check_place(state, &parsed)?;
    let mut next = state.clone();
    run(&mut next, &parsed)?;
    check_invariants(state, &next)?;
    Arc::make_mut(&mut next.hashes).push(parsed.hash);
    Ok(next)
}

/// Folds a whole log, genesis first.
///
/// # Errors
/// The index of the first entry that is refused, and why.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<MembershipState, (u64, Refusal)> {
    let mut entries = entries.into_iter();
    let empty = Refusal::Index { found: 0, expected: 0 };
    let mut state = start(entries.next().ok_or((0, empty))?).map_err(|refusal| (0, refusal))?;
    for bytes in entries {
        state = apply(&state, bytes).map_err(|refusal| (state.head_index() + 1, refusal))?;
    }
    Ok(state)
}

fn check_place(state: &MembershipState, parsed: &ParsedEntry) -> Result<(), Refusal> {
    let entry = &parsed.entry;
    if entry.workspace != state.workspace() {
        return Err(Refusal::Workspace);
    }
    let expected = state.head_index() + 1;
    if entry.index != expected {
        return Err(Refusal::Index { found: entry.index, expected });
    }
    if entry.previous != state.head_hash() { Err(Refusal::Previous) } else { Ok(()) }
}

fn run(state: &mut MembershipState, parsed: &ParsedEntry) -> Result<(), Refusal> {
    let entry = &parsed.entry;
    if let Body::Join(join) = &entry.body {
        parsed.check_signature(&join.device.signing)?;
        return rules::invite::join(state, entry, join);
    }
    let (device, rights) = state.active(&entry.actor).ok_or(Refusal::ActorInactive)?;
    parsed.check_signature(&device.keys.signing)?;
    let actor = Actor {
        device: entry.actor,
        kind: device.kind,
        member: device.member,
        rights,
        index: entry.index,
        time_ms: entry.time_ms,
    };
    if actor.kind == DeviceKind::Recovery
        && !matches!(entry.body, Body::DeviceAdd(_) | Body::DeviceRevoke(_) | Body::RecoverySet(_))
    {
        return Err(Refusal::NotAllowed);
    }
    match &entry.body {
        Body::Genesis(_) | Body::Join(_) => Err(Refusal::Index { found: entry.index, expected: 0 }),
        Body::Invite(body) => rules::invite::invite(state, &actor, body),
        Body::InviteCancel(body) => rules::invite::cancel(state, &actor, body),
        Body::Confirm(body) => rules::invite::confirm(state, &actor, body),
        Body::DeviceAdd(body) => rules::device::add(state, &actor, body),
        Body::DeviceRevoke(body) => rules::device::revoke(state, &actor, body),
        Body::RecoverySet(body) => rules::device::set_recovery(state, &actor, body),
        Body::RoleSet(body) => rules::member::set_role(state, &actor, body),
        Body::RoleDefine(body) => rules::member::define_role(state, &actor, body),
        Body::MemberRemove(body) => rules::member::remove(state, &actor, body),
        Body::OwnerTransfer(body) => rules::member::transfer(state, &actor, body),
        Body::ServiceAccountAdd(body) => rules::member::add_service(state, &actor, body),
        Body::Grant(body) => rules::clearance::grant(state, &actor, body),
        Body::Revoke(body) => rules::clearance::revoke(state, &actor, body),
        Body::KeyRotate(body) => rules::clearance::rotate(state, &actor, body),
        Body::PolicySet(body) => rules::workspace::set_policy(state, &actor, body),
        Body::ServerRestore(body) => rules::workspace::restore(state, &actor, body),
    }
}

/// Counts owners who can act, and owners who can be recovered.
fn owner_paths(state: &MembershipState) -> (usize, usize) {
    let (mut acting, mut recoverable) = (0, 0);
    for (id, member) in state.members().filter(|(_, m)| m.is_active()) {
        if member.role != crate::auth::role::Role::Owner {
            continue;
        }
        acting += usize::from(state.devices_of(*id).next().is_some());
        recoverable += usize::from(state.devices_of(*id).any(|(_, d)| d.kind == DeviceKind::Recovery));
    }
    (acting, recoverable)
}

fn check_invariants(before: &MembershipState, after: &MembershipState) -> Result<(), Refusal> {
    let (acting, recoverable) = owner_paths(after);
    if acting == 0 {
        return Err(Refusal::LastOwner);
    }
    if recoverable == 0 && owner_paths(before).1 > 0 { Err(Refusal::LastRecovery) } else { Ok(()) }
}
