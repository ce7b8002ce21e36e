//! The link of a document's chain: link = H(tag ‖ previous link ‖ env_id ‖ doc_seq ‖ log index).

use crate::crypto::safe::low::hash::sha256;
use crate::wire::ids::{EnvelopeId, Hash};

/// A link of a document's chain; [`Hash::ZERO`] stands before the first.
pub type Link = Hash;

/// Computes the link after an envelope got its place.
pub fn link(previous: &Link, envelope: &EnvelopeId, doc_seq: u64, log_index: u64) -> Link {
    sha256(&[
        b"groundplan/link/v1\0",
        &previous.0,
        &envelope.0,
        &doc_seq.to_be_bytes(),
        &log_index.to_be_bytes(),
    ])
}
