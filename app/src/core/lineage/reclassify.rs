//! Classifying a thing anew: it goes on in a new document of the other compartment, with what it holds now. The old
//! document says so and stays, because edits that others made meanwhile arrive there. All in one transaction.
//!
//! Not here: such edits (`carry`), and what may be said where about a relation (`relate`).

use std::collections::BTreeSet;

use automerge::ROOT;
use groundplan_shared::model::{DocumentId, DocumentKind, Relation};

use super::super::{CoreError, Tx};
use super::classification_of;
use crate::doc::lineage::{self, Said};
use crate::doc::{self, text, tree};
use crate::env;

impl Tx<'_> {
    /// Moves a thing to another compartment. Nothing happens if it lies there already.
    ///
    /// # Errors
    /// An error that names the field if this device may not read and write that compartment.
    pub fn reclassify(&mut self, thing: DocumentId, to: u8) -> Result<(), CoreError> {
        let from = self.document_of(thing)?;
        let (kind, was) = {
            let loaded = self.loaded(from)?;
            (loaded.kind, loaded.compartment)
        };
        if was == to {
            return Ok(());
        }
        self.check_clearance(classification_of(kind), to)?;
        self.carry(thing, true)?;
        let mut leaving = Vec::new();
        if kind == DocumentKind::Element
            && let Some(element) = self.element(thing)?
        {
            leaving = element.relations;
        }
        let leading = self.leading_to(thing)?;
        let (version, mut content, inherited) = self.with_document(from, |doc| {
            let now = doc.get_heads();
            (text::version(&now), tree::read(doc, &now), lineage::all_carried(doc))
        })?;
        // Nothing that may not be said there is written into the new document, not even to be overwritten.
        let known: BTreeSet<String> = leaving.iter().map(|relation| relation.id.to_string()).collect();
        if let Some(tree::Node::Map(relations)) = content.get_mut("relations") {
            relations.retain(|id, _| !known.contains(id));
        }
        content.retain(|key, _| to > was || !lineage::is_said(key));
        let mut held = Vec::new();
        for mut relation in leaving {
            let said = self.split(to, &mut relation)?;
            let was_above = self.compartment_of(relation.target)?.is_some_and(|target| target > was);
            held.push((relation, said, was_above));
        }
        let mut told = Vec::new();
        for (source, relation) in leading {
            let source_in = self.compartment_of(source)?.unwrap_or(was);
            told.push((source, relation, source_in < was, source_in < to));
        }
        let new = DocumentId::new(env::make_uuid());
        self.create_document(new, kind, to, |doc| {
            tree::write(doc, &ROOT, &content)?;
            for (relation, ..) in &held {
                doc::element::set_relation(doc, relation)?;
            }
            for (_, relation, _, above) in &told {
                let said = Said::take(&mut relation.clone());
                let worth = *above && said != Said::default();
                lineage::set_said(doc, relation.id, worth.then_some(&said))?;
            }
            for (document, version) in &inherited {
                lineage::set_carried(doc, *document, version)?;
            }
            lineage::set_carried(doc, from, &version)?;
            Ok(lineage::begin(doc, thing, from)?)
        })?;
        self.edit_document(from, false, |doc| Ok(lineage::move_to(doc, new, to)?))?;
        self.project_document(from)?;
        self.project_document(new)?;
        for (relation, said, was_above) in held {
            if said.is_some() != was_above {
                self.tell(relation.target, relation.id, said)?;
            }
        }
        for (source, relation, was_above, above) in told {
            if above != was_above {
                self.set_relation(source, &relation)?;
            }
        }
        self.follow(thing, to)
    }

    /// Relations that lead to a thing, with all that is said about them.
    fn leading_to(&mut self, thing: DocumentId) -> Result<Vec<(DocumentId, Relation)>, CoreError> {
        let sources = super::ids(&self.sql, "SELECT DISTINCT source FROM relation WHERE target = ?1", thing)?;
        let mut found = Vec::new();
        for source in sources.into_iter().filter(|source| *source != thing) {
            let relations = self.element(source)?.map(|element| element.relations).unwrap_or_default();
            found.extend(
                relations.into_iter().filter(|relation| relation.target == thing).map(|one| (source, one)),
            );
        }
        Ok(found)
    }

    /// Diagrams of the inside of a thing are named after it, and what is said about it is as secret: they go up with it.
    fn follow(&mut self, thing: DocumentId, to: u8) -> Result<(), CoreError> {
        let mut about = super::ids(&self.sql, "SELECT id FROM view WHERE scope = ?1", thing)?;
        about.extend(super::ids(&self.sql, "SELECT id FROM thread WHERE subject = ?1", thing)?);
        for one in about {
            if self.compartment_of(one)?.is_some_and(|now| now < to) {
                self.reclassify(one, to)?;
            }
        }
        Ok(())
    }
}
