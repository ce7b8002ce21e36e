//! Relations between compartments. A relation lies in the document that it leads from. Where that is of a lower
//! compartment than what it leads to, it holds two ids and a kind there; what is said about it lies in the other
//! document, so that nothing of the higher compartment is written in the lower one.

use groundplan_shared::auth::Compartment;
use groundplan_shared::model::{DocumentId, Element, PropertyValue, Relation, RelationId};
use groundplan_shared::validate::FieldError;

use super::super::{CoreError, INTERNAL, Tx};
use super::level;
use crate::doc;
use crate::doc::lineage::{self, Said};

impl Tx<'_> {
    /// Reads an element with all that is said about its relations, and with the classification by which it is sealed.
    pub fn element(&mut self, thing: DocumentId) -> Result<Option<Element>, CoreError> {
        let document = self.document_of(thing)?;
        let compartment = self.loaded(document)?.compartment;
        let read = self.with_document(document, |doc| {
            if doc::is_deleted(doc) { None } else { doc::element::read(doc, thing) }
        })?;
        let Some(mut element) = read else { return Ok(None) };
        classify(&mut element, compartment);
        let more: Vec<([u8; 16], [u8; 16])> = {
            let mut statement = self.sql.prepare_cached(
                "SELECT m.id, r.target FROM relation_more m JOIN relation r ON r.id = m.id WHERE r.source = ?1",
            )?;
            let rows = statement.query_map([thing.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (id, target) in more {
            let (id, target) = (RelationId::from_bytes(id), DocumentId::from_bytes(target));
            let said = self.with(target, |doc| lineage::said(doc))?;
            let said = said.into_iter().find(|(relation, _)| *relation == id);
            let relation = element.relations.iter_mut().find(|relation| relation.id == id);
            if let (Some((_, said)), Some(relation)) = (said, relation) {
                said.give(relation);
            }
        }
        Ok(Some(element))
    }

    /// Adds a relation, or changes one to be exactly this; what may not be said where it lies is said where it leads.
    pub fn set_relation(&mut self, source: DocumentId, relation: &Relation) -> Result<(), CoreError> {
        let from = self.compartment_of(source)?.unwrap_or(INTERNAL);
        let mut bare = relation.clone();
        let said = self.split(from, &mut bare)?;
        self.edit(source, |doc| Ok(doc::element::set_relation(doc, &bare)?))?;
        self.tell(relation.target, relation.id, said)
    }

    /// Takes out of a relation what may not be said in a document of a compartment.
    pub(crate) fn split(&self, from: u8, relation: &mut Relation) -> Result<Option<Said>, CoreError> {
        let above = self.compartment_of(relation.target)?.is_some_and(|target| target > from);
        Ok(above.then(|| Said::take(relation)))
    }

    /// Says in the document that a relation leads to what is said about it, or forgets it.
    pub(crate) fn tell(
        &mut self,
        target: DocumentId,
        relation: RelationId,
        said: Option<Said>,
    ) -> Result<(), CoreError> {
        let said = said.filter(|said| *said != Said::default());
        let document = match (self.document_of(target), &said) {
            (Ok(document), _) => document,
            (Err(_), None) => return Ok(()),
            (Err(_), Some(said)) if said.properties.is_empty() => return Ok(()),
            (Err(_), Some(_)) => {
                return Err(FieldError::new(
                    "relations.properties",
                    "would be readable for people who may not know what the relation leads to",
                    "Leave the properties of this relation empty, or ask somebody with clearance to set them.",
                )
                .into());
            }
        };
        if self.kind_of_document(document)?.is_none() {
            return Ok(());
        }
        let now = self.with_document(document, |doc| lineage::said(doc))?;
        let now = now.into_iter().find(|(id, _)| *id == relation).map(|(_, said)| said);
        if now == said {
            return Ok(());
        }
        self.edit_document(document, false, |doc| Ok(lineage::set_said(doc, relation, said.as_ref())?))?;
        self.project_document(document)
    }
}

/// Makes the property say by which classification the element is sealed.
fn classify(element: &mut Element, compartment: u8) {
    let name = "classification".to_owned();
    if compartment == Compartment::Internal.number() && !element.properties.contains_key(&name) {
        return;
    }
    element.properties.insert(name, PropertyValue::Text(level(compartment).word().to_owned()));
}
