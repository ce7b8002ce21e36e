//! The settings of a workspace: its name and its import sources. One document, whose id is the workspace's.

use automerge::{AutoCommit, ROOT};
use groundplan_shared::api::ImportSource;

use groundplan_shared::model::{DocumentId, SourceId};

use super::{DocError, ensure_map, map, map_entries, put, remove, string};

/// Sets the name of the workspace.
pub fn set_name(doc: &mut AutoCommit, name: &str) -> Result<(), DocError> {
    put(doc, &ROOT, "name", name)
}

/// Returns the name of the workspace.
pub fn name(doc: &AutoCommit) -> Option<String> {
    string(doc, &ROOT, "name")
}

/// Adds or changes an import source.
pub fn set_source(doc: &mut AutoCommit, source: &ImportSource) -> Result<(), DocError> {
    let sources = ensure_map(doc, &ROOT, "sources")?;
    let at = ensure_map(doc, &sources, &source.id.to_string())?;
    put(doc, &at, "title", source.title.as_str())?;
    put(doc, &at, "format", source.format.as_str())?;
    put(doc, &at, "path", source.path.as_str())?;
    put(doc, &at, "imported_ms", source.imported_ms.to_string())
}

/// Remembers the diagram that was made for a source.
pub fn set_source_view(
    doc: &mut AutoCommit,
    source: SourceId,
    view: Option<DocumentId>,
) -> Result<(), DocError> {
    let sources = ensure_map(doc, &ROOT, "sources")?;
    let at = ensure_map(doc, &sources, &source.to_string())?;
    match view {
        Some(view) => put(doc, &at, "view", view.to_string()),
        None => remove(doc, &at, "view"),
    }
}

/// Returns the diagram that was made for a source.
pub fn source_view(doc: &AutoCommit, source: SourceId) -> Option<DocumentId> {
    let at = map(doc, &map(doc, &ROOT, "sources")?, &source.to_string())?;
    string(doc, &at, "view")?.parse().ok()
}

/// Returns the import sources, newest first.
pub fn sources(doc: &AutoCommit) -> Vec<ImportSource> {
    let mut found: Vec<ImportSource> = map_entries(doc, &ROOT, "sources")
        .into_iter()
        .filter_map(|(key, at)| {
            let field = |name| string(doc, &at, name).unwrap_or_default();
            Some(ImportSource {
                id: super::key_id(&key)?,
                title: field("title"),
                format: field("format"),
                path: field("path"),
                imported_ms: field("imported_ms").parse().unwrap_or(0),
            })
        })
        .collect();
    found.sort_by(|a, b| b.imported_ms.cmp(&a.imported_ms).then(a.id.cmp(&b.id)));
    found
}
