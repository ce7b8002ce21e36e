//! Pairing mailboxes: two devices that share a secret exchange a few sealed messages through the server.
//!
//! The mailbox id is derived from the secret and is all that gives access; the server deletes it after minutes.

use serde::{Deserialize, Serialize};

use crate::wire::cbor::Blob;

/// Which of the two devices a message is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxSide {
    /// The device that is linked already and shows the code.
    Existing,
    /// The device that is being linked and enters the code.
    New,
}

/// Leaves a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxPutParams {
    /// The sender's side.
    pub side: MailboxSide,
    /// The message's number on its side, from 0; a repeated number with other bytes is refused.
    pub sequence: u32,
    /// The sealed message.
    pub sealed: Blob,
}

/// A message was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxPutResponse {
    /// When the mailbox is deleted, in milliseconds since the epoch.
    pub expires_ms: u64,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxMessage {
    /// The message's number on its side.
    pub sequence: u32,
    /// The sealed message.
    pub sealed: Blob,
}

/// Messages of one side, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxGetResponse {
    /// Those from the asked number on; empty where none have come (the server may hold the request for a while).
    pub messages: Vec<MailboxMessage>,
    /// When the mailbox is deleted, in milliseconds since the epoch.
    pub expires_ms: u64,
}
