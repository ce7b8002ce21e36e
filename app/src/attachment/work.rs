//! What the courier has to do, as the database sees it, and what it notes there.
//!
//! Not here: requests (`courier`).

use groundplan_shared::api::AttachmentSync;
use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::Secret;
use groundplan_shared::crypto::safe::{ChunkPlace, CompartmentKey, chunk_id};
use groundplan_shared::model::{ContentHash, DocumentId};
use groundplan_shared::wire::{BlobId, Hash, WorkspaceId};
use rusqlite::Connection;

use crate::core::CoreError;

/// A chunk in a compartment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) hash: ContentHash,
    pub(super) compartment: Compartment,
    pub(super) size: usize,
}

/// A key of a compartment with its epoch.
pub(super) struct EpochKey {
    pub(super) epoch: u32,
    pub(super) key: CompartmentKey,
}

impl EpochKey {
    pub(super) fn place(&self, workspace: WorkspaceId, compartment: Compartment) -> ChunkPlace {
        ChunkPlace { workspace, compartment, epoch: self.epoch }
    }

    pub(super) fn id(&self, workspace: WorkspaceId, item: &Item) -> BlobId {
        chunk_id(&self.key, &self.place(workspace, item.compartment), &Hash(item.hash.0))
    }
}

const TO_SEND: &str = "FROM attachment_chunk n
     JOIN document d ON d.row = n.row
     JOIN chunk c ON c.hash = n.hash
     LEFT JOIN chunk_sent s ON s.hash = n.hash AND s.compartment = d.compartment
     WHERE s.hash IS NULL";
const TO_FETCH: &str = "FROM attachment_chunk n
     JOIN document d ON d.row = n.row
     WHERE NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.hash = n.hash)";

fn items(
    sql: &Connection,
    from: &str,
    after: Option<ContentHash>,
    limit: usize,
) -> Result<Vec<Item>, CoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT DISTINCT n.hash, d.compartment, n.size {from} AND n.hash > ?1 ORDER BY n.hash LIMIT ?2"
    ))?;
    let after = after.map_or(Vec::new(), |hash| hash.0.to_vec());
    let rows = statement.query_map((after, limit as i64), raw)?;
    let mut found = Vec::new();
    for row in rows {
        found.extend(item(row?));
    }
    Ok(found)
}

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<([u8; 32], u8, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// What a compartment or size means that this program does not know is left for one that does.
fn item((hash, compartment, size): ([u8; 32], u8, i64)) -> Option<Item> {
    let compartment = Compartment::ALL.into_iter().find(|one| one.number() == compartment)?;
    Some(Item { hash: ContentHash(hash), compartment, size: usize::try_from(size).ok()? })
}

/// Lists chunks that the server is not known to have, after a hash.
pub(super) fn to_send(
    sql: &Connection,
    after: Option<ContentHash>,
    limit: usize,
) -> Result<Vec<Item>, CoreError> {
    items(sql, TO_SEND, after, limit)
}

/// Lists chunks that are named and not here, after a hash.
pub(super) fn to_fetch(
    sql: &Connection,
    after: Option<ContentHash>,
    limit: usize,
) -> Result<Vec<Item>, CoreError> {
    items(sql, TO_FETCH, after, limit)
}

/// Lists those of these chunks that are not here.
pub(super) fn of(sql: &Connection, hashes: &[ContentHash]) -> Result<Vec<Item>, CoreError> {
    let mut found = Vec::new();
    for hash in hashes {
        let mut statement = sql.prepare_cached(&format!(
            "SELECT DISTINCT n.hash, d.compartment, n.size {TO_FETCH} AND n.hash = ?1"
        ))?;
        let rows = statement.query_map([hash.0.as_slice()], raw)?;
        for row in rows {
            found.extend(item(row?));
        }
    }
    Ok(found)
}

/// Counts both.
pub fn counts(sql: &Connection) -> Result<AttachmentSync, CoreError> {
    let number = |from: &str| -> Result<u64, CoreError> {
        let mut statement = sql.prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT DISTINCT n.hash, d.compartment {from})"
        ))?;
        Ok(u64::try_from(statement.query_row([], |row| row.get::<_, i64>(0))?).unwrap_or(0))
    };
    Ok(AttachmentSync { to_send: number(TO_SEND)?, to_fetch: number(TO_FETCH)?, problem: None })
}

/// Reads the keys of a compartment, the newest first.
pub(super) fn keys(sql: &Connection, compartment: Compartment) -> Result<Vec<EpochKey>, CoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT epoch, secret FROM compartment_key WHERE compartment = ?1 ORDER BY epoch DESC",
    )?;
    let mut rows = statement.query([compartment.number()])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let secret = zeroize::Zeroizing::new(row.get::<_, [u8; 32]>(1)?);
        let key = CompartmentKey::from_secret(Secret::new(*secret));
        keys.push(EpochKey { epoch: row.get(0)?, key });
    }
    Ok(keys)
}

/// Notes that the server has a chunk.
pub(super) fn sent(sql: &Connection, item: &Item, epoch: u32, blob: BlobId) -> Result<(), CoreError> {
    sql.prepare_cached(
        "INSERT OR REPLACE INTO chunk_sent(hash, compartment, epoch, blob) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((item.hash.0.as_slice(), item.compartment.number(), epoch, blob.0.as_slice()))?;
    Ok(())
}

/// Lists what the server acknowledged and living records name, after a blob.
pub(super) fn acknowledged(sql: &Connection, after: BlobId, limit: usize) -> Result<Vec<BlobId>, CoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT blob FROM chunk_sent s WHERE blob > ?1
           AND EXISTS (SELECT 1 FROM attachment_chunk n WHERE n.hash = s.hash)
         ORDER BY blob LIMIT ?2",
    )?;
    let rows = statement.query_map((after.0.as_slice(), limit as i64), |row| Ok(BlobId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that the server does not have a chunk any more.
pub(super) fn lost(sql: &Connection, blob: BlobId) -> Result<(), CoreError> {
    sql.prepare_cached("DELETE FROM chunk_sent WHERE blob = ?1")?.execute([blob.0.as_slice()])?;
    Ok(())
}

/// Lists what lies on the server and is not needed there: neither a record nor the bytes are here any more, so that undo
/// cannot bring it back, or records of other compartments name it, since its document was classified anew.
pub(super) fn unused(sql: &Connection, limit: usize) -> Result<Vec<BlobId>, CoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT blob FROM chunk_sent s
         WHERE NOT EXISTS (SELECT 1 FROM attachment_chunk n WHERE n.hash = s.hash)
               AND NOT EXISTS (SELECT 1 FROM chunk c WHERE c.hash = s.hash)
            OR EXISTS (SELECT 1 FROM attachment_chunk n WHERE n.hash = s.hash)
               AND NOT EXISTS (SELECT 1 FROM attachment_chunk n JOIN document d ON d.row = n.row
                   WHERE n.hash = s.hash AND d.compartment = s.compartment)
         LIMIT ?1",
    )?;
    let rows = statement.query_map([limit as i64], |row| Ok(BlobId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists the documents that name a chunk.
pub(super) fn documents(sql: &Connection, hash: &ContentHash) -> Result<Vec<DocumentId>, CoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT DISTINCT coalesce(d.subject, d.id) FROM attachment_chunk n JOIN document d ON d.row = n.row WHERE n.hash = ?1",
    )?;
    let rows = statement.query_map([hash.0.as_slice()], |row| Ok(DocumentId::from_bytes(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
