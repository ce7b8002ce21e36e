//! The header of an envelope: everything that is signed and authenticated, readable by the server.
//!
//! Received header bytes are kept and never re-encoded; [`super::outer`] does the parsing.

use minicbor::{Decode, Encode};

use crate::auth::role::Compartment;
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, StreamId, WorkspaceId};

/// The only version; also the least that is accepted.
pub const VERSION_1: u8 = 1;
/// Ed25519, HKDF-SHA256, ChaCha20-Poly1305 with commitment; also the least that is accepted.
pub const SUITE_1: u8 = 1;

/// What an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// The first envelope of a document.
    #[n(0)]
    Genesis,
    /// A batch of changes.
    #[n(1)]
    Change,
    /// A save of a prefix of the document's log.
    #[n(2)]
    Snapshot,
    /// The document is deleted, or was re-created in another compartment.
    #[n(3)]
    Tombstone,
}

/// A point of the membership log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct LogPoint {
    /// Index of an entry.
    #[n(0)]
    pub index: u64,
    /// Hash of that entry.
    #[n(1)]
    pub hash: Hash,
}

/// What the author had seen of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Seen {
    /// The life of the server's database.
    #[n(0)]
    pub incarnation: Incarnation,
    /// The highest doc_seq seen; 0: none.
    #[n(1)]
    pub doc_seq: u64,
    /// The document's link at that doc_seq; zero at 0.
    #[n(2)]
    pub link: Hash,
}

/// The header. Field numbers are fixed for ever.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// [`VERSION_1`].
    #[n(0)]
    pub version: u8,
    /// [`SUITE_1`].
    #[n(1)]
    pub suite: u8,
    /// What the envelope is.
    #[n(2)]
    pub kind: Kind,
    /// The workspace.
    #[n(3)]
    pub workspace: WorkspaceId,
    /// The document.
    #[n(4)]
    pub document: DocumentId,
    /// The compartment of the document.
    #[n(5)]
    pub compartment: Compartment,
    /// The epoch of the compartment's key.
    #[n(6)]
    pub epoch: u32,
    /// The device that made and signed the envelope.
    #[n(7)]
    pub author: DeviceId,
    /// The author's chain.
    #[n(8)]
    pub stream: StreamId,
    /// Place in the chain, from 1 without gaps.
    #[n(9)]
    pub dev_seq: u64,
    /// The chain's envelope before this one; [`EnvelopeId::ZERO`] at dev_seq 1.
    #[n(10)]
    pub previous: EnvelopeId,
    /// The author's head of the membership log.
    #[n(11)]
    pub log: LogPoint,
    /// What the author had seen of the document; `None`: never in touch with a server about it.
    #[n(12)]
    pub seen: Option<Seen>,
    /// Random, for the key derivation.
    #[n(13)]
    pub salt: Hash,
    /// Commitment to the derived key; last, so that the header without it is a prefix of the bytes.
    #[n(14)]
    pub commitment: Hash,
}
