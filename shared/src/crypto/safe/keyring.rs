//! The compartment keys that a device can open from a membership state: current ones by its wraps, older ones along
//! the chain of previous-epoch keys.

use std::collections::BTreeMap;

use super::compartment::{CompartmentKey, WrapError, WrapPlace};
use super::device::DeviceKeys;
use crate::auth::role::Compartment;
use crate::membership::MembershipState;

/// Keys by compartment and epoch. Its Debug shows which, never what.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keyring(BTreeMap<(Compartment, u32), CompartmentKey>);

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Keyring {
    /// Opens every key that the state holds for the device. A compartment whose wrap is not authentic is reported
    /// and left out; the others are there.
    pub fn open(state: &MembershipState, device: &DeviceKeys) -> (Self, Vec<(Compartment, WrapError)>) {
        let (mut ring, mut failed) = (Self::default(), Vec::new());
        for compartment in Compartment::ALL {
            if let Err(error) = ring.open_compartment(state, device, compartment) {
                failed.push((compartment, error));
            }
        }
        (ring, failed)
    }

    fn open_compartment(
        &mut self,
        state: &MembershipState,
        device: &DeviceKeys,
        compartment: Compartment,
    ) -> Result<(), WrapError> {
        let chain = state.chain(compartment);
        let (Some(placed), Some(mut epoch)) = (chain.wraps.get(&device.id()), chain.epochs.last()) else {
            return Ok(());
        };
        let workspace = state.workspace();
        let place = WrapPlace { workspace, compartment, epoch: epoch.epoch, log_index: placed.log_index };
        let mut key = CompartmentKey::unwrap_for(device, &placed.wrap, &place, &epoch.key_commitment)?;
        for older in chain.epochs.iter().rev().skip(1) {
            let sealed = epoch.previous.as_ref().ok_or(WrapError::NotAuthentic)?;
            let previous =
                key.open_previous(sealed, &workspace, compartment, older.epoch, &older.key_commitment)?;
            self.0.insert((compartment, epoch.epoch), key);
            (key, epoch) = (previous, older);
        }
        self.0.insert((compartment, epoch.epoch), key);
        Ok(())
    }

    /// Adds a key (from the encrypted store, or one just made).
    pub fn insert(&mut self, compartment: Compartment, epoch: u32, key: CompartmentKey) {
        self.0.insert((compartment, epoch), key);
    }

    /// Returns a key.
    pub fn get(&self, compartment: Compartment, epoch: u32) -> Option<&CompartmentKey> {
        self.0.get(&(compartment, epoch))
    }

    /// Returns the key of a compartment's current epoch and the epoch's number.
    pub fn current(
        &self,
        state: &MembershipState,
        compartment: Compartment,
    ) -> Option<(u32, &CompartmentKey)> {
        let epoch = state.chain(compartment).current();
        self.get(compartment, epoch).map(|key| (epoch, key))
    }

    /// Lists all keys, for the encrypted store.
    pub fn iter(&self) -> impl Iterator<Item = (Compartment, u32, &CompartmentKey)> {
        self.0.iter().map(|((compartment, epoch), key)| (*compartment, *epoch, key))
    }
}
