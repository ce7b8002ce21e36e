//! One element with everything about it.

use groundplan_import::links::lookup_key;
use groundplan_shared::api::{ElementView, Reference, RelationListParams};
use groundplan_shared::model::{DocumentId, Element, RelationKind, SourceId};

use super::{parent, reference, references, relations};
use crate::core::{CoreError, Tx};
use crate::doc;

/// Returns the ancestors of an element, the outermost first; stops where a circle would begin.
pub fn path_to(tx: &Tx<'_>, id: DocumentId) -> Result<Vec<Reference>, CoreError> {
    let mut path: Vec<Reference> = Vec::new();
    let mut at = parent(tx, id)?;
    while let Some(above) = at {
        if above == id || path.iter().any(|seen| seen.id == above) {
            break;
        }
        path.push(reference(tx, above)?);
        at = parent(tx, above)?;
    }
    path.reverse();
    Ok(path)
}

/// Shows an element with everything about it.
pub fn element_view(tx: &mut Tx<'_>, id: DocumentId) -> Result<ElementView, CoreError> {
    let element = tx.element(id)?.ok_or(CoreError::NotFound(id))?;
    let mut conflicts = tx.with(id, |doc| doc::element::field_conflicts(doc))?;
    conflicts.extend(tx.not_carried(id)?);
    let path = path_to(tx, id)?;
    let children = references(
        tx,
        "SELECT id, 'element', kind, name FROM element WHERE parent = ?1 ORDER BY name COLLATE NOCASE, id",
        [id.to_bytes()],
    )?;
    let all = relations(tx, &RelationListParams { element: Some(id), ..Default::default() })?.items;
    let (outgoing, incoming): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|relation| relation.kind != RelationKind::PartOf)
        .partition(|relation| relation.source == id);
    let pages = references(
        tx,
        "SELECT DISTINCT p.id, 'page', p.kind, p.title FROM page p
         LEFT JOIN page_link l ON l.row = p.row AND l.kind = 'wiki' AND l.lookup = ?2
         LEFT JOIN relation r ON r.target = p.id AND r.source = ?1
         WHERE l.row IS NOT NULL OR r.row IS NOT NULL
         ORDER BY p.title COLLATE NOCASE, p.id",
        (id.to_bytes(), lookup_key(&element.name)),
    )?;
    let views = references(
        tx,
        "SELECT id, 'view', kind, name FROM view WHERE scope = ?1 ORDER BY name COLLATE NOCASE, id",
        [id.to_bytes()],
    )?;
    let source_title = match &element.source {
        Some(source) => source_title(tx, source.source)?,
        None => None,
    };
    Ok(ElementView {
        parent: path.last().cloned(),
        path,
        children,
        outgoing,
        incoming,
        pages,
        views,
        conflicts,
        source_title,
        drift: drift(&element),
        element,
    })
}

/// Returns the title of an import source.
pub fn source_title(tx: &mut Tx<'_>, source: SourceId) -> Result<Option<String>, CoreError> {
    let settings = tx.settings_id()?;
    let Some(settings) = settings else { return Ok(None) };
    tx.with(settings, |doc| {
        doc::settings::sources(doc).into_iter().find(|row| row.id == source).map(|row| row.title)
    })
}

/// Returns the fields in which an element differs from what its source last said.
fn drift(element: &Element) -> Vec<String> {
    let Some(source) = &element.source else { return Vec::new() };
    source
        .base
        .iter()
        .filter(|(field, base)| {
            let now = match field.as_str() {
                "name" => element.name.clone(),
                "description" => element.description.clone(),
                other => element.property(other).unwrap_or_default(),
            };
            now != **base && !field.starts_with('#')
        })
        .map(|(field, _)| field.clone())
        .collect()
}
