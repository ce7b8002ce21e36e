//! A device's keys: the Ed25519 signing pair and the X25519 HPKE pair, and the id that follows from them.
//!
//! Where they are kept is the client's business.

use zeroize::Zeroizing;

use crate::crypto::hazmat::hash::sha256;
use crate::crypto::hazmat::kem::KemKey;
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::secret::Secret;
use crate::crypto::hazmat::sign::SigningKey;
use crate::membership::body::DeviceKeysPublic;
use crate::wire::cbor::to_base64;
use crate::wire::ids::{DeviceId, MemberId, PublicKey, Signature, WorkspaceId};

/// Both key pairs of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceKeys {
    signing: SigningKey,
    hpke: KemKey,
}

impl DeviceKeys {
    /// Makes random keys.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self { signing: SigningKey::make(random)?, hpke: KemKey::make(random)? })
    }

    /// Derives keys from two seeds (recovery).
    pub(crate) fn derive(signing_seed: Secret<32>, hpke_ikm: &Secret<32>) -> Self {
        Self { signing: SigningKey::from_seed(signing_seed), hpke: KemKey::derive(hpke_ikm) }
    }

    /// Restores keys from [`Self::to_secret_bytes`]; `None` if they are not 64 bytes.
    pub fn from_secret_bytes(bytes: &[u8]) -> Option<Self> {
        let (signing, hpke) = bytes.split_first_chunk::<32>()?;
        Some(Self {
            signing: SigningKey::from_seed(Secret::new(*signing)),
            hpke: KemKey::from_private(Secret::from_slice(hpke)?)?,
        })
    }

    /// Returns 64 secret bytes (signing seed, HPKE private key) for the encrypted store only.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = self.signing.seed().to_vec();
        out.extend_from_slice(self.hpke.private().expose());
        out
    }

    /// Returns the public keys.
    pub fn public(&self) -> DeviceKeysPublic {
        DeviceKeysPublic { signing: self.signing.public(), hpke: self.hpke.public() }
    }

    /// Returns the device's id.
    pub fn id(&self) -> DeviceId {
        device_id(&self.public())
    }

    /// Signs a message; callers start it with a domain tag (see [`crate::wire::payload`]).
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.signing.sign(message)
    }

    /// Signs that this device wants to be one of a member's ([`consent_payload`]).
    pub fn consent(&self, workspace: &WorkspaceId, member: &MemberId) -> Signature {
        self.sign(&consent_payload(workspace, member, &self.public()))
    }

    pub(crate) fn hpke(&self) -> &KemKey {
        &self.hpke
    }
}

/// Computes a device's id: the first 16 bytes of SHA-256(domain tag ‖ signing public key ‖ HPKE public key).
pub fn device_id(keys: &DeviceKeysPublic) -> DeviceId {
    let hash = sha256(&[b"groundplan/device/v1\0", &keys.signing.0, &keys.hpke.0]);
    let (id, _) = hash.0.split_first_chunk::<16>().expect("invariant: a hash has 32 bytes");
    DeviceId(*id)
}

/// What a device signs to consent to being a member's device.
pub fn consent_payload(workspace: &WorkspaceId, member: &MemberId, keys: &DeviceKeysPublic) -> Vec<u8> {
    [b"groundplan/device-consent/v1\0".as_slice(), &workspace.0, &member.0, &keys.signing.0, &keys.hpke.0]
        .concat()
}

/// Computes the RFC 7638 thumbprint of an Ed25519 key, as tokens name it (`cnf.jkt`).
pub fn key_thumbprint(key: &PublicKey) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, to_base64(&key.0));
    to_base64(&sha256(&[jwk.as_bytes()]).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn secret_bytes_restore_the_keys() {
        let keys = DeviceKeys::make(&seeded(6)).unwrap();
        assert_eq!(DeviceKeys::from_secret_bytes(&keys.to_secret_bytes()), Some(keys.clone()));
        assert_eq!(DeviceKeys::from_secret_bytes(&keys.to_secret_bytes()[1..]), None);
        let debug = format!("{keys:?}");
        assert!(debug.contains("PublicKey") && !debug.contains("seed"), "{debug}");
    }

    #[test]
    fn thumbprint_of_rfc_8037() {
        let key = crate::wire::cbor::from_base64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::from_slice(&key).unwrap();
        assert_eq!(key_thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
