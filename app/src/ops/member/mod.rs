//! Members: inviting a person and accepting an invitation.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod invite;
pub mod join;
