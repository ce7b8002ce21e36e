//! The membership log: entries, their bodies, the state they fold into and the one validator that client and
//! server run.
//!
//! Not here: storing, fetching, compare-and-swap. Names of members, devices and roles are sealed under the key of
//! the compartment `public` (which every confirmed member holds), so that the server cannot read them; the server
//! does see ids, public keys, roles and clearances.

mod apply;
pub mod body;
pub mod build;
pub mod cut;
pub mod entry;
mod refusal;
mod rules;
pub mod state;

pub use apply::{apply, replay, start};
pub use body::{
    Body, Confirm, DeviceAdd, DeviceKeysPublic, DeviceRevoke, EpochStart, Genesis, Grant, Invite,
    InviteCancel, Join, KeyRotate, MemberRemove, OwnerTransfer, Policy, PolicySet, RecoverySet, Revoke,
    RoleDefine, RoleSet, SealedName, ServerRestore, ServiceAccountAdd, SignInMethods, Wrap, WrapSet,
};
pub use cut::{CutItem, cut_hash};
pub use entry::{Entry, ParsedEntry, parse_entry, sign_entry};
pub use refusal::Refusal;
pub use state::{CustomRole, Device, DeviceKind, Member, MembershipState, OpenInvite, PendingJoin};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
