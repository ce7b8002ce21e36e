//! Documents in memory: loaded when first touched, from the latest save and the changes since.

use std::collections::HashMap;

use automerge::{ActorId, AutoCommit};
use groundplan_shared::model::{DocumentId, DocumentKind};
use rusqlite::{OptionalExtension, Transaction};

use super::CoreError;
use crate::doc;

/// Documents kept in memory between transactions.
const KEEP: usize = 256;

/// A document in memory.
pub(crate) struct Loaded {
    /// Its row in the database.
    pub row: i64,
    /// What it holds.
    pub kind: DocumentKind,
    /// Its compartment.
    pub compartment: u8,
    /// The document.
    pub doc: AutoCommit,
    /// Bytes of its latest save.
    pub save_bytes: usize,
    /// Bytes of the changes since.
    pub tail_bytes: usize,
    /// Number of the changes since.
    pub tail_count: usize,
}

/// Loads a document. `None` if there is none.
pub(crate) fn load(
    sql: &Transaction<'_>,
    id: DocumentId,
    actor: &ActorId,
) -> Result<Option<Loaded>, CoreError> {
    let found = sql
        .prepare_cached("SELECT row, kind, compartment, save FROM document WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, u8>(2)?,
                row.get::<_, Vec<u8>>(3)?,
            ))
        })
        .optional()?;
    let Some((row, kind, compartment, save)) = found else { return Ok(None) };
    let mut tail = Vec::new();
    let mut tail_count = 0;
    let mut statement = sql.prepare_cached("SELECT change FROM tail WHERE document = ?1 ORDER BY seq")?;
    let mut rows = statement.query([row])?;
    while let Some(row) = rows.next()? {
        tail.extend_from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
        tail_count += 1;
    }
    let mut doc = if save.is_empty() { doc::empty(actor.clone()) } else { doc::load(&save, actor.clone())? };
    if !tail.is_empty() {
        doc.load_incremental(&tail)?;
    }
    let kind = kind.parse().unwrap_or(DocumentKind::Settings);
    Ok(Some(Loaded {
        row,
        kind,
        compartment,
        doc,
        save_bytes: save.len(),
        tail_bytes: tail.len(),
        tail_count,
    }))
}

/// Appends changes to the document's tail, and folds the tail into a new save when it has grown enough that the
/// cost of saving is spread over many edits.
pub(crate) fn append(
    sql: &Transaction<'_>,
    loaded: &mut Loaded,
    changes: &[Vec<u8>],
) -> Result<(), CoreError> {
    for change in changes {
        sql.prepare_cached("INSERT INTO tail(document, change) VALUES (?1, ?2)")?
            .execute((loaded.row, change))?;
        loaded.tail_bytes += change.len();
        loaded.tail_count += 1;
    }
    if loaded.tail_bytes > 16_384.max(4 * loaded.save_bytes) || loaded.tail_count > 4_096 {
        fold(sql, loaded)?;
    }
    Ok(())
}

/// Folds the tail into a new save.
pub(crate) fn fold(sql: &Transaction<'_>, loaded: &mut Loaded) -> Result<(), CoreError> {
    let save = loaded.doc.save();
    sql.prepare_cached("UPDATE document SET save = ?2 WHERE row = ?1")?.execute((loaded.row, &save))?;
    sql.prepare_cached("DELETE FROM tail WHERE document = ?1")?.execute([loaded.row])?;
    loaded.save_bytes = save.len();
    loaded.tail_bytes = 0;
    loaded.tail_count = 0;
    Ok(())
}

/// Lets go of documents when there are too many in memory.
pub(crate) fn trim(docs: &mut HashMap<DocumentId, Loaded>) {
    if docs.len() > KEEP {
        let extra: Vec<DocumentId> = docs.keys().copied().take(docs.len() - KEEP / 2).collect();
        for id in extra {
            docs.remove(&id);
        }
    }
}
