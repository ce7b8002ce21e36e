//! Document logs in Postgres: one transaction a batch, a fixed number of statements whatever its size.

use std::collections::HashMap;

use async_trait::async_trait;
use groundplan_shared::wire::{DocumentId, EnvelopeId, WorkspaceId};
use sqlx::{PgConnection, postgres::PgRow};

use super::{
    PostgresStore, device_id, document_id, envelope_id, failure, get, hash, number, signed, size, workspaces,
};
use crate::store::{
    AppendBatch, DocumentHead, DocumentStore, FeedFrom, NewEnvelope, Page, PageLimit, Placement, StoreError,
    StoreResult, StoredEnvelope, WorkspaceStore as _, compartment,
    ledger::{Ledger, StreamKey, StreamTail},
};

#[async_trait]
impl DocumentStore for PostgresStore {
    async fn append_envelopes(&self, id: WorkspaceId, batch: AppendBatch) -> StoreResult<Vec<Placement>> {
        let mut transaction = self.begin().await?;
        let workspace = workspaces::lock(&mut transaction, id).await?;
        let mut ledger = Ledger::open(&workspace, &batch)?;
        let ids: Vec<_> = batch.envelopes.iter().map(|envelope| envelope.env_id).collect();
        let mut known = known(&mut transaction, id, &ids).await?;
        load(&mut transaction, id, &batch.envelopes, &mut ledger).await?;
        let mut placements = Vec::with_capacity(batch.envelopes.len());
        let mut fresh = Vec::new();
        for (position, envelope) in batch.envelopes.iter().enumerate() {
            if let Some(placement) = known.get(&envelope.env_id) {
                placements.push(*placement);
                continue;
            }
            let placement = ledger.place(position, envelope)?;
            known.insert(placement.env_id, Placement { repeated: true, ..placement });
            fresh.push((envelope, placement));
            placements.push(placement);
        }
        if !fresh.is_empty() {
            insert(&mut transaction, id, &fresh, batch.now).await?;
            close(&mut transaction, id, &ledger).await?;
            transaction.commit().await.map_err(failure)?;
        }
        Ok(placements)
    }

    async fn placements(&self, id: WorkspaceId, ids: &[EnvelopeId]) -> StoreResult<Vec<Placement>> {
        let mut connection = self.pool.acquire().await.map_err(failure)?;
        Ok(known(&mut connection, id, ids).await?.into_values().collect())
    }

    async fn feed(&self, from: FeedFrom, limit: PageLimit) -> StoreResult<Page> {
        self.workspace(from.workspace).await?;
        let sql = "SELECT ws_seq, document_id, doc_seq, link, log_index, compartment, envelope FROM envelopes \
             WHERE workspace_id = $1 AND ws_seq > $2 AND ($3 >> compartment::int) & 1 = 1 ORDER BY ws_seq LIMIT $4";
        let query = sqlx::query(sql)
            .bind(from.workspace.0)
            .bind(signed(from.after))
            .bind(i64::from(from.clearance.bits()))
            .bind(size(limit.rows + 1));
        page(&query.fetch_all(&self.pool).await.map_err(failure)?, limit)
    }

    async fn document_tail(
        &self,
        from: FeedFrom,
        document: DocumentId,
        limit: PageLimit,
    ) -> StoreResult<Page> {
        self.workspace(from.workspace).await?;
        let sql = "SELECT ws_seq, document_id, doc_seq, link, log_index, compartment, envelope FROM envelopes \
             WHERE workspace_id = $1 AND document_id = $5 AND doc_seq > $2 AND ($3 >> compartment::int) & 1 = 1 \
             ORDER BY doc_seq LIMIT $4";
        let query = sqlx::query(sql)
            .bind(from.workspace.0)
            .bind(signed(from.after))
            .bind(i64::from(from.clearance.bits()))
            .bind(size(limit.rows + 1))
            .bind(document.0);
        page(&query.fetch_all(&self.pool).await.map_err(failure)?, limit)
    }

    async fn document_heads(
        &self,
        id: WorkspaceId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> StoreResult<Vec<DocumentHead>> {
        self.workspace(id).await?;
        let sql = "SELECT document_id, doc_seq, link, compartment FROM documents WHERE workspace_id = $1 AND document_id > $2 \
             ORDER BY document_id LIMIT $3";
        // Every id is longer than the empty one, which therefore stands before all of them.
        let after = after.map_or(Vec::new(), |document| document.0.to_vec());
        let query = sqlx::query(sql).bind(id.0).bind(after).bind(size(limit));
        query.fetch_all(&self.pool).await.map_err(failure)?.iter().map(head).collect()
    }
}

fn head(row: &PgRow) -> StoreResult<DocumentHead> {
    Ok(DocumentHead {
        document: document_id(row, 0)?,
        doc_seq: number(row, 1)?,
        link: hash(row, 2)?,
        compartment: compartment(get(row, 3)?).ok_or(StoreError::corrupt("documents.compartment"))?,
    })
}

/// Which envelopes of the batch are stored already, and where.
async fn known(
    connection: &mut PgConnection,
    id: WorkspaceId,
    ids: &[EnvelopeId],
) -> StoreResult<HashMap<EnvelopeId, Placement>> {
    let sql = "SELECT env_id, doc_seq, link, ws_seq, log_index FROM envelopes \
         WHERE workspace_id = $1 AND env_id = ANY($2)";
    let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
    let rows = sqlx::query(sql).bind(id.0).bind(ids).fetch_all(connection).await.map_err(failure)?;
    rows.iter()
        .map(|row| {
            let env_id = envelope_id(row, 0)?;
            let placement = Placement {
                env_id,
                doc_seq: number(row, 1)?,
                link: hash(row, 2)?,
                ws_seq: number(row, 3)?,
                log_index: number(row, 4)?,
                repeated: true,
            };
            Ok((env_id, placement))
        })
        .collect()
}

/// Loads the heads and streams that the batch touches.
async fn load(
    connection: &mut PgConnection,
    id: WorkspaceId,
    envelopes: &[NewEnvelope],
    ledger: &mut Ledger<'_>,
) -> StoreResult<()> {
    for envelope in envelopes {
        ledger.set_document(envelope.document, None);
        ledger.set_stream(StreamKey { author: envelope.author, stream: envelope.stream }, None);
    }
    let sql = "SELECT document_id, doc_seq, link, compartment FROM documents \
         WHERE workspace_id = $1 AND document_id = ANY($2)";
    let ids: Vec<Vec<u8>> = envelopes.iter().map(|envelope| envelope.document.0.to_vec()).collect();
    let rows = sqlx::query(sql).bind(id.0).bind(ids).fetch_all(&mut *connection).await.map_err(failure)?;
    for row in &rows {
        let head = head(row)?;
        ledger.set_document(head.document, Some(head));
    }
    let sql = "SELECT s.device_id, s.stream, s.last_dev_seq, s.last_env_id FROM author_streams s \
         JOIN (SELECT DISTINCT * FROM unnest($2::bytea[], $3::bytea[]) AS asked (device_id, stream)) asked \
         USING (device_id, stream) WHERE s.workspace_id = $1";
    let authors: Vec<Vec<u8>> = envelopes.iter().map(|envelope| envelope.author.0.to_vec()).collect();
    let streams: Vec<Vec<u8>> =
        envelopes.iter().map(|envelope| envelope.stream.as_slice().to_vec()).collect();
    let query = sqlx::query(sql).bind(id.0).bind(authors).bind(streams);
    for row in &query.fetch_all(connection).await.map_err(failure)? {
        let stream = groundplan_shared::wire::StreamId::from_slice(get(row, 1)?)
            .ok_or(StoreError::corrupt("author_streams.stream"))?;
        let key = StreamKey { author: device_id(row, 0)?, stream };
        ledger.set_stream(key, Some(StreamTail { dev_seq: number(row, 2)?, env_id: envelope_id(row, 3)? }));
    }
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    id: WorkspaceId,
    fresh: &[(&NewEnvelope, Placement)],
    now: i64,
) -> StoreResult<()> {
    let sql = "INSERT INTO envelopes (workspace_id, received_at_ms, ws_seq, document_id, doc_seq, link, env_id, \
         log_index, compartment, envelope) SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[], $5::bigint[], \
         $6::bytea[], $7::bytea[], $8::bigint[], $9::bigint[], $10::bytea[])";
    fn column<T>(fresh: &[(&NewEnvelope, Placement)], of: impl Fn(&NewEnvelope, &Placement) -> T) -> Vec<T> {
        fresh.iter().map(|(envelope, placement)| of(envelope, placement)).collect()
    }
    sqlx::query(sql)
        .bind(id.0)
        .bind(now)
        .bind(column(fresh, |_, placement| signed(placement.ws_seq)))
        .bind(column(fresh, |envelope, _| envelope.document.0.to_vec()))
        .bind(column(fresh, |_, placement| signed(placement.doc_seq)))
        .bind(column(fresh, |_, placement| placement.link.0.to_vec()))
        .bind(column(fresh, |_, placement| placement.env_id.0.to_vec()))
        .bind(column(fresh, |_, placement| signed(placement.log_index)))
        .bind(column(fresh, |envelope, _| i64::from(envelope.compartment.number())))
        .bind(column(fresh, |envelope, _| envelope.bytes.clone()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(failure)
}

/// Writes the counters that the batch moved.
async fn close(connection: &mut PgConnection, id: WorkspaceId, ledger: &Ledger<'_>) -> StoreResult<()> {
    let heads: Vec<_> = ledger.documents().copied().collect();
    let sql = "INSERT INTO documents (workspace_id, document_id, doc_seq, link, compartment) \
         SELECT $1, * FROM unnest($2::bytea[], $3::bigint[], $4::bytea[], $5::bigint[]) \
         ON CONFLICT (workspace_id, document_id) DO UPDATE SET doc_seq = excluded.doc_seq, \
         link = excluded.link, compartment = excluded.compartment";
    sqlx::query(sql)
        .bind(id.0)
        .bind(heads.iter().map(|head| head.document.0.to_vec()).collect::<Vec<_>>())
        .bind(heads.iter().map(|head| signed(head.doc_seq)).collect::<Vec<_>>())
        .bind(heads.iter().map(|head| head.link.0.to_vec()).collect::<Vec<_>>())
        .bind(heads.iter().map(|head| i64::from(head.compartment.number())).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(failure)?;
    let streams: Vec<_> = ledger.streams().collect();
    let sql = "INSERT INTO author_streams (workspace_id, device_id, stream, last_dev_seq, last_env_id) \
         SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[]) \
         ON CONFLICT (workspace_id, device_id, stream) \
         DO UPDATE SET last_dev_seq = excluded.last_dev_seq, last_env_id = excluded.last_env_id";
    sqlx::query(sql)
        .bind(id.0)
        .bind(streams.iter().map(|(key, _)| key.author.0.to_vec()).collect::<Vec<_>>())
        .bind(streams.iter().map(|(key, _)| key.stream.as_slice().to_vec()).collect::<Vec<_>>())
        .bind(streams.iter().map(|(_, tail)| signed(tail.dev_seq)).collect::<Vec<_>>())
        .bind(streams.iter().map(|(_, tail)| tail.env_id.0.to_vec()).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(failure)?;
    let sql = "UPDATE workspaces SET last_ws_seq = $2, stored_bytes = $3 WHERE workspace_id = $1";
    sqlx::query(sql)
        .bind(id.0)
        .bind(signed(ledger.last_ws_seq()))
        .bind(signed(ledger.stored_bytes()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(failure)
}

fn page(rows: &[PgRow], limit: PageLimit) -> StoreResult<Page> {
    let mut page = Page { envelopes: Vec::new(), more: false };
    let mut bytes = 0;
    for row in rows {
        let envelope = StoredEnvelope {
            ws_seq: number(row, 0)?,
            document: document_id(row, 1)?,
            doc_seq: number(row, 2)?,
            link: hash(row, 3)?,
            log_index: number(row, 4)?,
            compartment: compartment(get(row, 5)?).ok_or(StoreError::corrupt("envelopes.compartment"))?,
            bytes: get(row, 6)?,
        };
        bytes += envelope.bytes.len();
        if !page.envelopes.is_empty() && (page.envelopes.len() >= limit.rows || bytes > limit.bytes) {
            page.more = true;
            break;
        }
        page.envelopes.push(envelope);
    }
    Ok(page)
}
