//! What the workspace already holds of a source, by the source's keys.

use std::collections::HashMap;

use groundplan_shared::model::{DocumentId, DocumentKind, Element, Page, SourceId};

use crate::core::{CoreError, Tx};
use crate::doc;

/// A document that came from the source.
pub(super) enum Known {
    /// An element.
    Element(Box<Element>),
    /// A page.
    Page(Box<Page>),
    /// Deleted by people; stays deleted.
    Deleted,
}

pub(super) type KnownByKey = HashMap<String, (DocumentId, Known)>;

/// Loads everything that came from a source.
pub(super) fn load(tx: &mut Tx<'_>, source: Option<SourceId>) -> Result<KnownByKey, CoreError> {
    let Some(source) = source else { return Ok(HashMap::new()) };
    let rows: Vec<([u8; 16], String, bool)> = {
        let mut statement = tx.sql().prepare_cached(
            "SELECT coalesce(d.subject, d.id), o.key, d.deleted FROM origin o JOIN document d ON d.row = o.row WHERE o.source = ?1
             ORDER BY d.deleted DESC, d.row",
        )?;
        let rows =
            statement.query_map([source.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut known = HashMap::new();
    for (id, key, deleted) in rows {
        let id = DocumentId::from_bytes(id);
        let found = if deleted {
            Some(Known::Deleted)
        } else if tx.kind_of(id)? == Some(DocumentKind::Page) {
            tx.with(id, |doc| doc::page::read(doc, id).map(|page| Known::Page(Box::new(page))))?
        } else {
            tx.element(id)?.map(|element| Known::Element(Box::new(element)))
        };
        if let Some(found) = found {
            // A living document comes after a deleted one with the same key and replaces it.
            known.insert(key, (id, found));
        }
    }
    Ok(known)
}
