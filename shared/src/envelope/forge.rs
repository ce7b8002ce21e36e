//! What a member who runs another program could make of envelopes: for tests of attacks, with the feature `proof` alone.

use super::header::Header;
use super::outer::{Form, envelope_id, signing_input};
use crate::crypto::safe::DeviceKeys;
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::Signature;

/// Changes the header of an envelope, leaves its ciphertext, and signs it again; `None` if it is no envelope.
pub fn with_header(bytes: &[u8], signer: &DeviceKeys, change: impl FnOnce(&mut Header)) -> Option<Vec<u8>> {
    let mut form: Form = cbor::decode_canonical(bytes, usize::MAX).ok()?;
    let mut header: Header = cbor::decode_canonical(&form.header, 1024).ok()?;
    change(&mut header);
    form.header = Blob(cbor::encode(&header));
    form.signature = signer.sign(&signing_input(&envelope_id(&form.header, &form.ciphertext)));
    Some(cbor::encode(&form))
}

/// Takes the signature from an envelope; `None` if it is no envelope.
pub fn without_signature(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut form: Form = cbor::decode_canonical(bytes, usize::MAX).ok()?;
    form.signature = Signature([0; 64]);
    Some(cbor::encode(&form))
}
