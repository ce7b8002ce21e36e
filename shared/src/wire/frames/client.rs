//! Frames that a client sends.

use minicbor::{Decode, Encode};

use super::{decode_frame, encode_frame};
use crate::wire::cbor::{Blob, CodecError};
use crate::wire::ids::{DeviceId, DocumentId, Hash, Signature, WorkspaceId};
use crate::wire::limits;

/// Everything a client may say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ClientFrame {
    /// Logs in; the first frame of a client.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Asks for a workspace's log and feed from a cursor, then live.
    #[n(1)]
    Subscribe(#[n(0)] Subscribe),
    /// Offers envelopes.
    #[n(2)]
    Push(#[n(0)] Push),
    /// Asks for a document's envelopes.
    #[n(3)]
    Pull(#[n(0)] Pull),
    /// Appends an entry to the membership log if its head has not moved.
    #[n(4)]
    AppendLog(#[n(0)] AppendLog),
    /// Grants the server this many more frames with items.
    #[n(5)]
    Credit(#[n(0)] u32),
    /// Asks for a [`super::ServerFrame::Pong`] with the same number.
    #[n(6)]
    Ping(#[n(0)] u64),
    /// Sends a sealed presence message to those who are there; never stored.
    #[n(7)]
    Presence(#[n(0)] Presence),
    /// Ends a subscription.
    #[n(8)]
    Unsubscribe(#[n(0)] WorkspaceId),
    /// Says what this device found when it compared a snapshot with what it verified itself.
    #[n(9)]
    AckSnapshot(#[n(0)] AckSnapshot),
}

/// A login on the socket.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// The device that logs in.
    #[n(0)]
    pub device: DeviceId,
    /// Its signature over [`crate::wire::payload::socket_challenge`].
    #[n(1)]
    pub answer: Signature,
    /// The access token (compact JWS), bound to the device's key.
    #[n(2)]
    pub access_token: Blob,
    /// The program and its version, for the server's metrics.
    #[n(3)]
    pub agent: String,
}

/// A subscription: what the client has already.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Subscribe {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// Index of the last log entry that the client has; `None`: it has none.
    #[n(1)]
    pub log_index: Option<u64>,
    /// Hash of that entry ([`Hash::ZERO`] with `None`); another hash at that index is answered by a problem.
    #[n(2)]
    pub log_head: Hash,
    /// The feed cursor: items above it are sent.
    #[n(3)]
    pub ws_seq: u64,
    /// First credit, in frames with items.
    #[n(4)]
    pub credit: u32,
}

/// Envelopes to be stored, in order; all or, from the first refusal of a stream on, none of that stream.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Push {
    /// Chosen by the client; comes back in the result.
    #[n(0)]
    pub request: u64,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// True if either all envelopes are accepted or none (a cross-document edit).
    #[n(2)]
    pub atomic: bool,
    /// Envelopes as sealed.
    #[n(3)]
    pub envelopes: Vec<Blob>,
}

/// A request for the envelopes of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pull {
    /// Chosen by the client; comes back in the result.
    #[n(0)]
    pub request: u64,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// The document.
    #[n(2)]
    pub document: DocumentId,
    /// Envelopes above this doc_seq.
    #[n(3)]
    pub after_doc_seq: u64,
    /// At most this many.
    #[n(4)]
    pub limit: u32,
}

/// An entry for the membership log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AppendLog {
    /// Chosen by the client; comes back in the result.
    #[n(0)]
    pub request: u64,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// The signed entry.
    #[n(2)]
    pub entry: Blob,
}

/// A signed opinion about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AckSnapshot {
    /// Chosen by the client; comes back in the result.
    #[n(0)]
    pub request: u64,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// The ack, as `envelope::snapshot::sign_ack` made it.
    #[n(2)]
    pub ack: Blob,
}

/// A sealed presence message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Presence {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// The sealed message.
    #[n(1)]
    pub sealed: Blob,
}

impl ClientFrame {
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
        frame.check_limits()?;
        Ok(frame)
    }

    fn check_limits(&self) -> Result<(), CodecError> {
        let at_most = |len: usize, limit_bytes: usize| {
            if len <= limit_bytes { Ok(()) } else { Err(CodecError::TooLarge { limit_bytes }) }
        };
        match self {
            Self::Hello(hello) => {
                at_most(hello.access_token.len(), limits::TOKEN_BYTES)?;
                at_most(hello.agent.len(), 128)
            }
            Self::Push(push) => {
                if push.envelopes.len() > limits::PUSH_ENVELOPES {
                    return Err(CodecError::TooMany);
                }
                for envelope in &push.envelopes {
                    at_most(envelope.len(), limits::ENVELOPE_BYTES)?;
                }
                at_most(push.envelopes.iter().map(|e| e.len()).sum(), limits::PUSH_BYTES)
            }
            Self::AppendLog(append) => at_most(append.entry.len(), limits::ENTRY_BYTES),
            Self::AckSnapshot(request) => at_most(request.ack.len(), limits::ACK_BYTES),
            Self::Presence(presence) => at_most(presence.sealed.len(), limits::PRESENCE_BYTES),
            Self::Subscribe(_) | Self::Pull(_) | Self::Credit(_) | Self::Ping(_) | Self::Unsubscribe(_) => {
                Ok(())
            }
        }
    }
}
