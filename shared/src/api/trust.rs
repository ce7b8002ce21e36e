//! Commands about what the server sent and should not have, and about work that could not be sent.
//!
//! Not here: the checks themselves (`app::sync`).

use serde::{Deserialize, Serialize};

/// Lists received items that fail a check.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncQuarantineParams {
    /// At most so many; 0 means 200.
    #[serde(default)]
    pub limit: u32,
}

/// An item set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineView {
    /// The envelope as far as it can be named, in hexadecimal.
    pub envelope: String,
    /// The document that the server named.
    pub document: String,
    /// Who claims to have written it, if that can be read.
    pub author: Option<String>,
    /// Why.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Items set aside; nothing of them is applied, and nothing else waits for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineList {
    /// The rows, the latest first.
    pub items: Vec<QuarantineView>,
    /// How many there are.
    pub total: u64,
}

/// Shows what is wrong with the server, with the proof.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncAlarmParams {}

/// What is wrong with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmView {
    /// `rolled_back`, `forked`, `restored`, `bad_log`, `cut_broken`; none if nothing is.
    pub alarm: Option<String>,
    /// What it means and what to do.
    pub problem: Option<super::ApiError>,
    /// What this device saw, as JSON to hand to others: server, log head, places of documents, signed bytes. No content.
    pub proof: String,
    /// What a person may answer with `sync/settle`; empty if only the server can settle it.
    pub answers: Vec<String>,
}

/// Settles an alarm after a person looked at it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncSettleParams {
    /// The alarm as it was shown, so that nobody settles another one.
    pub alarm: String,
}

/// Shows changes that could not be sent, and exports them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRescueParams {}

/// A document with changes that were not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentDocument {
    /// Its id.
    pub id: String,
    /// What it is: `element`, `page`, `view` or `settings`.
    pub kind: String,
    /// Its name or title.
    pub name: String,
    /// Changes that were not sent.
    pub changes: u64,
    /// When the last of them was made, in milliseconds since 1970.
    pub last_ms: u64,
}

/// Changes that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescue {
    /// Why they cannot be sent; none if they simply wait.
    pub problem: Option<super::ApiError>,
    /// The documents.
    pub documents: Vec<UnsentDocument>,
    /// Those documents as they stand here, as JSON, to review and to write again elsewhere.
    pub text: String,
}
