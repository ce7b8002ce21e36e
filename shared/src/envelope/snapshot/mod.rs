//! Snapshots (SYNC §7): one save that stands for a prefix of a document's log.
//!
//! A snapshot is an envelope of kind [`super::Kind::Snapshot`]: its signed header names the prefix (`seen`), its sealed
//! body names it again ([`super::Covers`]) with the save's hash and a manifest of which device authored which changes.
//! [`Prefix`] makes the manifest, [`check_snapshot`] judges a received one, [`Snapshot::agrees_with`] compares it with
//! what a device verified by itself, [`ack`] is what that device then signs, [`compact`] is the rule by which a server
//! may drop what is covered.
//!
//! Not here: Automerge. The document layer decodes the save, under its limits, into [`SavedChange`]s. A snapshot never
//! replaces changes that a device has: it is merged like any others.

pub mod ack;
pub mod check;
pub mod compact;
pub mod parts;
pub mod prefix;
pub mod stub;

pub use ack::{Ack, AckError, Verdict, parse_ack, sign_ack, verify_ack};
pub use check::{SavedChange, Snapshot, SnapshotFault, check_snapshot};
pub use compact::{Opinion, droppable};
pub use parts::{Part, PartFault, cut, cut_at, join};
pub use prefix::{Prefix, PrefixError};
pub use stub::Stub;

use std::collections::BTreeSet;

use crate::crypto::safe::low::hash::sha256;
use crate::wire::ids::Hash;

/// Hashes a set of changes: their hashes in order.
pub fn changes_hash(changes: &BTreeSet<Hash>) -> Hash {
    let parts = changes.iter().map(|hash| hash.0.as_slice());
    let parts: Vec<&[u8]> = std::iter::once(b"groundplan/changes/v1\0".as_slice()).chain(parts).collect();
    sha256(&parts)
}

/// Hashes a save.
pub fn save_hash(save: &[u8]) -> Hash {
    sha256(&[b"groundplan/save/v1\0", save])
}

#[cfg(test)]
mod tests;
