//! Why an entry is not accepted. The same on client and server.

use crate::wire::cbor::CodecError;

/// The rule that an entry breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Too large, malformed, or not in the canonical form.
    #[error("the log entry cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A version that this program does not know.
    #[error("log entry version {version} is not supported; update this program")]
    Version {
        /// The version that was read.
        version: u8,
    },
    /// The entry belongs to another workspace.
    #[error("the log entry belongs to another workspace; do not use this log")]
    Workspace,
    /// The index is not the next one.
    #[error("the log entry has index {found} but {expected} comes next; pull the log and build it again")]
    Index {
        /// The entry's index.
        found: u64,
        /// The index that comes next.
        expected: u64,
    },
    /// The entry does not follow the head.
    #[error("the log entry does not follow the head of the log; pull the log and build it again")]
    Previous,
    /// The signature is not that of the acting device.
    #[error("the log entry's signature is wrong; do not use this log")]
    Signature,
    /// The acting device is unknown, revoked, or of a removed member.
    #[error("the acting device is not active in this workspace; link it again")]
    ActorInactive,
    /// The actor's role does not allow this, or it would exceed the actor's own role.
    #[error("the actor's role does not allow this; ask an administrator or owner")]
    NotAllowed,
    /// It would exceed the actor's own clearance.
    #[error("the actor's clearance does not allow this; ask somebody with that clearance")]
    Clearance,
    /// The member is unknown or was removed.
    #[error("there is no such active member")]
    UnknownMember,
    /// The device is unknown or was revoked.
    #[error("there is no such active device")]
    UnknownDevice,
    /// The role is unknown.
    #[error("there is no such role")]
    UnknownRole,
    /// The id or key was used before.
    #[error("the id or key was used before; make a new one")]
    Reused,
    /// A public key is of no use.
    #[error("a public key is invalid; make new keys")]
    KeyInvalid,
    /// The new device did not consent (or its consent is for another member).
    #[error("the new device's consent is missing or wrong; link it again")]
    Consent,
    /// The invitation is unknown, used, expired, of somebody who may no longer invite, or not for this device.
    #[error("the invitation is not valid any more; ask for a new one")]
    Invite,
    /// The invite key's signature is wrong.
    #[error("the join does not prove the invitation's secret; use the whole link")]
    InviteSignature,
    /// The wrapped keys are not exactly those that the rule demands.
    #[error("the wrapped keys do not fit the recipients and compartments; pull the log and build them again")]
    Wraps,
    /// The new epochs are not exactly those that the rule demands.
    #[error("the new epochs do not fit the compartments; pull the log and build them again")]
    Rotation,
    /// A sealed name is missing, too long or under another epoch.
    #[error("a sealed name does not fit; seal it again")]
    Name,
    /// A value is out of its range.
    #[error("a value in the entry is out of range")]
    Value,
    /// The workspace would be left without an owner.
    #[error("the last owner cannot leave; make another member an owner first")]
    LastOwner,
    /// The owners would be left without any recovery.
    #[error("the last recovery path cannot be removed; set another recovery code first")]
    LastRecovery,
    /// It changes nothing.
    #[error("the entry changes nothing")]
    NoChange,
    /// The body is known, but its rules are not built in this version.
    #[error("entries of kind {kind} are not supported by this version; update this program")]
    NotSupported {
        /// The kind of body.
        kind: &'static str,
    },
}

impl Refusal {
    /// Says whether the actor should pull the log and build the entry again.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::Index { .. } | Self::Previous)
    }
}
