//! Primitives: thin wrappers over `ring` and `hpke` with fixed algorithms and no choices.
//!
//! No formats, no key management: those are in `safe`.

pub mod aead;
pub mod hash;
pub mod kem;
pub mod random;
pub mod sealed;
pub mod secret;
pub mod sign;

#[cfg(test)]
mod vectors;
