//! SHA-256, HMAC-SHA256, HKDF-SHA256, and HMAC-SHA1 where the world outside knows nothing else.

use ring::{digest, hkdf, hmac};

use crate::wire::ids::Hash;

/// Hashes the concatenation of the parts. Callers make it unambiguous by fixed lengths.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    Hash::from_slice(context.finish().as_ref()).expect("invariant: SHA-256 gives 32 bytes")
}

/// HMAC-SHA256 over the concatenation of the parts.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("invariant: HMAC-SHA256 gives 32 bytes")
}

/// HMAC-SHA1. Only for one-time codes, whose authenticators know nothing else; it needs no collision resistance.
pub(crate) fn hmac_sha1(key: &[u8], data: &[u8]) -> [u8; 20] {
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), data);
    mac.as_ref().try_into().expect("invariant: HMAC-SHA1 gives 20 bytes")
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256 into `out`; false if `out` is longer than 255 × 32 bytes (the contents are then undefined).
#[must_use]
pub(crate) fn hkdf_into(ikm: &[u8], salt: &[u8], info: &[&[u8]], out: &mut [u8]) -> bool {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(ikm);
    prk.expand(info, Length(out.len())).and_then(|okm| okm.fill(out)).is_ok()
}

/// HKDF-SHA256 to `N` bytes, at most 8,160.
pub(crate) fn hkdf<const N: usize>(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> [u8; N] {
    const { assert!(N <= 255 * 32) };
    let mut out = [0; N];
    let fits = hkdf_into(ikm, salt, info, &mut out);
    assert!(fits, "invariant: HKDF output of at most 8,160 bytes");
    out
}
