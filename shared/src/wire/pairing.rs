//! What two devices of one person say to each other in a pairing mailbox, before sealing.
//!
//! Order: the existing device offers (its number 0), the new one answers with its keys (its number 0), the existing
//! one appends DeviceAdd to the log and says so (its number 1). Either may end it with `Cancel`.

use minicbor::{Decode, Encode};

use super::cbor::{self, CodecError};
use super::ids::{Hash, MemberId, PublicKey, Signature, WorkspaceId};
use super::limits::MAILBOX_MESSAGE_BYTES;

/// Everything that is said.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum PairingMessage {
    /// From the existing device: what may be joined.
    #[n(0)]
    Offer(#[n(0)] PairingOffer),
    /// From the new device: its keys and consent.
    #[n(1)]
    Answer(#[n(0)] PairingAnswer),
    /// From the existing device: the device is in the log.
    #[n(2)]
    Done(#[n(0)] PairingDone),
    /// From either: it is over.
    #[n(3)]
    Cancel,
}

/// What may be joined.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PairingOffer {
    /// The workspace.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// Hash of its genesis: the anchor of the log.
    #[n(1)]
    pub genesis: Hash,
    /// The person, as a member.
    #[n(2)]
    pub member: MemberId,
    /// Where the server is.
    #[n(3)]
    pub server_url: String,
    /// Account name on the server, to sign in with.
    #[n(4)]
    pub username: Option<String>,
}

/// The new device's keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PairingAnswer {
    /// Ed25519.
    #[n(0)]
    pub signing_key: PublicKey,
    /// X25519, for HPKE.
    #[n(1)]
    pub hpke_key: PublicKey,
    /// The device's consent (`crypto::safe::device::consent_payload`).
    #[n(2)]
    pub consent: Signature,
    /// The device's name, in the clear inside the sealed message.
    #[n(3)]
    pub device_name: String,
}

/// The device is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PairingDone {
    /// Index of the DeviceAdd entry.
    #[n(0)]
    pub log_index: u64,
    /// Hash of that entry: the least head that the new device accepts.
    #[n(1)]
    pub log_hash: Hash,
}

impl PairingMessage {
    /// Encodes the message, to be sealed with the pairing secret.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Decodes an opened message.
    ///
    /// # Errors
    /// Any [`CodecError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        cbor::decode_canonical(bytes, MAILBOX_MESSAGE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip() {
        let offer = PairingOffer {
            workspace: WorkspaceId([1; 16]),
            genesis: Hash([2; 32]),
            member: MemberId([3; 16]),
            server_url: "https://plan.example".into(),
            username: None,
        };
        let answer = PairingAnswer {
            signing_key: PublicKey([4; 32]),
            hpke_key: PublicKey([5; 32]),
            consent: Signature([6; 64]),
            device_name: "laptop".into(),
        };
        let done = PairingDone { log_index: 4, log_hash: Hash([7; 32]) };
        for message in [
            PairingMessage::Offer(offer),
            PairingMessage::Answer(answer),
            PairingMessage::Done(done),
            PairingMessage::Cancel,
        ] {
            let bytes = message.encode();
            assert_eq!(PairingMessage::decode(&bytes), Ok(message));
            assert!(PairingMessage::decode(bytes.get(1..).unwrap()).is_err());
        }
    }
}
