//! An attachment as a plain value: what a page or element says about a file that belongs to it.
//!
//! Not here: the file's bytes, which lie in chunks under their hashes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AttachmentId, Source};

/// Bytes of a chunk; the last one of a file may be shorter.
pub const CHUNK_BYTES: u64 = 1 << 20;
/// Largest attachment, in bytes.
pub const ATTACHMENT_MAX_BYTES: u64 = 64 << 20;
/// Most attachments of one page or element.
pub const ATTACHMENTS_PER_DOCUMENT: usize = 500;
/// Most bytes of attachments of one workspace.
pub const ATTACHMENTS_MAX_BYTES: u64 = 8 << 30;

/// The SHA-256 of content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// Says that a text is not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a SHA-256: use 64 hexadecimal digits")]
pub struct NoHash;

impl FromStr for ContentHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        crate::wire::ids::from_hex(text).filter(|_| text.len() == 64).map(Self).ok_or(NoHash)
    }
}

impl Serialize for ContentHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A file that belongs to a page or an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its random id.
    pub id: AttachmentId,
    /// Its file name.
    pub name: String,
    /// Folder and file name inside the vault, with `/`; empty for one that was added here.
    #[serde(default)]
    pub path: String,
    /// Media type, guessed from the name and the first bytes; never trusted to be harmless.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the whole.
    pub hash: ContentHash,
    /// SHA-256 of each chunk of [`CHUNK_BYTES`], in order; empty for an empty file.
    pub chunks: Vec<ContentHash>,
    /// Where it came from, if imported.
    #[serde(default)]
    pub source: Option<Source>,
}

impl Attachment {
    /// Says whether size and number of chunks fit each other and the limits.
    pub fn is_sound(&self) -> bool {
        self.size <= ATTACHMENT_MAX_BYTES && self.chunks.len() as u64 == self.size.div_ceil(CHUNK_BYTES)
    }

    /// Returns the length that the chunk at a position must have.
    pub fn chunk_len(&self, position: usize) -> u64 {
        self.size.saturating_sub(position as u64 * CHUNK_BYTES).min(CHUNK_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_read_what_they_print_and_refuse_the_rest() {
        let hash = ContentHash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for bad in ["", "ab", &"g".repeat(64), &"a".repeat(66), &format!("-{}", "a".repeat(63))] {
            assert_eq!(bad.parse::<ContentHash>(), Err(NoHash), "{bad}");
        }
    }

    #[test]
    fn sizes_and_chunks_must_fit() {
        let of = |size, chunks| Attachment {
            id: AttachmentId::from_bytes([1; 16]),
            name: "a.png".into(),
            path: String::new(),
            media_type: "image/png".into(),
            size,
            hash: ContentHash([1; 32]),
            chunks: vec![ContentHash([2; 32]); chunks],
            source: None,
        };
        assert!(of(0, 0).is_sound() && of(1, 1).is_sound() && of(CHUNK_BYTES, 1).is_sound());
        assert!(of(CHUNK_BYTES + 1, 2).is_sound());
        assert!(!of(0, 1).is_sound() && !of(CHUNK_BYTES + 1, 1).is_sound() && !of(1, 2).is_sound());
        assert!(!of(ATTACHMENT_MAX_BYTES + 1, 65).is_sound());
        assert_eq!(of(CHUNK_BYTES + 5, 2).chunk_len(1), 5);
        assert_eq!(of(CHUNK_BYTES + 5, 2).chunk_len(9), 0);
    }
}
