//! Workspaces and their membership logs over REST.

use serde::{Deserialize, Serialize};

use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, Hash, InviteId, Signature, WorkspaceId};

/// Creates a workspace on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceCreateParams {
    /// The log so far, genesis first: a workspace may have lived on its device for a while.
    pub entries: Vec<Blob>,
}

/// The workspace is there; creating it again with the same entries gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceCreateResponse {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Index of the log's head.
    pub head_index: u64,
    /// Hash of the log's head.
    pub head_hash: Hash,
}

/// A workspace that the calling device is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceView {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Index of the log's head.
    pub head_index: u64,
    /// Hash of the log's head.
    pub head_hash: Hash,
    /// The highest ws_seq.
    pub head_ws_seq: u64,
}

/// The workspaces that the calling device is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceListResponse {
    /// In order of id.
    pub workspaces: Vec<WorkspaceView>,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGetResponse {
    /// Index of the first entry here.
    pub first_index: u64,
    /// Entries as signed, in order.
    pub entries: Vec<Blob>,
    /// Index of the head.
    pub head_index: u64,
    /// Hash of the head.
    pub head_hash: Hash,
}

/// Appends an entry if the head has not moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAppendParams {
    /// The signed entry; it names the head that it follows.
    pub entry: Blob,
}

/// The entry was appended (now or, for a repeated one, before).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAppendResponse {
    /// Index of the head now.
    pub head_index: u64,
    /// Hash of the head now.
    pub head_hash: Hash,
}

/// Lets an invitee read the log before joining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteAccessParams {
    /// The invitation.
    pub invite: InviteId,
    /// The invitee's device (the caller's).
    pub device: DeviceId,
    /// The invite key's signature over [`crate::wire::payload::invite_access`].
    pub signature: Signature,
}
