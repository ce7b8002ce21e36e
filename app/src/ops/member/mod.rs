//! Members: inviting a person, accepting an invitation, who is there, and changing it.
//!
//! Not here: authorisation (`dispatch`).

pub mod govern;
pub mod invite;
pub mod join;
pub mod list;
