//! Cryptography of Groundplan. `safe` is what every feature uses; only `safe`, `envelope`, `membership` and `auth`
//! of this crate may reach into `hazmat`.
//!
//! Randomness and time come from the caller.

pub(crate) mod hazmat;
pub mod safe;

pub use hazmat::hash::sha256;
pub use hazmat::random::{FromFn, Random, RandomFailed};
pub use hazmat::secret::Secret;
pub use hazmat::sign::{SigningKey, verify};
