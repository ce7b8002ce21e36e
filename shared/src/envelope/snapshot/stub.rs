//! What a server keeps, and gives out, in the place of an envelope that it dropped: enough to verify the document's links
//! and the author's chain, and at the snapshot's last covered place the acknowledgement that allowed dropping.
//!
//! Nothing in it is signed. Its envelope's id is what the links, and the signed snapshot over them, commit to; author,
//! stream and number are held against the chain, whose next whole envelope names the id again.

use minicbor::{Decode, Encode};

use crate::auth::role::Compartment;
use crate::envelope::outer::Outer;
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::{DeviceId, EnvelopeId, StreamId};
use crate::wire::limits::ACK_BYTES;

/// The only version.
pub const STUB_VERSION: u8 = 1;
/// Largest stub.
pub const STUB_BYTES: usize = ACK_BYTES + 256;

/// A dropped envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Stub {
    /// [`STUB_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The envelope.
    #[n(1)]
    pub envelope: EnvelopeId,
    /// The device that made it.
    #[n(2)]
    pub author: DeviceId,
    /// The author's chain.
    #[n(3)]
    pub stream: StreamId,
    /// Place in the chain.
    #[n(4)]
    pub dev_seq: u64,
    /// The document's compartment.
    #[n(5)]
    pub compartment: Compartment,
    /// At the last place that a snapshot covers: the acknowledgement of it.
    #[n(6)]
    pub ack: Option<Blob>,
}

impl Stub {
    /// Makes the stub of an envelope.
    pub fn of(outer: &Outer) -> Self {
        let header = &outer.header;
        Self {
            version: STUB_VERSION,
            envelope: outer.id,
            author: header.author,
            stream: header.stream,
            dev_seq: header.dev_seq,
            compartment: header.compartment,
            ack: None,
        }
    }

    /// Encodes it.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Decodes it; `None` if the bytes are anything else, such as an envelope.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let stub: Self = cbor::decode_canonical(bytes, STUB_BYTES).ok()?;
        let sound = stub.version == STUB_VERSION
            && stub.dev_seq >= 1
            && stub.ack.as_ref().is_none_or(|ack| ack.len() <= ACK_BYTES);
        sound.then_some(stub)
    }
}
