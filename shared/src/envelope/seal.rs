//! Sealing: header, key derivation, commitment, padding, AEAD, signature.

use zeroize::Zeroizing;

use super::body::EnvelopeBody;
use super::header::{Header, Kind, LogPoint, SUITE_1, Seen, VERSION_1};
use super::outer::{Form, core_of, parse_outer, signing_input};
use crate::auth::role::Compartment;
use crate::crypto::safe::low::aead;
use crate::crypto::safe::low::hash::hkdf;
use crate::crypto::safe::low::random::{Random, RandomFailed, draw};
use crate::crypto::safe::{CompartmentKey, DeviceKeys};
use crate::proof::{Check, left_out};
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::{DocumentId, EnvelopeId, Hash, Signature, StreamId, WorkspaceId};
use crate::wire::limits::{ENVELOPE_BYTES, SNAPSHOT_BYTES};

/// What to seal, and where it belongs.
#[derive(Debug, Clone)]
pub struct SealInput<'a> {
    /// What the envelope is.
    pub kind: Kind,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The document.
    pub document: DocumentId,
    /// The document's compartment.
    pub compartment: Compartment,
    /// The current epoch of the compartment.
    pub epoch: u32,
    /// The chain of this installation in the compartment.
    pub stream: StreamId,
    /// Place in the chain, from 1.
    pub dev_seq: u64,
    /// The chain's envelope before; [`EnvelopeId::ZERO`] at 1.
    pub previous: EnvelopeId,
    /// The head of the membership log as known.
    pub log: LogPoint,
    /// What was seen of the document.
    pub seen: Option<Seen>,
    /// The content.
    pub body: &'a EnvelopeBody,
}

/// A sealed envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its id.
    pub id: EnvelopeId,
}

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The body does not fit the kind, or a number does not fit the chain.
    #[error("the content does not fit an envelope of this kind; this is a fault of the program")]
    Shape,
    /// Too large for one envelope.
    #[error("the content needs {size_bytes} bytes but an envelope holds {limit_bytes}; split the batch")]
    TooLarge {
        /// Bytes that the envelope would have.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

/// Key, nonce and commitment of one envelope.
pub(super) struct Derived {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) nonce: [u8; 12],
    pub(super) commitment: Hash,
}

/// HKDF-SHA256(compartment key, salt, tag ‖ header without commitment).
pub(super) fn derive(key: &CompartmentKey, salt: &Hash, core: &[u8]) -> Derived {
    let info: [&[u8]; 2] = [b"groundplan/envelope-key/v1\0", bound(core)];
    let okm = Zeroizing::new(hkdf::<76>(key.secret().expose(), &salt.0, &info));
    let mut derived = Derived { key: Zeroizing::new([0; 32]), nonce: [0; 12], commitment: Hash::ZERO };
    let (message_key, rest) = okm.split_at(32);
    let (nonce, commitment) = rest.split_at(12);
    derived.key.copy_from_slice(message_key);
    derived.nonce.copy_from_slice(nonce);
    derived.commitment.0.copy_from_slice(commitment);
    derived
}

/// What of a header goes into key, nonce, commitment and associated data: all that is given.
pub(super) fn bound(header: &[u8]) -> &[u8] {
    if left_out(Check::Binding) { &[] } else { header }
}

/// Seals an envelope with the key of the compartment's current epoch.
///
/// # Errors
/// [`SealError`].
pub fn seal(
    input: &SealInput<'_>,
    device: &DeviceKeys,
    key: &CompartmentKey,
    random: &dyn Random,
) -> Result<Sealed, SealError> {
    if !input.body.fits(input.kind) {
        return Err(SealError::Shape);
    }
    let salt = Hash(draw(random)?);
    let mut header = Header {
        version: VERSION_1,
        suite: SUITE_1,
        kind: input.kind,
        workspace: input.workspace,
        document: input.document,
        compartment: input.compartment,
        epoch: input.epoch,
        author: device.id(),
        stream: input.stream,
        dev_seq: input.dev_seq,
        previous: input.previous,
        log: input.log,
        seen: input.seen,
        salt,
        commitment: Hash::ZERO,
    };
    let derived = derive(key, &salt, core_of(&cbor::encode(&header)));
    header.commitment = derived.commitment;
    let header_bytes = cbor::encode(&header);
    let plaintext = input.body.to_plaintext().ok_or(SealError::Shape)?;
    let ciphertext = if left_out(Check::Encryption) {
        [&plaintext[..], &[0; aead::TAG_BYTES]].concat()
    } else {
        aead::seal(&derived.key, derived.nonce, bound(&header_bytes), &plaintext)
    };
    let mut form =
        Form { header: Blob(header_bytes), ciphertext: Blob(ciphertext), signature: Signature([0; 64]) };
    let limit_bytes = if input.kind == Kind::Snapshot { SNAPSHOT_BYTES } else { ENVELOPE_BYTES };
    let size_bytes = cbor::encode(&form).len();
    if size_bytes > limit_bytes {
        return Err(SealError::TooLarge { size_bytes, limit_bytes });
    }
    let unsigned = parse_outer(&cbor::encode(&form)).map_err(|_| SealError::Shape)?;
    form.signature = device.sign(&signing_input(&unsigned.id));
    Ok(Sealed { bytes: cbor::encode(&form), id: unsigned.id })
}
