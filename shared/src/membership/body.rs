//! Bodies of log entries (SYNC §6), every one of them, with their CBOR form.
//!
//! Shapes only: the rules are in [`super::apply`].

use minicbor::{Decode, Encode};

use crate::auth::role::{Clearance, Compartment, Permissions, Role};
use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, Hash, Incarnation, InviteId, MemberId, PublicKey, RoleId, Signature};

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

/// The workspace's policy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PolicySet {
    /// The whole policy, replacing the one before.
    #[n(0)]
    pub policy: Policy,
}

/// Ways to sign in to the server that a workspace accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignInMethods {
    /// Password (OPAQUE).
    #[n(0)]
    pub password: bool,
    /// Single sign-on.
    #[n(1)]
    pub sso: bool,
    /// Passkey.
    #[n(2)]
    pub passkey: bool,
}

/// What a workspace demands of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// Whether a second factor is required at sign-in.
    #[n(0)]
    pub second_factor_required: bool,
    /// Allowed ways to sign in.
    #[n(1)]
    pub sign_in: SignInMethods,
    /// Most days without contact before the device must confirm again; `None`: no limit.
    #[n(2)]
    pub max_offline_days: Option<u32>,
    /// Compartments whose documents may be exported.
    #[n(3)]
    pub export: Clearance,
    /// Age at which keys are to be rotated, in days; `None`: never by age.
    #[n(4)]
    pub rotate_after_days: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            second_factor_required: false,
            sign_in: SignInMethods { password: true, sso: true, passkey: true },
            max_offline_days: None,
            export: Clearance::ALL,
            rotate_after_days: None,
        }
    }
}

/// An owner makes another member an owner and becomes an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OwnerTransfer {
    /// The new owner.
    #[n(0)]
    pub to: MemberId,
}

/// An owner acknowledges that the server was restored from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServerRestore {
    /// The life of the database that was lost.
    #[n(0)]
    pub from: Incarnation,
    /// The new one.
    #[n(1)]
    pub to: Incarnation,
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[expect(missing_docs, reason = "each variant carries the documented type of its name")]
pub enum Body {
    #[n(0)]
    Genesis(#[n(0)] Genesis),
    #[n(1)]
    Invite(#[n(0)] Invite),
    #[n(2)]
    Join(#[n(0)] Join),
    #[n(3)]
    Confirm(#[n(0)] Confirm),
    #[n(4)]
    DeviceAdd(#[n(0)] DeviceAdd),
    #[n(5)]
    DeviceRevoke(#[n(0)] DeviceRevoke),
    #[n(6)]
    RoleSet(#[n(0)] RoleSet),
    #[n(7)]
    RoleDefine(#[n(0)] RoleDefine),
    #[n(8)]
    MemberRemove(#[n(0)] MemberRemove),
    #[n(9)]
    Grant(#[n(0)] Grant),
    #[n(10)]
    Revoke(#[n(0)] Revoke),
    #[n(11)]
    KeyRotate(#[n(0)] KeyRotate),
    #[n(12)]
    ServiceAccountAdd(#[n(0)] ServiceAccountAdd),
    #[n(13)]
    RecoverySet(#[n(0)] RecoverySet),
    #[n(14)]
    PolicySet(#[n(0)] PolicySet),
    #[n(15)]
    OwnerTransfer(#[n(0)] OwnerTransfer),
    #[n(16)]
    ServerRestore(#[n(0)] ServerRestore),
}

impl Body {
    /// Names the kind of body, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::Invite(_) => "invite",
            Self::Join(_) => "join",
            Self::Confirm(_) => "confirm",
            Self::DeviceAdd(_) => "device add",
            Self::DeviceRevoke(_) => "device revoke",
            Self::RoleSet(_) => "role set",
            Self::RoleDefine(_) => "role define",
            Self::MemberRemove(_) => "member remove",
            Self::Grant(_) => "grant",
            Self::Revoke(_) => "revoke",
            Self::KeyRotate(_) => "key rotate",
            Self::ServiceAccountAdd(_) => "service account add",
            Self::RecoverySet(_) => "recovery set",
            Self::PolicySet(_) => "policy set",
            Self::OwnerTransfer(_) => "owner transfer",
            Self::ServerRestore(_) => "server restore",
        }
    }
}
