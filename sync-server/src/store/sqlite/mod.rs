//! The embedded store: one SQLite file in write-ahead mode with `synchronous=FULL`.
//!
//! `engine` owns threads and commits; the other files hold the statements of one area each.

mod accounts;
mod blobs;
mod compaction;
mod devices;
mod documents;
mod engine;
mod mailboxes;
mod second_factor;
mod workspaces;

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{
    Announcement, Cause, ServerStore, StoreError, StoreResult, UnixMs, Usage,
    migrations::{self, MigrateError},
};
use engine::{Engine, failure, is_unique_violation};
use tokio::sync::mpsc;

/// The embedded store.
#[derive(Clone)]
pub struct SqliteStore {
    engine: Engine,
}

impl SqliteStore {
    /// Opens or makes the file and brings it to this program's schema.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened, `Backend` with a `MigrateError` when it belongs to another build.
    pub fn open(path: &Path, now: UnixMs) -> StoreResult<Self> {
        let engine = Engine::open(path, |connection| migrate(connection, now))?;
        Ok(Self { engine })
    }
}

fn migrate(connection: &mut Connection, now: UnixMs) -> StoreResult<()> {
    // An immediate transaction keeps a second starting process out until this one is done.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failure)?;
    transaction.execute_batch(migrations::RECORD_TABLE).map_err(failure)?;
    let applied = {
        let mut statement = transaction
            .prepare("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
            .map_err(failure)?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failure)?;
        rows.collect::<Result<Vec<_>, _>>().map_err(failure)?
    };
    let refuse = |error: MigrateError| StoreError::Backend(Cause::from(error));
    for migration in migrations::pending(migrations::SQLITE, &applied).map_err(refuse)? {
        transaction.execute_batch(migration.sql).map_err(failure)?;
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
                params![migration.version, migration.name, migration.checksum(), now],
            )
            .map_err(failure)?;
    }
    transaction.commit().map_err(failure)
}

#[async_trait]
impl ServerStore for SqliteStore {
    async fn server_state(&self, name: &str, value_if_absent: &[u8]) -> StoreResult<Vec<u8>> {
        let (name, value) = (name.to_owned(), value_if_absent.to_vec());
        self.engine
            .write(move |db| {
                run(
                    db,
                    "INSERT INTO server_state VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![name, value],
                )?;
                one(db, "SELECT value FROM server_state WHERE name = ?1", params![name], |row| row.get(0))?
                    .ok_or(StoreError::corrupt("server_state.value"))
            })
            .await
    }

    async fn replace_server_state(&self, name: &str, value: &[u8]) -> StoreResult<()> {
        let sql = "INSERT INTO server_state VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let (name, value) = (name.to_owned(), value.to_vec());
        self.engine.write(move |db| run(db, sql, params![name, value]).map(drop)).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.engine.read(|db| one(db, "SELECT 1", [], |_| Ok(())).map(drop)).await
    }

    async fn close(&self) -> StoreResult<()> {
        self.engine.close().await
    }

    async fn announce(&self, _: &[Announcement]) -> StoreResult<()> {
        // One process owns the file: there is nobody else to tell.
        Ok(())
    }

    async fn announcements(&self) -> StoreResult<Option<mpsc::Receiver<Option<Announcement>>>> {
        Ok(None)
    }

    async fn usage(&self) -> StoreResult<Usage> {
        const SQL: &str = "SELECT (SELECT count(*) FROM accounts), \
             (SELECT count(*) FROM devices WHERE revoked_at_ms IS NULL), \
             (SELECT count(*) FROM workspaces), (SELECT coalesce(sum(stored_bytes), 0) FROM workspaces)";
        self.engine
            .read(|db| {
                let read = |row: &Row<'_>| {
                    Ok(Usage {
                        accounts: row.get(0)?,
                        devices: row.get(1)?,
                        workspaces: row.get(2)?,
                        stored_bytes: row.get(3)?,
                    })
                };
                Ok(one(db, SQL, [], read)?.unwrap_or_default())
            })
            .await
    }
}

/// Runs a statement and returns how many rows it changed.
fn run(db: &Connection, sql: &'static str, params: impl rusqlite::Params) -> StoreResult<usize> {
    db.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(failure)
}

/// Runs an insert and tells whether a key or unique index refused it.
fn insert(db: &Connection, sql: &'static str, params: impl rusqlite::Params) -> StoreResult<bool> {
    match db.prepare_cached(sql).and_then(|mut statement| statement.execute(params)) {
        Ok(_) => Ok(true),
        Err(error) if is_unique_violation(&error) => Ok(false),
        Err(error) => Err(failure(error)),
    }
}

/// Reads at most one row.
fn one<T>(
    db: &Connection,
    sql: &'static str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> StoreResult<Option<T>> {
    db.prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(params, read).optional())
        .map_err(failure)
}

/// Reads all rows.
fn all<T>(
    db: &Connection,
    sql: &'static str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> StoreResult<Vec<T>> {
    db.prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(params, read)?.collect())
        .map_err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, conformance::conformance};

    struct Fixture {
        store: SqliteStore,
        _folder: tempfile::TempDir,
    }

    impl Fixture {
        fn store(&self) -> &dyn Store {
            &self.store
        }
    }

    #[expect(clippy::unused_async, reason = "the suite awaits every fixture")]
    async fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("server.db"), 0).unwrap();
        Fixture { store, _folder: folder }
    }

    conformance!(super::fixture);

    #[tokio::test]
    async fn nobody_holds_the_file_of_a_closed_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.db");
        let store = SqliteStore::open(&path, 0).unwrap();
        let handle = store.clone();
        let write = tokio::spawn(async move { handle.replace_server_state("life", b"kept").await });
        write.await.unwrap().unwrap();
        assert!(folder.path().join("server.db-wal").exists());
        store.close().await.unwrap();
        // SQLite removes the log with the last connection: a late one would remove it under whoever opened the file next.
        assert!(!folder.path().join("server.db-wal").exists());
        let store = SqliteStore::open(&path, 0).unwrap();
        assert_eq!(store.server_state("life", b"").await.unwrap(), b"kept");
    }

    #[test]
    fn opens_again_and_refuses_another_builds_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.db");
        SqliteStore::open(&path, 0).unwrap();
        SqliteStore::open(&path, 0).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 2", []).unwrap();
        let error = SqliteStore::open(&path, 0).err().unwrap();
        assert!(matches!(error, StoreError::Backend(_)), "{error:?}");
        std::fs::write(folder.path().join("text.db"), vec![b'x'; 8192]).unwrap();
        let error = SqliteStore::open(&folder.path().join("text.db"), 0).err().unwrap();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
}
