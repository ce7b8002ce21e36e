//! What both sides of Groundplan share: the domain model, its validation, the command table, and (with the
//! feature `native`) cryptography, envelopes, membership and tokens.
//!
//! Not here: I/O, clocks and randomness of its own. Without `native` it compiles to WebAssembly for the interface.

pub mod api;
pub mod auth;
#[cfg(feature = "native")]
pub mod crypto;
#[cfg(feature = "native")]
pub mod envelope;
#[cfg(feature = "native")]
pub mod membership;
pub mod model;
pub mod proof;
pub mod scene;
pub mod text;
pub mod validate;
pub mod wire;
