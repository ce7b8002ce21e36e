//! Late edits: made in a document by people who did not know yet that its thing goes on in another one. They are
//! carried over as one new edit, by whoever made them or whoever moved the thing, right before that device sends what
//! it has, so that everything there is was read. Until then they are shown as values in conflict.
//!
//! Nothing is carried into a lower compartment by itself: what was written for few stays with few, and is shown.

use groundplan_shared::api::FieldConflict;
use groundplan_shared::model::DocumentId;

use super::super::reauthor::DEVICE_BYTES;
use super::super::{CoreError, Tx};
use crate::doc::tree::{Node, Tree};
use crate::doc::{DocError, lineage, text, tree};
use automerge::{AutoCommit, ChangeHash};

/// What was done in a document that does not count any more.
struct Late {
    document: DocumentId,
    version: String,
    before: Tree,
    after: Tree,
    /// Whether this device did all of it and has not sent it.
    own: bool,
    /// Whether it may be written where the thing goes on.
    fits: bool,
}

impl Tx<'_> {
    /// Notes that a document was edited from elsewhere, if it may not be the one that counts.
    pub(in crate::core) fn owe(&mut self, document: DocumentId) -> Result<(), CoreError> {
        self.sql
            .prepare_cached(
                "INSERT OR IGNORE INTO owed(subject)
                 SELECT s.id FROM lineage l JOIN subject s ON s.id = l.subject WHERE l.document = ?1",
            )?
            .execute([document.to_bytes()])?;
        Ok(())
    }

    /// Carries over what this device owes.
    pub(crate) fn carry_owed(&mut self) -> Result<(), CoreError> {
        let owed: Vec<[u8; 16]> = {
            let mut statement = self.sql.prepare_cached("SELECT subject FROM owed")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        if owed.is_empty() {
            return Ok(());
        }
        owed.into_iter().try_for_each(|thing| self.carry(DocumentId::from_bytes(thing), false))?;
        self.flush()
    }

    /// Carries late edits of a thing over; `all`: also what another device should.
    pub(super) fn carry(&mut self, thing: DocumentId, all: bool) -> Result<(), CoreError> {
        let mut left = false;
        for late in self.late(thing)? {
            let Late { document, version, before, after, own, fits } = late;
            let into = self.document_of(thing)?;
            if !fits || !(all || own || self.moved_by_this_device(into)?) {
                left = true;
                continue;
            }
            self.edit_document(into, false, |doc| {
                let begun: Vec<ChangeHash> = first(doc).into_iter().collect();
                tree::carry(doc, &begun, &before, &after)?;
                Ok(lineage::set_carried(doc, document, &version)?)
            })?;
            self.project_document(into)?;
        }
        if !left {
            self.sql.prepare_cached("DELETE FROM owed WHERE subject = ?1")?.execute([thing.to_bytes()])?;
        }
        Ok(())
    }

    /// Before the making of a document is undone: what was done in it since `made` goes back to the one that it was made
    /// from, unless that only says that something is there.
    pub(in crate::core) fn carry_back(&mut self, document: DocumentId, made: &str) -> Result<(), CoreError> {
        let read = self.with_document(document, |doc| {
            let Some(from) = lineage::read(doc).from else { return Ok(None) };
            let (since, now) = (text::heads(doc, made)?, doc.get_heads());
            Ok::<_, DocError>(Some((from, tree::read(doc, &since), tree::read(doc, &now))))
        })??;
        let Some((from, before, after)) = read.filter(|(_, before, after)| before != after) else {
            return Ok(());
        };
        if self.kind_of_document(from)?.is_none() {
            return Ok(());
        }
        let bare = self.with_document(from, |doc| {
            let now = doc.get_heads();
            tree::read(doc, &now).is_empty()
        })?;
        if bare {
            return Ok(());
        }
        self.edit_document(from, false, |doc| Ok(tree::carry(doc, &[], &before, &after)?))
    }

    /// Lists late edits of a thing as values in conflict.
    pub(crate) fn not_carried(&mut self, thing: DocumentId) -> Result<Vec<FieldConflict>, CoreError> {
        let mut found = Vec::new();
        for late in self.late(thing)? {
            let now = self.with(thing, |doc| {
                let heads = doc.get_heads();
                tree::read(doc, &heads)
            })?;
            differences("", &late.before, &late.after, &now, &mut found);
        }
        Ok(found)
    }

    fn late(&mut self, thing: DocumentId) -> Result<Vec<Late>, CoreError> {
        let Ok(into) = self.document_of(thing) else { return Ok(Vec::new()) };
        if into == thing && !self.sql_has_lineage(thing)? {
            return Ok(Vec::new());
        }
        let others: Vec<DocumentId> = self.members(thing)?.into_keys().filter(|id| *id != into).collect();
        let to = self.loaded(into)?.compartment;
        let device = self.device();
        let mover = self.with_document(into, |doc| doc.get_changes(&[]).first().map(device_of))?;
        let mut found = Vec::new();
        for document in others {
            let known = self.with_document(into, |doc| lineage::carried(doc, document))?;
            let fits = self.loaded(document)?.compartment <= to;
            // Only what travels in the same push as the edits themselves: whoever moved the thing then sees both at once.
            let unsent: bool = self
                .sql
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM outbox WHERE document = ?1 AND sealed_id IS NULL)",
                )?
                .query_row([document.to_bytes()], |row| row.get(0))?;
            let late = self.with_document(document, |doc| {
                let now = doc.get_heads();
                let since = match known {
                    Some(version) => text::heads(doc, &version)?,
                    // A document that was made from another one begins as that one was; edits of the first before
                    // it was ever moved are no late edits.
                    None if lineage::read(doc).from.is_some() => first(doc).into_iter().collect(),
                    None => return Ok(None),
                };
                let (before, after) = (tree::read(doc, &since), tree::read(doc, &now));
                if since.is_empty() || before == after {
                    return Ok(None);
                }
                // Whoever moved the thing did nothing here since but say so; what others did is not for this device.
                let mut by: Vec<Vec<u8>> = doc.get_changes(&since).iter().map(device_of).collect();
                by.retain(|author| Some(author) != mover.as_ref());
                let own = unsent && !by.is_empty() && by.iter().all(|author| *author == device);
                let version = text::version(&now);
                Ok::<_, DocError>(Some(Late { document, version, before, after, own, fits }))
            })?;
            match late {
                Ok(late) => found.extend(late),
                // Its beginning has not arrived; it comes again when it does.
                Err(DocError::Version) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    fn moved_by_this_device(&mut self, document: DocumentId) -> Result<bool, CoreError> {
        let device = self.device();
        self.with_document(document, |doc| {
            doc.get_changes(&[]).first().is_some_and(|change| device_of(change) == device)
        })
    }
}

fn device_of(change: &automerge::Change) -> Vec<u8> {
    change.actor_id().to_bytes().iter().take(DEVICE_BYTES).copied().collect()
}

/// The version right after a document was made.
fn first(doc: &mut AutoCommit) -> Option<ChangeHash> {
    doc.get_changes(&[]).first().map(automerge::Change::hash)
}

fn differences(path: &str, before: &Tree, after: &Tree, now: &Tree, found: &mut Vec<FieldConflict>) {
    let nothing = Tree::new();
    for (key, node) in after {
        let field = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if before.get(key) == Some(node) || now.get(key) == Some(node) {
            continue;
        }
        if let Node::Map(inner) = node {
            let map = |tree: &Tree| match tree.get(key) {
                Some(Node::Map(map)) => map.clone(),
                _ => nothing.clone(),
            };
            differences(&field, &map(before), inner, &map(now), found);
            continue;
        }
        let values = [now.get(key), Some(node)].into_iter().map(|node| shown(node).unwrap_or_default());
        found.push(FieldConflict { field, values: values.collect() });
    }
}

fn shown(node: Option<&Node>) -> Option<String> {
    match node? {
        Node::Text(text) => Some(text.clone()),
        Node::Scalar(scalar) => crate::doc::property(scalar).map(|value| value.to_text()),
        Node::Map(_) => None,
    }
}
