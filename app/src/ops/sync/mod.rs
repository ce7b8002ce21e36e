//! Synchronisation: connecting a workspace, synchronising now, status, and what went wrong.
//!
//! Not here: authorisation (`dispatch`).

pub mod bring_in;
pub mod connect;
pub mod held;
pub mod now;
pub mod peers;
pub mod rescue;
pub mod status;
pub mod trust;
