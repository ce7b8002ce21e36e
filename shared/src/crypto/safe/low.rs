//! The few primitives on which this crate's own formats (envelope, membership, auth) are built, and no others: the
//! one door to `hazmat` outside `safe`. Features use the rest of `safe`.

pub(crate) use crate::crypto::hazmat::{aead, hash, random, secret, sign};
