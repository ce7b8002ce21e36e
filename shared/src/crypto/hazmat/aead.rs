//! ChaCha20-Poly1305. Callers derive a fresh key for each message; a key and nonce never meet two messages.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;

/// The ciphertext does not belong to key, nonce and associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAuthentic;

fn key_of(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("invariant: the key has 32 bytes"))
}

/// Seals `plaintext`; the tag is at the end.
pub(crate) fn seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(plaintext.len() + TAG_BYTES);
    buffer.extend_from_slice(plaintext);
    key_of(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer)
        .expect("invariant: messages are far below the cipher's limit of 256 GiB");
    buffer
}

/// Opens a ciphertext; nothing of it is returned unless it is authentic.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: [u8; 12],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Vec<u8>, NotAuthentic> {
    let mut buffer = ciphertext.to_vec();
    let length = key_of(key)
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer)
        .map_err(|_| NotAuthentic)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}
