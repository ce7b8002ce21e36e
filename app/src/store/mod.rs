//! Opening, migrating and guarding the encrypted SQLite databases of a profile.
//!
//! Lives here: connections, pragmas, schema versions and the store's error states. Not here: what the tables mean
//! (`core`, `project`, `sync`, `identity`).

mod log;
mod migrate;
mod open;
mod schema;

pub use migrate::{Family, SCHEMA_VERSION};
pub use open::{Opened, open};
pub(crate) use open::{bare, existing};

use groundplan_shared::api::{ApiError, ErrorCode};

/// What can be wrong with a store. Each is a state of its own, with its own words.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open the file.
    #[error("the key does not open {file}")]
    KeyWrong {
        /// Name of the file.
        file: String,
    },
    /// The file was written by a newer program.
    #[error(
        "{file} was written by a newer version of Groundplan (store version {found}, this program knows {known})"
    )]
    Newer {
        /// Name of the file.
        file: String,
        /// Version found.
        found: u32,
        /// Latest version known here.
        known: u32,
    },
    /// The file is damaged.
    #[error("{file} is damaged: {detail}")]
    Corrupt {
        /// Name of the file.
        file: String,
        /// What SQLite says.
        detail: String,
    },
    /// Another process holds the store for longer than five seconds.
    #[error("another program is using the store")]
    Busy,
    /// The disk is full or refuses to write.
    #[error("the disk could not be written: {0}")]
    Disk(String),
    /// The store was opened read-only.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// Anything else SQLite refuses.
    #[error("the store refuses: {0}")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as E;
        match error.sqlite_error_code() {
            Some(E::DatabaseBusy | E::DatabaseLocked) => Self::Busy,
            Some(E::DiskFull | E::SystemIoFailure | E::CannotOpen) => Self::Disk(error.to_string()),
            Some(E::DatabaseCorrupt | E::NotADatabase) => {
                Self::Corrupt { file: "the store".to_owned(), detail: error.to_string() }
            }
            Some(E::ReadOnly) => Self::ReadOnly,
            _ => Self::Sql(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let (code, hint) = match &error {
            StoreError::KeyWrong { .. } => {
                (ErrorCode::KeyWrong, "Check the passphrase, or unlock the keyring that was used before.")
            }
            StoreError::Newer { .. } => {
                (ErrorCode::StoreNewer, "Update Groundplan. Until then it can be read but not changed.")
            }
            StoreError::Corrupt { .. } => (
                ErrorCode::StoreCorrupt,
                "Keep the file as it is. Run `groundplan doctor`; a synchronised workspace can be fetched again.",
            ),
            StoreError::Busy => (ErrorCode::StoreBusy, "Try again, or close the other program."),
            StoreError::Disk(_) => {
                (ErrorCode::StorageFailed, "Nothing was changed. Free some space and do it again.")
            }
            StoreError::ReadOnly => (ErrorCode::StoreNewer, "Update Groundplan to change it."),
            StoreError::Sql(_) => (ErrorCode::StorageFailed, "Nothing was changed. Run `groundplan doctor`."),
        };
        let mut message = error.to_string();
        if let Some(first) = message.get(..1) {
            message = format!("{}{}", first.to_uppercase(), message.get(1..).unwrap_or_default());
        }
        Self::new(code, format!("{message}."), hint)
    }
}
