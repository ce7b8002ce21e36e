//! Signs: rows that say that something is there, for those who may not know what. They hold an id, whether it is an
//! element, a page or a diagram, and the level of its classification.
//!
//! Also: rows of what is said about relations that lead to something of a higher compartment. Not here: which document
//! counts and what may be read (`core::lineage`).

use automerge::AutoCommit;
use groundplan_shared::auth::Compartment;
use groundplan_shared::model::{DocumentId, DocumentKind};
use rusqlite::Transaction;

use super::index::{self, Words, kind_facet};
use super::{page, remove};
use crate::core::CoreError;
use crate::doc::lineage;

/// Kind of everything that is hidden.
pub(crate) const HIDDEN: &str = "hidden";
/// Place of what is hidden among siblings: after every kind.
const RANK: i64 = 1_000;

/// Takes everything of a document out, also where it came from.
pub(crate) fn withdraw(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    for statement in [
        "DELETE FROM origin WHERE row = ?1",
        "DELETE FROM attachment WHERE row = ?1",
        "DELETE FROM attachment_chunk WHERE row = ?1",
        "DELETE FROM relation_more WHERE row = ?1",
        "DELETE FROM stale WHERE row = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([row])?;
    }
    remove(sql, row)
}

/// Writes the sign of a thing, in the row of the document that says that it is there.
pub(crate) fn sign(
    sql: &Transaction<'_>,
    row: i64,
    thing: DocumentId,
    kind: DocumentKind,
    level: Compartment,
) -> Result<(), CoreError> {
    let mut letters = level.word().chars();
    let level: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let name = match kind {
        DocumentKind::Element => {
            let name = format!("{level} element");
            sql.prepare_cached(
                "INSERT INTO element(row, id, kind, name, external, lookup, rank)
                 VALUES (?1, ?2, ?3, ?4, 0, '', ?5)",
            )?
            .execute((row, thing.to_bytes(), HIDDEN, &name, RANK))?;
            name
        }
        DocumentKind::Page => {
            let name = format!("{level} page");
            page::sign(sql, row, thing, HIDDEN, &name)?;
            name
        }
        DocumentKind::View => {
            let name = format!("{level} diagram");
            sql.prepare_cached(
                "INSERT INTO view(row, id, kind, name, filter) VALUES (?1, ?2, ?3, ?4, '{}')",
            )?
            .execute((row, thing.to_bytes(), HIDDEN, &name))?;
            name
        }
        // What is said about something is shown with it or not at all.
        DocumentKind::Thread | DocumentKind::Settings => return Ok(()),
    };
    index::write(sql, row, &Words { name, facet: kind_facet(HIDDEN), ..Words::default() })
}

/// Writes what the document says about relations that lead to it.
pub(super) fn write_said(sql: &Transaction<'_>, row: i64, doc: &AutoCommit) -> Result<(), CoreError> {
    sql.prepare_cached("DELETE FROM relation_more WHERE row = ?1")?.execute([row])?;
    for (relation, said) in lineage::said(doc) {
        let properties = serde_json::to_string(&said.properties).expect("properties are JSON");
        sql.prepare_cached(
            "INSERT OR REPLACE INTO relation_more(id, row, properties, imported) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((relation.to_bytes(), row, properties, said.source.is_some()))?;
    }
    Ok(())
}
