//! The prefix of a document's log as one device verified it: where it ends, and who authored which change.
//!
//! Made envelope by envelope, in order and without gaps; what was refused on the way counts as a place without changes.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Snapshot;
use super::{changes_hash, save_hash};
use crate::envelope::body::{Author, Covers, EnvelopeBody, Folded};
use crate::envelope::link::{Link, link};
use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, EnvelopeId, Hash};

/// Why an envelope is not the next of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Its doc_seq does not follow.
    #[error("the document's log goes on at {expected} but {found} was given; fetch what is missing first")]
    Gap {
        /// The doc_seq that was given.
        found: u64,
        /// The doc_seq that follows.
        expected: u64,
    },
    /// A change is there already, by another author.
    #[error("a change has two authors; do not make a snapshot of this document")]
    TwoAuthors,
    /// There is nothing to be saved yet.
    #[error("the document's log holds no changes yet; a snapshot would stand for nothing")]
    Empty,
}

/// A verified prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix {
    doc_seq: u64,
    link: Option<Link>,
    authors: BTreeMap<DeviceId, BTreeSet<Hash>>,
}

impl Prefix {
    /// Starts before the first envelope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on after a snapshot that was checked, for a device that never saw what it covers.
    pub fn after(snapshot: &Snapshot) -> Self {
        Self { doc_seq: snapshot.doc_seq(), link: Some(snapshot.link()), authors: snapshot.authors().clone() }
    }

    /// Takes the next envelope: its place, and the hashes of its changes if it was accepted (none for snapshots,
    /// tombstones and what was refused).
    ///
    /// # Errors
    /// [`PrefixError`]; the prefix is then unchanged.
    pub fn take(
        &mut self,
        doc_seq: u64,
        id: &EnvelopeId,
        log_index: u64,
        accepted: Option<(DeviceId, &[Hash])>,
    ) -> Result<(), PrefixError> {
        let expected = self.doc_seq + 1;
        if doc_seq != expected {
            return Err(PrefixError::Gap { found: doc_seq, expected });
        }
        if let Some((author, hashes)) = accepted {
            let foreign = |hash: &Hash| {
                self.authors.iter().any(|(other, theirs)| *other != author && theirs.contains(hash))
            };
            if hashes.iter().any(foreign) {
                return Err(PrefixError::TwoAuthors);
            }
            if !hashes.is_empty() {
                self.authors.entry(author).or_default().extend(hashes);
            }
        }
        self.link = Some(link(&self.link(), id, doc_seq, log_index));
        self.doc_seq = doc_seq;
        Ok(())
    }

    /// Returns the highest doc_seq; 0: nothing was taken.
    pub fn doc_seq(&self) -> u64 {
        self.doc_seq
    }

    /// Returns the link there; zero at 0.
    pub fn link(&self) -> Link {
        self.link.unwrap_or(Hash::ZERO)
    }

    /// Returns who authored what.
    pub fn authors(&self) -> &BTreeMap<DeviceId, BTreeSet<Hash>> {
        &self.authors
    }

    /// Makes a snapshot's body of this prefix and a save of exactly its changes. It is to be sealed with
    /// `seen` = this prefix's doc_seq and link.
    ///
    /// # Errors
    /// [`PrefixError::Empty`].
    pub fn to_body(&self, save: Vec<u8>) -> Result<EnvelopeBody, PrefixError> {
        if self.authors.is_empty() {
            return Err(PrefixError::Empty);
        }
        let manifest = self
            .authors
            .iter()
            .map(|(device, changes)| {
                let folded = Folded { count: changes.len() as u64, digest: changes_hash(changes) };
                Author { device: *device, changes: Vec::new(), folded: Some(folded) }
            })
            .collect();
        let save_hash = Some(save_hash(&save));
        let covers = Covers { doc_seq: self.doc_seq, link: self.link(), manifest, save: save_hash };
        Ok(EnvelopeBody { changes: vec![Blob(save)], lineage: None, covers: Some(covers), part: None })
    }
}
