//! Sealed chunks of attachments: what lies on the server under an id that only members of the compartment can compute.
//!
//! A chunk is sealed alike by everybody who has it: salt and id are HMACs of its SHA-256 under keys derived from the
//! compartment's, so equal content is stored once inside a compartment and nobody outside can confirm a guess. One
//! content has one message key, so that no nonce is ever used for two contents. The place in the file, its length and
//! the hash of the whole are not here: the signed record in the document names the hash of each chunk in order, its
//! size and the hash of the whole, and a chunk opens only as the content that was asked for (M11).

use crate::auth::role::Compartment;
use crate::crypto::hazmat::hash::{hmac_sha256, sha256};
use crate::crypto::hazmat::random::FromFn;
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::secret::equal;
use crate::crypto::safe::CompartmentKey;
use crate::envelope::padme::padme;
use crate::proof::{Check, left_out};
use crate::wire::ids::{BlobId, Hash, WorkspaceId};
use crate::wire::limits::CHUNK_BYTES;

/// Where a chunk is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkPlace {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The compartment of the document that names it.
    pub compartment: Compartment,
    /// The epoch of the key.
    pub epoch: u32,
}

/// A sealed chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedChunk {
    /// Its id.
    pub id: BlobId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a chunk was not sealed or opened. Nothing of it was returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// It is empty or larger than a chunk may be.
    #[error("a chunk holds 1 to {CHUNK_BYTES} bytes; this is a fault of the program")]
    Length,
    /// It is not the chunk that was asked for: another one, altered, cut, or sealed elsewhere.
    #[error("the chunk is not the one that was asked for; nothing of it was taken")]
    NotAuthentic,
}

/// Computes the id under which a chunk of this content lies.
pub fn chunk_id(key: &CompartmentKey, place: &ChunkPlace, content: &Hash) -> BlobId {
    BlobId(key.chunk_id(&[place.bytes().as_slice(), &content.0].concat()).0)
}

impl ChunkPlace {
    fn bytes(&self) -> [u8; 21] {
        let mut out = [0; 21];
        let parts = self.workspace.0.into_iter().chain([self.compartment.number()]);
        for (to, from) in out.iter_mut().zip(parts.chain(self.epoch.to_be_bytes())) {
            *to = from;
        }
        out
    }

    fn context(&self, id: &BlobId) -> Vec<u8> {
        let content = if left_out(Check::Chunk) { [0; 32] } else { id.0 };
        [b"groundplan/chunk/v1\0".as_slice(), &self.bytes(), &content].concat()
    }
}

/// Seals a chunk; the same content at the same place gives the same bytes.
///
/// # Errors
/// [`ChunkError::Length`].
pub fn seal_chunk(
    key: &CompartmentKey,
    place: &ChunkPlace,
    content: &[u8],
) -> Result<SealedChunk, ChunkError> {
    if content.is_empty() || content.len() > CHUNK_BYTES {
        return Err(ChunkError::Length);
    }
    let id = chunk_id(key, place, &sha256(&[content]));
    let salt = hmac_sha256(key.derive(b"chunk-salt").expose(), &[&id.0]);
    let fixed = FromFn(|out: &mut [u8]| {
        out.iter_mut().zip(salt).for_each(|(to, from)| *to = from);
        Ok(())
    });
    let mut padded = zeroize::Zeroizing::new(Vec::with_capacity(padme(content.len())));
    padded.extend_from_slice(content);
    padded.resize(padme(content.len()), 0);
    let bytes = sealed::seal(&key.derive(b"chunk-key"), &place.context(&id), &padded, &fixed)
        .map_err(|_| ChunkError::Length)?;
    Ok(SealedChunk { id, bytes })
}

/// Opens a chunk that must be of this content and length.
///
/// # Errors
/// [`ChunkError::NotAuthentic`].
pub fn open_chunk(
    key: &CompartmentKey,
    place: &ChunkPlace,
    content: &Hash,
    length: usize,
    bytes: &[u8],
) -> Result<Vec<u8>, ChunkError> {
    if length == 0 || length > CHUNK_BYTES || bytes.len() != padme(length) + sealed::OVERHEAD_BYTES {
        return Err(ChunkError::NotAuthentic);
    }
    let id = chunk_id(key, place, content);
    let padded = sealed::open(&key.derive(b"chunk-key"), &place.context(&id), bytes)
        .ok_or(ChunkError::NotAuthentic)?;
    let (chunk, rest) = padded.split_at_checked(length).ok_or(ChunkError::NotAuthentic)?;
    let asked_for = equal(&sha256(&[chunk]).0, &content.0) || left_out(Check::Chunk);
    if rest.iter().any(|byte| *byte != 0) || !asked_for {
        return Err(ChunkError::NotAuthentic);
    }
    Ok(chunk.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;
    use crate::wire::limits::BLOB_BYTES;

    const PLACE: ChunkPlace =
        ChunkPlace { workspace: WorkspaceId([1; 16]), compartment: Compartment::Internal, epoch: 2 };

    /// Kept for ever; computed by another implementation, from the description above alone.
    #[test]
    fn the_format_is_fixed() {
        let key = CompartmentKey::from_secret(crate::crypto::Secret::new([7; 32]));
        let sealed = seal_chunk(&key, &PLACE, b"a picture of the system").unwrap();
        assert_eq!(sealed.id.to_string(), "d7327f4f2f2fda7a04d405cc527e2e3986df576efd4d3407346b218cc97d55f1");
        assert_eq!(
            (sealed.bytes.len(), sha256(&[&sealed.bytes]).to_string().as_str()),
            (337, "8691754c3566088d9364392a0f6829ad9dee06823ea68e2ecd974bcc0abe621e")
        );
    }

    #[test]
    fn equal_content_is_one_blob_and_another_key_or_place_is_another() {
        let random = seeded(40);
        let (key, other) = (CompartmentKey::make(&random).unwrap(), CompartmentKey::make(&random).unwrap());
        let sealed = seal_chunk(&key, &PLACE, b"picture").unwrap();
        assert_eq!(sealed, seal_chunk(&key, &PLACE, b"picture").unwrap());
        assert_ne!(sealed.id, seal_chunk(&other, &PLACE, b"picture").unwrap().id);
        for place in [
            ChunkPlace { workspace: WorkspaceId([2; 16]), ..PLACE },
            ChunkPlace { compartment: Compartment::Public, ..PLACE },
            ChunkPlace { epoch: 3, ..PLACE },
        ] {
            let there = seal_chunk(&key, &place, b"picture").unwrap();
            assert_ne!(sealed.id, there.id);
            let open = open_chunk(&key, &place, &sha256(&[b"picture"]), 7, &sealed.bytes);
            assert_eq!(open, Err(ChunkError::NotAuthentic));
        }
        assert!(!sealed.bytes.windows(7).any(|window| window == b"picture"));
        assert_eq!(seal_chunk(&key, &PLACE, b""), Err(ChunkError::Length));
        assert_eq!(seal_chunk(&key, &PLACE, &vec![0; CHUNK_BYTES + 1]), Err(ChunkError::Length));
        let full = seal_chunk(&key, &PLACE, &vec![7; CHUNK_BYTES]).unwrap();
        assert_eq!(full.bytes.len(), BLOB_BYTES, "a full chunk is not padded");
    }

    #[test]
    fn only_what_was_asked_for_opens() {
        let key = CompartmentKey::make(&seeded(41)).unwrap();
        let (content, other) = (vec![3; 1000], vec![4; 1000]);
        let (hash, wrong) = (sha256(&[&content]), sha256(&[&other]));
        let sealed = seal_chunk(&key, &PLACE, &content).unwrap();
        let swapped = seal_chunk(&key, &PLACE, &other).unwrap();
        let open = |hash: &Hash, length: usize, bytes: &[u8]| open_chunk(&key, &PLACE, hash, length, bytes);
        assert_eq!(open(&hash, 1000, &sealed.bytes), Ok(content));
        assert!(open(&hash, 1000, &swapped.bytes).is_err(), "reordered or duplicated");
        assert!(open(&wrong, 1000, &sealed.bytes).is_err());
        assert!(open(&hash, 999, &sealed.bytes).is_err() && open(&hash, 1001, &sealed.bytes).is_err());
        for at in (0..sealed.bytes.len()).step_by(37) {
            let mut bad = sealed.bytes.clone();
            bad[at] ^= 1;
            assert!(open(&hash, 1000, &bad).is_err(), "byte {at}");
            assert!(open(&hash, 1000, &sealed.bytes[..at]).is_err(), "length {at}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_sealed_opens(content in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..5000)) {
            let key = CompartmentKey::make(&seeded(42)).unwrap();
            let sealed = seal_chunk(&key, &PLACE, &content).unwrap();
            let opened = open_chunk(&key, &PLACE, &sha256(&[&content]), content.len(), &sealed.bytes);
            proptest::prop_assert_eq!(opened, Ok(content));
        }
    }
}
