//! Compaction in Postgres. Whoever drops locks the workspace's row first.

use async_trait::async_trait;
use groundplan_shared::wire::{DeviceId, DocumentId, WorkspaceId};

use super::{
    PostgresStore, document_id, envelope_id, failure, get, number, signed, size, workspace_id, workspaces,
};
use crate::store::{AckRow, CompactionStore, Dropped, StoreResult, UnixMs};

#[async_trait]
impl CompactionStore for PostgresStore {
    async fn put_ack(&self, workspace: WorkspaceId, row: AckRow) -> StoreResult<()> {
        let sql = "INSERT INTO snapshot_acks \
             (workspace_id, document_id, snapshot_id, device_id, covers, ack, stored_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql)
            .bind(workspace.0)
            .bind(row.document.0)
            .bind(row.snapshot.0)
            .bind(row.device.0)
            .bind(signed(row.covers))
            .bind(row.ack)
            .bind(row.stored_at);
        query.execute(&self.pool).await.map(drop).map_err(failure)
    }

    async fn acks(&self, workspace: WorkspaceId, document: DocumentId) -> StoreResult<Vec<AckRow>> {
        let sql = "SELECT snapshot_id, device_id, covers, ack, stored_at_ms FROM snapshot_acks \
             WHERE workspace_id = $1 AND document_id = $2 AND done = 0 ORDER BY covers, snapshot_id, device_id";
        let rows = sqlx::query(sql)
            .bind(workspace.0)
            .bind(document.0)
            .fetch_all(&self.pool)
            .await
            .map_err(failure)?;
        rows.iter()
            .map(|row| {
                Ok(AckRow {
                    document,
                    snapshot: envelope_id(row, 0)?,
                    device: DeviceId(get(row, 1)?),
                    covers: number(row, 2)?,
                    ack: get(row, 3)?,
                    stored_at: get(row, 4)?,
                })
            })
            .collect()
    }

    async fn acked_documents(
        &self,
        stored_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<(WorkspaceId, DocumentId)>> {
        let sql = "SELECT DISTINCT workspace_id, document_id FROM snapshot_acks \
             WHERE done = 0 AND stored_at_ms <= $1 ORDER BY workspace_id, document_id LIMIT $2";
        let query = sqlx::query(sql).bind(stored_before).bind(size(limit));
        let rows = query.fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter().map(|row| Ok((workspace_id(row, 0)?, document_id(row, 1)?))).collect()
    }

    async fn drop_envelopes(&self, workspace: WorkspaceId, dropped: Dropped) -> StoreResult<u64> {
        let mut transaction = self.begin().await?;
        workspaces::lock(&mut transaction, workspace).await?;
        let mut freed: u64 = 0;
        for (doc_seq, stub) in &dropped.stubs {
            let sql = "WITH old AS (SELECT length(envelope)::bigint AS size FROM envelopes \
                 WHERE workspace_id = $1 AND document_id = $2 AND doc_seq = $3) \
                 UPDATE envelopes SET envelope = $4 FROM old \
                 WHERE workspace_id = $1 AND document_id = $2 AND doc_seq = $3 RETURNING old.size";
            let query = sqlx::query(sql)
                .bind(workspace.0)
                .bind(dropped.document.0)
                .bind(signed(*doc_seq))
                .bind(stub.as_slice());
            if let Some(row) = query.fetch_optional(&mut *transaction).await.map_err(failure)? {
                freed += number(&row, 0)?.saturating_sub(stub.len() as u64);
            }
        }
        let sql =
            "UPDATE workspaces SET stored_bytes = greatest(0, stored_bytes - $2) WHERE workspace_id = $1";
        let query = sqlx::query(sql).bind(workspace.0).bind(signed(freed));
        query.execute(&mut *transaction).await.map_err(failure)?;
        let sql =
            "UPDATE snapshot_acks SET done = 1 WHERE workspace_id = $1 AND document_id = $2 AND covers <= $3";
        let query = sqlx::query(sql).bind(workspace.0).bind(dropped.document.0).bind(signed(dropped.done));
        query.execute(&mut *transaction).await.map_err(failure)?;
        transaction.commit().await.map_err(failure)?;
        Ok(freed)
    }
}
