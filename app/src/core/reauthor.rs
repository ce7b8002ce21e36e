//! Writing edits anew as another author: a device that was shut out and let in again has other keys, and nobody takes
//! changes of an actor that is not its own. Each change becomes a new one of the same document that does exactly the same;
//! where it refers to what others know, it goes on referring to that, so it merges as the first one would have.
//!
//! Not here: when that is so (`identity::renew`) and which changes the server has already (`sync::former`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{ActorId, AutoCommit, Change, ChangeHash, ScalarValue};
use groundplan_shared::model::DocumentId;
use groundplan_shared::wire::Hash;

use super::{CoreError, Tx, bounded, changes_in, journal};
use crate::doc::{self, DocError, lineage};
use crate::env;

/// What was written anew so far: in place of which changes, and of which actors.
#[derive(Debug, Default)]
pub(crate) struct Renamed {
    hashes: BTreeMap<ChangeHash, ChangeHash>,
    actors: HashMap<ActorId, ActorId>,
}

impl Renamed {
    /// Counts the changes written anew.
    pub(crate) fn count(&self) -> usize {
        self.hashes.len()
    }

    /// Returns what a version of a document is called now.
    fn version(&self, version: &str) -> String {
        let part = |part: &str| match part.parse::<ChangeHash>() {
            Ok(hash) => self.hashes.get(&hash).unwrap_or(&hash).to_string(),
            Err(_) => part.to_owned(),
        };
        version.split('.').map(part).collect::<Vec<_>>().join(".")
    }
}

/// A row of the outbox, with its changes.
struct Row {
    id: i64,
    changes: Vec<Change>,
}

impl Tx<'_> {
    /// Lists documents with unsent changes of other devices than this one: those that it was before.
    pub(crate) fn foreign_unsent(&mut self) -> Result<Vec<DocumentId>, CoreError> {
        self.settle()?;
        let device = self.device();
        let rows: Vec<([u8; 16], Vec<u8>)> = {
            let mut statement = self.sql.prepare_cached("SELECT document, change FROM outbox ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut found: Vec<(bool, DocumentId)> = Vec::new();
        for (id, change) in rows {
            let id = DocumentId::from_bytes(id);
            let changes = decode(&change)?;
            let foreign = changes.iter().any(|change| !change.actor_id().to_bytes().starts_with(&device));
            if foreign && !found.iter().any(|(_, known)| *known == id) {
                found.push((changes.iter().any(says_versions), id));
            }
        }
        // What names versions of other documents comes after those.
        found.sort_by_key(|(versions, _)| *versions);
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// Writes the unsent changes of a document anew as this device's, except those that the server has. False: it cannot
    /// be done yet, and nothing was changed.
    pub(crate) fn reauthor(
        &mut self,
        document: DocumentId,
        sent: &BTreeSet<Hash>,
        renamed: &mut Renamed,
    ) -> Result<bool, CoreError> {
        self.settle()?;
        let rows = self.unsent_rows(document)?;
        let known = |change: &Change| sent.contains(&Hash(change.hash().0));
        let unsent: Vec<&Change> =
            rows.iter().flat_map(|row| &row.changes).filter(|change| !known(change)).collect();
        let gone: BTreeSet<ChangeHash> = unsent.iter().map(|change| change.hash()).collect();
        let (kept, waits) = self.with_document(document, |doc| {
            let kept: Vec<Change> =
                doc.get_changes(&[]).into_iter().filter(|change| !gone.contains(&change.hash())).collect();
            (kept, !doc.get_missing_deps(&[]).is_empty())
        })?;
        let sealed: bool = self
            .sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM outbox WHERE document = ?1 AND sealed_id IS NOT NULL)",
            )?
            .query_row([document.to_bytes()], |row| row.get(0))?;
        if waits || sealed {
            return Ok(false);
        }
        let made = Rewriter::new(self.device(), &unsent, renamed).all(&unsent)?;
        let mut fresh = doc::empty(self.actor().clone());
        fresh.apply_changes(kept)?;
        fresh.apply_changes(made.values().cloned())?;
        if !fresh.get_missing_deps(&[]).is_empty() {
            return Err(DocError::Missing("change that others build on").into());
        }
        self.replace(document, fresh)?;
        for row in rows {
            let mut bytes = Vec::new();
            for change in &row.changes {
                if let Some(new) = made.get(&change.hash()) {
                    bytes.extend_from_slice(&new.clone().bytes());
                }
            }
            let statement = match bytes.is_empty() {
                true => "DELETE FROM outbox WHERE id = ?1 AND ?2 IS NOT NULL",
                false => "UPDATE outbox SET change = ?2 WHERE id = ?1",
            };
            self.sql.prepare_cached(statement)?.execute((row.id, bytes))?;
        }
        Ok(true)
    }

    /// Lets undo find what was written anew.
    pub(crate) fn rename_steps(&mut self, renamed: &Renamed) -> Result<(), CoreError> {
        journal::rename(&self.sql, |version| renamed.version(version))
    }

    /// Returns the id of this device: the first part of every actor.
    pub(super) fn device(&self) -> Vec<u8> {
        self.actor().to_bytes().iter().take(DEVICE_BYTES).copied().collect()
    }

    fn unsent_rows(&self, document: DocumentId) -> Result<Vec<Row>, CoreError> {
        let mut statement =
            self.sql.prepare_cached("SELECT id, change FROM outbox WHERE document = ?1 ORDER BY id")?;
        let mut found = statement.query([document.to_bytes()])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let bytes: Vec<u8> = row.get(1)?;
            rows.push(Row { id: row.get(0)?, changes: decode(&bytes)? });
        }
        Ok(rows)
    }
}

/// Bytes of an actor that are the id of its device.
pub(super) const DEVICE_BYTES: usize = 16;

fn decode(bytes: &[u8]) -> Result<Vec<Change>, CoreError> {
    let one = |bytes| bounded::decode(bytes).map_err(|_| DocError::Missing("readable change").into());
    changes_in(bytes).into_iter().map(one).collect()
}

/// Says whether a change notes up to which version another document's edits are in this one.
fn says_versions(change: &Change) -> bool {
    change.decode().operations.iter().any(|op| matches!(&op.key, Key::Map(key) if lineage::is_carried(key)))
}

/// Unsent changes of an actor in one document.
struct Actor {
    /// The number of their first operation: what comes before it is known to others.
    from: u64,
    new: ActorId,
    changes: u64,
}

struct Rewriter<'a> {
    actors: HashMap<ActorId, Actor>,
    renamed: &'a mut Renamed,
}

impl<'a> Rewriter<'a> {
    fn new(device: Vec<u8>, unsent: &[&Change], renamed: &'a mut Renamed) -> Self {
        let mut actors: HashMap<ActorId, Actor> = HashMap::new();
        for change in unsent {
            let (old, from) = (change.actor_id().clone(), change.start_op().get());
            let new = renamed
                .actors
                .entry(old.clone())
                .or_insert_with(|| ActorId::from([device.as_slice(), &env::random::<8>()].concat()));
            let actor = actors.entry(old).or_insert_with(|| Actor { from, new: new.clone(), changes: 0 });
            actor.from = actor.from.min(from);
        }
        Self { actors, renamed }
    }

    /// Rewrites all, causes first; returns them by the hashes of those that they stand for.
    fn all(&mut self, unsent: &[&Change]) -> Result<BTreeMap<ChangeHash, Change>, CoreError> {
        let mut left: Vec<&Change> = unsent.to_vec();
        let mut open: BTreeSet<ChangeHash> = left.iter().map(|change| change.hash()).collect();
        let mut made = BTreeMap::new();
        while !left.is_empty() {
            let before = left.len();
            let mut later = Vec::new();
            for change in left {
                if change.deps().iter().any(|dep| open.contains(dep)) {
                    later.push(change);
                    continue;
                }
                open.remove(&change.hash());
                let new = self.one(change);
                self.renamed.hashes.insert(change.hash(), new.hash());
                made.insert(change.hash(), new);
            }
            if later.len() == before {
                return Err(DocError::Missing("cause of a change").into());
            }
            left = later;
        }
        Ok(made)
    }

    fn one(&mut self, change: &Change) -> Change {
        let mut new = change.decode();
        new.hash = None;
        if let Some(actor) = self.actors.get_mut(&new.actor_id) {
            actor.changes += 1;
            new.seq = actor.changes;
            new.actor_id = actor.new.clone();
        }
        for dep in &mut new.deps {
            *dep = *self.renamed.hashes.get(dep).unwrap_or(dep);
        }
        new.deps.sort_unstable();
        for op in &mut new.operations {
            if let ObjectId::Id(id) = &mut op.obj {
                self.op(id);
            }
            if let Key::Seq(ElementId::Id(id)) = &mut op.key {
                self.op(id);
            }
            op.pred = op
                .pred
                .iter()
                .cloned()
                .map(|mut id| {
                    self.op(&mut id);
                    id
                })
                .collect();
            if let (Key::Map(key), OpType::Put(ScalarValue::Str(version))) = (&op.key, &mut op.action)
                && lineage::is_carried(key)
            {
                *version = self.renamed.version(version).into();
            }
        }
        Change::from(new)
    }

    /// An operation that others do not know has another author now.
    fn op(&self, id: &mut OpId) {
        if let Some(actor) = self.actors.get(&id.1).filter(|actor| id.0 >= actor.from) {
            id.1 = actor.new.clone();
        }
    }
}

impl Tx<'_> {
    /// Puts another history of the same content in the place of a document.
    fn replace(&mut self, id: DocumentId, mut fresh: AutoCommit) -> Result<(), CoreError> {
        let save = fresh.save();
        let loaded = self.loaded(id)?;
        loaded.doc = fresh;
        (loaded.save_bytes, loaded.tail_bytes, loaded.tail_count) = (save.len(), 0, 0);
        let row = loaded.row;
        self.sql.prepare_cached("UPDATE document SET save = ?2 WHERE row = ?1")?.execute((row, &save))?;
        self.sql.prepare_cached("DELETE FROM tail WHERE document = ?1")?.execute([row])?;
        self.note_remote(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
