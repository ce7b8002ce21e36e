//! Accounts: registering, signing in and out.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod login;
pub mod logout;
pub mod register;
pub mod server_key;
