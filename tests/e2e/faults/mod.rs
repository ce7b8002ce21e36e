//! Faults on the local store, with the real program: kills, failing disks, flipped bytes.
//!
//! The rule: what was acknowledged is there, what is damaged is said, nothing is silently wrong.

mod flip;
mod kill;
mod look;
