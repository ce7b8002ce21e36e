//! Binary frames of the WebSocket, version 1: one version byte, then CBOR.
//!
//! Each side starts with [`ServerFrame::Challenge`] and [`ClientFrame::Hello`]. Credit is counted in server frames
//! that carry items (`LogDelta`, `Feed`, `PullResult`); the client grants more with [`ClientFrame::Credit`].

mod client;
mod server;

pub use client::{AckSnapshot, AppendLog, ClientFrame, Hello, Presence, Pull, Push, Subscribe};
pub use server::{
    Accepted, AckResult, Challenge, Feed, FeedItem, LogDelta, LogResult, Outcome, PresenceFrom, ProblemFrame,
    PullResult, PushResult, Refused, ServerFrame, Welcome,
};

use super::cbor::{self, CodecError};
use super::limits::FRAME_BYTES;

/// The frame version that this crate speaks.
pub const FRAME_VERSION: u8 = 1;
/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "groundplan.v1";

fn encode_frame<T: minicbor::Encode<()>>(frame: &T) -> Vec<u8> {
    let mut bytes = vec![FRAME_VERSION];
    bytes.extend(cbor::encode(frame));
    bytes
}

fn decode_frame<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    if bytes.len() > FRAME_BYTES {
        return Err(CodecError::TooLarge { limit_bytes: FRAME_BYTES });
    }
    match bytes.split_first() {
        Some((&FRAME_VERSION, rest)) => cbor::decode_exact(rest, FRAME_BYTES),
        Some((&version, _)) => Err(CodecError::Version { version }),
        None => Err(CodecError::Malformed),
    }
}

#[cfg(test)]
mod tests;
