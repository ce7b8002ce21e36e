//! Compartment keys K[c][e]: making, commitment, HPKE wraps to devices, the previous epoch's key under the new one.

use crate::auth::role::Compartment;
use crate::crypto::hazmat::hash::{hkdf, hmac_sha256};
use crate::crypto::hazmat::kem::{self, KemError};
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::secret::{Secret, equal};
use crate::crypto::safe::device::{DeviceKeys, device_id};
use crate::membership::body::{DeviceKeysPublic, Wrap};
use crate::proof::{Check, left_out};
use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, Hash, WorkspaceId};

/// Length of a wrapped key.
pub const WRAPPED_BYTES: usize = 48;
/// Length of a previous epoch's key sealed under the new one.
pub const PREVIOUS_BYTES: usize = 32 + sealed::OVERHEAD_BYTES;

/// The key of one compartment and epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompartmentKey(Secret<32>);

/// What a wrap belongs to; all of it is bound by HPKE `info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrapPlace {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The compartment.
    pub compartment: Compartment,
    /// The epoch.
    pub epoch: u32,
    /// Index of the log entry that carries the wrap.
    pub log_index: u64,
}

/// Why a compartment key could not be wrapped or unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// The recipient's key is unusable.
    #[error("the recipient device's key is unusable; it must be linked again with new keys")]
    Key,
    /// The wrap is not for this device and place, or holds another key than the log committed to.
    #[error("the wrapped key is not authentic; nothing was decrypted with it")]
    NotAuthentic,
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl From<KemError> for WrapError {
    fn from(error: KemError) -> Self {
        match error {
            KemError::Key => Self::Key,
            KemError::NotAuthentic => Self::NotAuthentic,
            KemError::Random(failed) => Self::Random(failed),
        }
    }
}

impl WrapPlace {
    fn info(&self, recipient: &DeviceId) -> Vec<u8> {
        [
            b"groundplan/wrap/v1\0".as_slice(),
            &self.workspace.0,
            &[self.compartment.number()],
            &self.epoch.to_be_bytes(),
            &self.log_index.to_be_bytes(),
            &recipient.0,
        ]
        .concat()
    }
}

fn previous_context(workspace: &WorkspaceId, compartment: Compartment, previous_epoch: u32) -> Vec<u8> {
    [
        b"groundplan/previous-epoch/v1\0".as_slice(),
        &workspace.0,
        &[compartment.number()],
        &previous_epoch.to_be_bytes(),
    ]
    .concat()
}

impl CompartmentKey {
    /// Makes a random key.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    /// Takes a key from the encrypted store.
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// Shows the key, for the encrypted store and key derivation.
    pub fn secret(&self) -> &Secret<32> {
        &self.0
    }

    /// Computes the commitment that the log carries: all recipients of an epoch hold the key that fits it.
    pub fn commitment(&self, workspace: &WorkspaceId, compartment: Compartment, epoch: u32) -> Hash {
        let info = [workspace.0.as_slice(), &[compartment.number()], &epoch.to_be_bytes()].concat();
        Hash(hkdf(self.0.expose(), &[], &[b"groundplan/key-commitment/v1\0", &info]))
    }

    /// Derives a key for another purpose inside the compartment (attachments, presence), named by a label.
    pub fn derive(&self, label: &[u8]) -> Secret<32> {
        Secret::new(hkdf(self.0.expose(), &[], &[b"groundplan/derived/v1\0", label]))
    }

    /// Computes the id of an attachment's chunk: equal content has one id inside a compartment's epoch, and nobody
    /// outside can confirm a guess.
    pub fn chunk_id(&self, content: &[u8]) -> Hash {
        Hash(hmac_sha256(self.derive(b"chunk-id").expose(), &[content]))
    }

    /// Seals the key to a device.
    ///
    /// # Errors
    /// [`WrapError::Key`], [`WrapError::Random`].
    pub fn wrap_for(
        &self,
        recipient: &DeviceKeysPublic,
        place: &WrapPlace,
        random: &dyn Random,
    ) -> Result<Wrap, WrapError> {
        let id = device_id(recipient);
        let (encapsulated, sealed) =
            kem::seal(&recipient.hpke, &place.info(&id), &[], self.0.expose(), random)?;
        Ok(Wrap { recipient: id, encapsulated, sealed: Blob(sealed) })
    }

    /// Opens a wrap for this device and compares the key with the log's commitment.
    ///
    /// # Errors
    /// [`WrapError::NotAuthentic`].
    pub fn unwrap_for(
        device: &DeviceKeys,
        wrap: &Wrap,
        place: &WrapPlace,
        commitment: &Hash,
    ) -> Result<Self, WrapError> {
        let id = device.id();
        let bytes = kem::open(device.hpke(), &wrap.encapsulated, &place.info(&id), &[], &wrap.sealed)?;
        let key = Self(Secret::from_slice(&bytes).ok_or(WrapError::NotAuthentic)?);
        key.check(place, commitment)
    }

    /// Seals the previous epoch's key under this one.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn seal_previous(
        &self,
        previous: &Self,
        workspace: &WorkspaceId,
        compartment: Compartment,
        previous_epoch: u32,
        random: &dyn Random,
    ) -> Result<Blob, RandomFailed> {
        let context = previous_context(workspace, compartment, previous_epoch);
        sealed::seal(&self.0, &context, previous.0.expose(), random).map(Blob)
    }

    /// Opens the previous epoch's key and compares it with the log's commitment to it.
    ///
    /// # Errors
    /// [`WrapError::NotAuthentic`].
    pub fn open_previous(
        &self,
        sealed_key: &[u8],
        workspace: &WorkspaceId,
        compartment: Compartment,
        previous_epoch: u32,
        commitment: &Hash,
    ) -> Result<Self, WrapError> {
        let context = previous_context(workspace, compartment, previous_epoch);
        let bytes = sealed::open(&self.0, &context, sealed_key).ok_or(WrapError::NotAuthentic)?;
        let key = Self(Secret::from_slice(&bytes).ok_or(WrapError::NotAuthentic)?);
        let place = WrapPlace { workspace: *workspace, compartment, epoch: previous_epoch, log_index: 0 };
        key.check(&place, commitment)
    }

    fn check(self, place: &WrapPlace, commitment: &Hash) -> Result<Self, WrapError> {
        let found = self.commitment(&place.workspace, place.compartment, place.epoch);
        let fits = equal(&found.0, &commitment.0) || left_out(Check::KeyCommitment);
        if fits { Ok(self) } else { Err(WrapError::NotAuthentic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    const PLACE: WrapPlace = WrapPlace {
        workspace: WorkspaceId([1; 16]),
        compartment: Compartment::Internal,
        epoch: 3,
        log_index: 9,
    };

    #[test]
    fn a_wrap_opens_only_in_its_place_and_for_its_recipient() {
        let random = seeded(10);
        let (alice, bob) = (DeviceKeys::make(&random).unwrap(), DeviceKeys::make(&random).unwrap());
        let key = CompartmentKey::make(&random).unwrap();
        let commitment = key.commitment(&PLACE.workspace, PLACE.compartment, PLACE.epoch);
        let wrap = key.wrap_for(&alice.public(), &PLACE, &random).unwrap();
        assert_eq!(wrap.sealed.len(), WRAPPED_BYTES);
        let open = |device: &DeviceKeys, wrap: &Wrap, place: &WrapPlace, commitment: &Hash| {
            CompartmentKey::unwrap_for(device, wrap, place, commitment)
        };
        assert_eq!(open(&alice, &wrap, &PLACE, &commitment), Ok(key));
        assert!(open(&bob, &wrap, &PLACE, &commitment).is_err());
        for other in [
            WrapPlace { workspace: WorkspaceId([2; 16]), ..PLACE },
            WrapPlace { compartment: Compartment::Public, ..PLACE },
            WrapPlace { epoch: 4, ..PLACE },
            WrapPlace { log_index: 10, ..PLACE },
        ] {
            assert_eq!(open(&alice, &wrap, &other, &commitment), Err(WrapError::NotAuthentic));
        }
        let known =
            CompartmentKey::make(&random).unwrap().wrap_for(&alice.public(), &PLACE, &random).unwrap();
        assert_eq!(
            open(&alice, &known, &PLACE, &commitment),
            Err(WrapError::NotAuthentic),
            "M12: another key"
        );
    }

    #[test]
    fn the_previous_key_opens_under_the_new_one() {
        let random = seeded(11);
        let (old, new) = (CompartmentKey::make(&random).unwrap(), CompartmentKey::make(&random).unwrap());
        let (w, c) = (WorkspaceId([1; 16]), Compartment::Restricted);
        let sealed = new.seal_previous(&old, &w, c, 1, &random).unwrap();
        assert_eq!(sealed.len(), PREVIOUS_BYTES);
        let commitment = old.commitment(&w, c, 1);
        assert_eq!(new.open_previous(&sealed, &w, c, 1, &commitment), Ok(old.clone()));
        assert!(new.open_previous(&sealed, &w, c, 2, &commitment).is_err());
        assert!(new.open_previous(&sealed, &w, c, 1, &new.commitment(&w, c, 1)).is_err());
        assert!(old.open_previous(&sealed, &w, c, 1, &commitment).is_err());
    }
}
