//! Projections: what queries read. Written in the transaction that changes a document, so they are never behind it.
//!
//! One exception with a reason: typing in a long text only marks the document as stale, because indexing a page
//! costs as much as the page is long, and a keystroke must not. `refresh` catches up in the transaction of whoever
//! next reads the index, so that no reader sees it behind.

mod element;
mod page;

use automerge::{AutoCommit, ROOT};
use groundplan_shared::model::{DocumentId, DocumentKind};
use rusqlite::Transaction;

use crate::core::{CoreError, Tx};
use crate::doc;

/// Projects a document.
pub(crate) fn document(
    sql: &Transaction<'_>,
    row: i64,
    id: DocumentId,
    doc: &AutoCommit,
    now_ms: u64,
) -> Result<(), CoreError> {
    clear(sql, row)?;
    let deleted = doc::is_deleted(doc);
    sql.prepare_cached("UPDATE document SET deleted = ?2, changed_ms = ?3 WHERE row = ?1")?.execute((
        row,
        deleted,
        now_ms as i64,
    ))?;
    // Kept for deleted documents too: an import must not bring back what people deleted.
    if let Some(source) = doc::element::source(doc, &ROOT) {
        sql.prepare_cached("INSERT INTO origin(row, source, key) VALUES (?1, ?2, ?3)")?.execute((
            row,
            source.source.to_bytes(),
            &source.key,
        ))?;
    }
    if deleted {
        return Ok(());
    }
    match doc::kind(doc) {
        Some(DocumentKind::Element) => match doc::element::read(doc, id) {
            Some(element) => element::write(sql, row, &element),
            None => Ok(()),
        },
        Some(DocumentKind::Page) => match doc::page::read(doc, id) {
            Some(page) => page::write(sql, row, &page),
            None => Ok(()),
        },
        Some(DocumentKind::View) => match doc::view::read(doc, id) {
            Some(view) => {
                let filter = serde_json::to_string(&view.filter).expect("a filter is JSON");
                sql.prepare_cached(
                    "INSERT INTO view(row, id, kind, name, scope, filter) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    row,
                    id.to_bytes(),
                    view.kind.as_str(),
                    &view.name,
                    view.scope.map(DocumentId::to_bytes),
                    filter,
                ))?;
                Ok(())
            }
            None => Ok(()),
        },
        Some(DocumentKind::Settings) | None => Ok(()),
    }
}

/// Marks a document whose long text changed.
pub(crate) fn mark_stale(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    sql.prepare_cached("INSERT OR IGNORE INTO stale(row) VALUES (?1)")?.execute([row])?;
    Ok(())
}

/// Says whether the index is behind.
pub fn is_stale(tx: &Tx<'_>) -> Result<bool, CoreError> {
    Ok(tx.sql().prepare_cached("SELECT EXISTS (SELECT 1 FROM stale)")?.query_row([], |row| row.get(0))?)
}

/// Catches up with typed texts. Needs a writing transaction.
pub fn refresh(tx: &mut Tx<'_>) -> Result<(), CoreError> {
    let ids: Vec<(i64, [u8; 16])> = {
        let mut statement =
            tx.sql().prepare_cached("SELECT row, id FROM document WHERE row IN (SELECT row FROM stale)")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let now_ms = tx.now_ms();
    for (row, id) in ids {
        let id = DocumentId::from_bytes(id);
        tx.project_again(row, id, now_ms)?;
    }
    Ok(())
}

/// Makes every projection again. Returns how many documents were read.
pub fn rebuild(tx: &mut Tx<'_>) -> Result<u64, CoreError> {
    let sql = tx.sql();
    for table in
        ["element", "relation", "page", "view", "tag", "alias", "page_link", "origin", "search", "stale"]
    {
        sql.execute(&format!("DELETE FROM {table}"), [])?;
    }
    sql.execute("INSERT INTO stale(row) SELECT row FROM document", [])?;
    let count: i64 = sql.query_row("SELECT count(*) FROM stale", [], |row| row.get(0))?;
    refresh(tx)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn clear(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    sql.prepare_cached("DELETE FROM element WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM relation WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM page WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM view WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM tag WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM alias WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM page_link WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM origin WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached("DELETE FROM stale WHERE row = ?1")?.execute([row])?;
    Ok(())
}

/// Writes the row of the full-text index.
fn index(
    sql: &Transaction<'_>,
    row: i64,
    name: &str,
    body: &str,
    tags: &str,
    properties: &str,
) -> Result<(), CoreError> {
    sql.prepare_cached(
        "INSERT INTO search(rowid, name, body, tags, properties) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((row, name, body, tags, properties))?;
    Ok(())
}

fn tag(
    sql: &Transaction<'_>,
    row: i64,
    tags: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), CoreError> {
    let mut statement = sql.prepare_cached("INSERT OR IGNORE INTO tag(row, tag) VALUES (?1, ?2)")?;
    for tag in tags {
        statement.execute((row, tag.as_ref()))?;
    }
    Ok(())
}

/// Keeps a name that a peer wrote within what lists can show.
fn shown(name: &str) -> &str {
    let name = name.trim();
    if name.is_empty() { "(unnamed)" } else { name }
}
