//! Bodies about members: roles, removal, clearances, rotation, service accounts, ownership.
//!
//! Shapes only: the rules are in `membership::rules`.

use minicbor::{Decode, Encode};

use super::keys::{DeviceKeysPublic, EpochStart, SealedName, WrapSet};
use crate::auth::role::{Clearance, Permissions, Role};
use crate::wire::ids::{MemberId, RoleId, Signature};

/// A member gets another role.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleSet {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// The role.
    #[n(1)]
    pub role: Role,
}

/// A custom role is made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleDefine {
    /// The role.
    #[n(0)]
    pub role: RoleId,
    /// Its name.
    #[n(1)]
    pub name: SealedName,
    /// What it may do.
    #[n(2)]
    pub permissions: Permissions,
}

/// A member is removed with all devices, together with the rotation of all they could read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MemberRemove {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// New epochs, lowest first; empty where members remove themselves (rotation is then due).
    #[n(1)]
    pub rotate: Vec<EpochStart>,
}

/// A member is cleared for further compartments.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Grant {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// What is added.
    #[n(1)]
    pub clearance: Clearance,
    /// Current keys of every added compartment, lowest first, one wrap for each active device of the member.
    #[n(2)]
    pub keys: Vec<WrapSet>,
}

/// A member loses compartments, together with their rotation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Revoke {
    /// The member.
    #[n(0)]
    pub member: MemberId,
    /// What is taken away.
    #[n(1)]
    pub clearance: Clearance,
    /// New epochs of exactly those compartments, lowest first.
    #[n(2)]
    pub rotate: Vec<EpochStart>,
}

/// New epochs on demand, by age, or because a rotation is due.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyRotate {
    /// New epochs, lowest first.
    #[n(0)]
    pub rotate: Vec<EpochStart>,
}

/// A service account: a member without a person, with one device key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceAccountAdd {
    /// The account as a member.
    #[n(0)]
    pub member: MemberId,
    /// Its key.
    #[n(1)]
    pub device: DeviceKeysPublic,
    /// The key's signature over [`crate::crypto::safe::device::consent_payload`].
    #[n(2)]
    pub consent: Signature,
    /// Its name.
    #[n(3)]
    pub name: SealedName,
    /// Its role.
    #[n(4)]
    pub role: Role,
    /// Its clearance.
    #[n(5)]
    pub clearance: Clearance,
    /// Current keys of every compartment of the clearance, lowest first, one wrap each.
    #[n(6)]
    pub keys: Vec<WrapSet>,
}

/// An owner makes another member an owner and becomes an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OwnerTransfer {
    /// The new owner.
    #[n(0)]
    pub to: MemberId,
}
