//! What the client core tells every open interface, unasked.

use serde::{Deserialize, Serialize};

use super::SyncStatus;
use crate::model::{DocumentId, WorkspaceId};

/// An event. Interfaces re-read what they show; events carry no content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "few events live at once, and a box would be in every reader's way"
)]
pub enum Event {
    /// Documents changed, here or elsewhere.
    Changed {
        /// The workspace.
        workspace: WorkspaceId,
        /// What changed; empty means: read everything again.
        documents: Vec<DocumentId>,
        /// Whether the change came from another device.
        remote: bool,
    },
    /// The list of workspaces, or the open one's name, changed.
    Workspaces,
    /// What is new was marked as seen, by this or another interface of the device.
    Seen {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// Who is there, or where, changed.
    Presence {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// The profile was opened or locked.
    Profile,
    /// The state of synchronisation changed.
    Sync {
        /// The workspace.
        workspace: WorkspaceId,
        /// Its new state.
        status: SyncStatus,
    },
    /// A long command advanced.
    Job(JobProgress),
}

/// How far a long command is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// The name that the caller gave the job.
    pub job: String,
    /// What it is doing: a stable word (`read`, `parse`, `compare`, `apply`).
    pub step: String,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 if unknown.
    pub total: u64,
    /// What people compare or read meanwhile, such as a safety number; mostly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}
