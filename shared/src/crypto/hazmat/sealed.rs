//! A sealed box under a shared key: random salt, derived key and nonce, key commitment, associated data.
//!
//! Layout: version (1) ‖ salt (32) ‖ commitment (32) ‖ ciphertext with tag. One construction serves pairing
//! messages, names, previous-epoch keys, invitations, presence and encrypted blobs; each passes its own context.

use zeroize::Zeroizing;

use super::aead;
use super::hash::hkdf;
use super::random::{Random, RandomFailed, draw};
use super::secret::{Secret, equal};

/// Bytes that sealing adds.
pub(crate) const OVERHEAD_BYTES: usize = 1 + 32 + 32 + aead::TAG_BYTES;
const VERSION: u8 = 1;

struct Derived {
    key: Zeroizing<[u8; 32]>,
    nonce: [u8; 12],
    commitment: [u8; 32],
}

/// Derives key, nonce and commitment for one message.
fn derive(key: &Secret<32>, salt: &[u8; 32], context: &[u8]) -> Derived {
    let okm = Zeroizing::new(hkdf::<76>(key.expose(), salt, &[b"groundplan/box/v1\0", context]));
    let mut derived = Derived { key: Zeroizing::new([0; 32]), nonce: [0; 12], commitment: [0; 32] };
    let (message_key, rest) = okm.split_at(32);
    let (nonce, commitment) = rest.split_at(12);
    derived.key.copy_from_slice(message_key);
    derived.nonce.copy_from_slice(nonce);
    derived.commitment.copy_from_slice(commitment);
    derived
}

/// Seals a message for a context (a domain tag and everything that the message belongs to).
pub(crate) fn seal(
    key: &Secret<32>,
    context: &[u8],
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, RandomFailed> {
    let salt: [u8; 32] = draw(random)?;
    let derived = derive(key, &salt, context);
    let mut out = Vec::with_capacity(plaintext.len() + OVERHEAD_BYTES);
    out.push(VERSION);
    out.extend_from_slice(&salt);
    out.extend_from_slice(&derived.commitment);
    out.extend(aead::seal(&derived.key, derived.nonce, context, plaintext));
    Ok(out)
}

/// Opens a message; `None` for every kind of failure.
pub(crate) fn open(key: &Secret<32>, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&version, rest) = sealed.split_first()?;
    if version != VERSION {
        return None;
    }
    let (salt, rest) = rest.split_first_chunk::<32>()?;
    let (commitment, ciphertext) = rest.split_first_chunk::<32>()?;
    let derived = derive(key, salt, context);
    if !equal(&derived.commitment, commitment) {
        return None;
    }
    aead::open(&derived.key, derived.nonce, context, ciphertext).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn every_flip_and_truncation_is_refused() {
        let key = Secret::new([7; 32]);
        let sealed = seal(&key, b"ctx", b"content", &seeded(5)).unwrap();
        assert_eq!(sealed.len(), 7 + OVERHEAD_BYTES);
        assert_eq!(open(&key, b"ctx", &sealed).unwrap().as_slice(), b"content");
        assert!(open(&key, b"other", &sealed).is_none());
        assert!(open(&Secret::new([8; 32]), b"ctx", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(open(&key, b"ctx", &bad).is_none(), "byte {at}");
            assert!(open(&key, b"ctx", &sealed[..at]).is_none(), "length {at}");
        }
    }
}
