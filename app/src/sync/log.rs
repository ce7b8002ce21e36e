//! The membership log on this side: verified entry by entry, kept, folded, and the keys that it hands to this device.
//!
//! Not here: the rules (`groundplan_shared::membership`, the same on both sides) and making entries (`identity`).

use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::crypto::safe::{CompartmentKey, DeviceKeys, WrapPlace};
use groundplan_shared::envelope::LogPoint;
use groundplan_shared::membership::{self, MembershipState};
use groundplan_shared::wire::frames::LogDelta;
use groundplan_shared::wire::{DeviceId, WorkspaceId};

use super::SyncError;
use super::store::{Alarm, SyncTx};

/// The verified log of one workspace.
#[derive(Debug, Clone)]
pub struct Log {
    state: MembershipState,
}

/// What a piece of the log led to.
#[derive(Debug, Default)]
pub(super) struct LogOutcome {
    /// Entries that were new and valid.
    pub(super) added: u64,
    /// Whether entries before these are missing.
    pub(super) gap: bool,
    /// What is wrong with the others.
    pub(super) alarm: Option<Alarm>,
}

impl Log {
    /// Folds the stored log.
    ///
    /// # Errors
    /// [`SyncError::Log`] if it is empty, of another workspace, or does not verify.
    pub fn load(tx: &mut dyn SyncTx, workspace: WorkspaceId) -> Result<Self, SyncError> {
        let entries = tx.log_from(0)?;
        let state = membership::replay(entries.iter().map(Vec::as_slice))
            .map_err(|(index, _)| SyncError::Log { index })?;
        if state.workspace() == workspace { Ok(Self { state }) } else { Err(SyncError::Log { index: 0 }) }
    }

    /// Takes a state that was verified.
    pub fn of(state: MembershipState) -> Self {
        Self { state }
    }

    /// Returns what the log says at its head.
    pub fn state(&self) -> &MembershipState {
        &self.state
    }

    /// Returns the head.
    pub fn head(&self) -> LogPoint {
        LogPoint { index: self.state.head_index(), hash: self.state.head_hash() }
    }

    /// Says whether a device may act now.
    pub fn is_active(&self, device: DeviceId) -> bool {
        self.state.active(&device).is_some()
    }

    /// Returns the compartments that a device may read now.
    pub fn clearance(&self, device: DeviceId) -> Clearance {
        self.state.active(&device).map_or(Clearance::NONE, |(_, rights)| rights.clearance)
    }

    /// Reads entries that were stored by somebody else of this profile since.
    pub(super) fn catch_up(&mut self, tx: &mut dyn SyncTx, keys: &DeviceKeys) -> Result<(), SyncError> {
        let entries = tx.log_from(self.state.head_index() + 1)?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            let index = self.state.head_index() + 1;
            self.state = membership::apply(&self.state, &entry).map_err(|_| SyncError::Log { index })?;
        }
        unlock(tx, &self.state, keys)
    }

    /// Takes a piece of the log from the server: what is known must be equal, what is new must be valid.
    pub(super) fn receive(
        &mut self,
        tx: &mut dyn SyncTx,
        delta: &LogDelta,
        keys: &DeviceKeys,
    ) -> Result<LogOutcome, SyncError> {
        self.catch_up(tx, keys)?;
        let mut outcome = LogOutcome::default();
        for (entry, index) in delta.entries.iter().zip(delta.first_index..) {
            let next = self.state.head_index() + 1;
            if index < next {
                if self.state.hash_at(index) != Some(membership::entry::entry_hash(entry)) {
                    outcome.alarm = Some(Alarm::Forked);
                    break;
                }
                continue;
            }
            if index > next {
                outcome.gap = true;
                break;
            }
            match membership::apply(&self.state, entry) {
                Ok(state) => {
                    tx.log_append(index, state.head_hash(), entry)?;
                    self.state = state;
                    outcome.added += 1;
                }
                Err(refusal) => {
                    tracing::warn!(log_index = index, %refusal, "the server sent an entry that breaks a rule");
                    outcome.alarm = Some(if refusal.is_stale() { Alarm::Forked } else { Alarm::BadLog });
                    break;
                }
            }
        }
        if outcome.added > 0 {
            unlock(tx, &self.state, keys)?;
        }
        Ok(outcome)
    }
}

/// Stores every key that the log hands to this device and that is not stored yet, with the epochs before.
///
/// # Errors
/// [`SyncError::Store`]. A wrap that does not open, or holds another key than the log committed to, is left out: what
/// it would open stays locked.
pub fn unlock(tx: &mut dyn SyncTx, state: &MembershipState, keys: &DeviceKeys) -> Result<(), SyncError> {
    withdraw(tx, state, keys)?;
    let workspace = state.workspace();
    for compartment in Compartment::ALL {
        let chain = state.chain(compartment);
        let Some(current) = chain.epochs.last() else { continue };
        if tx.key(compartment, current.epoch)?.is_none() {
            let Some(placed) = chain.wraps.get(&keys.id()) else { continue };
            let place =
                WrapPlace { workspace, compartment, epoch: current.epoch, log_index: placed.log_index };
            match CompartmentKey::unwrap_for(keys, &placed.wrap, &place, &current.key_commitment) {
                Ok(key) => tx.put_key(compartment, current.epoch, &key)?,
                Err(error) => {
                    tracing::warn!(log_index = placed.log_index, %error, "a wrapped key was refused");
                    continue;
                }
            }
        }
        for pair in chain.epochs.windows(2).rev() {
            let [older, newer] = pair else { continue };
            if tx.key(compartment, older.epoch)?.is_some() {
                continue;
            }
            let (Some(key), Some(sealed)) = (tx.key(compartment, newer.epoch)?, &newer.previous) else {
                break;
            };
            match key.open_previous(sealed, &workspace, compartment, older.epoch, &older.key_commitment) {
                Ok(key) => tx.put_key(compartment, older.epoch, &key)?,
                Err(error) => {
                    tracing::warn!(log_index = newer.started_index, %error, "an earlier epoch's key was refused");
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Takes from this device what its member may not read any more. A device that was shut out keeps what it has: its
/// person decides.
fn withdraw(tx: &mut dyn SyncTx, state: &MembershipState, keys: &DeviceKeys) -> Result<(), SyncError> {
    let Some((_, rights)) = state.active(&keys.id()) else { return Ok(()) };
    for compartment in Compartment::ALL.into_iter().filter(|one| !rights.clearance.allows(*one)) {
        let mut held = false;
        for epoch in &state.chain(compartment).epochs {
            held |= tx.key(compartment, epoch.epoch)?.is_some();
        }
        if held {
            tracing::info!(
                compartment = compartment.word(),
                "a clearance was taken; its documents go from this device"
            );
            tx.purge(compartment)?;
        }
    }
    Ok(())
}
