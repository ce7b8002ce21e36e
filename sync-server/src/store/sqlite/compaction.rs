//! Compaction in SQLite.

use async_trait::async_trait;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, WorkspaceId};
use rusqlite::{Connection, params};

use super::{SqliteStore, all, one, run, workspaces};
use crate::store::{AckRow, CompactionStore, Dropped, StoreResult, UnixMs};

#[async_trait]
impl CompactionStore for SqliteStore {
    async fn put_ack(&self, workspace: WorkspaceId, row: AckRow) -> StoreResult<()> {
        let sql = "INSERT INTO snapshot_acks \
             (workspace_id, document_id, snapshot_id, device_id, covers, ack, stored_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
        self.engine
            .write(move |db| {
                let AckRow { document, snapshot, device, covers, ack, stored_at } = row;
                let of = (workspace.0, document.0, snapshot.0, device.0);
                run(db, sql, params![of.0, of.1, of.2, of.3, covers, ack, stored_at]).map(drop)
            })
            .await
    }

    async fn acks(&self, workspace: WorkspaceId, document: DocumentId) -> StoreResult<Vec<AckRow>> {
        let sql = "SELECT snapshot_id, device_id, covers, ack, stored_at_ms FROM snapshot_acks \
             WHERE workspace_id = ?1 AND document_id = ?2 AND done = 0 ORDER BY covers, snapshot_id, device_id";
        self.engine
            .read(move |db| {
                all(db, sql, params![workspace.0, document.0], |row| {
                    Ok(AckRow {
                        document,
                        snapshot: EnvelopeId(row.get(0)?),
                        device: DeviceId(row.get(1)?),
                        covers: row.get(2)?,
                        ack: row.get(3)?,
                        stored_at: row.get(4)?,
                    })
                })
            })
            .await
    }

    async fn acked_documents(
        &self,
        stored_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<(WorkspaceId, DocumentId)>> {
        let sql = "SELECT DISTINCT workspace_id, document_id FROM snapshot_acks \
             WHERE done = 0 AND stored_at_ms <= ?1 ORDER BY workspace_id, document_id LIMIT ?2";
        self.engine
            .read(move |db| {
                all(db, sql, params![stored_before, limit], |row| {
                    Ok((WorkspaceId(row.get(0)?), DocumentId(row.get(1)?)))
                })
            })
            .await
    }

    async fn drop_envelopes(&self, workspace: WorkspaceId, dropped: Dropped) -> StoreResult<u64> {
        self.engine.write(move |db| drop_all(db, workspace, &dropped)).await
    }
}

fn drop_all(db: &Connection, workspace: WorkspaceId, dropped: &Dropped) -> StoreResult<u64> {
    workspaces::find(db, workspace)?;
    let mut freed: u64 = 0;
    for (doc_seq, stub) in &dropped.stubs {
        let at = params![workspace.0, dropped.document.0, doc_seq];
        let sql = "SELECT length(envelope) FROM envelopes \
             WHERE workspace_id = ?1 AND document_id = ?2 AND doc_seq = ?3";
        let Some(size) = one(db, sql, at, |row| row.get::<_, u64>(0))? else { continue };
        let sql = "UPDATE envelopes SET envelope = ?4 \
             WHERE workspace_id = ?1 AND document_id = ?2 AND doc_seq = ?3";
        run(db, sql, params![workspace.0, dropped.document.0, doc_seq, stub])?;
        freed += size.saturating_sub(stub.len() as u64);
    }
    let sql = "UPDATE workspaces SET stored_bytes = max(0, stored_bytes - ?2) WHERE workspace_id = ?1";
    run(db, sql, params![workspace.0, freed])?;
    let sql =
        "UPDATE snapshot_acks SET done = 1 WHERE workspace_id = ?1 AND document_id = ?2 AND covers <= ?3";
    run(db, sql, params![workspace.0, dropped.document.0, dropped.done])?;
    Ok(freed)
}
