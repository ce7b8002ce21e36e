//! Views in documents. A position is one scalar `x,y`, so that two drags of one card do not mix.

use automerge::{AutoCommit, ObjType, ROOT, ReadDoc, transaction::Transactable};
use groundplan_shared::model::{DocumentId, Position, View, ViewFilter};

use super::{DocError, ensure_map, map, put, remove, string};

/// Writes a whole new view into an empty document.
pub fn write(doc: &mut AutoCommit, view: &View) -> Result<(), DocError> {
    put(doc, &ROOT, "kind", view.kind.as_str())?;
    set_name(doc, &view.name)?;
    set_scope(doc, view.scope)?;
    set_filter(doc, &view.filter)?;
    doc.put_object(ROOT, "positions", ObjType::Map)?;
    for (id, position) in &view.positions {
        set_position(doc, *id, Some(*position))?;
    }
    Ok(())
}

/// Reads the view. `None` if its kind is not known to this program.
pub fn read(doc: &AutoCommit, id: DocumentId) -> Option<View> {
    let positions = map(doc, &ROOT, "positions").map(|at| {
        doc.keys(&at)
            .filter_map(|key| {
                let text = string(doc, &at, &key)?;
                let (x, y) = text.split_once(',')?;
                Some((super::key_id(&key)?, Position { x: x.parse().ok()?, y: y.parse().ok()? }))
            })
            .collect()
    });
    Some(View {
        id,
        kind: string(doc, &ROOT, "kind")?.parse().ok()?,
        name: string(doc, &ROOT, "name").unwrap_or_default(),
        scope: string(doc, &ROOT, "scope").and_then(|text| text.parse().ok()),
        filter: string(doc, &ROOT, "filter")
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        positions: positions.unwrap_or_default(),
    })
}

/// Sets the name.
pub fn set_name(doc: &mut AutoCommit, name: &str) -> Result<(), DocError> {
    put(doc, &ROOT, "name", name)
}

/// Sets the scope.
pub fn set_scope(doc: &mut AutoCommit, scope: Option<DocumentId>) -> Result<(), DocError> {
    match scope {
        Some(id) => put(doc, &ROOT, "scope", id.to_string()),
        None => remove(doc, &ROOT, "scope"),
    }
}

/// Sets the filter.
pub fn set_filter(doc: &mut AutoCommit, filter: &ViewFilter) -> Result<(), DocError> {
    let text = serde_json::to_string(filter).expect("a filter is JSON");
    put(doc, &ROOT, "filter", text)
}

/// Sets or forgets where a card stands.
pub fn set_position(
    doc: &mut AutoCommit,
    id: DocumentId,
    position: Option<Position>,
) -> Result<(), DocError> {
    let at = ensure_map(doc, &ROOT, "positions")?;
    match position {
        Some(Position { x, y }) => put(doc, &at, &id.to_string(), format!("{x},{y}")),
        None => remove(doc, &at, &id.to_string()),
    }
}
