//! Rows of blobs in Postgres. Whoever changes what a workspace holds locks its row first.

use async_trait::async_trait;
use groundplan_shared::wire::{BlobId, WorkspaceId};
use sqlx::{PgConnection, postgres::PgRow};

use super::{PostgresStore, failure, get, hash, number, signed, workspace_id};
use crate::store::{
    BlobKey, BlobPut, BlobRow, BlobStore, Entity, Reserved, StoreError, StoreResult, UnixMs, compartment,
};

const FIND: &str = "SELECT blob_id, compartment, sha256, size_bytes, stored, unused_at_ms IS NOT NULL, object_id FROM blobs \
     WHERE workspace_id = $1 AND blob_id = $2";

fn made(row: &PgRow) -> StoreResult<BlobRow> {
    let number_of: i64 = get(row, 1)?;
    Ok(BlobRow {
        id: BlobId(get(row, 0)?),
        compartment: compartment(number_of).ok_or(StoreError::corrupt("blobs.compartment"))?,
        sha256: hash(row, 2)?,
        size: number(row, 3)?,
        stored: get::<i64>(row, 4)? == 1,
        unused: get(row, 5)?,
        object: get(row, 6)?,
    })
}

async fn find(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: BlobId,
) -> StoreResult<Option<BlobRow>> {
    let query = sqlx::query(FIND).bind(workspace.0).bind(id.0);
    query.fetch_optional(connection).await.map_err(failure)?.as_ref().map(made).transpose()
}

/// Locks the workspace's row and returns how many bytes of blobs it holds.
async fn lock(connection: &mut PgConnection, workspace: WorkspaceId) -> StoreResult<Option<u64>> {
    let query = sqlx::query("SELECT blob_bytes FROM workspaces WHERE workspace_id = $1 FOR UPDATE");
    let row = query.bind(workspace.0).fetch_optional(connection).await.map_err(failure)?;
    row.map(|row| number(&row, 0)).transpose()
}

impl PostgresStore {
    async fn mark(&self, sql: &'static str, key: BlobKey) -> StoreResult<()> {
        let query = sqlx::query(sql).bind(key.workspace.0).bind(key.id.0).bind(key.object);
        let done = query.execute(&self.pool).await.map_err(failure)?.rows_affected();
        if done == 1 { Ok(()) } else { Err(StoreError::NotFound(Entity::Blob)) }
    }
}

#[async_trait]
impl BlobStore for PostgresStore {
    async fn reserve_blob(&self, put: BlobPut) -> StoreResult<Reserved> {
        let mut transaction = self.begin().await?;
        let held = lock(&mut transaction, put.workspace).await?;
        let held = held.ok_or(StoreError::NotFound(Entity::Workspace))?;
        let there = find(&mut transaction, put.workspace, put.id).await?;
        let reserved = put.judge(there.as_ref(), held)?;
        match reserved {
            Reserved::Stored => {
                let sql = "UPDATE blobs SET unused_at_ms = NULL WHERE workspace_id = $1 AND blob_id = $2";
                let query = sqlx::query(sql).bind(put.workspace.0).bind(put.id.0);
                query.execute(&mut *transaction).await.map_err(failure)?;
            }
            Reserved::Write { held, .. } => {
                let sql = "INSERT INTO blobs \
                     (workspace_id, blob_id, compartment, sha256, object_id, size_bytes, stored, received_at_ms, unused_at_ms) \
                     VALUES ($1, $2, $3, $4, $7, $5, 0, $6, NULL) \
                     ON CONFLICT (workspace_id, blob_id) DO UPDATE SET compartment = excluded.compartment, \
                     sha256 = excluded.sha256, object_id = excluded.object_id, size_bytes = excluded.size_bytes, stored = 0, \
                     received_at_ms = excluded.received_at_ms, unused_at_ms = NULL";
                let query = sqlx::query(sql)
                    .bind(put.workspace.0)
                    .bind(put.id.0)
                    .bind(i64::from(put.compartment.number()))
                    .bind(put.sha256.0)
                    .bind(signed(put.size))
                    .bind(put.now)
                    .bind(put.object);
                query.execute(&mut *transaction).await.map_err(failure)?;
                let sql = "UPDATE workspaces SET blob_bytes = $2 WHERE workspace_id = $1";
                let query = sqlx::query(sql).bind(put.workspace.0).bind(signed(held));
                query.execute(&mut *transaction).await.map_err(failure)?;
            }
        }
        transaction.commit().await.map_err(failure)?;
        Ok(reserved)
    }

    async fn finish_blob(&self, key: BlobKey) -> StoreResult<()> {
        let sql = "UPDATE blobs SET stored = 1 WHERE workspace_id = $1 AND blob_id = $2 AND object_id = $3";
        self.mark(sql, key).await
    }

    async fn lose_blob(&self, key: BlobKey) -> StoreResult<()> {
        let sql = "UPDATE blobs SET stored = 0 WHERE workspace_id = $1 AND blob_id = $2 AND object_id = $3";
        self.mark(sql, key).await
    }

    async fn blob(&self, workspace: WorkspaceId, id: BlobId) -> StoreResult<BlobRow> {
        let mut connection = self.pool.acquire().await.map_err(failure)?;
        let found = find(&mut connection, workspace, id).await?;
        found.filter(|row| row.stored).ok_or(StoreError::NotFound(Entity::Blob))
    }

    async fn claim_blobs(&self, workspace: WorkspaceId, ids: &[BlobId]) -> StoreResult<Vec<BlobRow>> {
        let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
        let mut transaction = self.begin().await?;
        let sql = "SELECT blob_id, compartment, sha256, size_bytes, stored, unused_at_ms IS NOT NULL, object_id FROM blobs \
             WHERE workspace_id = $1 AND blob_id = ANY($2) AND stored = 1 ORDER BY blob_id FOR UPDATE";
        let query = sqlx::query(sql).bind(workspace.0).bind(&ids);
        let rows = query.fetch_all(&mut *transaction).await.map_err(failure)?;
        let sql = "UPDATE blobs SET unused_at_ms = NULL \
             WHERE workspace_id = $1 AND blob_id = ANY($2) AND unused_at_ms IS NOT NULL";
        let query = sqlx::query(sql).bind(workspace.0).bind(&ids);
        query.execute(&mut *transaction).await.map_err(failure)?;
        transaction.commit().await.map_err(failure)?;
        rows.iter().map(made).collect()
    }

    async fn abandon_blob(&self, workspace: WorkspaceId, id: BlobId, now: UnixMs) -> StoreResult<()> {
        let sql = "UPDATE blobs SET unused_at_ms = coalesce(unused_at_ms, $3) \
             WHERE workspace_id = $1 AND blob_id = $2 AND stored = 1";
        let query = sqlx::query(sql).bind(workspace.0).bind(id.0).bind(now);
        let done = query.execute(&self.pool).await.map_err(failure)?.rows_affected();
        if done == 1 { Ok(()) } else { Err(StoreError::NotFound(Entity::Blob)) }
    }

    async fn stale_blobs(
        &self,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<BlobKey>> {
        let sql = "SELECT workspace_id, blob_id, object_id FROM blobs \
             WHERE (unused_at_ms IS NOT NULL AND unused_at_ms <= $1) OR (stored = 0 AND received_at_ms <= $2) \
             ORDER BY workspace_id, blob_id LIMIT $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(unused_before).bind(unfinished_before).bind(limit);
        let rows = query.fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter()
            .map(|row| {
                let (workspace, id) = (workspace_id(row, 0)?, BlobId(get(row, 1)?));
                Ok(BlobKey { workspace, id, object: get(row, 2)? })
            })
            .collect()
    }

    async fn drop_blob(
        &self,
        key: BlobKey,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
    ) -> StoreResult<bool> {
        let mut transaction = self.begin().await?;
        lock(&mut transaction, key.workspace).await?;
        let sql = "DELETE FROM blobs \
             WHERE ((unused_at_ms IS NOT NULL AND unused_at_ms <= $1) OR (stored = 0 AND received_at_ms <= $2)) \
             AND workspace_id = $3 AND blob_id = $4 AND object_id = $5 RETURNING size_bytes";
        let query = sqlx::query(sql)
            .bind(unused_before)
            .bind(unfinished_before)
            .bind(key.workspace.0)
            .bind(key.id.0)
            .bind(key.object);
        let gone = query.fetch_optional(&mut *transaction).await.map_err(failure)?;
        let Some(gone) = gone else { return Ok(false) };
        let sql = "UPDATE workspaces SET blob_bytes = greatest(0, blob_bytes - $2) WHERE workspace_id = $1";
        let query = sqlx::query(sql).bind(key.workspace.0).bind(signed(number(&gone, 0)?));
        query.execute(&mut *transaction).await.map_err(failure)?;
        transaction.commit().await.map_err(failure)?;
        Ok(true)
    }
}
