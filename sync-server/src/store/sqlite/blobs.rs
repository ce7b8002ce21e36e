//! Rows of blobs in SQLite.

use async_trait::async_trait;
use groundplan_shared::wire::{BlobId, Hash, WorkspaceId};
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, all, one, run};
use crate::store::{
    BlobKey, BlobPut, BlobRow, BlobStore, Entity, Reserved, StoreError, StoreResult, UnixMs, compartment,
};

const FIND: &str =
    "SELECT blob_id, compartment, sha256, size_bytes, stored, unused_at_ms IS NOT NULL, object_id
     FROM blobs
     WHERE workspace_id = ?1 AND blob_id = ?2";
const STALE_LIST: &str = "SELECT workspace_id, blob_id, object_id FROM blobs
     WHERE (unused_at_ms IS NOT NULL AND unused_at_ms <= ?1) OR (stored = 0 AND received_at_ms <= ?2)
     ORDER BY workspace_id, blob_id LIMIT ?3";
const STALE_DROP: &str = "DELETE FROM blobs
     WHERE ((unused_at_ms IS NOT NULL AND unused_at_ms <= ?1) OR (stored = 0 AND received_at_ms <= ?2))
       AND workspace_id = ?3 AND blob_id = ?4 AND object_id = ?5
     RETURNING size_bytes";

type Raw = ([u8; 32], i64, [u8; 32], u64, bool, bool, [u8; 16]);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn made((id, number, sha256, size, stored, unused, object): Raw) -> StoreResult<BlobRow> {
    let compartment = compartment(number).ok_or(StoreError::corrupt("blobs.compartment"))?;
    Ok(BlobRow { id: BlobId(id), compartment, sha256: Hash(sha256), object, size, stored, unused })
}

fn find(db: &Connection, workspace: WorkspaceId, id: BlobId) -> StoreResult<Option<BlobRow>> {
    one(db, FIND, params![workspace.0, id.0], raw)?.map(made).transpose()
}

impl SqliteStore {
    async fn mark(&self, sql: &'static str, key: BlobKey) -> StoreResult<()> {
        let work = move |db: &Connection| run(db, sql, params![key.workspace.0, key.id.0, key.object]);
        if self.engine.write(work).await? == 1 { Ok(()) } else { Err(StoreError::NotFound(Entity::Blob)) }
    }
}

#[async_trait]
impl BlobStore for SqliteStore {
    async fn reserve_blob(&self, put: BlobPut) -> StoreResult<Reserved> {
        self.engine.write(move |db| reserve(db, &put)).await
    }

    async fn finish_blob(&self, key: BlobKey) -> StoreResult<()> {
        let sql = "UPDATE blobs SET stored = 1 WHERE workspace_id = ?1 AND blob_id = ?2 AND object_id = ?3";
        self.mark(sql, key).await
    }

    async fn lose_blob(&self, key: BlobKey) -> StoreResult<()> {
        let sql = "UPDATE blobs SET stored = 0 WHERE workspace_id = ?1 AND blob_id = ?2 AND object_id = ?3";
        self.mark(sql, key).await
    }

    async fn blob(&self, workspace: WorkspaceId, id: BlobId) -> StoreResult<BlobRow> {
        let found = self.engine.read(move |db| find(db, workspace, id)).await?;
        found.filter(|row| row.stored).ok_or(StoreError::NotFound(Entity::Blob))
    }

    async fn claim_blobs(&self, workspace: WorkspaceId, ids: &[BlobId]) -> StoreResult<Vec<BlobRow>> {
        let ids = ids.to_vec();
        self.engine
            .write(move |db| {
                let sql = "UPDATE blobs SET unused_at_ms = NULL
                     WHERE workspace_id = ?1 AND blob_id = ?2 AND unused_at_ms IS NOT NULL";
                let mut found = Vec::new();
                for id in ids {
                    if let Some(row) = find(db, workspace, id)?.filter(|row| row.stored) {
                        if row.unused {
                            run(db, sql, params![workspace.0, id.0])?;
                        }
                        found.push(row);
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn abandon_blob(&self, workspace: WorkspaceId, id: BlobId, now: UnixMs) -> StoreResult<()> {
        let sql = "UPDATE blobs SET unused_at_ms = coalesce(unused_at_ms, ?3)
             WHERE workspace_id = ?1 AND blob_id = ?2 AND stored = 1";
        let done = self.engine.write(move |db| run(db, sql, params![workspace.0, id.0, now])).await?;
        if done == 1 { Ok(()) } else { Err(StoreError::NotFound(Entity::Blob)) }
    }

    async fn stale_blobs(
        &self,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<BlobKey>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| {
            Ok(BlobKey { workspace: WorkspaceId(row.get(0)?), id: BlobId(row.get(1)?), object: row.get(2)? })
        };
        self.engine
            .read(move |db| all(db, STALE_LIST, params![unused_before, unfinished_before, limit], read))
            .await
    }

    async fn drop_blob(
        &self,
        key: BlobKey,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
    ) -> StoreResult<bool> {
        let work = move |db: &Connection| {
            let values = params![unused_before, unfinished_before, key.workspace.0, key.id.0, key.object];
            let gone: Option<u64> = one(db, STALE_DROP, values, |row| row.get(0))?;
            let Some(size) = gone else { return Ok(false) };
            let sql = "UPDATE workspaces SET blob_bytes = max(0, blob_bytes - ?2) WHERE workspace_id = ?1";
            run(db, sql, params![key.workspace.0, size])?;
            Ok(true)
        };
        self.engine.write(work).await
    }
}

fn reserve(db: &Connection, put: &BlobPut) -> StoreResult<Reserved> {
    let sql = "SELECT blob_bytes FROM workspaces WHERE workspace_id = ?1";
    let held: u64 = one(db, sql, params![put.workspace.0], |row| row.get(0))?
        .ok_or(StoreError::NotFound(Entity::Workspace))?;
    let there = find(db, put.workspace, put.id)?;
    let reserved = put.judge(there.as_ref(), held)?;
    match reserved {
        Reserved::Stored => {
            let sql = "UPDATE blobs SET unused_at_ms = NULL WHERE workspace_id = ?1 AND blob_id = ?2";
            run(db, sql, params![put.workspace.0, put.id.0])?;
        }
        Reserved::Write { held, .. } => {
            let sql = "INSERT OR REPLACE INTO blobs
                 (workspace_id, blob_id, compartment, sha256, object_id, size_bytes, stored, received_at_ms, unused_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?7, ?5, 0, ?6, NULL)";
            let compartment = i64::from(put.compartment.number());
            let values =
                params![put.workspace.0, put.id.0, compartment, put.sha256.0, put.size, put.now, put.object];
            run(db, sql, values)?;
            let sql = "UPDATE workspaces SET blob_bytes = ?2 WHERE workspace_id = ?1";
            run(db, sql, params![put.workspace.0, held])?;
        }
    }
    Ok(reserved)
}
