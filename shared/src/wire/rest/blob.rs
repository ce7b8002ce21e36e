//! Blobs: sealed chunks of attachments over REST. Their bytes travel as they are, these bodies only name them.

use serde::{Deserialize, Serialize};

use crate::auth::role::Compartment;
use crate::wire::ids::{BlobId, Hash};

/// Asks which blobs the server still needs. Naming a blob also takes back that it was declared unused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobMissingParams {
    /// The blobs, at most [`crate::wire::limits::BLOBS_ASKED`].
    pub blobs: Vec<BlobId>,
}

/// Those of them that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobMissingResponse {
    /// In the order in which they were asked for.
    pub missing: Vec<BlobId>,
}

/// What is stored with a blob: parameters of its upload's query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobPutQuery {
    /// The compartment whose key sealed it.
    pub compartment: Compartment,
    /// The epoch of that key; only the present one is taken.
    pub epoch: u32,
    /// SHA-256 of the body: what the server can check.
    pub sha256: Hash,
}
