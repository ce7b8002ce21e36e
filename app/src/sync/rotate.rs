//! Entries that shut somebody out or start new epochs, each with the new keys and the rotation cut, made from what is
//! verified here. Whoever loses the race for the log's head asks again: is it still needed, is it still possible?
//!
//! Not here: the rules (`groundplan_shared::membership`) and sending (`machine`, `identity`).

use groundplan_shared::auth::{Clearance, Compartment, Permissions};
use groundplan_shared::crypto::Random;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::membership::build::{BuildError, next_entry, start_epochs};
use groundplan_shared::membership::{
    Body, DeviceKind, DeviceRevoke, EpochStart, KeyRotate, MemberRemove, MembershipState, Revoke,
};
use groundplan_shared::wire::{DeviceId, Hash, MemberId};

use super::confirm::keyring;
use super::log::Log;
use super::store::SyncTx;
use super::{SyncError, cut};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Shut a device out.
    RevokeDevice(DeviceId),
    /// Remove a member with all devices; a newcomer who waits is turned away.
    RemoveMember(MemberId),
    /// Take compartments from a member.
    TakeClearance(MemberId, Clearance),
    /// Start new epochs of the compartments whose key is older than the log entry `since`.
    Rotate {
        /// The compartments.
        clearance: Clearance,
        /// Index of the log's head when it was asked for: what was rotated since need not be again.
        since: u64,
    },
}

/// Why an entry could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The store.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A key is missing or wrapping failed.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Makes the entry of an action for the head of the log; `None`: nothing is left to do.
///
/// The validator judges whether it is allowed; nothing is checked here.
///
/// # Errors
/// [`RotateError`].
pub fn entry(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    action: Action,
    now_ms: u64,
    random: &dyn Random,
) -> Result<Option<Vec<u8>>, RotateError> {
    let state = log.state();
    let mut start = |clearance: Clearance,
                     out: &dyn Fn(&DeviceId) -> bool|
     -> Result<Vec<EpochStart>, RotateError> { epochs(tx, log, clearance, out, random) };
    let member_of = |device: &DeviceId| state.device(device).map(|device| device.member);
    let body = match action {
        Action::RevokeDevice(device) => {
            let rights = state.active(&device).map(|(_, rights)| rights);
            if rights.is_none() && state.device(&device).is_some() {
                return Ok(None);
            }
            // Whoever shuts itself out must not make the new keys: the rotation is due then.
            let clearance = rights.filter(|_| device != keys.id()).map_or(Clearance::NONE, |r| r.clearance);
            let rotate = start(clearance, &|id| *id == device)?;
            Body::DeviceRevoke(DeviceRevoke { device, rotate })
        }
        Action::RemoveMember(member) => {
            let there = state.member(&member);
            if there.is_some_and(|there| !there.is_active()) {
                return Ok(None);
            }
            let itself = member_of(&keys.id()) == Some(member);
            let clearance = there.filter(|_| !itself).map_or(Clearance::NONE, |there| there.clearance);
            let rotate = start(clearance, &|id| member_of(id) == Some(member))?;
            Body::MemberRemove(MemberRemove { member, rotate })
        }
        Action::TakeClearance(member, clearance) => {
            let has = state.member(&member).map_or(Clearance::NONE, |there| there.clearance);
            let clearance = clearance.without(clearance.without(has));
            if clearance.is_empty() {
                return Ok(None);
            }
            let rotate = start(clearance, &|id| member_of(id) == Some(member))?;
            Body::Revoke(Revoke { member, clearance, rotate })
        }
        Action::Rotate { clearance, since } => {
            let clearance = only(clearance, |compartment| started(state, compartment) <= since);
            if clearance.is_empty() {
                return Ok(None);
            }
            Body::KeyRotate(KeyRotate { rotate: start(clearance, &|_| false)? })
        }
    };
    Ok(Some(next_entry(state, keys, now_ms, body)))
}

fn only(clearance: Clearance, wanted: impl Fn(Compartment) -> bool) -> Clearance {
    let kept = clearance.compartments().filter(|compartment| wanted(*compartment));
    kept.fold(Clearance::NONE, |set, compartment| set.union(Clearance::only(compartment)))
}

fn started(state: &MembershipState, compartment: Compartment) -> u64 {
    state.chain(compartment).epochs.last().map_or(0, |epoch| epoch.started_index)
}

fn epochs(
    tx: &mut dyn SyncTx,
    log: &Log,
    clearance: Clearance,
    out: &dyn Fn(&DeviceId) -> bool,
    random: &dyn Random,
) -> Result<Vec<EpochStart>, RotateError> {
    let ring = keyring(tx, log.state())?;
    let mut cuts = [Hash::ZERO; Compartment::ALL.len()];
    for (hash, compartment) in cuts.iter_mut().zip(Compartment::ALL) {
        if clearance.allows(compartment) {
            *hash = cut::now(tx, log, compartment)?;
        }
    }
    let cut =
        |compartment: Compartment| cuts.get(usize::from(compartment.number())).copied().unwrap_or(Hash::ZERO);
    let keeps = |_, id: &DeviceId| !out(id);
    Ok(start_epochs(log.state(), &ring, clearance, keeps, cut, random)?.0)
}

/// Says which compartments this device should rotate by itself: where somebody who left may hold the key, or the key
/// is older than the policy allows.
pub(super) fn due(log: &Log, own: DeviceId, now_ms: u64) -> Clearance {
    let state = log.state();
    let Some((device, rights)) = state.active(&own) else { return Clearance::NONE };
    if device.kind == DeviceKind::Recovery || !rights.permissions.contains(Permissions::ROTATE_KEYS) {
        return Clearance::NONE;
    }
    let most_ms = state.policy().rotate_after_days.map(|days| u64::from(days) * DAY_MS);
    only(rights.clearance, |compartment| {
        let chain = state.chain(compartment);
        let age_ms = chain.epochs.last().map_or(0, |epoch| now_ms.saturating_sub(epoch.started_ms));
        chain.rotation_due || most_ms.is_some_and(|most_ms| age_ms > most_ms)
    })
}

/// Makes the rotation that is due, if this device holds the keys for it.
///
/// # Errors
/// [`SyncError`].
pub(super) fn next(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    now_ms: u64,
    random: &dyn Random,
) -> Result<Option<Vec<u8>>, SyncError> {
    let ring = keyring(tx, log.state())?;
    let clearance = only(due(log, keys.id(), now_ms), |c| ring.current(log.state(), c).is_some());
    if clearance.is_empty() {
        return Ok(None);
    }
    let action = Action::Rotate { clearance, since: log.head().index };
    match entry(tx, log, keys, action, now_ms, random) {
        Ok(entry) => Ok(entry),
        Err(RotateError::Sync(error)) => Err(error),
        Err(RotateError::Build(_)) => Err(SyncError::Seal),
    }
}
