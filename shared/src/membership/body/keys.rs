//! What bodies share: sealed names, public keys of devices, wrapped compartment keys, starts of epochs.
//!
//! Shapes only: the rules are in `membership::rules`.

use minicbor::{Decode, Encode};

use crate::auth::role::Compartment;
use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, Hash, PublicKey};

/// A name (of a member, a device, a role), sealed; see [`crate::crypto::safe::names`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedName {
    /// Epoch of the compartment `public` whose key seals it; 0: sealed with the invite's hand-over key.
    #[n(0)]
    pub epoch: u32,
    /// Nonce and ciphertext.
    #[n(1)]
    pub sealed: Blob,
}

/// A device's public keys; its id follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceKeysPublic {
    /// Ed25519.
    #[n(0)]
    pub signing: PublicKey,
    /// X25519, for HPKE.
    #[n(1)]
    pub hpke: PublicKey,
}

/// A compartment key sealed to one device by HPKE.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wrap {
    /// The device that can open it.
    #[n(0)]
    pub recipient: DeviceId,
    /// HPKE encapsulated key.
    #[n(1)]
    pub encapsulated: PublicKey,
    /// The sealed 32-byte key with its tag (48 bytes).
    #[n(2)]
    pub sealed: Blob,
}

/// Wraps of one compartment's current key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WrapSet {
    /// The compartment.
    #[n(0)]
    pub compartment: Compartment,
    /// Its current epoch.
    #[n(1)]
    pub epoch: u32,
    /// One for each new recipient, in order of device id.
    #[n(2)]
    pub wraps: Vec<Wrap>,
}

/// The start of a compartment's epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochStart {
    /// The compartment.
    #[n(0)]
    pub compartment: Compartment,
    /// 1 at genesis, then one more than before.
    #[n(1)]
    pub epoch: u32,
    /// Commitment to the new key, so that every recipient can tell that all were given the same.
    #[n(2)]
    pub key_commitment: Hash,
    /// The previous epoch's key sealed under the new one; absent at epoch 1.
    #[n(3)]
    pub previous: Option<Blob>,
    /// Rotation cut: hash of the list of (document, doc_seq, link) of the compartment; zero at genesis.
    #[n(4)]
    pub cut: Hash,
    /// One for each authorised active device, in order of device id.
    #[n(5)]
    pub wraps: Vec<Wrap>,
}
