//! The migrations of both stores, embedded, and the rules they share. How each store runs them lives beside it.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use thiserror::Error;

/// One migration file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, from 1, without gaps.
    pub version: i64,
    /// Its name, equal in both folders.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the file in hexadecimal.
    pub fn checksum(&self) -> String {
        digest(&SHA256, self.sql.as_bytes()).as_ref().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Why a database cannot be brought to this program's schema.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// An applied file differs from the one in this program.
    #[error(
        "migration {version} ({name}) was applied with other contents: this database belongs to another build; \
         use the groundplan-server that made it, or restore a backup"
    )]
    Changed {
        /// Its number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// The database was migrated by a newer program.
    #[error(
        "the database is at schema {found} but this groundplan-server knows {known}: install the newer version"
    )]
    Newer {
        /// Its schema.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
}

macro_rules! migrations {
    ($folder:literal: $($version:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")),
        }),*]
    };
}

/// Migrations of the embedded store.
pub const SQLITE: &[Migration] = migrations!("sqlite": 1 "0001_accounts", 2 "0002_workspaces", 3 "0003_mailboxes", 4 "0004_blobs", 5 "0005_compaction", 6 "0006_second_factor");

/// Migrations of the Postgres store.
pub const POSTGRES: &[Migration] = migrations!("postgres": 1 "0001_accounts", 2 "0002_workspaces", 3 "0003_mailboxes", 4 "0004_blobs", 5 "0005_compaction", 6 "0006_second_factor");

/// The table that records what was applied; both stores create it first.
pub const RECORD_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
     version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)";

/// Compares what was applied with what is known, and returns what is still to do.
///
/// # Errors
/// Refuses a changed file and a newer database.
pub fn pending(
    known: &'static [Migration],
    applied: &[(i64, String, String)],
) -> Result<&'static [Migration], MigrateError> {
    let newest = known.last().map_or(0, |last| last.version);
    for (version, name, checksum) in applied {
        let Some(file) = known.iter().find(|file| file.version == *version) else {
            return Err(MigrateError::Newer { found: *version, known: newest });
        };
        if file.checksum() != *checksum {
            return Err(MigrateError::Changed { version: *version, name: name.clone() });
        }
    }
    Ok(known.get(applied.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_folders_hold_the_same_numbers_and_names() {
        let names = |list: &[Migration]| list.iter().map(|m| (m.version, m.name)).collect::<Vec<_>>();
        assert_eq!(names(SQLITE), names(POSTGRES));
        for (position, migration) in SQLITE.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(position).unwrap() + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)));
        }
        for folder in ["sqlite", "postgres"] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut files: Vec<_> = std::fs::read_dir(root)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let embedded: Vec<_> = SQLITE.iter().map(|m| format!("{}.sql", m.name)).collect();
            assert_eq!(files, embedded, "every file in {folder} is embedded");
        }
    }

    #[test]
    fn refuses_changed_and_newer() {
        let row = |version, checksum: &str| (version, "x".to_owned(), checksum.to_owned());
        assert_eq!(pending(SQLITE, &[]).unwrap().len(), SQLITE.len());
        let first = row(1, &SQLITE[0].checksum());
        assert_eq!(pending(SQLITE, std::slice::from_ref(&first)).unwrap().len(), SQLITE.len() - 1);
        assert!(matches!(pending(SQLITE, &[row(1, "00")]), Err(MigrateError::Changed { version: 1, .. })));
        assert!(matches!(
            pending(SQLITE, &[first, row(99, "00")]),
            Err(MigrateError::Newer { found: 99, .. })
        ));
    }
}
