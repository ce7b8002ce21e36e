//! Elements: create, show, list, change, delete.

use std::collections::BTreeMap;

use groundplan_shared::api::{
    ApiError, Deleted, ElementCreateParams, ElementDeleteParams, ElementGetParams, ElementList,
    ElementListParams, ElementUpdateParams, ElementView,
};
use groundplan_shared::model::{
    DocumentId, DocumentKind, Element, ElementKind, PropertyValue, Relation, RelationId, RelationKind,
};
use groundplan_shared::validate::{
    DESCRIPTION_MAX_CHARS, check_line, check_name, check_parent, check_properties, check_property,
    check_relation, check_tag, check_text, check_url,
};

use super::{compartment, require_element};
use crate::core::{CoreError, Tx};
use crate::runtime::App;
use crate::{doc, env, query};

/// The property that says in which compartment an element lies.
pub(super) const CLASSIFICATION: &str = "classification";
pub(super) const CLASSIFICATION_FIELD: &str = "properties.classification";
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 64;

/// Creates an element.
pub fn create(app: &App, params: ElementCreateParams) -> Result<ElementView, ApiError> {
    check_name("name", &params.name)?;
    check_text("description", &params.description, DESCRIPTION_MAX_CHARS)?;
    check_properties(params.kind, &params.properties)?;
    params.tags.iter().try_for_each(|tag| check_tag(tag))?;
    let id = DocumentId::new(env::make_uuid());
    let label = format!("Create {}", params.name);
    let within = compartment_in(&params.properties)?;
    app.edit(&label, |tx| {
        let mut relations = Vec::new();
        if let Some(parent) = params.parent {
            let above = require_element(tx, parent)?;
            check_relation(RelationKind::PartOf, params.kind, Some(above))?;
            relations.push(new_relation(RelationKind::PartOf, parent));
        }
        let element = Element {
            id,
            kind: params.kind,
            name: params.name,
            description: params.description,
            properties: params.properties,
            tags: params.tags,
            links: Vec::new(),
            relations,
            endpoints: Vec::new(),
            source: None,
        };
        tx.create_in(id, DocumentKind::Element, within, |doc| Ok(doc::element::write(doc, &element)?))
    })?;
    get(app, ElementGetParams { id })
}

/// Shows an element with everything about it.
pub fn get(app: &App, params: ElementGetParams) -> Result<ElementView, ApiError> {
    app.read_index(|tx| {
        require_element(tx, params.id)?;
        query::element_view(tx, params.id)
    })
}

/// Lists elements.
pub fn list(app: &App, params: ElementListParams) -> Result<ElementList, ApiError> {
    app.read(|tx| query::elements(tx, &params))
}

/// Changes fields of an element.
pub fn update(app: &App, params: ElementUpdateParams) -> Result<ElementView, ApiError> {
    let id = params.id;
    if let Some(name) = &params.name {
        check_name("name", name)?;
    }
    params.add_tags.iter().try_for_each(|tag| check_tag(tag))?;
    for link in &params.set_links {
        check_line("links.title", &link.title, 200)?;
        check_url("links.url", &link.url)?;
    }
    let name = app.read(|tx| Ok(query::reference(tx, id)?.name))?;
    app.edit(&format!("Change {name}"), |tx| {
        let old = require_element(tx, id)?;
        let kind = params.kind.unwrap_or(old);
        for (name, value) in &params.properties {
            if let Some(value) = value {
                check_property(kind, name, value)?;
            }
        }
        if let Some(parent) = params.parent {
            let above = require_element(tx, parent)?;
            check_relation(RelationKind::PartOf, kind, Some(above))?;
            check_parent(id, parent, |at| query::parent(tx, at).ok().flatten(), MAX_DEPTH)?;
        }
        if let Some(owner) = params.owner {
            let team = require_element(tx, owner)?;
            check_relation(RelationKind::OwnedBy, kind, Some(team))?;
        }
        if kind != old {
            check_new_kind(tx, id, kind)?;
        }
        if let Some(value) = params.properties.get(CLASSIFICATION) {
            let word = value.as_ref().map(PropertyValue::to_text);
            tx.reclassify(id, compartment(CLASSIFICATION_FIELD, word.as_deref())?)?;
        }
        tx.edit(id, |doc| {
            if let Some(name) = &params.name {
                doc::element::set_name(doc, name)?;
            }
            if let Some(kind) = params.kind {
                doc::element::set_kind(doc, kind)?;
            }
            for (name, value) in &params.properties {
                doc::element::set_property(doc, name, value.as_ref())?;
            }
            for tag in &params.add_tags {
                doc::element::add_tag(doc, tag)?;
            }
            for tag in &params.remove_tags {
                doc::element::remove_tag(doc, tag)?;
            }
            for link in &params.set_links {
                doc::element::set_link(doc, link)?;
            }
            for link in &params.remove_links {
                doc::element::remove_entry(doc, "links", &link.to_string())?;
            }
            single(doc, id, RelationKind::PartOf, params.parent, params.clear_parent)?;
            single(doc, id, RelationKind::OwnedBy, params.owner, params.clear_owner)
        })
    })?;
    get(app, ElementGetParams { id })
}

/// Deletes elements with the relations that lead to them; parts move up. One step for undo.
pub fn delete(app: &App, params: ElementDeleteParams) -> Result<Deleted, ApiError> {
    let label = app.read(|tx| {
        let first = match params.ids.first() {
            Some(id) => query::reference(tx, *id)?.name,
            None => String::new(),
        };
        Ok(if params.ids.len() == 1 {
            format!("Delete {first}")
        } else {
            format!("Delete {} elements", params.ids.len())
        })
    })?;
    let mut deleted = Deleted { documents: 0, relations: 0, label: label.clone() };
    app.edit(&label, |tx| {
        for id in &params.ids {
            require_element(tx, *id)?;
        }
        for id in &params.ids {
            let up = surviving_parent(tx, *id, &params.ids)?;
            let incoming = incoming(tx, *id)?;
            for (source, relation, kind) in incoming {
                if params.ids.contains(&source) {
                    continue;
                }
                deleted.relations += 1;
                tx.edit(source, |doc| {
                    doc::element::remove_entry(doc, "relations", &relation.to_string())?;
                    if let (RelationKind::PartOf, Some(up)) = (kind, up) {
                        doc::element::set_relation(doc, &new_relation(RelationKind::PartOf, up))?;
                    }
                    Ok(())
                })?;
            }
            tx.delete(*id)?;
            deleted.documents += 1;
        }
        Ok(())
    })?;
    Ok(deleted)
}

/// Returns the compartment that properties name.
pub(crate) fn compartment_in(properties: &BTreeMap<String, PropertyValue>) -> Result<u8, CoreError> {
    let word = properties.get(CLASSIFICATION).map(PropertyValue::to_text);
    compartment(CLASSIFICATION_FIELD, word.as_deref())
}

pub(crate) fn new_relation(kind: RelationKind, target: DocumentId) -> Relation {
    Relation {
        id: RelationId::new(env::make_uuid()),
        kind,
        target,
        properties: Default::default(),
        source: None,
    }
}

/// Returns the relations that lead to a document.
pub(super) fn incoming(
    tx: &Tx<'_>,
    id: DocumentId,
) -> Result<Vec<(DocumentId, RelationId, RelationKind)>, CoreError> {
    let mut statement = tx.sql().prepare_cached("SELECT source, id, kind FROM relation WHERE target = ?1")?;
    let mut rows = statement.query([id.to_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(2)?;
        if let Ok(kind) = kind.parse() {
            found.push((DocumentId::from_bytes(row.get(0)?), RelationId::from_bytes(row.get(1)?), kind));
        }
    }
    Ok(found)
}

fn surviving_parent(
    tx: &Tx<'_>,
    id: DocumentId,
    gone: &[DocumentId],
) -> Result<Option<DocumentId>, CoreError> {
    let mut at = query::parent(tx, id)?;
    for _ in 0..MAX_DEPTH {
        match at {
            Some(above) if gone.contains(&above) => at = query::parent(tx, above)?,
            other => return Ok(other),
        }
    }
    Ok(None)
}

/// Sets the one relation of a kind that has one target only (parent, owner), keeping its id where it has one.
fn single(
    doc: &mut automerge::AutoCommit,
    id: DocumentId,
    kind: RelationKind,
    target: Option<DocumentId>,
    clear: bool,
) -> Result<(), CoreError> {
    if target.is_none() && !clear {
        return Ok(());
    }
    let present: Vec<Relation> = doc::element::read(doc, id)
        .map(|element| element.relations.into_iter().filter(|relation| relation.kind == kind).collect())
        .unwrap_or_default();
    let kept = match (target, present.first()) {
        (Some(target), Some(first)) => {
            let mut relation = first.clone();
            relation.target = target;
            Some(relation)
        }
        (Some(target), None) => Some(new_relation(kind, target)),
        (None, _) => None,
    };
    for relation in present.iter().skip(usize::from(kept.is_some())) {
        doc::element::remove_entry(doc, "relations", &relation.id.to_string())?;
    }
    if let Some(relation) = kept {
        doc::element::set_relation(doc, &relation)?;
    }
    Ok(())
}

/// A new kind must fit every property and relation that the element has.
fn check_new_kind(tx: &mut Tx<'_>, id: DocumentId, kind: ElementKind) -> Result<(), CoreError> {
    let element = tx.element(id)?.ok_or(CoreError::NotFound(id))?;
    check_properties(kind, &element.properties)?;
    for relation in &element.relations {
        let target = query::reference(tx, relation.target)?;
        if target.document != "missing" {
            check_relation(relation.kind, kind, query::element_kind(tx, relation.target)?)?;
        }
    }
    for (source, _, relation) in incoming(tx, id)? {
        if let Some(source) = query::element_kind(tx, source)? {
            check_relation(relation, source, Some(kind))?;
        }
    }
    Ok(())
}
