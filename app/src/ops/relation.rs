//! Relations: create, change, delete, list.

use groundplan_shared::api::{
    ApiError, Deleted, RelationCreateParams, RelationDeleteParams, RelationList, RelationListParams,
    RelationUpdateParams, RelationView,
};
use groundplan_shared::model::{DocumentId, ElementKind, Relation, RelationId, RelationKind};
use groundplan_shared::validate::{FieldError, check_parent, check_relation, check_relation_properties};

use super::{element, missing, require_element};
use crate::core::{CoreError, Tx};
use crate::runtime::App;
use crate::{doc, query};

/// Relates two elements, or an element and a page.
pub fn create(app: &App, params: RelationCreateParams) -> Result<RelationView, ApiError> {
    check_relation_properties(&params.properties)?;
    let mut relation = element::new_relation(params.kind, params.target);
    relation.properties = params.properties;
    let id = relation.id;
    app.edit(&format!("Add relation {}", params.kind), |tx| {
        let source = require_element(tx, params.source)?;
        check_target(tx, params.kind, params.source, source, params.target)?;
        if params.kind == RelationKind::PartOf {
            tx.edit(params.source, |doc| remove_parents(doc, params.source))?;
        }
        tx.set_relation(params.source, &relation)
    })?;
    show(app, params.source, id)
}

/// Changes a relation.
pub fn update(app: &App, params: RelationUpdateParams) -> Result<RelationView, ApiError> {
    app.edit("Change relation", |tx| {
        let source = require_element(tx, params.source)?;
        let mut relation = find(tx, params.source, params.id)?;
        let was = relation.target;
        relation.kind = params.kind.unwrap_or(relation.kind);
        relation.target = params.target.unwrap_or(relation.target);
        for (name, value) in &params.properties {
            match value {
                Some(value) => relation.properties.insert(name.clone(), value.clone()),
                None => relation.properties.remove(name),
            };
        }
        check_relation_properties(&relation.properties)?;
        if params.kind.is_some() || params.target.is_some() {
            check_target(tx, relation.kind, params.source, source, relation.target)?;
        }
        if was != relation.target {
            tx.tell(was, relation.id, None)?;
        }
        tx.set_relation(params.source, &relation)
    })?;
    show(app, params.source, params.id)
}

/// Deletes a relation.
pub fn delete(app: &App, params: RelationDeleteParams) -> Result<Deleted, ApiError> {
    let label = "Delete relation".to_owned();
    app.edit(&label, |tx| {
        require_element(tx, params.source)?;
        find(tx, params.source, params.id)?;
        tx.edit(params.source, |doc| {
            Ok(doc::element::remove_entry(doc, "relations", &params.id.to_string())?)
        })
    })?;
    Ok(Deleted { documents: 0, relations: 1, label })
}

/// Lists relations.
pub fn list(app: &App, params: RelationListParams) -> Result<RelationList, ApiError> {
    app.read(|tx| query::relations(tx, &params))
}

fn show(app: &App, source: DocumentId, id: RelationId) -> Result<RelationView, ApiError> {
    app.read(|tx| {
        let all =
            query::relations(tx, &RelationListParams { element: Some(source), ..Default::default() })?.items;
        all.into_iter()
            .find(|relation| relation.id == id)
            .ok_or_else(|| missing("relation of the element", source))
    })
}

fn find(tx: &mut Tx<'_>, source: DocumentId, id: RelationId) -> Result<Relation, CoreError> {
    let element = tx.element(source)?.ok_or(CoreError::NotFound(source))?;
    element
        .relations
        .into_iter()
        .find(|relation| relation.id == id)
        .ok_or_else(|| missing(&format!("relation {id} of the element"), source))
}

fn check_target(
    tx: &Tx<'_>,
    kind: RelationKind,
    source: DocumentId,
    source_kind: ElementKind,
    target: DocumentId,
) -> Result<(), CoreError> {
    if source == target {
        return Err(FieldError::new(
            "relations.target",
            "is the element itself",
            "Choose another element; an element does not relate to itself.",
        )
        .into());
    }
    let found = query::reference(tx, target)?;
    let target_kind = match found.document.as_str() {
        "element" => query::element_kind(tx, target)?,
        "page" => None,
        _ => return Err(missing("element or page", target)),
    };
    check_relation(kind, source_kind, target_kind)?;
    if kind == RelationKind::PartOf {
        check_parent(source, target, |at| query::parent(tx, at).ok().flatten(), 64)?;
    }
    Ok(())
}

fn remove_parents(doc: &mut automerge::AutoCommit, id: DocumentId) -> Result<(), CoreError> {
    let relations = doc::element::read(doc, id).map(|element| element.relations).unwrap_or_default();
    for relation in relations.iter().filter(|relation| relation.kind == RelationKind::PartOf) {
        doc::element::remove_entry(doc, "relations", &relation.id.to_string())?;
    }
    Ok(())
}
