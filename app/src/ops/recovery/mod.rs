//! The recovery code: making it and using it.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod create;
pub mod redeem;
