//! What the server does with workspaces, whoever asks: fold membership, take envelopes, append entries, tell others.
//!
//! Sockets and REST handlers only decode, ask here and encode.

pub mod compaction;
pub mod live;
pub mod log;
pub mod memberships;
pub mod push;

use groundplan_shared::{
    auth::{Clearance, Permissions},
    membership::MembershipState,
    wire::DeviceId,
};

/// What a device may see of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is active: the log, and the documents of these compartments.
    Active(Clearance),
    /// It has joined and waits to be confirmed: the log only.
    Waiting,
    /// It was active and was shut out by the entry of this index: the log up to there, so that it can see why.
    ShutOut(u64),
    /// Nothing at all.
    Stranger,
}

impl Standing {
    /// Looks a device up at the head of the log.
    pub fn of(state: &MembershipState, device: &DeviceId) -> Self {
        match state.active(device) {
            Some((_, rights)) if rights.permissions.contains(Permissions::READ) => {
                Self::Active(rights.clearance)
            }
            Some(_) => Self::Active(Clearance::NONE),
            None if state.pending().any(|(_, join)| join.device == *device) => Self::Waiting,
            None => shut_out(state, device).map_or(Self::Stranger, Self::ShutOut),
        }
    }

    /// The compartments that may be seen.
    pub fn clearance(self) -> Clearance {
        match self {
            Self::Active(clearance) => clearance,
            Self::Waiting | Self::ShutOut(_) | Self::Stranger => Clearance::NONE,
        }
    }
}

/// Index of the entry that shut a device out: its own revocation, or its member's removal.
fn shut_out(state: &MembershipState, device: &DeviceId) -> Option<u64> {
    let device = state.device(device)?;
    let removed = state.member(&device.member).and_then(|member| member.removed_index);
    device.revoked_index.into_iter().chain(removed).min()
}
