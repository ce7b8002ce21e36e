//! Faults below the real programs: kills at every call, failing and full disks, flipped bytes.
//!
//! The rule: what was acknowledged is there, what is damaged is said, nothing is silently wrong.

mod disk;
mod flip;
mod kill;
mod look;
mod server;
