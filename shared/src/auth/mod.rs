//! Authentication and authorisation that both sides share: roles, permissions, token scopes and, with the feature
//! `native`, access tokens, refresh tokens, one-time codes and the OPAQUE suite.
//!
//! Deliberately not here: sessions, stores, clocks. Time comes in as a parameter.

pub mod role;
pub mod scope;
pub mod username;

#[cfg(feature = "native")]
pub mod claims;
#[cfg(feature = "native")]
pub mod jwks;
#[cfg(feature = "native")]
pub mod opaque;
#[cfg(feature = "native")]
pub mod refresh;
#[cfg(feature = "native")]
pub mod token;
#[cfg(feature = "native")]
pub mod totp;

pub use role::{Clearance, Compartment, Permissions, Role};
pub use scope::{Scope, Scopes};
