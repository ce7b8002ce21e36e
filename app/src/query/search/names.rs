//! Hits whose name holds all words, the best fitting first.

use std::cmp::Reverse;

use groundplan_shared::api::Reference;
use groundplan_shared::model::DocumentId;
use rusqlite::Row;

use super::fold::fold;
use super::parse::Query;
use super::plan::Plan;
use super::show::Found;
use crate::core::{CoreError, Tx};

/// Names compared with each other; of more, the newest and those that begin as typed.
const COMPARED: usize = 300;

const ITEM: &str = "coalesce(e.id, p.id), CASE WHEN e.id IS NULL THEN 'page' ELSE 'element' END,
    coalesce(e.kind, p.kind), coalesce(e.name, p.title), coalesce(p.path, ''), e.up";

/// Finds by name; at most `limit`.
pub(super) fn named(tx: &Tx<'_>, query: &Query, plan: &Plan, limit: usize) -> Result<Vec<Found>, CoreError> {
    let most = COMPARED.max(limit);
    let sql = format!(
        "SELECT n.rowid, {ITEM} FROM (SELECT rowid FROM names WHERE names MATCH ?1 ORDER BY rowid DESC LIMIT ?2) n
         LEFT JOIN element e ON e.row = n.rowid LEFT JOIN page p ON p.row = n.rowid
         WHERE e.row IS NOT NULL OR p.row IS NOT NULL"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let mut found: Vec<Found> =
        statement.query_map((&plan.all, most as i64), found_of)?.collect::<Result<_, _>>()?;
    if found.len() == most && query.kind.is_none() && query.tag.is_none() {
        found.extend(beginning(tx, &query.phrase, limit)?);
    }
    let typed = fold(&query.phrase);
    found.sort_by_cached_key(|found| {
        let name = fold(&found.item.name);
        let fit = if name == typed { 2 } else { u8::from(name.starts_with(&typed)) };
        (Reverse(fit), name.chars().count(), name, found.item.id)
    });
    found.dedup_by_key(|found| found.row);
    found.truncate(limit);
    Ok(found)
}

/// Finds names that begin exactly as typed, through the indexes on names.
fn beginning(tx: &Tx<'_>, typed: &str, limit: usize) -> Result<Vec<Found>, CoreError> {
    let end = format!("{typed}\u{10ffff}");
    let mut found = Vec::new();
    for sql in [
        "SELECT row, id, 'element', kind, name, '', up FROM element
         WHERE name >= ?1 COLLATE NOCASE AND name < ?2 COLLATE NOCASE ORDER BY name COLLATE NOCASE, id LIMIT ?3",
        "SELECT row, id, 'page', kind, title, path, NULL FROM page
         WHERE title >= ?1 COLLATE NOCASE AND title < ?2 COLLATE NOCASE ORDER BY title COLLATE NOCASE, id LIMIT ?3",
    ] {
        let mut statement = tx.sql().prepare_cached(sql)?;
        let rows = statement.query_map((typed, &end, limit as i64), found_of)?;
        found.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// Reads `row, id, document, kind, name, path, up`.
pub(super) fn found_of(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        row: row.get(0)?,
        item: Reference {
            id: DocumentId::from_bytes(row.get(1)?),
            document: row.get(2)?,
            kind: row.get(3)?,
            name: row.get(4)?,
        },
        path: row.get(5)?,
        up: row.get::<_, Option<[u8; 16]>>(6)?.map(DocumentId::from_bytes),
    })
}
