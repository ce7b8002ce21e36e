//! Things and the documents that stand for them. A document stays in one compartment for ever; a thing that is
//! classified anew goes on in another document, and its id, which everything else names, stays.
//!
//! Almost every thing is one document with the same id, and costs nothing here. Not here: what documents say about it
//! (`doc::lineage`), the rule by which one counts (`choose`), classifying anew (`reclassify`), late edits (`carry`).

mod carry;
mod choose;
mod purge;
mod reclassify;
mod relate;

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::auth::Compartment;
use groundplan_shared::model::{DocumentId, DocumentKind};
use groundplan_shared::validate::FieldError;
use rusqlite::{OptionalExtension, Transaction};

use super::{CoreError, INTERNAL, Tx};
use crate::doc::lineage::{self, Lineage};
use crate::{doc, env, project};
use choose::{Member, choose};

pub(crate) use purge::{LOST, Lost};

/// The tables; a migration of the workspace's database. All but `document.subject` and `owed` follow from the documents.
pub(crate) const LINEAGE: &str = "
-- The thing that a document stands for, if not the one with its own id.
ALTER TABLE document ADD COLUMN subject BLOB;
-- Documents that are one of several, or may be.
CREATE TABLE lineage (
    document BLOB PRIMARY KEY,
    subject BLOB NOT NULL,
    parent BLOB
) WITHOUT ROWID;
CREATE INDEX lineage_subject ON lineage(subject);
CREATE TABLE moved (
    parent BLOB NOT NULL,
    child BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    PRIMARY KEY (parent, child)
) WITHOUT ROWID;
-- Which document of a thing counts. `state`: 0 it can be read here, 1 it cannot, 2 the thing is gone.
CREATE TABLE subject (
    id BLOB PRIMARY KEY,
    document BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    state INTEGER NOT NULL
) WITHOUT ROWID;
-- What is said about relations that lead to something of a higher compartment than they lie in.
CREATE TABLE relation_more (
    id BLOB PRIMARY KEY,
    row INTEGER NOT NULL REFERENCES document(row),
    properties TEXT NOT NULL,
    imported INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX relation_more_row ON relation_more(row);
-- Things of which a document that does not count any more was edited.
CREATE TABLE owed (subject BLOB PRIMARY KEY) WITHOUT ROWID;
";

const READABLE: u8 = 0;
const HIDDEN: u8 = 1;
const GONE: u8 = 2;

/// Returns the level of a number; the highest for one that this program does not know.
fn level(compartment: u8) -> Compartment {
    Compartment::from_number(compartment).unwrap_or(Compartment::Restricted)
}

/// Says that a thing is there and cannot be read.
pub(crate) fn hidden(compartment: u8) -> CoreError {
    let level = level(compartment).word();
    CoreError::Api(ApiError::new(
        ErrorCode::NotAllowed,
        format!("It is {level}, and you have no clearance for that."),
        format!("Ask an owner or administrator to grant you the clearance {level}."),
    ))
}

fn ids(sql: &Transaction<'_>, query: &str, id: DocumentId) -> Result<Vec<DocumentId>, CoreError> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map([id.to_bytes()], |row| Ok(DocumentId::from_bytes(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Tx<'_> {
    /// Returns the document that stands for a thing.
    ///
    /// # Errors
    /// `NotAllowed` if it cannot be read here.
    pub(crate) fn document_of(&self, thing: DocumentId) -> Result<DocumentId, CoreError> {
        let found: Option<([u8; 16], u8, u8)> = self
            .sql
            .prepare_cached("SELECT document, compartment, state FROM subject WHERE id = ?1")?
            .query_row([thing.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        match found {
            None => Ok(thing),
            Some((_, compartment, HIDDEN)) => Err(hidden(compartment)),
            Some((document, ..)) => Ok(DocumentId::from_bytes(document)),
        }
    }

    /// Returns the thing that a document stands for.
    pub fn thing_of(&self, document: DocumentId) -> Result<DocumentId, CoreError> {
        let found: Option<Option<[u8; 16]>> = self
            .sql
            .prepare_cached("SELECT subject FROM document WHERE id = ?1")?
            .query_row([document.to_bytes()], |row| row.get(0))
            .optional()?;
        Ok(found.flatten().map_or(document, DocumentId::from_bytes))
    }

    /// Returns the compartment in which a thing lies; none if it is not known here.
    pub fn compartment_of(&self, thing: DocumentId) -> Result<Option<u8>, CoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT compartment FROM subject WHERE id = ?1 UNION ALL SELECT compartment FROM document WHERE id = ?1",
            )?
            .query_row([thing.to_bytes()], |row| row.get(0))
            .optional()?)
    }

    /// Says whether this device holds a key of a compartment. A workspace without keys is one of a test.
    fn holds(&self, compartment: u8) -> Result<bool, CoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM compartment_key WHERE compartment = ?1)
                     OR NOT EXISTS (SELECT 1 FROM compartment_key)",
            )?
            .query_row([compartment], |row| row.get(0))?)
    }

    /// Fails unless this device may read and write a compartment.
    fn check_clearance(&self, field: &str, compartment: u8) -> Result<(), CoreError> {
        if compartment == INTERNAL || self.holds(compartment)? {
            return Ok(());
        }
        let level = level(compartment).word();
        Err(FieldError::new(
            field,
            format!("is {level}, which is above your clearance"),
            format!(
                "Choose a level that you are cleared for, or ask an owner or administrator for the clearance {level}."
            ),
        )
        .into())
    }

    /// Makes a thing in a compartment. Above `internal`, a document there says that it is there, and nothing else.
    pub fn create_in(
        &mut self,
        thing: DocumentId,
        kind: DocumentKind,
        compartment: u8,
        f: impl FnOnce(&mut automerge::AutoCommit) -> Result<(), CoreError>,
    ) -> Result<(), CoreError> {
        self.check_clearance(classification_of(kind), compartment)?;
        if compartment <= INTERNAL {
            return self.create_document(thing, kind, compartment, f);
        }
        let content = DocumentId::new(env::make_uuid());
        self.create_document(content, kind, compartment, |doc| {
            f(doc)?;
            Ok(lineage::begin(doc, thing, thing)?)
        })?;
        self.create_document(thing, kind, INTERNAL, |doc| Ok(lineage::move_to(doc, content, compartment)?))?;
        self.project_document(thing)?;
        self.project_document(content)
    }

    /// Projects a document, and decides anew which of its thing counts.
    pub(super) fn project_document(&mut self, id: DocumentId) -> Result<(), CoreError> {
        self.loaded(id)?;
        // Looked up again, so that the database can be borrowed beside it.
        let loaded = self.docs.get(&id).ok_or(CoreError::NotFound(id))?;
        let says = lineage::read(&loaded.doc);
        let known: bool = self
            .sql
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM lineage WHERE document = ?1 OR subject = ?1)")?
            .query_row([id.to_bytes()], |row| row.get(0))?;
        if says.is_plain() && !known {
            return project::document(&self.sql, loaded.row, id, &loaded.doc, self.now_ms);
        }
        let deleted = doc::is_deleted(&loaded.doc);
        let row = loaded.row;
        self.sql
            .prepare_cached("UPDATE document SET deleted = ?2, changed_ms = ?3, subject = ?4 WHERE row = ?1")?
            .execute((row, deleted, self.now_ms as i64, says.of.map(DocumentId::to_bytes)))?;
        self.sql.prepare_cached("DELETE FROM stale WHERE row = ?1")?.execute([row])?;
        let thing = says.of.unwrap_or(id);
        if let Some(loaded) = self.docs.get_mut(&id) {
            loaded.thing = thing;
        }
        self.note_lineage(id, thing, &says)?;
        self.settle_thing(thing)
    }

    fn note_lineage(&self, id: DocumentId, thing: DocumentId, says: &Lineage) -> Result<(), CoreError> {
        self.sql
            .prepare_cached("INSERT OR REPLACE INTO lineage(document, subject, parent) VALUES (?1, ?2, ?3)")?
            .execute((id.to_bytes(), thing.to_bytes(), says.from.map(DocumentId::to_bytes)))?;
        self.sql.prepare_cached("DELETE FROM moved WHERE parent = ?1")?.execute([id.to_bytes()])?;
        for (child, compartment) in &says.moved {
            self.sql
                .prepare_cached("INSERT INTO moved(parent, child, compartment) VALUES (?1, ?2, ?3)")?
                .execute((id.to_bytes(), child.to_bytes(), compartment))?;
        }
        Ok(())
    }

    /// Returns the documents of a thing that are here.
    pub(super) fn members(&self, thing: DocumentId) -> Result<BTreeMap<DocumentId, Member>, CoreError> {
        let here = ids(
            &self.sql,
            "SELECT id FROM document WHERE id = ?1
             UNION SELECT l.document FROM lineage l JOIN document d ON d.id = l.document WHERE l.subject = ?1",
            thing,
        )?;
        let mut members = BTreeMap::new();
        for id in here {
            let (compartment, deleted, from) = self
                .sql
                .prepare_cached(
                    "SELECT d.compartment, d.deleted, l.parent FROM document d
                     LEFT JOIN lineage l ON l.document = d.id WHERE d.id = ?1",
                )?
                .query_row([id.to_bytes()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<[u8; 16]>>(2)?))
                })?;
            let mut statement =
                self.sql.prepare_cached("SELECT child, compartment FROM moved WHERE parent = ?1")?;
            let moved = statement
                .query_map([id.to_bytes()], |row| Ok((DocumentId::from_bytes(row.get(0)?), row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            let from = from.map(DocumentId::from_bytes);
            members.insert(id, Member { compartment, here: true, deleted, from, moved });
        }
        Ok(members)
    }

    /// Decides which document of a thing counts, and projects that one and no other.
    pub(super) fn settle_thing(&mut self, thing: DocumentId) -> Result<(), CoreError> {
        let members = self.members(thing)?;
        let held: BTreeSet<u8> = Compartment::ALL
            .into_iter()
            .map(Compartment::number)
            .filter_map(|compartment| match self.holds(compartment) {
                Ok(holds) => holds.then_some(Ok(compartment)),
                Err(error) => Some(Err(error)),
            })
            .collect::<Result<_, _>>()?;
        let chosen = choose(thing, &members, |compartment| held.contains(&compartment));
        for id in members.keys() {
            let row = self.loaded(*id)?.row;
            if chosen.as_ref().is_none_or(|(chosen, _)| chosen != id) {
                project::withdraw(&self.sql, row)?;
            }
        }
        let Some((document, member)) = chosen else { return Ok(()) };
        // What says that something is there, for those who cannot read it: the last document that they can.
        let sign = members
            .iter()
            .filter(|(_, sign)| sign.moved.iter().any(|(child, _)| *child == document))
            .map(|(id, sign)| (*id, sign.deleted))
            .min_by_key(|(id, deleted)| (*deleted, *id));
        let state = match (member.here, sign) {
            (true, _) => READABLE,
            (false, Some((_, false))) => HIDDEN,
            (false, _) => GONE,
        };
        self.sql
            .prepare_cached(
                "INSERT OR REPLACE INTO subject(id, document, compartment, state) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((thing.to_bytes(), document.to_bytes(), member.compartment, state))?;
        if member.here {
            self.loaded(document)?;
            let loaded = self.docs.get(&document).ok_or(CoreError::NotFound(document))?;
            return project::document(&self.sql, loaded.row, thing, &loaded.doc, self.now_ms);
        }
        if let (HIDDEN, Some((sign, _))) = (state, sign) {
            let (row, kind) = {
                let loaded = self.loaded(sign)?;
                (loaded.row, loaded.kind)
            };
            project::sign(&self.sql, row, thing, kind, level(member.compartment))?;
        }
        Ok(())
    }

    /// Deletes a thing: every document of it that can be read here, so that nothing of it comes back.
    pub fn delete(&mut self, thing: DocumentId) -> Result<(), CoreError> {
        let document = self.document_of(thing)?;
        let mut documents = BTreeSet::from([document]);
        if document != thing || self.sql_has_lineage(thing)? {
            documents.extend(self.members(thing)?.into_keys());
        }
        documents.into_iter().try_for_each(|document| self.delete_document(document))
    }

    fn sql_has_lineage(&self, thing: DocumentId) -> Result<bool, CoreError> {
        Ok(self
            .sql
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM lineage WHERE subject = ?1)")?
            .query_row([thing.to_bytes()], |row| row.get(0))?)
    }
}

/// The field that says in which compartment a document of a kind lies.
fn classification_of(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Element => "properties.classification",
        DocumentKind::Page | DocumentKind::View | DocumentKind::Thread | DocumentKind::Settings => {
            "classification"
        }
    }
}
