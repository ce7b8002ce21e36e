//! Bodies by which a workspace begins and newcomers come in.
//!
//! Shapes only: the rules are in `membership::rules`.

use minicbor::{Decode, Encode};

use super::keys::{DeviceKeysPublic, EpochStart, SealedName, WrapSet};
use super::policy::Policy;
use crate::auth::role::{Clearance, Role};
use crate::wire::ids::{DeviceId, Hash, InviteId, MemberId, PublicKey, Signature};

/// The first entry: the owner, the first device, four compartments.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// Random, so that two workspaces never share a genesis hash.
    #[n(0)]
    pub random: Hash,
    /// The owner.
    #[n(1)]
    pub owner: MemberId,
    /// The owner's first device; it signs the entry.
    #[n(2)]
    pub device: DeviceKeysPublic,
    /// The owner's name.
    #[n(3)]
    pub owner_name: SealedName,
    /// The device's name.
    #[n(4)]
    pub device_name: SealedName,
    /// Epoch 1 of all four compartments, lowest first.
    #[n(5)]
    pub epochs: Vec<EpochStart>,
    /// The first policy.
    #[n(6)]
    pub policy: Policy,
}

/// An invitation; its secret is never in the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invite {
    /// The invitation.
    #[n(0)]
    pub invite: InviteId,
    /// Public half of the invite key that the secret derives.
    #[n(1)]
    pub key: PublicKey,
    /// The role that the newcomer will have.
    #[n(2)]
    pub role: Role,
    /// The clearance that the newcomer will have.
    #[n(3)]
    pub clearance: Clearance,
    /// Last log index at which a join is accepted.
    #[n(4)]
    pub expires_index: u64,
    /// Last advisory time at which a join is accepted, in milliseconds since the epoch.
    #[n(5)]
    pub expires_ms: u64,
    /// If present, only this device may join (its key was compared by safety number).
    #[n(6)]
    pub bound_to: Option<DeviceId>,
}

/// An unused invitation is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InviteCancel {
    /// The invitation.
    #[n(0)]
    pub invite: InviteId,
}

/// A newcomer asks to come in; signed by the newcomer's device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Join {
    /// The invitation.
    #[n(0)]
    pub invite: InviteId,
    /// The newcomer, random.
    #[n(1)]
    pub member: MemberId,
    /// The newcomer's device; it signs the entry.
    #[n(2)]
    pub device: DeviceKeysPublic,
    /// The invite key's signature over [`crate::crypto::safe::invite::join_payload`].
    #[n(3)]
    pub invite_signature: Signature,
    /// The newcomer's name, sealed with the invite's hand-over key (epoch 0).
    #[n(4)]
    pub member_name: SealedName,
    /// The device's name, sealed likewise.
    #[n(5)]
    pub device_name: SealedName,
}

/// An administrator lets a newcomer in and hands over keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Confirm {
    /// The newcomer.
    #[n(0)]
    pub member: MemberId,
    /// The newcomer's device, as it was verified.
    #[n(1)]
    pub device: DeviceId,
    /// The newcomer's name, sealed again for all.
    #[n(2)]
    pub member_name: SealedName,
    /// The device's name, sealed again for all.
    #[n(3)]
    pub device_name: SealedName,
    /// Current keys of every compartment of the invitation's clearance, lowest first, one wrap each.
    #[n(4)]
    pub keys: Vec<WrapSet>,
}
