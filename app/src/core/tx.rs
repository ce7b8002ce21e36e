//! One transaction: reads and edits of documents that become durable together.

use std::collections::{BTreeMap, HashMap};

use automerge::{ActorId, AutoCommit, ChangeHash};
use groundplan_shared::model::{DocumentId, DocumentKind};
use rusqlite::{OptionalExtension, Transaction};

use super::journal::{self, Step};
use super::loaded::{self, Loaded};
use super::typed::{Typed, typing_in};
use super::{Changes, CoreError, INTERNAL, TYPING};
use crate::{doc, project};

/// A transaction on the workspace.
pub struct Tx<'a> {
    pub(super) sql: Transaction<'a>,
    pub(super) docs: &'a mut HashMap<DocumentId, Loaded>,
    pub(super) typed: &'a mut Option<Typed>,
    actor: ActorId,
    pub(super) now_ms: u64,
    touched: BTreeMap<DocumentId, Touched>,
    flushed: Changes,
    pub(super) journal: bool,
}

pub(super) struct Touched {
    pub(super) before: Vec<ChangeHash>,
    /// Whether only a long text changed, so that indexing may wait for the next reader of the index.
    pub(super) text_only: bool,
    /// Whether the changes came from elsewhere and are stored already.
    pub(super) remote: bool,
    /// Whether `alive` has to be touched before the edit is committed.
    pub(super) untouched: bool,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        sql: Transaction<'a>,
        docs: &'a mut HashMap<DocumentId, Loaded>,
        typed: &'a mut Option<Typed>,
        actor: ActorId,
        now_ms: u64,
    ) -> Self {
        Self {
            sql,
            docs,
            typed,
            actor,
            now_ms,
            touched: BTreeMap::new(),
            flushed: Changes::default(),
            journal: true,
        }
    }

    /// Returns the database transaction.
    pub fn sql(&self) -> &Transaction<'a> {
        &self.sql
    }

    /// Returns the time of the transaction in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Returns the actor with which edits are made.
    pub fn actor(&self) -> &ActorId {
        &self.actor
    }

    /// Leaves this transaction out of undo and redo (undo itself, and bookkeeping).
    pub(crate) fn without_journal(&mut self) {
        self.journal = false;
    }

    /// Looks at the document of a thing.
    pub fn with<T>(&mut self, id: DocumentId, f: impl FnOnce(&mut AutoCommit) -> T) -> Result<T, CoreError> {
        let document = self.document_of(id)?;
        self.with_document(document, f)
    }

    /// Looks at a document, whether it counts or not.
    pub(crate) fn with_document<T>(
        &mut self,
        id: DocumentId,
        f: impl FnOnce(&mut AutoCommit) -> T,
    ) -> Result<T, CoreError> {
        Ok(f(&mut self.loaded(id)?.doc))
    }

    /// Returns the id of the settings document, if it is here already.
    pub fn settings_id(&self) -> Result<Option<DocumentId>, CoreError> {
        let found: Option<[u8; 16]> = self
            .sql
            .prepare_cached("SELECT id FROM document WHERE kind = 'settings' ORDER BY id LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(found.map(DocumentId::from_bytes))
    }

    /// Says what a thing is, if there is one.
    pub fn kind_of(&mut self, id: DocumentId) -> Result<Option<DocumentKind>, CoreError> {
        let document = self.document_of(id)?;
        self.kind_of_document(document)
    }

    /// Says what a document holds, if there is one.
    pub(crate) fn kind_of_document(&mut self, id: DocumentId) -> Result<Option<DocumentKind>, CoreError> {
        if let Some(loaded) = self.docs.get(&id) {
            return Ok(Some(loaded.kind));
        }
        match loaded::load(&self.sql, id, &self.actor)? {
            Some(loaded) => Ok(Some(self.docs.entry(id).or_insert(loaded).kind)),
            None => Ok(None),
        }
    }

    /// Makes a thing with an edit in it, in the compartment `internal`.
    pub fn create(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        f: impl FnOnce(&mut AutoCommit) -> Result<(), CoreError>,
    ) -> Result<(), CoreError> {
        self.create_document(id, kind, INTERNAL, f)
    }

    /// Makes a document that is read by whoever may read a thing: it is sealed in that one's compartment. Nothing says
    /// outside of it that it is there.
    pub fn create_beside(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        beside: DocumentId,
        f: impl FnOnce(&mut AutoCommit) -> Result<(), CoreError>,
    ) -> Result<(), CoreError> {
        let compartment = self.compartment_of(beside)?.ok_or(CoreError::NotFound(beside))?;
        self.create_document(id, kind, compartment, f)
    }

    /// Makes a document with an edit in it.
    pub(super) fn create_document(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        compartment: u8,
        f: impl FnOnce(&mut AutoCommit) -> Result<(), CoreError>,
    ) -> Result<(), CoreError> {
        let mut new = doc::create(self.actor.clone(), kind)?;
        f(&mut new)?;
        doc::touch(&mut new, self.now_ms)?;
        let row = self.insert_row(id, kind, compartment)?;
        self.touched.insert(id, Touched::new(Vec::new(), false));
        self.docs.insert(id, Loaded::fresh(id, row, kind, compartment, new));
        Ok(())
    }

    /// Edits the document of a thing.
    pub fn edit<T>(
        &mut self,
        id: DocumentId,
        f: impl FnOnce(&mut AutoCommit) -> Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        let document = self.document_of(id)?;
        self.edit_document(document, false, f)
    }

    /// Edits nothing but a long text of a thing; the search index follows before it is next read.
    pub fn edit_text<T>(
        &mut self,
        id: DocumentId,
        f: impl FnOnce(&mut AutoCommit) -> Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        let document = self.document_of(id)?;
        self.edit_document(document, true, f)
    }

    pub(super) fn edit_document<T>(
        &mut self,
        id: DocumentId,
        text_only: bool,
        f: impl FnOnce(&mut AutoCommit) -> Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        let now_ms = self.now_ms;
        self.note(id, text_only)?;
        let doc = &mut self.loaded(id)?.doc;
        let value = f(doc)?;
        if text_only {
            // A keystroke may do without: see `typed`.
            if let Some(touched) = self.touched.get_mut(&id) {
                touched.untouched = true;
            }
        } else {
            doc::touch(doc, now_ms)?;
        }
        Ok(value)
    }

    /// Deletes a document; an edit made elsewhere at the same time brings it back.
    pub(super) fn delete_document(&mut self, id: DocumentId) -> Result<(), CoreError> {
        self.note(id, false)?;
        Ok(doc::delete(&mut self.loaded(id)?.doc)?)
    }

    /// Takes back what happened to a thing between two versions of its document. Where the document stands among those
    /// of the thing stays as it is.
    pub fn revert(
        &mut self,
        thing: DocumentId,
        before: &[ChangeHash],
        after: &[ChangeHash],
    ) -> Result<(), CoreError> {
        let document = self.document_of(thing)?;
        let stands = self.with_document(document, |doc| doc::lineage::standing(doc))?;
        self.revert_document(document, before, after)?;
        self.edit_document(document, false, |doc| Ok(doc::lineage::stand(doc, &stands)?))
    }

    /// Takes back what happened to a document between two versions.
    pub(super) fn revert_document(
        &mut self,
        id: DocumentId,
        before: &[ChangeHash],
        after: &[ChangeHash],
    ) -> Result<(), CoreError> {
        let now_ms = self.now_ms;
        self.note(id, false)?;
        Ok(doc::undo::revert(&mut self.loaded(id)?.doc, before, after, now_ms)?)
    }

    /// Remembers the state before the first touch.
    fn note(&mut self, id: DocumentId, text_only: bool) -> Result<(), CoreError> {
        if let Some(touched) = self.touched.get_mut(&id).filter(|touched| !touched.remote) {
            touched.text_only &= text_only;
            return Ok(());
        }
        // Changes that came from elsewhere in this transaction are stored already: the edit stands on top of them.
        let before = self.loaded(id)?.doc.get_heads();
        self.touched.insert(id, Touched::new(before, text_only));
        Ok(())
    }

    /// Forgets that a document was touched: it is gone.
    pub(super) fn untouch(&mut self, id: DocumentId) {
        self.touched.remove(&id);
    }

    pub(super) fn note_remote(&mut self, id: DocumentId) {
        self.touched.entry(id).or_insert(Touched { remote: true, ..Touched::new(Vec::new(), false) });
    }

    pub(super) fn loaded(&mut self, id: DocumentId) -> Result<&mut Loaded, CoreError> {
        if !self.docs.contains_key(&id) {
            let loaded = loaded::load(&self.sql, id, &self.actor)?.ok_or(CoreError::NotFound(id))?;
            self.docs.insert(id, loaded);
        }
        self.docs.get_mut(&id).ok_or(CoreError::NotFound(id))
    }

    pub(super) fn adopt(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        compartment: u8,
    ) -> Result<(), CoreError> {
        let row = self.insert_row(id, kind, compartment)?;
        let new = doc::empty(self.actor.clone());
        self.docs.insert(id, Loaded::fresh(id, row, kind, compartment, new));
        Ok(())
    }

    /// Projects a document again as it stands in this transaction.
    pub(crate) fn project_again(&mut self, id: DocumentId) -> Result<(), CoreError> {
        self.project_document(id)
    }

    /// Drops a document from memory, and its empty row if it was just adopted.
    pub(super) fn forget(&mut self, id: DocumentId, adopted: bool) -> Result<(), CoreError> {
        self.docs.remove(&id);
        if adopted {
            self.sql.prepare_cached("DELETE FROM document WHERE id = ?1")?.execute([id.to_bytes()])?;
        }
        Ok(())
    }

    pub(super) fn append(&mut self, id: DocumentId, changes: &[Vec<u8>]) -> Result<(), CoreError> {
        let loaded = self.docs.get_mut(&id).ok_or(CoreError::NotFound(id))?;
        loaded::append(&self.sql, loaded, changes)
    }

    fn insert_row(&self, id: DocumentId, kind: DocumentKind, compartment: u8) -> Result<i64, CoreError> {
        self.sql
            .prepare_cached("INSERT INTO document(id, kind, compartment, save) VALUES (?1, ?2, ?3, x'')")?
            .execute((id.to_bytes(), kind.as_str(), compartment))?;
        Ok(self.sql.last_insert_rowid())
    }

    /// Writes everything and commits.
    pub(super) fn finish(mut self, label: Option<&str>) -> Result<Changes, CoreError> {
        let mut touched = std::mem::take(&mut self.touched);
        let mut changes = match self.keystroke(label, &mut touched)? {
            Some(changes) => changes,
            None => self.write(label, touched)?,
        };
        changes.outbox |= self.flushed.outbox;
        changes.typing &= !self.flushed.outbox;
        changes.documents.append(&mut self.flushed.documents);
        self.sql.commit()?;
        Ok(changes)
    }

    /// Writes what was edited so far, so that it can be sent in this transaction already.
    pub(super) fn flush(&mut self) -> Result<(), CoreError> {
        let touched = std::mem::take(&mut self.touched);
        let mut changes = self.write(None, touched)?;
        self.flushed.outbox |= changes.outbox;
        self.flushed.documents.append(&mut changes.documents);
        Ok(())
    }

    fn write(
        &mut self,
        label: Option<&str>,
        touched: BTreeMap<DocumentId, Touched>,
    ) -> Result<Changes, CoreError> {
        let mut changes = Changes::default();
        if touched.is_empty() {
            return Ok(changes);
        }
        self.settle()?;
        let mut steps = Vec::new();
        let mut batch = None;
        for (id, touched) in touched {
            let loaded = self.docs.get_mut(&id).ok_or(CoreError::NotFound(id))?;
            if !touched.remote {
                if touched.untouched {
                    doc::touch(&mut loaded.doc, self.now_ms)?;
                }
                let made = commit(&mut loaded.doc, &touched.before, self.now_ms);
                if made.changes.is_empty() {
                    changes.heads = made.after;
                    continue;
                }
                let batch = *match &mut batch {
                    Some(batch) => batch,
                    None => batch.insert(next_batch(&self.sql)?),
                };
                for change in &made.changes {
                    let of = (id, loaded.kind, loaded.compartment);
                    queue(&self.sql, batch, of, change, self.now_ms)?;
                }
                loaded::append(&self.sql, loaded, &made.changes)?;
                changes.outbox = true;
                steps.push(Step::new(id, &touched.before, &made.after));
                changes.heads = made.after;
            }
            if touched.text_only {
                project::mark_stale(&self.sql, loaded.row)?;
            } else {
                self.project_document(id)?;
            }
            if touched.remote {
                self.owe(id)?;
            }
            let thing = self.docs.get(&id).map_or(id, |loaded| loaded.thing);
            if changes.documents.last() != Some(&thing) {
                changes.documents.push(thing);
            }
        }
        if let (Some(label), true, false) = (label, self.journal, steps.is_empty()) {
            let typing = match (label, changes.documents.as_slice()) {
                (TYPING, [id]) => Some(typing_in(self, *id)?),
                _ => None,
            };
            journal::push(&self.sql, typing.as_deref().unwrap_or(label), &steps, self.now_ms, self.now_ms)?;
        }
        Ok(changes)
    }
}

impl Touched {
    fn new(before: Vec<ChangeHash>, text_only: bool) -> Self {
        Self { before, text_only, remote: false, untouched: false }
    }
}

/// What an edit made of a document.
pub(super) struct Made {
    /// The changes.
    pub(super) changes: Vec<Vec<u8>>,
    /// The heads after them.
    pub(super) after: Vec<ChangeHash>,
    /// Whether it is one change, directly on top of all there was.
    pub(super) alone: bool,
}

/// Commits the edit and returns what it made.
pub(super) fn commit(doc: &mut AutoCommit, before: &[ChangeHash], now_ms: u64) -> Made {
    doc::commit(doc, now_ms);
    let after = doc.get_heads();
    if after == before {
        return Made { changes: Vec::new(), after, alone: false };
    }
    // The usual case, without walking the history.
    if let (Some(mut change), [head]) = (doc.get_last_local_change(), after.as_slice())
        && change.hash() == *head
        && change.deps() == before
    {
        return Made { changes: vec![change.bytes().to_vec()], after, alone: true };
    }
    let changes = doc.get_changes(before).into_iter().map(|mut change| change.bytes().to_vec()).collect();
    Made { changes, after, alone: false }
}

/// Puts changes of one document into the outbox, as a part of a batch.
pub(super) fn queue(
    sql: &Transaction<'_>,
    batch: i64,
    (id, kind, compartment): (DocumentId, DocumentKind, u8),
    change: &[u8],
    made_ms: u64,
) -> Result<(), CoreError> {
    sql.prepare_cached(
        "INSERT INTO outbox(batch, document, kind, compartment, change, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((batch, id.to_bytes(), kind.as_str(), compartment, change, made_ms as i64))?;
    Ok(())
}

pub(super) fn next_batch(sql: &Transaction<'_>) -> Result<i64, CoreError> {
    // AUTOINCREMENT never gives a number twice, so the next id is a batch number no earlier batch has.
    Ok(sql
        .prepare_cached("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) + 1")?
        .query_row([], |row| row.get(0))?)
}

impl Loaded {
    fn fresh(id: DocumentId, row: i64, kind: DocumentKind, compartment: u8, doc: AutoCommit) -> Self {
        Self { row, thing: id, kind, compartment, doc, save_bytes: 0, tail_bytes: 0, tail_count: 0 }
    }
}
