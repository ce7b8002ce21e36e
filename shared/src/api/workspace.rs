//! Commands of the program, its profile and workspaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SyncStatus;
use crate::model::WorkspaceId;

/// Asks for the state of the program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppStatusParams {}

/// The state of the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppStatus {
    /// Version of the program.
    pub version: String,
    /// Name of the profile.
    pub profile: String,
    /// Where the profile keeps its data.
    pub data_dir: String,
    /// How the store's key is kept: `keyring` or `passphrase`.
    pub key_storage: String,
    /// Name of this device.
    pub device_name: String,
    /// All workspaces, the most recently opened first.
    pub workspaces: Vec<WorkspaceView>,
    /// The open one.
    pub open: Option<WorkspaceId>,
    /// The account on a server, if signed in or once signed in.
    pub account: Option<super::AccountView>,
}

/// A workspace in lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceView {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// When it was last opened, in milliseconds since 1970; 0 if never.
    pub opened_ms: u64,
    /// Whether it opens read-only, and why.
    #[serde(default)]
    pub read_only: Option<String>,
    /// How it stands with the server.
    pub sync: SyncStatus,
}

/// Creates a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceCreateParams {
    /// Its name.
    pub name: String,
}

/// Opens a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceOpenParams {
    /// Which.
    pub id: WorkspaceId,
}

/// Renames the open workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceRenameParams {
    /// The new name.
    pub name: String,
}

/// Creates the sample workspace: Groundplan's own architecture.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSampleParams {}

/// Asks for counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSummaryParams {}

/// Counts of the open workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceSummary {
    /// The workspace.
    pub workspace: WorkspaceView,
    /// Elements by kind.
    pub elements: BTreeMap<String, u64>,
    /// Relations by kind.
    pub relations: BTreeMap<String, u64>,
    /// Pages by kind.
    pub pages: BTreeMap<String, u64>,
    /// Diagrams.
    pub views: u64,
    /// Links and relations whose target is missing.
    pub dangling: u64,
}

/// Reads the settings of the profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsGetParams {}

/// Changes settings; absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSetParams {
    /// `system`, `light` or `dark`.
    #[serde(default)]
    pub theme: Option<String>,
    /// Name of this device as other members see it.
    #[serde(default)]
    pub device_name: Option<String>,
    /// Sizes of panes and the like: an opaque text of the interface, at most 16 KiB.
    #[serde(default)]
    pub layout: Option<String>,
}

/// Settings of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// Name of this device.
    pub device_name: String,
    /// Opaque text of the interface.
    pub layout: String,
}

/// Stops a long command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobCancelParams {
    /// The name given when it was started.
    pub job: String,
}
