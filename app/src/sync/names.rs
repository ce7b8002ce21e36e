//! Names of members and devices, opened with the keys that are here.
//!
//! Not here: sealing them (`identity`).

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::names::{NameOf, open_name};
use groundplan_shared::membership::{MembershipState, SealedName, replay};
use groundplan_shared::wire::{DeviceId, MemberId, RoleId};

use super::SyncError;
use super::store::SyncTx;

/// Opens a name; empty if its key is not here or it is not authentic.
fn open(
    tx: &mut dyn SyncTx,
    state: &MembershipState,
    of: NameOf,
    name: &SealedName,
) -> Result<String, SyncError> {
    let Some(key) = tx.key(Compartment::Public, name.epoch)? else { return Ok(String::new()) };
    Ok(open_name(&key, &state.workspace(), of, name).unwrap_or_default())
}

/// Returns a device's name; the start of its id if it has none that can be read here.
///
/// # Errors
/// [`SyncError::Store`].
pub fn device(tx: &mut dyn SyncTx, state: &MembershipState, id: DeviceId) -> Result<String, SyncError> {
    let sealed = state.device(&id).and_then(|device| device.name.clone());
    let name = match sealed {
        Some(name) => open(tx, state, NameOf::Device(id.0), &name)?,
        None => String::new(),
    };
    Ok(if name.is_empty() { id.to_string().chars().take(8).collect() } else { name })
}

/// Returns a device's name by the stored log.
///
/// # Errors
/// [`SyncError::Store`].
pub fn stored_device(tx: &mut dyn SyncTx, id: DeviceId) -> Result<String, SyncError> {
    let entries = tx.log_from(0)?;
    match replay(entries.iter().map(Vec::as_slice)) {
        Ok(state) => device(tx, &state, id),
        Err((index, _)) => Err(SyncError::Log { index }),
    }
}

/// Returns a member's name; empty if it cannot be read here.
///
/// # Errors
/// [`SyncError::Store`].
pub fn member(tx: &mut dyn SyncTx, state: &MembershipState, id: MemberId) -> Result<String, SyncError> {
    match state.member(&id).map(|member| member.name.clone()) {
        Some(name) => open(tx, state, NameOf::Member(id.0), &name),
        None => Ok(String::new()),
    }
}

/// Returns a custom role's name; empty if it cannot be read here.
///
/// # Errors
/// [`SyncError::Store`].
pub fn role(tx: &mut dyn SyncTx, state: &MembershipState, id: RoleId) -> Result<String, SyncError> {
    match state.role(&id).map(|role| role.name.clone()) {
        Some(name) => open(tx, state, NameOf::Role(id.0), &name),
        None => Ok(String::new()),
    }
}
