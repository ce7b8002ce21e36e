//! The Groundplan sync server.
//!
//! It orders, stores and forwards ciphertext. No code in this crate holds, asks for or could use a content key.

pub mod store;
