//! Opening one encrypted database, and telling its failures apart.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::log;
use super::migrate::{self, Family};
use super::{SCHEMA_VERSION, StoreError};

/// An open database.
#[derive(Debug)]
pub struct Opened {
    /// The connection, keyed and migrated.
    pub connection: Connection,
    /// Set when the file is newer than this program and was opened for reading only.
    pub read_only: Option<StoreError>,
}

/// Opens the database at `path` with a 256-bit key, creating it if it does not exist, and migrates it.
///
/// A file of a newer program is opened for reading only, and so is any on a disk that is full. Fails with `KeyWrong`,
/// `Corrupt`, `Busy` or `Disk`.
pub fn open(path: &Path, key: &[u8; 32], family: Family) -> Result<Opened, StoreError> {
    let full = match writable(path, key, family) {
        Err(full @ StoreError::Disk(_)) => full,
        other => return other,
    };
    match readable(path, key) {
        Ok(Some(connection)) => Ok(Opened { connection, read_only: Some(full) }),
        // What is wrong with the disk says more than what followed from it.
        Ok(None) | Err(_) => Err(full),
    }
}

/// Opens a database for reading where nothing can be written, not even the index of its log: that is kept in memory, and
/// nobody else has the file open meanwhile. `None` if it has to be migrated first.
fn readable(path: &Path, key: &[u8; 32]) -> Result<Option<Connection>, StoreError> {
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))?;
    Ok((found == SCHEMA_VERSION).then_some(connection))
}

fn writable(path: &Path, key: &[u8; 32], family: Family) -> Result<Opened, StoreError> {
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let existed = path.metadata().is_ok_and(|meta| meta.len() > 0);
    log::check(path)?;
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let found = match connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)) {
        Ok(version) => version,
        Err(error) if existed => return Err(unreadable(path, &file, error)),
        Err(error) => return Err(error.into()),
    };
    if found > SCHEMA_VERSION {
        drop(connection);
        let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row("PRAGMA user_version", [], |_| Ok(()))?;
        let reason = StoreError::Newer { file, found, known: SCHEMA_VERSION };
        return Ok(Opened { connection, read_only: Some(reason) });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Up to 16 MiB, used as far as something is read: a page that has to be read again has to be decrypted again.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "secure_delete", "FAST")?;
    connection.set_prepared_statement_cache_capacity(128);
    let mut connection = connection;
    migrate::migrate(&mut connection, family)?;
    Ok(Opened { connection, read_only: None })
}

/// Opens a database that must be there, as it is: nothing is migrated.
pub(crate) fn existing(path: &Path, key: &[u8; 32]) -> Result<Connection, StoreError> {
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(|error| unreadable(path, &file, error))?;
    Ok(connection)
}

/// Makes an empty database without tables, to be filled page by page.
pub(crate) fn bare(path: &Path, key: &[u8; 32]) -> Result<Connection, StoreError> {
    let connection = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    // Whoever fills it makes it last at the end.
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

fn keyed(path: &Path, key: &[u8; 32], flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut text = Zeroizing::new(String::with_capacity(70));
    text.push_str("x'");
    for byte in key {
        text.push(char::from_digit(u32::from(byte >> 4), 16).expect("four bits are one digit"));
        text.push(char::from_digit(u32::from(byte & 15), 16).expect("four bits are one digit"));
    }
    text.push('\'');
    connection.pragma_update(None, "key", text.as_str())?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// SQLCipher says "not a database" both for a wrong key and for a damaged first page. A file whose length is no
/// multiple of the page size was cut or overwritten, a whole one has most likely another key.
fn unreadable(path: &Path, file: &str, error: rusqlite::Error) -> StoreError {
    const PAGE: u64 = 4096;
    if error.sqlite_error_code() != Some(rusqlite::ErrorCode::NotADatabase) {
        return match StoreError::from(error) {
            StoreError::Corrupt { detail, .. } => StoreError::Corrupt { file: file.to_owned(), detail },
            other => other,
        };
    }
    match path.metadata() {
        Ok(meta) if meta.len() % PAGE != 0 => StoreError::Corrupt {
            file: file.to_owned(),
            detail: format!("its length of {} bytes is no whole number of pages", meta.len()),
        },
        _ => StoreError::KeyWrong { file: file.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_a_store_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.db");
        drop(open(&path, &[1; 32], Family::Workspace).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"), "the file is encrypted");

        assert!(matches!(open(&path, &[2; 32], Family::Workspace), Err(StoreError::KeyWrong { .. })));

        // Half of it is gone, and the last page left is no whole one.
        std::fs::write(&path, &bytes[..bytes.len() / 2 - 1000]).unwrap();
        assert!(matches!(open(&path, &[1; 32], Family::Workspace), Err(StoreError::Corrupt { .. })));

        std::fs::write(&path, &bytes).unwrap();
        let opened = open(&path, &[1; 32], Family::Workspace).unwrap();
        opened.connection.pragma_update(None, "user_version", 99).unwrap();
        drop(opened);
        let newer = open(&path, &[1; 32], Family::Workspace).unwrap();
        assert!(matches!(newer.read_only, Some(StoreError::Newer { found: 99, .. })));
        assert!(newer.connection.execute("DELETE FROM document", []).is_err());
    }
}
