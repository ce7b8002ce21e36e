//! What can be checked without keys, by server and client alike: size, structure, membership, signature.

use std::ops::Range;

use minicbor::{Decode, Encode};

use super::header::{Header, Kind, SUITE_1, VERSION_1};
use crate::auth::role::{Compartment, Permissions};
use crate::crypto::safe::low::aead::TAG_BYTES;
use crate::crypto::safe::low::hash::sha256;
use crate::crypto::safe::low::sign;
use crate::membership::{DeviceKind, MembershipState};
use crate::proof::{Check, left_out};
use crate::wire::cbor::{self, Blob, CodecError};
use crate::wire::ids::{DeviceId, EnvelopeId, Hash, Signature};
use crate::wire::limits::{ENVELOPE_BYTES, SNAPSHOT_BYTES};

/// Bytes that the commitment takes at the end of every header: key 14, byte string head, 32 bytes.
pub(super) const COMMITMENT_BYTES: usize = 1 + 2 + 32;

/// An envelope on the wire: {0: header bytes, 1: ciphertext, 2: signature}.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Form {
    #[n(0)]
    pub(super) header: Blob,
    #[n(1)]
    pub(super) ciphertext: Blob,
    #[n(2)]
    pub(super) signature: Signature,
}

/// A decoded envelope: its header, and its bytes as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outer {
    /// The header, decoded.
    pub header: Header,
    /// The envelope's id.
    pub id: EnvelopeId,
    pub(super) form: Form,
}

/// Why an envelope is refused without looking inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OuterError {
    /// Too large, malformed, not canonical.
    #[error("the envelope cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// Version, suite or a field has a value that is not allowed.
    #[error("the envelope's header is not acceptable")]
    Header,
    /// Another workspace.
    #[error("the envelope belongs to another workspace")]
    Workspace,
    /// It names a log entry that is not here yet: pull the log, then check again.
    #[error("the envelope names a log entry that is not here yet; pull the log")]
    LogAhead,
    /// It names a log entry with another hash: its author saw another log.
    #[error("the envelope's author saw another membership log; do not trust this server")]
    LogFork,
    /// The author was not active, or may not write this compartment.
    #[error("the envelope's author may not write here")]
    NotAllowed,
    /// The epoch was not the compartment's at the log entry that it names.
    #[error("the envelope's epoch does not fit the membership log")]
    Epoch,
    /// The epoch is not the current one: pull the log and seal again.
    #[error("the envelope is sealed under an older epoch; pull the log and seal again")]
    EpochStale,
    /// The signature is not the author's.
    #[error("the envelope's signature is wrong")]
    Signature,
}

/// As of when membership is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The envelope is offered now: its author must also be active at the head, its epoch current.
    Offered,
    /// The envelope was accepted before: only the log entry that it names counts. Whether it lies above a rotation
    /// cut is judged by its place, not here.
    Stored,
}

/// What a device may write of a compartment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Threads of comments alone. Nobody sees from outside what an envelope is of: whoever opens it checks that.
    Talk,
    /// Every document.
    Everything,
}

impl Scope {
    /// Says whether envelopes of a kind are written by whoever has this scope.
    pub fn allows(self, kind: Kind) -> bool {
        self == Self::Everything || matches!(kind, Kind::Genesis | Kind::Change)
    }
}

/// Returns what a device may write of a compartment after the log entry of this index; `None`: nothing.
pub fn scope_at(
    state: &MembershipState,
    device: &DeviceId,
    compartment: Compartment,
    index: u64,
) -> Option<Scope> {
    let (device, rights) = state.active_at(device, index)?;
    if device.kind == DeviceKind::Recovery || !rights.clearance.allows(compartment) {
        return None;
    }
    if rights.permissions.contains(Permissions::WRITE) {
        return Some(Scope::Everything);
    }
    rights.permissions.contains(Permissions::COMMENT).then_some(Scope::Talk)
}

pub(super) fn envelope_id(header: &[u8], ciphertext: &[u8]) -> EnvelopeId {
    let inner: Hash = sha256(&[ciphertext]);
    EnvelopeId(sha256(&[header, &inner.0]).0)
}

pub(super) fn signing_input(id: &EnvelopeId) -> Vec<u8> {
    [b"groundplan/envelope/v1\0".as_slice(), &id.0].concat()
}

fn header_is_acceptable(header: &Header) -> bool {
    let chain_start = header.previous == EnvelopeId::ZERO;
    let seen_fits = header.seen.is_none_or(|seen| (seen.doc_seq == 0) == (seen.link == Hash::ZERO));
    ((header.version == VERSION_1 && header.suite == SUITE_1) || left_out(Check::Version))
        && header.epoch >= 1
        && header.dev_seq >= 1
        && (header.dev_seq == 1) == chain_start
        && seen_fits
}

/// Decodes an envelope: size, canonical form, version, suite, fields. Neither membership nor signature is checked.
///
/// # Errors
/// [`OuterError::Codec`], [`OuterError::Header`].
pub fn parse_outer(bytes: &[u8]) -> Result<Outer, OuterError> {
    let form: Form = cbor::decode_canonical(bytes, SNAPSHOT_BYTES)?;
    let header: Header = cbor::decode_canonical(&form.header, 1024)?;
    if !header_is_acceptable(&header) || form.ciphertext.len() < super::padme::FLOOR_BYTES + TAG_BYTES {
        return Err(OuterError::Header);
    }
    if header.kind != Kind::Snapshot && bytes.len() > ENVELOPE_BYTES {
        return Err(CodecError::TooLarge { limit_bytes: ENVELOPE_BYTES }.into());
    }
    let id = envelope_id(&form.header, &form.ciphertext);
    Ok(Outer { header, id, form })
}

/// Checks a decoded envelope against membership, then its signature.
///
/// # Errors
/// [`OuterError`]; of these [`OuterError::LogAhead`] may heal by pulling the log.
pub fn verify_outer(outer: &Outer, state: &MembershipState, standing: Standing) -> Result<(), OuterError> {
    let header = &outer.header;
    if header.workspace != state.workspace() {
        return Err(OuterError::Workspace);
    }
    let hash = state.hash_at(header.log.index).ok_or(OuterError::LogAhead)?;
    if hash != header.log.hash {
        return Err(OuterError::LogFork);
    }
    check_author(header, state, header.log.index)?;
    let chain = state.chain(header.compartment);
    if chain.epoch_at(header.log.index).is_none_or(|epoch| epoch.epoch != header.epoch) {
        return Err(OuterError::Epoch);
    }
    if standing == Standing::Offered {
        check_author(header, state, state.head_index())?;
        if header.epoch != chain.current() {
            return Err(OuterError::EpochStale);
        }
    }
    let device = state.device(&header.author).ok_or(OuterError::NotAllowed)?;
    let signed = sign::verify(&device.keys.signing, &signing_input(&outer.id), &outer.form.signature);
    if signed || left_out(Check::EnvelopeSignature) { Ok(()) } else { Err(OuterError::Signature) }
}

fn check_author(header: &Header, state: &MembershipState, index: u64) -> Result<(), OuterError> {
    state.active_at(&header.author, index).ok_or(OuterError::NotAllowed)?;
    let scope = scope_at(state, &header.author, header.compartment, index);
    let may_write = scope.is_some_and(|scope| scope.allows(header.kind));
    if may_write || left_out(Check::Author) { Ok(()) } else { Err(OuterError::NotAllowed) }
}

impl Outer {
    /// Returns the header's bytes as received: what is signed and authenticated.
    pub fn header_bytes(&self) -> &[u8] {
        &self.form.header
    }

    /// Returns the header's bytes without the commitment: what keys are derived from.
    pub(super) fn core(&self) -> &[u8] {
        core_of(&self.form.header)
    }
}

/// Returns the prefix of header bytes before the commitment.
pub(super) fn core_of(header: &[u8]) -> &[u8] {
    let range: Range<usize> = 0..header.len().saturating_sub(COMMITMENT_BYTES);
    header.get(range).unwrap_or_default()
}
