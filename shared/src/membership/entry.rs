//! The entry around a body: its fields, its signature, its hash.
//!
//! An entry is a CBOR map {0: payload bytes, 1: signature}; the signature is over a domain tag and the payload bytes
//! as received, the hash over a domain tag and all bytes of the entry.

use minicbor::{Decode, Encode};

use super::body::Body;
use super::refusal::Refusal;
use crate::crypto::safe::DeviceKeys;
use crate::crypto::safe::low::hash::sha256;
use crate::crypto::safe::low::sign;
use crate::proof::{Check, left_out};
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::{DeviceId, Hash, PublicKey, Signature, WorkspaceId};
use crate::wire::limits::ENTRY_BYTES;

/// The versions that are read. Each kind of body belongs to exactly one ([`Body::version`]), so that an entry has one
/// encoding, and a program that does not know a version says so before it looks inside.
pub const ENTRY_VERSIONS: std::ops::RangeInclusive<u8> = 1..=2;

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// One of [`ENTRY_VERSIONS`], as the body demands.
    #[n(0)]
    pub version: u8,
    /// The workspace.
    #[n(1)]
    pub workspace: WorkspaceId,
    /// Place in the log, from 0 (genesis) without gaps.
    #[n(2)]
    pub index: u64,
    /// Hash of the entry before; zero for genesis.
    #[n(3)]
    pub previous: Hash,
    /// The device that acts and signs.
    #[n(4)]
    pub actor: DeviceId,
    /// Advisory time, in milliseconds since the epoch, by the actor's clock; for display.
    #[n(5)]
    pub time_ms: u64,
    /// What it does.
    #[n(6)]
    pub body: Body,
}

/// What every version has in common.
#[derive(Decode)]
#[cbor(map)]
struct Versioned {
    #[n(0)]
    version: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Signed {
    #[n(0)]
    payload: Blob,
    #[n(1)]
    signature: Signature,
}

/// A decoded entry; its signature is not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedEntry {
    /// The content.
    pub entry: Entry,
    /// The entry's hash.
    pub hash: Hash,
    payload: Vec<u8>,
    signature: Signature,
}

fn signing_input(payload: &[u8]) -> Vec<u8> {
    [b"groundplan/entry/v1\0".as_slice(), payload].concat()
}

/// Computes an entry's hash from its signed bytes.
pub fn entry_hash(bytes: &[u8]) -> Hash {
    sha256(&[b"groundplan/entry-hash/v1\0", bytes])
}

/// Signs an entry; returns its bytes.
pub fn sign_entry(entry: &Entry, device: &DeviceKeys) -> Vec<u8> {
    let payload = cbor::encode(entry);
    let signature = device.sign(&signing_input(&payload));
    cbor::encode(&Signed { payload: Blob(payload), signature })
}

/// Decodes an entry: size, version, canonical form. Neither signature nor rules are checked.
///
/// # Errors
/// [`Refusal::Codec`], [`Refusal::Version`].
pub fn parse_entry(bytes: &[u8]) -> Result<ParsedEntry, Refusal> {
    let signed: Signed = cbor::decode_canonical(bytes, ENTRY_BYTES)?;
    let Versioned { version } = cbor::decode_exact(&signed.payload, ENTRY_BYTES)?;
    if !ENTRY_VERSIONS.contains(&version) {
        return Err(Refusal::Version { version });
    }
    let entry: Entry = cbor::decode_canonical(&signed.payload, ENTRY_BYTES)?;
    if version != entry.body.version() {
        return Err(Refusal::Version { version });
    }
    Ok(ParsedEntry { entry, hash: entry_hash(bytes), payload: signed.payload.0, signature: signed.signature })
}

impl ParsedEntry {
    /// Checks the signature under a public key.
    ///
    /// # Errors
    /// [`Refusal::Signature`].
    pub(super) fn check_signature(&self, key: &PublicKey) -> Result<(), Refusal> {
        if sign::verify(key, &signing_input(&self.payload), &self.signature)
            || left_out(Check::EntrySignature)
        {
            Ok(())
        } else {
            Err(Refusal::Signature)
        }
    }
}
