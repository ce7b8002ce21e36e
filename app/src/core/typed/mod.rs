//! Keystrokes: typing appends one narrow row to one table, so that it writes one page of the database.
//!
//! A row of `typed` stands for a change in the document's tail, a change in the outbox, a mark in `stale` and an undo
//! step. They are derived from it in the transaction of whoever needs any of them next ([`Tx::settle`]), and after
//! some hundred keystrokes. Loading a document reads its rows here, so nothing ever sees a text behind.
//!
//! Rows come in runs: typing in one document, each change directly on top of the one before. A run becomes one row of
//! the outbox and travels in one envelope, so that only its first change has to touch the `alive` register: a delete
//! made elsewhere has seen all of a run or nothing of it.

use std::collections::BTreeMap;

use automerge::{Change, ChangeHash};
use groundplan_shared::model::{DocumentId, DocumentKind};

use super::journal::{self, Step, TYPING, TYPING_PAUSE_MS};
use super::loaded;
use super::tx::{Touched, Tx, commit, next_batch, queue};
use super::{Changes, CoreError};
use crate::doc::{self, DocError};
use crate::{project, query};

/// The table; part of a migration of the workspace's database. It has neither index nor reference, so that a row
/// costs one page; it holds few rows, and documents are never deleted from the database.
pub(crate) const TYPED: &str = "
CREATE TABLE typed (
    seq INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    change BLOB NOT NULL
) STRICT;
";

/// Rows after which they settle.
const ROWS: usize = 256;
/// Bytes of changes after which they settle.
const BYTES: usize = 48 * 1024;
/// Largest change that counts as typing; a paste is written where it belongs at once.
const CHANGE_BYTES: usize = 4 * 1024;

/// What lies in `typed`, as far as the present process knows.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    rows: usize,
    bytes: usize,
    run: i64,
    end: Option<End>,
}

/// The change on top of the latest run.
#[derive(Debug)]
struct End {
    document: i64,
    hash: ChangeHash,
    at_ms: u64,
}

impl Typed {
    fn continues(&self, document: i64, before: &[ChangeHash], now_ms: u64) -> bool {
        self.end.as_ref().is_some_and(|end| {
            end.document == document
                && *before == [end.hash]
                && now_ms.saturating_sub(end.at_ms) < TYPING_PAUSE_MS
        })
    }
}

struct Run {
    number: i64,
    row: i64,
    id: DocumentId,
    thing: DocumentId,
    kind: DocumentKind,
    compartment: u8,
    began_ms: u64,
    made_ms: u64,
    changes: Vec<u8>,
    /// Where the last change begins in `changes`.
    last: usize,
}

impl Tx<'_> {
    /// Writes the transaction as a keystroke, if it is one; `None`: it has to be written in full.
    pub(super) fn keystroke(
        &mut self,
        label: Option<&str>,
        touched: &mut BTreeMap<DocumentId, Touched>,
    ) -> Result<Option<Changes>, CoreError> {
        let (Some(TYPING), 1, Some(mut entry)) = (label, touched.len(), touched.first_entry()) else {
            return Ok(None);
        };
        let (id, only) = (*entry.key(), entry.get_mut());
        if !only.text_only || only.remote || !self.journal {
            return Ok(None);
        }
        if self.typed.is_none() {
            self.settle()?;
        }
        let typed = self.typed.get_or_insert_default();
        let loaded = self.docs.get_mut(&id).ok_or(CoreError::NotFound(id))?;
        let continues = typed.continues(loaded.row, &only.before, self.now_ms);
        if !continues {
            doc::touch(&mut loaded.doc, self.now_ms)?;
            only.untouched = false;
        }
        let made = commit(&mut loaded.doc, &only.before, self.now_ms);
        let change = match (made.alone, made.changes.as_slice()) {
            (_, []) => return Ok(Some(Changes { heads: made.after, ..Changes::default() })),
            (true, [change]) if change.len() <= CHANGE_BYTES => change,
            _ => return Ok(None),
        };
        let [hash] = made.after[..] else { return Ok(None) };
        if typed.rows == 0 {
            loaded::fold_if_grown(&self.sql, loaded)?;
        }
        typed.run += i64::from(!continues);
        self.sql
            .prepare_cached("INSERT INTO typed(document, run, at_ms, change) VALUES (?1, ?2, ?3, ?4)")?
            .execute((loaded.row, typed.run, self.now_ms as i64, change))?;
        typed.rows += 1;
        typed.bytes += change.len();
        typed.end = Some(End { document: loaded.row, hash, at_ms: self.now_ms });
        let thing = loaded.thing;
        if typed.rows >= ROWS || typed.bytes >= BYTES {
            self.settle()?;
        }
        Ok(Some(Changes { documents: vec![thing], outbox: true, typing: true, heads: made.after }))
    }

    /// Writes what the rows of `typed` stand for, and empties it. Needs a writing transaction.
    pub(crate) fn settle(&mut self) -> Result<(), CoreError> {
        if self.typed.as_ref().is_some_and(|typed| typed.rows == 0) {
            return Ok(());
        }
        let runs = self.runs()?;
        for run in &runs {
            let batch = next_batch(&self.sql)?;
            queue(&self.sql, batch, (run.id, run.kind, run.compartment), &run.changes, run.made_ms)?;
            loaded::insert(&self.sql, run.row, &run.changes)?;
            if let Some(loaded) = self.docs.get_mut(&run.id) {
                loaded.count(&run.changes);
            }
            project::mark_stale(&self.sql, run.row)?;
            let (first, last) =
                (decode(&run.changes)?, decode(run.changes.get(run.last..).unwrap_or_default())?);
            let step = Step::new(run.id, first.deps(), &[last.hash()]);
            let label = typing_in(self, run.thing)?;
            journal::push(&self.sql, &label, &[step], run.began_ms, run.made_ms)?;
        }
        if !runs.is_empty() {
            self.sql.prepare_cached("DELETE FROM typed")?.execute([])?;
        }
        *self.typed = Some(Typed::default());
        Ok(())
    }

    fn runs(&self) -> Result<Vec<Run>, CoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT t.run, d.row, d.id, d.kind, d.compartment, t.at_ms, t.change, coalesce(d.subject, d.id)
             FROM typed t JOIN document d ON d.row = t.document ORDER BY t.seq",
        )?;
        let mut rows = statement.query([])?;
        let mut runs: Vec<Run> = Vec::new();
        while let Some(row) = rows.next()? {
            let (number, at_ms) = (row.get(0)?, u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0));
            let change = row.get_ref(6)?.as_blob().map_err(rusqlite::Error::from)?;
            match runs.last_mut().filter(|run| run.number == number) {
                Some(run) => {
                    run.made_ms = at_ms;
                    run.last = run.changes.len();
                    run.changes.extend_from_slice(change);
                }
                None => runs.push(Run {
                    number,
                    row: row.get(1)?,
                    id: DocumentId::from_bytes(row.get(2)?),
                    thing: DocumentId::from_bytes(row.get(7)?),
                    kind: row.get::<_, String>(3)?.parse().unwrap_or(DocumentKind::Settings),
                    compartment: row.get(4)?,
                    began_ms: at_ms,
                    made_ms: at_ms,
                    changes: change.to_vec(),
                    last: 0,
                }),
            }
        }
        Ok(runs)
    }

    /// Returns what the latest keystroke was typed in, if one has not settled.
    pub(super) fn latest_typed(&self) -> Result<Option<DocumentId>, CoreError> {
        use rusqlite::OptionalExtension;
        let id: Option<[u8; 16]> = self
            .sql
            .prepare_cached(
                "SELECT coalesce(d.subject, d.id) FROM typed t JOIN document d ON d.row = t.document ORDER BY t.seq DESC LIMIT 1",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(id.map(DocumentId::from_bytes))
    }
}

/// Labels typing in a document.
pub(super) fn typing_in(tx: &Tx<'_>, id: DocumentId) -> Result<String, CoreError> {
    Ok(format!("{TYPING}{}", query::reference(tx, id)?.name))
}

/// Reads the first of changes that were written here.
fn decode(bytes: &[u8]) -> Result<Change, CoreError> {
    let first = super::changes_in(bytes).first().map_or(bytes, |first| *first);
    Change::from_bytes(first.to_vec()).map_err(|_| DocError::Missing("readable change").into())
}

#[cfg(test)]
mod tests;
