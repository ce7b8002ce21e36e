//! Rows of attachments and of the chunks that they name.

use automerge::AutoCommit;
use groundplan_shared::model::DocumentId;
use rusqlite::Transaction;

use crate::core::CoreError;
use crate::doc::attachment::{self, Record};

/// Writes the rows of a document; those of a deleted one count as taken away.
pub(super) fn write(
    sql: &Transaction<'_>,
    row: i64,
    id: DocumentId,
    doc: &AutoCommit,
    deleted: bool,
) -> Result<(), CoreError> {
    let mut records = attachment::read(doc);
    records.iter_mut().for_each(|record| record.removed |= deleted);
    if same(sql, row, &records)? {
        return Ok(());
    }
    for statement in ["DELETE FROM attachment WHERE row = ?1", "DELETE FROM attachment_chunk WHERE row = ?1"]
    {
        sql.prepare_cached(statement)?.execute([row])?;
    }
    let mut insert = sql.prepare_cached(
        "INSERT INTO attachment(row, id, document, name, path, media_type, size, hash, source, source_key, removed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut chunk = sql.prepare_cached(
        "INSERT INTO attachment_chunk(row, attachment, position, hash, size) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut again =
        sql.prepare_cached("UPDATE chunk SET unnamed_ms = NULL WHERE hash = ?1 AND unnamed_ms IS NOT NULL")?;
    for Record { attachment, removed } in &records {
        insert.execute((
            row,
            attachment.id.to_bytes(),
            id.to_bytes(),
            &attachment.name,
            &attachment.path,
            &attachment.media_type,
            attachment.size as i64,
            attachment.hash.0.as_slice(),
            attachment.source.as_ref().map(|source| source.source.to_bytes()),
            attachment.source.as_ref().map(|source| &source.key),
            removed,
        ))?;
        let named = if *removed { &[] } else { attachment.chunks.as_slice() };
        for (position, hash) in named.iter().enumerate() {
            let size = attachment.chunk_len(position) as i64;
            chunk.execute((row, attachment.id.to_bytes(), position as i64, hash.0.as_slice(), size))?;
            // Named again: if it is let go once more, that counts from then.
            again.execute([hash.0.as_slice()])?;
        }
    }
    Ok(())
}

/// Says whether the rows are as the records, so that an edit of something else costs no writing.
fn same(sql: &Transaction<'_>, row: i64, records: &[Record]) -> Result<bool, CoreError> {
    let mut statement = sql
        .prepare_cached("SELECT id, name, path, hash, removed FROM attachment WHERE row = ?1 ORDER BY id")?;
    let mut rows = statement.query([row])?;
    // Records come in the order of their ids as texts, which is that of the bytes.
    for Record { attachment, removed } in records {
        let Some(found) = rows.next()? else { return Ok(false) };
        let equal = found.get::<_, [u8; 16]>(0)? == attachment.id.to_bytes()
            && found.get_ref(1)?.as_str().ok() == Some(attachment.name.as_str())
            && found.get_ref(2)?.as_str().ok() == Some(attachment.path.as_str())
            && found.get::<_, [u8; 32]>(3)? == attachment.hash.0
            && found.get::<_, bool>(4)? == *removed;
        if !equal {
            return Ok(false);
        }
    }
    Ok(rows.next()?.is_none())
}
