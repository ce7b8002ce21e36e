//! Bodies about the workspace as a whole: its policy, and the life of the server's database.
//!
//! Shapes only: the rules are in `membership::rules`.

use minicbor::{Decode, Encode};

use crate::auth::role::Clearance;
use crate::wire::ids::Incarnation;

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
