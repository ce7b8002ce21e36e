//! Envelope v1 (SYNC §5): header, body, padding, sealing, checks and links.
//!
//! Not here: Automerge (changes are byte strings), storage, ordering.

pub mod body;
pub mod check;
#[cfg(all(feature = "proof", debug_assertions))]
pub mod forge;
pub mod header;
pub mod link;
pub mod outer;
pub mod padme;
pub mod seal;
pub mod snapshot;

pub use body::{Author, Covers, EnvelopeBody, Folded};
pub use check::{OpenError, OpenReason, Opened, actor_belongs_to, open_checked};
pub use header::{Header, Kind, LogPoint, SUITE_1, Seen, VERSION_1};
pub use link::{Link, link};
pub use outer::{Outer, OuterError, Scope, Standing, parse_outer, scope_at, verify_outer};
pub use seal::{SealError, SealInput, Sealed, seal};
pub use snapshot::{Prefix, SavedChange, Snapshot, SnapshotFault, check_snapshot};

#[cfg(test)]
mod tests;
