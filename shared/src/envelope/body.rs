//! The plaintext of an envelope: a padded CBOR body whose fields depend on the envelope's kind.
//!
//! Changes are byte strings; what they mean is the document layer's business.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::header::Kind;
use super::padme::padme;
use super::snapshot::Part;
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::{DeviceId, DocumentId, Hash};
use crate::wire::limits::{CHANGES_PER_ENVELOPE, SNAPSHOT_BYTES};

/// Which device authored which of the changes that a snapshot covers: all of them by name, as the first snapshots have it, or
/// their number and digest. Either way an actor tells whose a change is; the list says that there are these and no more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Author {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Hashes of its changes; empty if they are folded.
    #[n(1)]
    pub changes: Vec<Hash>,
    /// What stands for the hashes.
    #[n(2)]
    pub folded: Option<Folded>,
}

/// Stands for a set of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Folded {
    /// How many they are, at least one.
    #[n(0)]
    pub count: u64,
    /// [`super::snapshot::changes_hash`] of their hashes.
    #[n(1)]
    pub digest: Hash,
}

/// The prefix of a document's log that a snapshot stands for, or after which a tombstone was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Covers {
    /// The highest doc_seq covered.
    #[n(0)]
    pub doc_seq: u64,
    /// The document's link there.
    #[n(1)]
    pub link: Hash,
    /// Who authored what, in order of device; empty in a tombstone.
    #[n(2)]
    pub manifest: Vec<Author>,
    /// Snapshot: hash of the save ([`super::snapshot::save_hash`]). Tombstone: none.
    #[n(3)]
    pub save: Option<Hash>,
}

/// What is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct EnvelopeBody {
    /// Genesis and change: Automerge changes in order. Snapshot: one Automerge save. Tombstone: none.
    #[n(0)]
    pub changes: Vec<Blob>,
    /// Genesis: the document (in another compartment) that this one continues. Tombstone: the one that continues it.
    #[n(1)]
    pub lineage: Option<DocumentId>,
    /// Snapshot: always. Tombstone: where its author knew the document to stand.
    #[n(2)]
    pub covers: Option<Covers>,
    /// A part of a snapshot that is larger than an envelope: which; `changes` is then its piece of the whole's body.
    #[n(3)]
    pub part: Option<Part>,
}

impl EnvelopeBody {
    /// Makes the body of a batch of changes.
    pub fn of_changes(changes: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { changes: changes.into_iter().map(Blob).collect(), lineage: None, covers: None, part: None }
    }

    /// Says whether the body has what the kind demands and nothing else.
    pub fn fits(&self, kind: Kind) -> bool {
        let changes = self.changes.len();
        if let Some(part) = &self.part {
            let bare = self.lineage.is_none() && self.covers.is_none();
            return kind == Kind::Snapshot && changes == 1 && bare && part.is_sound();
        }
        match kind {
            Kind::Genesis => (1..=CHANGES_PER_ENVELOPE).contains(&changes) && self.covers.is_none(),
            Kind::Change => {
                (1..=CHANGES_PER_ENVELOPE).contains(&changes)
                    && self.lineage.is_none()
                    && self.covers.is_none()
            }
            Kind::Snapshot => {
                changes == 1
                    && self.lineage.is_none()
                    && self.covers.as_ref().is_some_and(|c| !c.manifest.is_empty() && c.save.is_some())
            }
            Kind::Tombstone => {
                changes == 0 && self.covers.as_ref().is_none_or(|c| c.manifest.is_empty() && c.save.is_none())
            }
        }
    }

    /// Encodes and pads: length (4 bytes, big-endian), CBOR, zeros up to [`padme`].
    pub(super) fn to_plaintext(&self) -> Option<Zeroizing<Vec<u8>>> {
        let body = Zeroizing::new(cbor::encode(self));
        let length = u32::try_from(body.len()).ok()?;
        let mut out = Zeroizing::new(Vec::with_capacity(padme(body.len() + 4)));
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&body);
        let padded = padme(out.len());
        out.resize(padded, 0);
        Some(out)
    }

    /// Decodes a plaintext; `None` unless it is exactly what [`Self::to_plaintext`] makes.
    pub(super) fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let (length, rest) = plaintext.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (body, padding) = rest.split_at_checked(length)?;
        if plaintext.len() != padme(length + 4) || padding.iter().any(|b| *b != 0) {
            return None;
        }
        cbor::decode_canonical(body, SNAPSHOT_BYTES).ok()
    }
}
