//! A profile: where one person's data on this device lives, and the key that opens it.
//!
//! Lives here: directories, the profile database and settings. Not here: workspaces (`core`) and what the device
//! identity and accounts mean (`identity`).

mod dirs;
mod key;
mod keyring;
mod wrap;

pub(crate) use dirs::make_private;
pub use dirs::{Dirs, DirsError};
pub use key::{KeyError, KeyOptions, KeyStorage, StoreKey, derive_key, has_keyring, kept};
pub(crate) use wrap::check as check_passphrase;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use groundplan_shared::api::{ApiError, ErrorCode};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::store::{self, Family, StoreError};

/// How to open a profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileOptions {
    /// Name of the profile; `default` if none.
    pub profile: Option<String>,
    /// Puts everything of the profile under this folder instead of the system's places.
    pub data_dir: Option<PathBuf>,
    /// Where the key comes from.
    pub key: KeyOptions,
    /// Whether a missing profile is made.
    pub create: bool,
}

impl ProfileOptions {
    /// Finds the profile's places. Makes nothing.
    pub fn dirs(&self) -> Result<Dirs, ApiError> {
        Dirs::find(self.profile.as_deref(), self.data_dir.as_deref()).map_err(dirs_error)
    }
}

/// An open profile.
#[derive(Debug)]
pub struct Profile {
    dirs: Dirs,
    key: StoreKey,
    database: Mutex<Connection>,
    read_only: bool,
}

impl Profile {
    /// Opens the profile, making it if asked to. Blocks on the keyring.
    pub fn open(options: &ProfileOptions) -> Result<Self, ApiError> {
        let dirs = options.dirs()?;
        let missing = !dirs.key_file().exists() && !dirs.profile_database().exists();
        if missing && !options.create {
            return Err(ApiError::new(
                ErrorCode::NotFound,
                format!(
                    "There is no profile \u{201c}{}\u{201d} in {}.",
                    dirs.profile(),
                    dirs.data().display()
                ),
                "Make one with `groundplan init`, or name another with --profile or --data-dir.",
            ));
        }
        dirs.create().map_err(dirs_error)?;
        let key = StoreKey::open_or_make(&dirs, &options.key)?;
        let opened = store::open(&dirs.profile_database(), &key.derive("profile"), Family::Profile)?;
        let read_only = opened.read_only.is_some();
        Ok(Self { dirs, key, database: Mutex::new(opened.connection), read_only })
    }

    /// Returns the directories.
    pub fn dirs(&self) -> &Dirs {
        &self.dirs
    }

    /// Returns the key from which each database's key is derived.
    pub fn key(&self) -> &StoreKey {
        &self.key
    }

    /// Says whether the profile was written by a newer program.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// Runs `f` in one transaction on the profile database; rolls back if it fails.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let behavior =
            if self.read_only { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        let transaction = connection.transaction_with_behavior(behavior).map_err(StoreError::from)?;
        let result = f(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// A number that changes whenever another process writes to the profile.
    pub(crate) fn version(&self) -> Result<i64, StoreError> {
        let connection = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// Reads a setting.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.transaction(|tx| {
            Ok(tx
                .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
                .optional()?)
        })
    }

    /// Writes a setting.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.transaction(|tx| {
            tx.execute(
                "INSERT INTO setting(name, value) VALUES (?1, ?2)
                 ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                [name, value],
            )?;
            Ok(())
        })
    }
}

fn dirs_error(error: DirsError) -> ApiError {
    let code = match error {
        DirsError::Name(_) | DirsError::NoHome => ErrorCode::InvalidInput,
        DirsError::Create { .. } => ErrorCode::StorageFailed,
    };
    ApiError::new(code, format!("{error}."), "Name a writable folder with --data-dir.")
}
