//! The Postgres store, for servers of several replicas on one database.
//!
//! Order comes from the locked row of the workspace, never from a sequence of Postgres: those can commit out of order,
//! and a cursor would then skip rows. `NOTIFY` only wakes.

mod accounts;
mod announce;
mod blobs;
mod compaction;
mod devices;
mod documents;
mod mailboxes;
mod second_factor;
#[cfg(test)]
mod tests;
mod workspaces;

use std::{str::FromStr as _, time::Duration};

use async_trait::async_trait;
use groundplan_shared::wire::{
    AccountId, DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, PublicKey, WorkspaceId,
};
use sqlx::{
    Executor as _, PgPool, Postgres, Row as _, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};
use tokio::sync::mpsc;

use super::{
    Announcement, Cause, ServerStore, StoreError, StoreResult, UnixMs, Usage,
    migrations::{self, MigrateError},
};
use crate::config::Secret;

/// The Postgres store.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

/// Locks out a second migrating process; the number has no meaning but to be ours.
const MIGRATION_LOCK: i64 = 0x6770_6c6e;

impl PostgresStore {
    /// Connects and brings the database to this program's schema.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be reached, `Backend` when the address is wrong or it belongs to another build.
    pub async fn open(url: &Secret, connections: u32, now: UnixMs) -> StoreResult<Self> {
        let options = PgConnectOptions::from_str(url.reveal())
            .map_err(failure)?
            .application_name("groundplan-server")
            .options([
                ("statement_timeout", "20s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "30s"),
                ("synchronous_commit", "on"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await
            .map_err(failure)?;
        migrate(&pool, now).await?;
        Ok(Self { pool })
    }

    async fn begin(&self) -> StoreResult<Transaction<'static, Postgres>> {
        self.pool.begin().await.map_err(failure)
    }
}

async fn migrate(pool: &PgPool, now: UnixMs) -> StoreResult<()> {
    let mut transaction = pool.begin().await.map_err(failure)?;
    // Bound to the transaction, so that it cannot be stranded behind a connection pooler.
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    transaction.execute(migrations::RECORD_TABLE).await.map_err(failure)?;
    let rows = sqlx::query("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
        .fetch_all(&mut *transaction)
        .await
        .map_err(failure)?;
    let applied: Vec<(i64, String, String)> =
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?, get(row, 2)?))).collect::<StoreResult<_>>()?;
    let refuse = |error: MigrateError| StoreError::Backend(Cause::from(error));
    for migration in migrations::pending(migrations::POSTGRES, &applied).map_err(refuse)? {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(failure)?;
        sqlx::query(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4)",
        )
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.checksum())
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    }
    transaction.commit().await.map_err(failure)
}

#[async_trait]
impl ServerStore for PostgresStore {
    async fn server_state(&self, name: &str, value_if_absent: &[u8]) -> StoreResult<Vec<u8>> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO server_state (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(value_if_absent)
            .execute(&mut *transaction)
            .await
            .map_err(failure)?;
        let row = sqlx::query("SELECT value FROM server_state WHERE name = $1")
            .bind(name)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failure)?;
        transaction.commit().await.map_err(failure)?;
        get(&row, 0)
    }

    async fn replace_server_state(&self, name: &str, value: &[u8]) -> StoreResult<()> {
        let sql = "INSERT INTO server_state (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(name).bind(value).execute(&self.pool).await.map(drop).map_err(failure)
    }

    async fn ping(&self) -> StoreResult<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop).map_err(failure)
    }

    async fn close(&self) -> StoreResult<()> {
        self.pool.close().await;
        Ok(())
    }

    async fn usage(&self) -> StoreResult<Usage> {
        let sql = "SELECT (SELECT count(*) FROM accounts), \
             (SELECT count(*) FROM devices WHERE revoked_at_ms IS NULL), (SELECT count(*) FROM workspaces), \
             (SELECT coalesce(sum(stored_bytes), 0)::bigint FROM workspaces)";
        let row = sqlx::query(sql).fetch_one(&self.pool).await.map_err(failure)?;
        Ok(Usage {
            accounts: number(&row, 0)?,
            devices: number(&row, 1)?,
            workspaces: number(&row, 2)?,
            stored_bytes: number(&row, 3)?,
        })
    }

    async fn announce(&self, announcements: &[Announcement]) -> StoreResult<()> {
        announce::send(&self.pool, announcements).await
    }

    async fn announcements(&self) -> StoreResult<Option<mpsc::Receiver<Option<Announcement>>>> {
        announce::listen(&self.pool).await.map(Some)
    }
}

/// Sorts an error of the driver into the store's words.
fn failure(error: sqlx::Error) -> StoreError {
    use sqlx::Error;
    match &error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => {
            StoreError::Unavailable(Box::new(error))
        }
        Error::Database(cause) => match cause.code().as_deref() {
            Some("53100") => StoreError::Full(Box::new(error)),
            // Connection trouble, shutdown, too many connections, deadlock, lock or statement timeout, read-only.
            Some(code)
                if code.starts_with("08")
                    || code.starts_with("57P")
                    || matches!(code, "53300" | "40001" | "40P01" | "55P03" | "57014" | "25006") =>
            {
                StoreError::Unavailable(Box::new(error))
            }
            _ => StoreError::Backend(Box::new(error)),
        },
        Error::ColumnDecode { .. } | Error::Decode(_) => StoreError::corrupt("a column of the database"),
        _ => StoreError::Backend(Box::new(error)),
    }
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Reads a column.
fn get<'r, T>(row: &'r PgRow, index: usize) -> StoreResult<T>
where
    T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
{
    row.try_get(index).map_err(failure)
}

/// Reads a column that counts something.
fn number(row: &PgRow, index: usize) -> StoreResult<u64> {
    u64::try_from(get::<i64>(row, index)?).map_err(|_| StoreError::corrupt("a counter of the database"))
}

/// Writes a counter; those that this program makes are far below the limit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

macro_rules! ids {
    ($($function:ident: $type:ident),* $(,)?) => {$(
        fn $function(row: &PgRow, index: usize) -> StoreResult<$type> {
            get(row, index).map($type)
        }
    )*};
}

ids!(account_id: AccountId, device_id: DeviceId, document_id: DocumentId, workspace_id: WorkspaceId,
    envelope_id: EnvelopeId, hash: Hash, incarnation: Incarnation, public_key: PublicKey);
