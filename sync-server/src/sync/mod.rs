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
    membership::{DeviceKind, MembershipState},
    wire::{DeviceId, ProblemCode},
};

use crate::{caller::Session, problem::Refusal};

/// What a device may see of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is active: the log, and the documents of these compartments.
    Active(Clearance),
    /// It is active, and the workspace demands a second factor that this sign-in did not bring: nothing until then.
    Unproven,
    /// It has joined and waits to be confirmed: the log only.
    Waiting,
    /// It was active and was shut out by the entry of this index: the log up to there, so that it can see why.
    ShutOut(u64),
    /// Nothing at all.
    Stranger,
}

impl Standing {
    /// Looks a caller's device up at the head of the log.
    pub fn of(state: &MembershipState, caller: &Session) -> Self {
        let device = &caller.device;
        match state.active(device) {
            // A service has a key and no person who could read a code.
            Some((known, _))
                if state.policy().second_factor_required
                    && !caller.second_factor
                    && known.kind != DeviceKind::Service =>
            {
                Self::Unproven
            }
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
            Self::Unproven | Self::Waiting | Self::ShutOut(_) | Self::Stranger => Clearance::NONE,
        }
    }
}

impl Standing {
    /// The refusal for whoever is not active: that something is there is nobody else's to know.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Unproven => {
                let detail =
                    "this workspace demands a second factor; set one up, and sign in with a code of it";
                Refusal::new(ProblemCode::SecondFactorRequired, detail)
            }
            _ => Refusal::not_found("workspace"),
        }
    }
}

/// Index of the entry that shut a device out: its own revocation, or its member's removal.
fn shut_out(state: &MembershipState, device: &DeviceId) -> Option<u64> {
    let device = state.device(device)?;
    let removed = state.member(&device.member).and_then(|member| member.removed_index);
    device.revoked_index.into_iter().chain(removed).min()
}
