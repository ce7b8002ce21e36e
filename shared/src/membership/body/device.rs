//! Bodies about devices: linked, shut out, recovery codes.
//!
//! Shapes only: the rules are in `membership::rules`.

use minicbor::{Decode, Encode};

use super::keys::{DeviceKeysPublic, EpochStart, SealedName, WrapSet};
use crate::wire::ids::{DeviceId, MemberId, Signature};

/// A member links another device; signed by an active device (or the recovery device) of the same member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceAdd {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// The new device.
    #[n(1)]
    pub device: DeviceKeysPublic,
    /// The new device's signature over [`crate::crypto::safe::device::consent_payload`].
    #[n(2)]
    pub consent: Signature,
    /// The device's name.
    #[n(3)]
    pub device_name: SealedName,
    /// Current keys of every compartment that the member is cleared for, lowest first, one wrap each.
    #[n(4)]
    pub keys: Vec<WrapSet>,
}

/// A device is shut out, together with the rotation of all it could read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceRevoke {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// New epochs, lowest first; empty where a device revokes itself (rotation is then due).
    #[n(1)]
    pub rotate: Vec<EpochStart>,
}

/// A member's recovery code: the recovery device that it derives.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecoverySet {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// The recovery device.
    #[n(1)]
    pub device: DeviceKeysPublic,
    /// The recovery device's signature over [`crate::crypto::safe::device::consent_payload`].
    #[n(2)]
    pub consent: Signature,
    /// The recovery device that this one replaces; its compartments are then due for rotation.
    #[n(3)]
    pub replaces: Option<DeviceId>,
    /// Current keys of every compartment that the member is cleared for, lowest first, one wrap each.
    #[n(4)]
    pub keys: Vec<WrapSet>,
}
