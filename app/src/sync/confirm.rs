//! Letting a newcomer in: when a join by an invitation of this device appears in the log, its keys are handed over.
//!
//! The validator has verified that the newcomer holds the invitation's secret (M1); nothing else is trusted. Not
//! here: making invitations and joining (`identity`).

use groundplan_shared::auth::{Compartment, Permissions};
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{DeviceKeys, Keyring};
use groundplan_shared::membership::build::{next_entry, wrap_current};
use groundplan_shared::membership::{Body, Confirm, MembershipState};

use super::SyncError;
use super::event::Env;
use super::log::Log;
use super::store::SyncTx;

/// Collects the current keys that are here.
///
/// # Errors
/// [`SyncError::Store`].
pub fn keyring(tx: &mut dyn SyncTx, state: &MembershipState) -> Result<Keyring, SyncError> {
    let mut ring = Keyring::default();
    for compartment in Compartment::ALL {
        let epoch = state.chain(compartment).current();
        if let Some(key) = tx.key(compartment, epoch)? {
            ring.insert(compartment, epoch, key);
        }
    }
    Ok(ring)
}

/// Makes the entry that lets the next newcomer in, if there is one and this device may.
///
/// # Errors
/// [`SyncError::Store`], [`SyncError::Seal`].
pub(super) fn next(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    env: &Env<'_>,
) -> Result<Option<Vec<u8>>, SyncError> {
    let state = log.state();
    let may = |permissions: Permissions| permissions.contains(Permissions::INVITE);
    if state.pending().next().is_none()
        || !state.active(&keys.id()).is_some_and(|(_, rights)| may(rights.permissions))
    {
        return Ok(None);
    }
    let workspace = state.workspace();
    for (member, pending) in state.pending() {
        let Some(secret) = tx.invite_secret(pending.join.invite)? else { continue };
        let join = &pending.join;
        let member_name = secret.open_name(&workspace, NameOf::Member(member.0), &join.member_name);
        let device_name = secret.open_name(&workspace, NameOf::Device(pending.device.0), &join.device_name);
        let ring = keyring(tx, state)?;
        let Some((epoch, public)) = ring.current(state, Compartment::Public) else { continue };
        // A name that does not open is the newcomer's fault and no reason to leave them outside.
        let name = |of, text: Option<String>| {
            seal_name(public, epoch, &workspace, of, text.as_deref().unwrap_or("?"), env.random)
                .map_err(|_| SyncError::Seal)
        };
        let Ok(wraps) = wrap_current(state, &ring, pending.clearance, &[join.device], env.random) else {
            // Another member with that clearance has to do it.
            continue;
        };
        let confirm = Confirm {
            member: *member,
            device: pending.device,
            member_name: name(NameOf::Member(member.0), member_name)?,
            device_name: name(NameOf::Device(pending.device.0), device_name)?,
            keys: wraps,
        };
        return Ok(Some(next_entry(state, keys, env.now_ms, Body::Confirm(confirm))));
    }
    Ok(None)
}
