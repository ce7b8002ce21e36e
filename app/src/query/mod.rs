//! Queries over the projections. They read SQL only; a document is loaded just to show one thing in full.

mod comment;
mod element;
mod explorer;
mod list;
mod news;
mod page;
mod search;

pub use comment::{every_thread, remembered, threads};
pub use element::{element_view, path_to};
pub use explorer::explorer;
pub use list::{elements, relations, summary, views};
pub use news::news;
pub(crate) use page::stored_link;
pub use page::{page_view, pages, resolve_links};
pub use search::search;

use groundplan_shared::api::Reference;
use groundplan_shared::model::{DocumentId, ElementKind};
use rusqlite::OptionalExtension;

use crate::core::{CoreError, Tx};
use crate::project::HIDDEN;

/// Names what an id stands for.
pub fn reference(tx: &Tx<'_>, id: DocumentId) -> Result<Reference, CoreError> {
    let found = tx
        .sql()
        .prepare_cached(
            "SELECT 'element', kind, name FROM element WHERE id = ?1
             UNION ALL SELECT 'page', kind, title FROM page WHERE id = ?1
             UNION ALL SELECT 'view', kind, name FROM view WHERE id = ?1",
        )?
        .query_row([id.to_bytes()], |row| {
            Ok(Reference { id, document: row.get(0)?, kind: row.get(1)?, name: row.get(2)? })
        })
        .optional()?;
    Ok(found.unwrap_or_else(|| Reference {
        id,
        document: "missing".to_owned(),
        kind: String::new(),
        name: String::new(),
    }))
}

/// Lists what is there and may not be known here: ids and names that say no more than that.
pub fn hidden(tx: &Tx<'_>) -> Result<Vec<Reference>, CoreError> {
    references(
        tx,
        "SELECT id, 'element', kind, name FROM element WHERE kind = ?1
         UNION ALL SELECT id, 'page', kind, title FROM page WHERE kind = ?1
         UNION ALL SELECT id, 'view', kind, name FROM view WHERE kind = ?1 ORDER BY 2, 4, 1",
        [HIDDEN],
    )
}

/// Lists what is there of a kind of document and may not be known here.
pub(crate) fn hidden_of(tx: &Tx<'_>, document: &str) -> Result<Vec<Reference>, CoreError> {
    Ok(hidden(tx)?.into_iter().filter(|sign| sign.document == document).collect())
}

/// Returns the kind of an element, if it exists.
pub fn element_kind(tx: &Tx<'_>, id: DocumentId) -> Result<Option<ElementKind>, CoreError> {
    let text: Option<String> = tx
        .sql()
        .prepare_cached("SELECT kind FROM element WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Returns the parent of an element, if it has one.
pub fn parent(tx: &Tx<'_>, id: DocumentId) -> Result<Option<DocumentId>, CoreError> {
    let found: Option<Option<[u8; 16]>> = tx
        .sql()
        .prepare_cached("SELECT parent FROM element WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().map(DocumentId::from_bytes))
}

/// Collects the references of a query that selects `id, document, kind, name`.
fn references(
    tx: &Tx<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Reference>, CoreError> {
    let mut statement = tx.sql().prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| {
        Ok(Reference {
            id: DocumentId::from_bytes(row.get(0)?),
            document: row.get(1)?,
            kind: row.get(2)?,
            name: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Escapes a text for `LIKE … ESCAPE '\'`.
fn like(text: &str) -> String {
    let mut out = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}
