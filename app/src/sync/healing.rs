//! What detection and healing need of a store: places to forget and give back, what other devices had seen, and what the
//! brake holds.
//!
//! Not here: everything else (`store`), and what is decided with it (`restore`, `brake`, `receive`).

use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, StreamId};

use super::SyncError;
use super::store::Place;

/// An envelope that is verified and held until a person has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Braked {
    /// The envelope.
    pub env_id: EnvelopeId,
    /// Its author.
    pub author: DeviceId,
    /// Its document.
    pub document: DocumentId,
    /// When it came.
    pub at_ms: u64,
    /// Whether it deletes its document.
    pub deletes: bool,
}

/// Deletes of one device that count as one change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// Things that it deletes.
    pub deleted: u64,
    /// Things that there were before it.
    pub living: u64,
    /// Whether a person let it go on.
    pub allowed: bool,
    /// When the last of it came.
    pub last_ms: u64,
}

/// What another device is known to have seen when it wrote last, by what it signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peer {
    /// When its latest envelope was taken in here.
    pub heard_ms: u64,
    /// The entry of the membership log that it knew.
    pub log_index: u64,
    /// The latest place in the feed that it is known to have read.
    pub ws_seq: u64,
}

/// The part of a transaction that healing needs.
#[expect(missing_docs, reason = "each method reads or writes the record that its name and types say")]
pub trait HealingTx {
    /// Forgets every place and what was verified of places; what was never verified goes, and comes again.
    fn forget_places(&mut self) -> Result<(), SyncError>;
    /// Lists the places of everything that was verified. What was only acknowledged is not among it: others may have what
    /// lay before it, and no rotation was signed over it.
    fn places(&mut self) -> Result<Vec<(EnvelopeId, Place)>, SyncError>;
    /// Lists what was verified or acknowledged once and has no place now, as it came.
    fn unplaced(&mut self) -> Result<Vec<(EnvelopeId, DeviceId, StreamId, u64)>, SyncError>;

    fn peer(&mut self, device: DeviceId) -> Result<Option<Peer>, SyncError>;
    fn set_peer(&mut self, device: DeviceId, peer: Peer) -> Result<(), SyncError>;
    /// Lists documents with a gap: how far each is verified, and the first place received after the gap.
    fn gaps(&mut self, limit: usize) -> Result<Vec<(DocumentId, u64, u64)>, SyncError>;

    /// Says whether this device was another one, by its keys, when some of what is here was written.
    fn renewed(&mut self) -> Result<bool, SyncError> {
        Ok(false)
    }
    /// Counts the documents whose unsent changes are of the device that this one was.
    fn former(&mut self) -> Result<u64, SyncError> {
        Ok(0)
    }

    /// Says whether changes delete a document that lives here.
    fn deletes(&mut self, document: DocumentId, changes: &[Vec<u8>]) -> Result<bool, SyncError>;
    /// Counts the things that live here.
    fn living(&mut self) -> Result<u64, SyncError>;
    fn burst(&mut self, author: DeviceId) -> Result<Option<Burst>, SyncError>;
    fn set_burst(&mut self, author: DeviceId, burst: Burst) -> Result<(), SyncError>;
    fn brake(&mut self, id: EnvelopeId, author: DeviceId, at_ms: u64, deletes: bool)
    -> Result<(), SyncError>;
    /// Lists what is held, as it came.
    fn braked(&mut self) -> Result<Vec<Braked>, SyncError>;
    fn unbrake(&mut self, author: DeviceId) -> Result<(), SyncError>;
}
