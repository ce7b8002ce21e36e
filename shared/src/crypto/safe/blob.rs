//! A sealed blob under a given key: backups, exports, key files. Passphrases become keys in the client (Argon2id).

use zeroize::Zeroizing;

use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::secret::Secret;

/// A key for blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobKey(pub Secret<32>);

/// A sealed thing did not open: another key, another purpose, or altered bytes. Deliberately one error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this could not be opened with this key; check the passphrase or code, or ask for it again")]
pub struct NotOpened;

fn context(purpose: &str) -> Vec<u8> {
    [b"groundplan/blob/v1\0".as_slice(), purpose.as_bytes()].concat()
}

/// Seals bytes for a purpose.
///
/// # Errors
/// [`RandomFailed`].
pub fn seal_blob(
    key: &BlobKey,
    purpose: &str,
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, RandomFailed> {
    sealed::seal(&key.0, &context(purpose), plaintext, random)
}

/// Opens bytes sealed for the same purpose.
///
/// # Errors
/// [`NotOpened`].
pub fn open_blob(key: &BlobKey, purpose: &str, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    sealed::open(&key.0, &context(purpose), blob).ok_or(NotOpened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn opens_with_key_and_purpose_only() {
        let key = BlobKey(Secret::new([1; 32]));
        let blob = seal_blob(&key, "backup", b"data", &seeded(15)).unwrap();
        assert_eq!(open_blob(&key, "backup", &blob).unwrap().as_slice(), b"data");
        assert_eq!(open_blob(&key, "other", &blob), Err(NotOpened));
        assert_eq!(open_blob(&BlobKey(Secret::new([2; 32])), "backup", &blob), Err(NotOpened));
    }
}
