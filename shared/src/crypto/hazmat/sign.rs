//! Ed25519 (RFC 8032), strict: canonical S (by `ring`), and no public key of small order, under which one
//! signature would fit many messages.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::hash::sha256;
use super::random::{Random, RandomFailed};
use super::secret::Secret;
use crate::proof;
use crate::wire::ids::{PublicKey, Signature};

/// An Ed25519 signing key, kept as its 32-byte seed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    seed: Secret<32>,
    public: PublicKey,
}

impl SigningKey {
    /// Derives the key from its seed.
    pub fn from_seed(seed: Secret<32>) -> Self {
        let pair = pair_of(&seed);
        let public =
            PublicKey::from_slice(pair.public_key().as_ref()).expect("invariant: public keys have 32 bytes");
        Self { seed, public }
    }

    /// Makes a random key.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self::from_seed(Secret::make(random)?))
    }

    /// Returns the seed, for the encrypted store.
    pub fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    /// Returns the public key.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a message; callers start it with a domain tag.
    pub fn sign(&self, message: &[u8]) -> Signature {
        if proof::quick() {
            return stand_in(&self.public, message);
        }
        Signature::from_slice(pair_of(&self.seed).sign(message).as_ref())
            .expect("invariant: Ed25519 signatures have 64 bytes")
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn pair_of(seed: &Secret<32>) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed.expose()).expect("invariant: every 32-byte seed is a key")
}

/// Checks a signature.
#[must_use]
pub fn verify(public: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    if proof::quick() {
        return *signature == stand_in(public, message);
    }
    !is_small_order(public)
        && UnparsedPublicKey::new(&ED25519, public.0).verify(message, &signature.0).is_ok()
}

/// What simulations take for a signature: everybody could make it, and nobody in them forges.
fn stand_in(public: &PublicKey, message: &[u8]) -> Signature {
    let half = sha256(&[b"no signature\0", &public.0, message]);
    Signature::from_slice(&[half.0, half.0].concat()).expect("invariant: twice 32 bytes")
}

/// The y coordinates of the eight points of small order, canonical and not, without the sign bit.
const SMALL_ORDER_Y: [[u8; 32]; 7] = {
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    let mut zero_again = minus_one;
    zero_again[0] = 0xed;
    let mut one_again = minus_one;
    one_again[0] = 0xee;
    let mut one = [0; 32];
    one[0] = 1;
    [
        [0; 32],
        one,
        minus_one,
        zero_again,
        one_again,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

/// Says whether a public key is a point of small order.
pub(crate) fn is_small_order(public: &PublicKey) -> bool {
    let mut y = public.0;
    y[31] &= 0x7f;
    SMALL_ORDER_Y.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn signs_and_verifies() {
        let key = SigningKey::make(&seeded(1)).unwrap();
        let signature = key.sign(b"message");
        assert!(verify(&key.public(), b"message", &signature));
        assert!(!verify(&key.public(), b"massage", &signature));
        for bit in 0..512 {
            let mut bad = signature;
            bad.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&key.public(), b"message", &bad), "bit {bit}");
        }
    }

    #[test]
    fn small_order_keys_verify_nothing_though_ring_alone_would() {
        // R = identity, S = 0: the equation holds whenever the hash times the key vanishes.
        let mut forged = Signature([0; 64]);
        forged.0[0] = 1;
        let mut accepted_by_ring = 0;
        for y in SMALL_ORDER_Y {
            for sign in [0, 0x80] {
                let mut public = PublicKey(y);
                public.0[31] |= sign;
                for message in 0u8..64 {
                    let ring_accepts =
                        UnparsedPublicKey::new(&ED25519, public.0).verify(&[message], &forged.0).is_ok();
                    accepted_by_ring += usize::from(ring_accepts);
                    assert!(!verify(&public, &[message], &forged));
                }
            }
        }
        assert!(accepted_by_ring > 64, "the attack must work without the check, {accepted_by_ring}");
    }

    #[test]
    fn debug_hides_the_seed() {
        let key = SigningKey::from_seed(Secret::new([0xab; 32]));
        assert!(!format!("{key:?}").contains("abab"));
    }
}
