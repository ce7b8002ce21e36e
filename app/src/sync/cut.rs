//! Rotation cuts on this side: where the documents of a compartment stood when its key was rotated.
//!
//! A rotation is signed over that list. Once this device has verified that it holds exactly the list, whatever turns up
//! later in an older place was put there afterwards and is invalid for ever (M5). Not here: making rotations (`rotate`).

use groundplan_shared::auth::Compartment;
use groundplan_shared::membership::cut_hash;
use groundplan_shared::wire::{DeviceId, Hash};

use super::SyncError;
use super::log::Log;
use super::store::SyncTx;
use super::weak::{Check, left_out};

/// What a look at the cuts led to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Looked {
    /// Whether a cut was verified that was not before.
    pub(super) verified: bool,
    /// The entry of the first rotation whose list is not the one here.
    pub(super) differs: Option<u64>,
}

/// Hashes where the documents of a compartment stand by what was verified here.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn now(tx: &mut dyn SyncTx, log: &Log, compartment: Compartment) -> Result<Hash, SyncError> {
    Ok(cut_hash(&log.state().workspace(), compartment, &tx.stood(compartment, u64::MAX)?))
}

/// Compares every rotation that is not verified yet with what is here, the oldest first.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn look(tx: &mut dyn SyncTx, log: &Log, own: DeviceId) -> Result<Looked, SyncError> {
    let mut looked = Looked::default();
    // Of what this device may not read it is sent nothing, and there is nothing to compare.
    for compartment in log.clearance(own).compartments() {
        let verified = tx.cut(compartment)?;
        let epochs = &log.state().chain(compartment).epochs;
        for epoch in epochs.iter().filter(|epoch| epoch.epoch > 1 && epoch.started_index > verified) {
            let stood = tx.stood(compartment, epoch.started_index)?;
            if cut_hash(&log.state().workspace(), compartment, &stood) != epoch.cut {
                looked.differs = looked.differs.or(Some(epoch.started_index));
                break;
            }
            tx.set_cut(compartment, epoch.started_index)?;
            looked.verified = true;
        }
    }
    Ok(looked)
}

/// Says whether a rotation above a place is known whose cut is not verified yet: what is in that place may have been
/// put there after the rotation.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn is_open(
    tx: &mut dyn SyncTx,
    log: &Log,
    compartment: Compartment,
    log_index: u64,
) -> Result<bool, SyncError> {
    let epochs = &log.state().chain(compartment).epochs;
    let next = epochs.iter().find(|epoch| epoch.epoch > 1 && epoch.started_index > log_index);
    match next {
        Some(next) => Ok(tx.cut(compartment)? < next.started_index && !left_out(Check::Hold)),
        None => Ok(false),
    }
}

/// Says whether a place that was never seen before lies below a verified cut: it was put there later.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn forbids(
    tx: &mut dyn SyncTx,
    log: &Log,
    compartment: Compartment,
    log_index: u64,
) -> Result<bool, SyncError> {
    let rotated = log.state().chain(compartment).current() > 1 && !left_out(Check::Cut);
    Ok(rotated && log_index < tx.cut(compartment)?)
}
