//! Document logs in SQLite. The writing thread is the lock: one unit of work at a time moves the counters.

use std::collections::HashMap;

use async_trait::async_trait;
use groundplan_shared::wire::{DocumentId, EnvelopeId, Hash, WorkspaceId};
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, all, one, run, workspaces};
use crate::store::{
    AppendBatch, DocumentHead, DocumentStore, FeedFrom, Page, PageLimit, Placement, StoreResult,
    StoredEnvelope, compartment,
    ledger::{Ledger, StreamKey, StreamTail},
};

#[async_trait]
impl DocumentStore for SqliteStore {
    async fn append_envelopes(&self, id: WorkspaceId, batch: AppendBatch) -> StoreResult<Vec<Placement>> {
        self.engine.write(move |db| append(db, id, &batch)).await
    }

    async fn placements(&self, id: WorkspaceId, ids: &[EnvelopeId]) -> StoreResult<Vec<Placement>> {
        let ids = ids.to_vec();
        self.engine
            .read(move |db| {
                let found = ids.into_iter().map(|env_id| placement(db, id, env_id));
                found.filter_map(Result::transpose).collect()
            })
            .await
    }

    async fn feed(&self, from: FeedFrom, limit: PageLimit) -> StoreResult<Page> {
        let sql = "SELECT ws_seq, document_id, doc_seq, link, log_index, compartment, envelope FROM envelopes \
             WHERE workspace_id = ?1 AND ws_seq > ?2 AND (?3 >> compartment) & 1 ORDER BY ws_seq LIMIT ?4";
        self.engine
            .read(move |db| {
                workspaces::find(db, from.workspace)?;
                let values = params![from.workspace.0, from.after, from.clearance.bits(), limit.rows + 1];
                page(db, sql, values, limit)
            })
            .await
    }

    async fn document_tail(
        &self,
        from: FeedFrom,
        document: DocumentId,
        limit: PageLimit,
    ) -> StoreResult<Page> {
        let sql = "SELECT ws_seq, document_id, doc_seq, link, log_index, compartment, envelope FROM envelopes \
             WHERE workspace_id = ?1 AND document_id = ?5 AND doc_seq > ?2 AND (?3 >> compartment) & 1 \
             ORDER BY doc_seq LIMIT ?4";
        self.engine
            .read(move |db| {
                workspaces::find(db, from.workspace)?;
                let bits = from.clearance.bits();
                page(db, sql, params![from.workspace.0, from.after, bits, limit.rows + 1, document.0], limit)
            })
            .await
    }

    async fn document_heads(
        &self,
        id: WorkspaceId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> StoreResult<Vec<DocumentHead>> {
        let sql = "SELECT document_id, doc_seq, link, compartment FROM documents WHERE workspace_id = ?1 AND document_id > ?2 \
             ORDER BY document_id LIMIT ?3";
        self.engine
            .read(move |db| {
                workspaces::find(db, id)?;
                // Every id is longer than the empty one, which therefore stands before all of them.
                let after = after.map_or(Vec::new(), |document| document.0.to_vec());
                all(db, sql, params![id.0, after, limit], document_head)
            })
            .await
    }
}

fn placement(db: &Connection, id: WorkspaceId, env_id: EnvelopeId) -> StoreResult<Option<Placement>> {
    let sql =
        "SELECT doc_seq, link, ws_seq, log_index FROM envelopes WHERE workspace_id = ?1 AND env_id = ?2";
    one(db, sql, params![id.0, env_id.0], |row| {
        Ok(Placement {
            env_id,
            doc_seq: row.get(0)?,
            link: Hash(row.get(1)?),
            ws_seq: row.get(2)?,
            log_index: row.get(3)?,
            repeated: true,
        })
    })
}

fn append(db: &Connection, id: WorkspaceId, batch: &AppendBatch) -> StoreResult<Vec<Placement>> {
    let workspace = workspaces::find(db, id)?;
    let mut ledger = Ledger::open(&workspace, batch)?;
    let mut known = HashMap::new();
    for envelope in &batch.envelopes {
        if let Some(placement) = placement(db, id, envelope.env_id)? {
            known.insert(envelope.env_id, placement);
        }
    }
    let mut placements = Vec::with_capacity(batch.envelopes.len());
    for (position, envelope) in batch.envelopes.iter().enumerate() {
        if let Some(placement) = known.get(&envelope.env_id) {
            placements.push(*placement);
            continue;
        }
        let key = StreamKey { author: envelope.author, stream: envelope.stream };
        if !ledger.knows_stream(&key) {
            let sql = "SELECT last_dev_seq, last_env_id FROM author_streams \
                 WHERE workspace_id = ?1 AND device_id = ?2 AND stream = ?3";
            let tail = one(db, sql, params![id.0, key.author.0, key.stream.as_slice()], |row| {
                Ok(StreamTail { dev_seq: row.get(0)?, env_id: EnvelopeId(row.get(1)?) })
            })?;
            ledger.set_stream(key, tail);
        }
        if !ledger.knows_document(envelope.document) {
            let sql = "SELECT document_id, doc_seq, link, compartment FROM documents \
                 WHERE workspace_id = ?1 AND document_id = ?2";
            let head = one(db, sql, params![id.0, envelope.document.0], document_head)?;
            ledger.set_document(envelope.document, head);
        }
        let placement = ledger.place(position, envelope)?;
        known.insert(placement.env_id, Placement { repeated: true, ..placement });
        let sql = "INSERT INTO envelopes (workspace_id, ws_seq, document_id, doc_seq, link, env_id, log_index, \
             compartment, envelope, received_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let values = params![
            id.0,
            placement.ws_seq,
            envelope.document.0,
            placement.doc_seq,
            placement.link.0,
            placement.env_id.0,
            placement.log_index,
            envelope.compartment.number(),
            envelope.bytes,
            batch.now
        ];
        run(db, sql, values)?;
        placements.push(placement);
    }
    close(db, id, &ledger)?;
    Ok(placements)
}

/// Writes the counters that the batch moved.
fn close(db: &Connection, id: WorkspaceId, ledger: &Ledger<'_>) -> StoreResult<()> {
    if ledger.is_unchanged() {
        return Ok(());
    }
    for head in ledger.documents() {
        let sql = "INSERT INTO documents (workspace_id, document_id, doc_seq, link, compartment) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (workspace_id, document_id) DO UPDATE SET doc_seq = excluded.doc_seq, \
             link = excluded.link, compartment = excluded.compartment";
        run(db, sql, params![id.0, head.document.0, head.doc_seq, head.link.0, head.compartment.number()])?;
    }
    for (key, tail) in ledger.streams() {
        let sql = "INSERT INTO author_streams (workspace_id, device_id, stream, last_dev_seq, last_env_id) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (workspace_id, device_id, stream) \
             DO UPDATE SET last_dev_seq = excluded.last_dev_seq, last_env_id = excluded.last_env_id";
        run(db, sql, params![id.0, key.author.0, key.stream.as_slice(), tail.dev_seq, tail.env_id.0])?;
    }
    let sql = "UPDATE workspaces SET last_ws_seq = ?2, stored_bytes = ?3 WHERE workspace_id = ?1";
    run(db, sql, params![id.0, ledger.last_ws_seq(), ledger.stored_bytes()]).map(drop)
}

fn page(
    db: &Connection,
    sql: &'static str,
    values: impl rusqlite::Params,
    limit: PageLimit,
) -> StoreResult<Page> {
    let mut statement = db.prepare_cached(sql).map_err(super::failure)?;
    let mut rows = statement.query(values).map_err(super::failure)?;
    let mut page = Page { envelopes: Vec::new(), more: false };
    let mut bytes = 0;
    while let Some(row) = rows.next().map_err(super::failure)? {
        let envelope = stored(row).map_err(super::failure)?;
        bytes += envelope.bytes.len();
        let full = page.envelopes.len() >= limit.rows || bytes > limit.bytes;
        if full && !page.envelopes.is_empty() {
            page.more = true;
            break;
        }
        page.envelopes.push(envelope);
    }
    Ok(page)
}

fn document_head(row: &Row<'_>) -> rusqlite::Result<DocumentHead> {
    Ok(DocumentHead {
        document: DocumentId(row.get(0)?),
        doc_seq: row.get(1)?,
        link: Hash(row.get(2)?),
        compartment: compartment(row.get(3)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, 0))?,
    })
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredEnvelope> {
    Ok(StoredEnvelope {
        ws_seq: row.get(0)?,
        document: DocumentId(row.get(1)?),
        doc_seq: row.get(2)?,
        link: Hash(row.get(3)?),
        log_index: row.get(4)?,
        compartment: compartment(row.get(5)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(5, 0))?,
        bytes: row.get(6)?,
    })
}
