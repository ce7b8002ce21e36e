//! Bodies of log entries (SYNC §6), every one of them, with their CBOR form.
//!
//! Shapes only: the rules are in [`super::apply`]. Field and variant numbers are fixed for ever.

mod admission;
mod device;
mod keys;
mod member;
mod policy;

pub use admission::{Confirm, Genesis, Invite, InviteCancel, Join};
pub use device::{DeviceAdd, DeviceRevoke, RecoverySet};
pub use keys::{DeviceKeysPublic, EpochStart, SealedName, Wrap, WrapSet};
pub use member::{
    Grant, KeyRotate, MemberRemove, OwnerTransfer, Revoke, RoleDefine, RoleSet, ServiceAccountAdd,
};
pub use policy::{Policy, PolicySet, ServerRestore, SignInMethods};

use minicbor::{Decode, Encode};

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
    /// Since entry version 2.
    #[n(17)]
    InviteCancel(#[n(0)] InviteCancel),
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
            Self::InviteCancel(_) => "invite cancel",
        }
    }

    /// The entry version that carries this kind of body: the one that brought it, and no other.
    pub fn version(&self) -> u8 {
        match self {
            Self::InviteCancel(_) => 2,
            _ => 1,
        }
    }
}
