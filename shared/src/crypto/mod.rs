//! Cryptography of Groundplan. `safe` is what every feature uses; only `safe` reaches into `hazmat`, and the formats of
//! this crate (`envelope`, `membership`, `auth`) get their few primitives through `safe::low`.
//!
//! Randomness and time come from the caller.

pub(crate) mod hazmat;
pub mod safe;

pub use hazmat::hash::sha256;
pub use hazmat::random::{FromFn, Random, RandomFailed};
pub use hazmat::secret::Secret;
pub use hazmat::sign::{SigningKey, verify};
