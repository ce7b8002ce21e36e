//! What a device signs after it compared a snapshot with what it verified by itself: that it agrees, or that it
//! differs. Servers and clients check it by the same function.
//!
//! An ack is a CBOR map {0: payload bytes, 1: signature}; the signature is over a domain tag and the payload as received.

use minicbor::{Decode, Encode};

use super::check::Snapshot;
use crate::auth::role::Permissions;
use crate::crypto::safe::DeviceKeys;
use crate::crypto::safe::low::sign;
use crate::envelope::header::{Header, Kind, LogPoint};
use crate::envelope::outer::{Outer, Standing};
use crate::membership::{DeviceKind, MembershipState};
use crate::wire::cbor::{self, Blob, CodecError};
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Hash, Signature, WorkspaceId};
use crate::wire::limits::ACK_BYTES;

/// The only version; also the least that is accepted.
pub const ACK_VERSION: u8 = 1;

/// What the device found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// The snapshot holds exactly what the device verified in the same prefix.
    #[n(0)]
    Agrees,
    /// It does not: nothing may be dropped for it.
    #[n(1)]
    Differs,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ack {
    /// [`ACK_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// The document.
    #[n(2)]
    pub document: DocumentId,
    /// The snapshot's envelope.
    #[n(3)]
    pub snapshot: EnvelopeId,
    /// The highest doc_seq that it covers.
    #[n(4)]
    pub doc_seq: u64,
    /// The document's link there.
    #[n(5)]
    pub link: Hash,
    /// The save's hash.
    #[n(6)]
    pub save: Hash,
    /// What the device found.
    #[n(7)]
    pub verdict: Verdict,
    /// The device.
    #[n(8)]
    pub device: DeviceId,
    /// The device's head of the membership log.
    #[n(9)]
    pub log: LogPoint,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Signed {
    #[n(0)]
    payload: Blob,
    #[n(1)]
    signature: Signature,
}

/// Why an ack does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// Malformed, not canonical, of another version.
    #[error("the acknowledgement cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// It is about another snapshot, or about another prefix than the snapshot's.
    #[error("the acknowledgement is not about this snapshot")]
    Other,
    /// The snapshot's own author cannot acknowledge it.
    #[error("a snapshot is acknowledged by another device than its author's")]
    SameDevice,
    /// The device is not active, or may not write this compartment.
    #[error("the acknowledging device may not write here")]
    NotAllowed,
    /// It names a log entry that is not here yet, or another log.
    #[error("the acknowledgement names a log entry that is not here; pull the log")]
    Log,
    /// The signature is not the device's.
    #[error("the acknowledgement's signature is wrong")]
    Signature,
}

fn signing_input(payload: &[u8]) -> Vec<u8> {
    [b"groundplan/snapshot-ack/v1\0".as_slice(), payload].concat()
}

/// Signs an ack of a checked snapshot; returns its bytes.
pub fn sign_ack(
    snapshot: &Snapshot,
    verdict: Verdict,
    state: &MembershipState,
    device: &DeviceKeys,
) -> Vec<u8> {
    let ack = Ack {
        version: ACK_VERSION,
        workspace: state.workspace(),
        document: snapshot.document(),
        snapshot: snapshot.id(),
        doc_seq: snapshot.doc_seq(),
        link: snapshot.link(),
        save: snapshot.save(),
        verdict,
        device: device.id(),
        log: LogPoint { index: state.head_index(), hash: state.head_hash() },
    };
    let payload = cbor::encode(&ack);
    let signature = device.sign(&signing_input(&payload));
    cbor::encode(&Signed { payload: Blob(payload), signature })
}

/// Decodes an ack; nothing about it is checked.
///
/// # Errors
/// [`AckError::Codec`].
pub fn parse_ack(bytes: &[u8]) -> Result<Ack, AckError> {
    decode(bytes).map(|(ack, _)| ack)
}

fn decode(bytes: &[u8]) -> Result<(Ack, Signed), AckError> {
    let signed: Signed = cbor::decode_canonical(bytes, ACK_BYTES)?;
    let ack: Ack = cbor::decode_canonical(&signed.payload, ACK_BYTES)?;
    if ack.version != ACK_VERSION {
        return Err(CodecError::Version { version: ack.version }.into());
    }
    Ok((ack, signed))
}

/// Checks an ack of a snapshot's envelope (which the caller verified by [`crate::envelope::verify_outer`]).
///
/// One that is offered is judged at the head of the log: whoever is shut out by now has no say in what is dropped. One
/// that is stored is judged where its device stood, which is no earlier than where the snapshot's author stood.
///
/// # Errors
/// [`AckError`].
pub fn verify_ack(
    bytes: &[u8],
    snapshot: &Outer,
    state: &MembershipState,
    standing: Standing,
) -> Result<Ack, AckError> {
    let (ack, signed) = decode(bytes)?;
    let header: &Header = &snapshot.header;
    let seen_fits = header.seen.is_some_and(|seen| seen.doc_seq == ack.doc_seq && seen.link == ack.link);
    let same = header.kind == Kind::Snapshot
        && ack.snapshot == snapshot.id
        && ack.workspace == header.workspace
        && ack.workspace == state.workspace()
        && ack.document == header.document;
    if !same || !seen_fits {
        return Err(AckError::Other);
    }
    if ack.device == header.author {
        return Err(AckError::SameDevice);
    }
    if state.hash_at(ack.log.index) != Some(ack.log.hash) {
        return Err(AckError::Log);
    }
    let index = match standing {
        Standing::Offered => state.head_index(),
        Standing::Stored if ack.log.index < header.log.index => return Err(AckError::NotAllowed),
        Standing::Stored => ack.log.index,
    };
    let (device, rights) = state.active_at(&ack.device, index).ok_or(AckError::NotAllowed)?;
    let may_write =
        rights.permissions.contains(Permissions::WRITE) && rights.clearance.allows(header.compartment);
    if !may_write || device.kind == DeviceKind::Recovery {
        return Err(AckError::NotAllowed);
    }
    if sign::verify(&device.keys.signing, &signing_input(&signed.payload), &signed.signature) {
        Ok(ack)
    } else {
        Err(AckError::Signature)
    }
}
