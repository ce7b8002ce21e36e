//! Envelope v1 (SYNC §5): header, body, padding, sealing, checks and links.
//!
//! Not here: Automerge (changes are byte strings), storage, ordering.

pub mod header;

pub use header::{Header, Kind, LogPoint, SUITE_1, Seen, VERSION_1};
