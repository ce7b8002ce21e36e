//! Devices: listing them and linking another one.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod link_confirm;
pub mod link_join;
pub mod link_start;
pub mod link_wait;
pub mod list;
pub mod renew;
