//! Encrypted backups: everything of a device, or one workspace of it, in one file that `age` can open.
//!
//! A backup is an age file (a passphrase by scrypt, or a key derived from the recovery code). Inside are a header with
//! the manifest and then the databases, one after the other, each encrypted once more under a key that only the
//! manifest holds: nothing lies on a disk in the clear while a backup is made or restored. Attachments are in the
//! databases. Not here: the commands (`ops::backup`).

mod archive;
mod database;
mod manifest;
mod read;
mod restore;
mod scratch;
mod seal;
mod take_in;
mod write;

#[cfg(test)]
mod tests;

pub use manifest::{Manifest, Part, Scope, VERSION};
pub use read::{inspect, verify};
pub use restore::{Restored, restore};
pub use seal::Opener;
pub use take_in::{TakenIn, take_in};
pub use write::{What, create};

use std::path::{Path, PathBuf};

use groundplan_shared::api::{ApiError, ErrorCode};

use crate::store::StoreError;

/// What a long step calls again and again: its name, how much is done and of how much. An error stops it.
pub type Progress<'a> = dyn FnMut(&str, u64, u64) -> Result<(), ApiError> + 'a;

/// Why a backup was not made, not read or not restored. Nothing is left half done by any of them.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is something else.
    #[error("{0} is no backup of Groundplan")]
    NotABackup(PathBuf),
    /// The file was made by a newer program.
    #[error("{file} was made by a newer version of Groundplan (format {found}, this program knows {known})")]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The passphrase or code does not open it.
    #[error("the {what} does not open {file}")]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What was tried.
        what: &'static str,
    },
    /// It is opened by the other of passphrase and recovery code.
    #[error("{file} is opened by a {needed}, not by a {given}")]
    OtherKind {
        /// The file.
        file: PathBuf,
        /// What opens it.
        needed: &'static str,
        /// What was tried.
        given: &'static str,
    },
    /// The end is missing.
    #[error("{file} is cut off: {found} of {expected} bytes are there")]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Bytes that are there.
        found: u64,
        /// Bytes that it had.
        expected: u64,
    },
    /// Some of it was changed.
    #[error("{file} is damaged: {detail}")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// There is a file of this name.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// There is a profile where one would be restored.
    #[error("there is a profile in {0} already")]
    Occupied(PathBuf),
    /// A file cannot be read or written.
    #[error("{path} cannot be {done}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        done: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An answer for the caller.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl BackupError {
    /// For `map_err` where a file is read.
    fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::File { path: path.to_owned(), done: "read", source }
    }

    /// For `map_err` where a file is written.
    fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::File { path: path.to_owned(), done: "written", source }
    }
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        let (code, hint, field) = match &error {
            BackupError::Store(_) | BackupError::Api(_) => (ErrorCode::StorageFailed, "", None),
            BackupError::NotABackup(_) => (
                ErrorCode::InvalidInput,
                "Name a file that `groundplan backup create` wrote; nothing was changed.",
                Some("path"),
            ),
            BackupError::Newer { .. } => {
                (ErrorCode::StoreNewer, "Update Groundplan and try again; nothing was changed.", None)
            }
            BackupError::Wrong { .. } => (
                ErrorCode::KeyWrong,
                "Try again; capital letters count. Nothing was changed.",
                Some("passphrase"),
            ),
            BackupError::OtherKind { .. } => {
                (ErrorCode::KeyWrong, "Give what it was made with; nothing was changed.", Some("passphrase"))
            }
            BackupError::Truncated { .. } => (
                ErrorCode::StoreCorrupt,
                "Copy it again from where it was kept, or use another backup; nothing was changed.",
                None,
            ),
            BackupError::Damaged { .. } => (
                ErrorCode::StoreCorrupt,
                "Use another copy of it or another backup; nothing was changed.",
                None,
            ),
            BackupError::Exists(_) => (
                ErrorCode::Conflict,
                "Name another file, or replace it with --force; nothing was changed.",
                Some("path"),
            ),
            BackupError::Occupied(_) => (
                ErrorCode::Conflict,
                "Restore it under a name of its own, for instance with --profile restored; nothing was changed.",
                None,
            ),
            BackupError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                (ErrorCode::NotFound, "Check the path.", Some("path"))
            }
            BackupError::File { .. } => {
                (ErrorCode::StorageFailed, "Check the path, the permissions and the space on the disk.", None)
            }
        };
        match error {
            BackupError::Store(error) => return error.into(),
            BackupError::Api(error) => return error,
            _ => {}
        }
        let message = error.to_string();
        let mut letters = message.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        let mut answer = Self::new(code, format!("{first}{}.", letters.as_str()), hint);
        answer.field = field.map(str::to_owned);
        answer
    }
}
