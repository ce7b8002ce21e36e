//! Commands of encrypted backups. Checking and restoring work without a profile; making one needs an open one.

use serde::{Deserialize, Serialize};

use super::{Hidden, ProfileStatus};
use crate::model::WorkspaceId;

/// Writes an encrypted backup of the device, or of one workspace of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupCreateParams {
    /// The file to write.
    pub path: String,
    /// Only this workspace; everything of the profile if not given.
    #[serde(default)]
    pub workspace: Option<WorkspaceId>,
    /// The passphrase that opens it. Either this or a recovery code.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// The recovery code that opens it.
    #[serde(default)]
    pub recovery_code: Option<Hidden>,
    /// Whether a file that is there already is replaced.
    #[serde(default)]
    pub force: bool,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// Reads a backup to its end and checks every byte of it; changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupVerifyParams {
    /// The file.
    pub path: String,
    /// The passphrase that opens it.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// The recovery code that opens it.
    #[serde(default)]
    pub recovery_code: Option<Hidden>,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// Says what a backup holds, by its beginning; the rest of it is not looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupInspectParams {
    /// The file.
    pub path: String,
    /// The passphrase that opens it.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// The recovery code that opens it.
    #[serde(default)]
    pub recovery_code: Option<Hidden>,
}

/// Takes a workspace of a backup into the open profile, which must not have it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupTakeInParams {
    /// The file.
    pub path: String,
    /// The passphrase that opens it.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// The recovery code that opens it.
    #[serde(default)]
    pub recovery_code: Option<Hidden>,
    /// Which workspace; needed if the backup holds several.
    #[serde(default)]
    pub workspace: Option<WorkspaceId>,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupTakenIn {
    /// The workspace, which is open now.
    pub workspace: super::WorkspaceView,
    /// Changes in it that no server had acknowledged.
    pub unsent: u64,
    /// Whether this device is the one that the backup was made on. Another one is to be let in (linked) before it can send.
    pub same_device: bool,
}

/// Makes a profile from a backup and opens it. There must be none yet under this name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRestoreParams {
    /// The file.
    pub path: String,
    /// The passphrase that opens it.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// The recovery code that opens it.
    #[serde(default)]
    pub recovery_code: Option<Hidden>,
    /// The passphrase that will protect the restored profile; without one its key is kept in the system's keyring.
    #[serde(default)]
    pub new_passphrase: Option<Hidden>,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// A workspace in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Size of its database in bytes.
    pub bytes: u64,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupView {
    /// `device` (everything of a profile) or `workspace`.
    pub scope: String,
    /// When it was made.
    pub made_ms: u64,
    /// Version of the program that made it.
    pub version: String,
    /// Name of the device that made it.
    pub device_name: String,
    /// The workspaces in it.
    pub workspaces: Vec<BackupWorkspace>,
    /// Size of the file in bytes.
    pub file_bytes: u64,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRestored {
    /// What the backup held.
    pub backup: BackupView,
    /// Changes in it that no server had acknowledged; they are sent when the device has signed in again.
    pub unsent: u64,
    /// How the profile stands now.
    pub profile: ProfileStatus,
}
