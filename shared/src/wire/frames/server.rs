//! Frames that a server sends.

use minicbor::{Decode, Encode};

use super::{decode_frame, encode_frame};
use crate::wire::cbor::{Blob, CodecError};
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, Nonce, ServerId, WorkspaceId};
use crate::wire::limits;
use crate::wire::problem::ProblemCode;

/// Everything a server may say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ServerFrame {
    /// Opens the connection.
    #[n(0)]
    Challenge(#[n(0)] Challenge),
    /// Accepts the login.
    #[n(1)]
    Welcome(#[n(0)] Welcome),
    /// Entries of the membership log, in order.
    #[n(2)]
    LogDelta(#[n(0)] LogDelta),
    /// Envelopes of a workspace in feed order: catch-up first, then live.
    #[n(3)]
    Feed(#[n(0)] Feed),
    /// Answers a push.
    #[n(4)]
    PushResult(#[n(0)] PushResult),
    /// Answers an append.
    #[n(5)]
    LogResult(#[n(0)] LogResult),
    /// Answers a pull.
    #[n(6)]
    PullResult(#[n(0)] PullResult),
    /// A problem with a request or with the connection.
    #[n(7)]
    Problem(#[n(0)] ProblemFrame),
    /// Answers a ping with its number.
    #[n(8)]
    Pong(#[n(0)] u64),
    /// Another device's sealed presence message.
    #[n(9)]
    Presence(#[n(0)] PresenceFrom),
    /// Answers an opinion about a snapshot.
    #[n(10)]
    AckResult(#[n(0)] AckResult),
}

/// The server's opening: who it says it is and what to sign.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Challenge {
    /// The server's identity.
    #[n(0)]
    pub server: ServerId,
    /// The life of its database.
    #[n(1)]
    pub incarnation: Incarnation,
    /// To be signed, once.
    #[n(2)]
    pub nonce: Nonce,
}

/// A login was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// When the session ends unless refreshed, in milliseconds since the epoch by the server's clock.
    #[n(0)]
    pub expires_ms: u64,
    /// Pushes that may be under way at once.
    #[n(1)]
    pub push_window: u32,
}

/// A part of the membership log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogDelta {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// Index of the first entry here.
    #[n(1)]
    pub first_index: u64,
    /// Entries as signed.
    #[n(2)]
    pub entries: Vec<Blob>,
    /// True if another delta follows before the feed.
    #[n(3)]
    pub more: bool,
}

/// A stored envelope and its place.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedItem {
    /// The place in the workspace's feed.
    #[n(0)]
    pub ws_seq: u64,
    /// The document.
    #[n(1)]
    pub document: DocumentId,
    /// The place in the document's log, from 1 without gaps.
    #[n(2)]
    pub doc_seq: u64,
    /// The link of the document's chain after this envelope.
    #[n(3)]
    pub link: Hash,
    /// Head index of the membership log when the envelope was accepted (part of the link).
    #[n(4)]
    pub log_index: u64,
    /// The envelope as sealed.
    #[n(5)]
    pub envelope: Blob,
}

/// A part of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Feed {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// Items in order of ws_seq, without gaps for a reader of every compartment.
    #[n(1)]
    pub items: Vec<FeedItem>,
    /// True if more is stored already; false: this is the head.
    #[n(2)]
    pub more: bool,
    /// The highest ws_seq stored.
    #[n(3)]
    pub head_ws_seq: u64,
}

/// Where an envelope was stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Accepted {
    /// The envelope.
    #[n(0)]
    pub envelope: EnvelopeId,
    /// Its place in the document's log.
    #[n(1)]
    pub doc_seq: u64,
    /// The document's link after it.
    #[n(2)]
    pub link: Hash,
    /// Its place in the feed.
    #[n(3)]
    pub ws_seq: u64,
    /// Head index of the membership log when it was accepted.
    #[n(4)]
    pub log_index: u64,
}

/// Why an envelope was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refused {
    /// The stable code.
    #[n(0)]
    pub code: ProblemCode,
    /// What to do.
    #[n(1)]
    pub message: String,
    /// When to try again, in milliseconds from now.
    #[n(2)]
    pub retry_ms: Option<u64>,
}

/// What became of one envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// It is stored durably (now or, for a repeated one, before).
    #[n(0)]
    Accepted(#[n(0)] Accepted),
    /// It is not stored.
    #[n(1)]
    Refused(#[n(0)] Refused),
}

/// What became of a push: one outcome for each envelope, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PushResult {
    /// The push's number.
    #[n(0)]
    pub request: u64,
    /// In the order of the push.
    #[n(1)]
    pub outcomes: Vec<Outcome>,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogResult {
    /// The append's number.
    #[n(0)]
    pub request: u64,
    /// Index of the head now.
    #[n(1)]
    pub head_index: u64,
    /// Hash of the head now.
    #[n(2)]
    pub head_hash: Hash,
    /// Why the entry was not appended; `None`: it was.
    #[n(3)]
    pub refused: Option<Refused>,
}

/// What became of an opinion about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AckResult {
    /// The request's number.
    #[n(0)]
    pub request: u64,
    /// Why it does not count; `None`: it is stored.
    #[n(1)]
    pub refused: Option<Refused>,
}

/// Envelopes of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PullResult {
    /// The pull's number.
    #[n(0)]
    pub request: u64,
    /// In order of doc_seq without gaps.
    #[n(1)]
    pub items: Vec<FeedItem>,
    /// True if there are more.
    #[n(2)]
    pub more: bool,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProblemFrame {
    /// The stable code.
    #[n(0)]
    pub code: ProblemCode,
    /// What happened to which thing, and what to do.
    #[n(1)]
    pub message: String,
    /// When to try again, in milliseconds from now.
    #[n(2)]
    pub retry_after_ms: Option<u64>,
    /// True if the server closes the connection after this.
    #[n(3)]
    pub fatal: bool,
    /// The request at fault, if it had a number.
    #[n(4)]
    pub request: Option<u64>,
    /// The workspace concerned.
    #[n(5)]
    pub workspace: Option<WorkspaceId>,
}

/// Somebody's sealed presence message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PresenceFrom {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// The sending device, as the server says.
    #[n(1)]
    pub device: DeviceId,
    /// The sealed message.
    #[n(2)]
    pub sealed: Blob,
}

impl ServerFrame {
    /// Encodes the frame.
    pub fn encode(&self) -> Vec<u8> {
        encode_frame(self)
    }

    /// Decodes a frame within the limits of [`crate::wire::limits`].
    ///
    /// # Errors
    /// Any [`CodecError`]; nothing is allocated beyond the input's own size.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let frame: Self = decode_frame(bytes)?;
        let items = match &frame {
            Self::LogDelta(delta) => delta.entries.len(),
            Self::Feed(feed) => feed.items.len(),
            Self::PullResult(result) => result.items.len(),
            Self::PushResult(result) => result.outcomes.len(),
            _ => 0,
        };
        if items > limits::FRAME_ITEMS { Err(CodecError::TooMany) } else { Ok(frame) }
    }
}
