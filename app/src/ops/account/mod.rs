//! Accounts: registering, signing in and out.
//!
//! One command a file. Not here: authorisation (`dispatch`).

pub mod login;
pub mod logout;
pub mod register;
pub mod second_factor;
pub mod server_key;
