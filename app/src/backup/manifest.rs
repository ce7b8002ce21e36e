//! What a backup says about itself: the manifest, its versions and its bytes.
//!
//! The bytes are kept for ever (`shared/tests/vectors/backup.json`): a later program opens what this one wrote.

use std::io::Read;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_shared::api::{BackupView, BackupWorkspace};
use groundplan_shared::model::{ContentHash, WorkspaceId};
use groundplan_shared::wire::DeviceId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::BackupError;

/// The format that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;
/// How the inside of a backup begins.
const MAGIC: &[u8; 8] = b"GPBACKUP";
/// Magic, version and length of the manifest.
const PREFIX_BYTES: usize = 16;
/// Largest manifest: some thousands of workspaces.
const MANIFEST_MAX_BYTES: u32 = 1 << 20;

/// How much of a device it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything of a profile.
    Device,
    /// One workspace, and the device's keys, with which it opens.
    Workspace,
}

impl Scope {
    /// Its name in the command table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Workspace => "workspace",
        }
    }
}

/// The key from which those of the databases in a backup are derived.
#[derive(Clone, PartialEq, Eq)]
pub struct PartsKey(pub(super) Zeroizing<[u8; 32]>);

impl std::fmt::Debug for PartsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartsKey(…)")
    }
}

impl Serialize for PartsKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64.encode(*self.0)))
    }
}

impl<'de> Deserialize<'de> for PartsKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| D::Error::custom("no key"))?);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| D::Error::custom("no key"))?;
        Ok(Self(Zeroizing::new(key)))
    }
}

/// A workspace that a part holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOf {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name when the backup was made.
    pub name: String,
}

/// One database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The workspace in it; none: the profile's own database, always the first part.
    pub workspace: Option<PartOf>,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: ContentHash,
}

impl Part {
    /// What the key of this database is derived for.
    pub(super) fn purpose(&self) -> String {
        match &self.workspace {
            None => "profile".to_owned(),
            Some(workspace) => format!("workspace/{}", workspace.id),
        }
    }
}

/// What a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// How much of the device it holds.
    pub scope: Scope,
    /// When it was made.
    pub made_ms: u64,
    /// Version of the program that made it.
    pub program: String,
    /// The device whose keys are in it.
    pub device: DeviceId,
    /// Its name.
    pub device_name: String,
    /// Opens the parts.
    pub key: PartsKey,
    /// The databases, in the order in which they follow.
    pub parts: Vec<Part>,
}

impl Manifest {
    /// Returns the bytes with which the inside of a backup begins.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let json = Zeroizing::new(serde_json::to_vec(self).expect("invariant: a manifest is JSON"));
        let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(PREFIX_BYTES + json.len()));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&json);
        bytes
    }

    /// Reads the inside of a backup up to the end of the manifest; returns how many bytes that are.
    ///
    /// # Errors
    /// It is damaged, cut off, of a newer program, or no backup.
    pub fn read(file: &Path, stream: &mut impl Read) -> Result<(Self, u64), BackupError> {
        let mut prefix = [0; PREFIX_BYTES];
        // A short file says so, a changed one that it does not decrypt.
        let broken = |error: std::io::Error| {
            damaged(file, &format!("its beginning does not decrypt, or the rest is missing ({error})"))
        };
        stream.read_exact(&mut prefix).map_err(broken)?;
        let mut json = Zeroizing::new(vec![0; Self::length(file, prefix)? as usize]);
        stream.read_exact(&mut json).map_err(broken)?;
        Ok((Self::decode(file, &json)?, (PREFIX_BYTES + json.len()) as u64))
    }

    /// Reads the first [`PREFIX_BYTES`] and says how long the manifest is that follows.
    fn length(file: &Path, prefix: [u8; PREFIX_BYTES]) -> Result<u32, BackupError> {
        let [magic @ .., v0, v1, v2, v3, l0, l1, l2, l3] = prefix;
        if magic != *MAGIC {
            return Err(BackupError::NotABackup(file.to_owned()));
        }
        let found = u32::from_be_bytes([v0, v1, v2, v3]);
        if found > VERSION {
            return Err(BackupError::Newer { file: file.to_owned(), found, known: VERSION });
        }
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if found == 0 || length > MANIFEST_MAX_BYTES {
            return Err(damaged(file, "its header names what no program writes"));
        }
        Ok(length)
    }

    /// Reads the manifest itself and checks that it makes sense.
    fn decode(file: &Path, json: &[u8]) -> Result<Self, BackupError> {
        let manifest: Self =
            serde_json::from_slice(json).map_err(|_| damaged(file, "its manifest cannot be read"))?;
        let profiles = manifest.parts.iter().filter(|part| part.workspace.is_none()).count();
        let first = manifest.parts.first().is_some_and(|part| part.workspace.is_none());
        let mut ids: Vec<WorkspaceId> =
            manifest.parts.iter().filter_map(|part| Some(part.workspace.as_ref()?.id)).collect();
        let workspaces = ids.len();
        ids.sort_unstable();
        ids.dedup();
        let total = manifest.parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.size));
        if profiles != 1 || !first || ids.len() != workspaces || total.is_none_or(|sum| sum > i64::MAX as u64)
        {
            return Err(damaged(file, "its manifest names parts that do not fit together"));
        }
        Ok(manifest)
    }

    /// Bytes of all parts.
    pub(super) fn total(&self) -> u64 {
        self.parts.iter().map(|part| part.size).sum()
    }

    /// What people are told about it.
    pub fn view(&self, file_bytes: u64) -> BackupView {
        BackupView {
            scope: self.scope.name().to_owned(),
            made_ms: self.made_ms,
            version: self.program.clone(),
            device_name: self.device_name.clone(),
            workspaces: self
                .parts
                .iter()
                .filter_map(|part| {
                    let of = part.workspace.as_ref()?;
                    Some(BackupWorkspace { id: of.id, name: of.name.clone(), bytes: part.size })
                })
                .collect(),
            file_bytes,
        }
    }
}

fn damaged(file: &Path, detail: &str) -> BackupError {
    BackupError::Damaged { file: file.to_owned(), detail: detail.to_owned() }
}
