//! Synchronisation: connecting a workspace, synchronising now, status.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod connect;
pub mod now;
pub mod status;
