//! Documents in memory: loaded when first touched, from the latest save and the changes since.

use std::collections::HashMap;

use automerge::{ActorId, AutoCommit, ReadDoc};
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
    /// What it stands for.
    pub thing: DocumentId,
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
        .prepare_cached("SELECT row, kind, compartment, save, subject FROM document WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, u8>(2)?,
                row.get::<_, Vec<u8>>(3)?,
                row.get::<_, Option<[u8; 16]>>(4)?,
            ))
        })
        .optional()?;
    let Some((row, kind, compartment, save, thing)) = found else { return Ok(None) };
    let mut tail = Vec::new();
    let mut tail_count = 0;
    let mut statement = sql.prepare_cached("SELECT change FROM tail WHERE document = ?1 ORDER BY seq")?;
    let mut rows = statement.query([row])?;
    while let Some(row) = rows.next()? {
        tail.extend_from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
        tail_count += 1;
    }
    // Keystrokes that have not settled; they count once they have.
    let tail_bytes = tail.len();
    let mut statement = sql.prepare_cached("SELECT change FROM typed WHERE document = ?1 ORDER BY seq")?;
    let mut rows = statement.query([row])?;
    while let Some(row) = rows.next()? {
        tail.extend_from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    let mut doc = if save.is_empty() { doc::empty(actor.clone()) } else { doc::load(&save, actor.clone())? };
    if !tail.is_empty() {
        doc.load_incremental(&tail)?;
    }
    let kind = kind.parse().unwrap_or(DocumentKind::Settings);
    let thing = thing.map_or(id, DocumentId::from_bytes);
    Ok(Some(Loaded { row, thing, kind, compartment, doc, save_bytes: save.len(), tail_bytes, tail_count }))
}

/// Appends changes to the document's tail, and folds the tail into a new save when it has grown enough that the
/// cost of saving is spread over many edits.
pub(crate) fn append(
    sql: &Transaction<'_>,
    loaded: &mut Loaded,
    changes: &[Vec<u8>],
) -> Result<(), CoreError> {
    for change in changes {
        insert(sql, loaded.row, change)?;
        loaded.count(change);
    }
    fold_if_grown(sql, loaded)
}

/// Appends one or more changes as one row of the tail.
pub(super) fn insert(sql: &Transaction<'_>, row: i64, changes: &[u8]) -> Result<(), CoreError> {
    sql.prepare_cached("INSERT INTO tail(document, change) VALUES (?1, ?2)")?.execute((row, changes))?;
    Ok(())
}

impl Loaded {
    /// Counts a row of the tail.
    pub(super) fn count(&mut self, changes: &[u8]) {
        self.tail_bytes += changes.len();
        self.tail_count += 1;
    }

    /// Says whether a new save is worth it. It costs as much as the document is long, whatever it compresses to: so the
    /// tail has to have grown with it.
    fn has_grown(&self) -> bool {
        let operations = usize::try_from(self.doc.stats().num_ops).unwrap_or(usize::MAX);
        let worth = (32 * 1024).max(4 * self.save_bytes).max(operations.saturating_mul(2));
        self.tail_bytes > worth || self.tail_count > 4_096
    }
}

/// Folds the tail into a new save if it has grown enough.
pub(super) fn fold_if_grown(sql: &Transaction<'_>, loaded: &mut Loaded) -> Result<(), CoreError> {
    if loaded.has_grown() { fold(sql, loaded) } else { Ok(()) }
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
