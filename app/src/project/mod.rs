//! Projections: what queries read. Written in the transaction that changes a document, so they are never behind it.
//! Projecting a document costs as much as the document, whatever the workspace holds.
//!
//! One exception with a reason: typing in a long text only marks the document as stale, because indexing a page
//! costs as much as the page is long, and a keystroke must not. `refresh` catches up in the transaction of whoever
//! next reads the index, so that no reader sees it behind.

mod attachment;
mod comment;
mod element;
mod index;
mod page;
mod schema;
mod sign;

pub(crate) use comment::SCHEMA as COMMENTS;
pub(crate) use index::{kind_facet, tag_facet};
pub(crate) use schema::PROJECTIONS_2;
pub(crate) use sign::{HIDDEN, sign, withdraw};

use automerge::{AutoCommit, ROOT};
use groundplan_shared::model::{DocumentId, DocumentKind, View};
use rusqlite::Transaction;

use crate::core::{CoreError, Tx};
use crate::doc;

/// Projects a document as the thing with the id.
pub(crate) fn document(
    sql: &Transaction<'_>,
    row: i64,
    id: DocumentId,
    doc: &AutoCommit,
    now_ms: u64,
) -> Result<(), CoreError> {
    let deleted = doc::is_deleted(doc);
    sql.prepare_cached("UPDATE document SET deleted = ?2, changed_ms = ?3 WHERE row = ?1")?.execute((
        row,
        deleted,
        now_ms as i64,
    ))?;
    sql.prepare_cached("DELETE FROM stale WHERE row = ?1")?.execute([row])?;
    // Kept for deleted documents too: an import must not bring back what people deleted.
    match doc::element::source(doc, &ROOT) {
        Some(source) => sql
            .prepare_cached("INSERT OR REPLACE INTO origin(row, source, key) VALUES (?1, ?2, ?3)")?
            .execute((row, source.source.to_bytes(), &source.key))?,
        None => sql.prepare_cached("DELETE FROM origin WHERE row = ?1")?.execute([row])?,
    };
    attachment::write(sql, row, id, doc, deleted)?;
    sign::write_said(sql, row, doc)?;
    let kind = if deleted { None } else { doc::kind(doc) };
    match kind {
        Some(DocumentKind::Element) => {
            if let Some(element) = doc::element::read(doc, id) {
                return element::write(sql, row, &element);
            }
        }
        Some(DocumentKind::Page) => {
            if let Some(page) = doc::page::read(doc, id) {
                return page::write(sql, row, &page);
            }
        }
        Some(DocumentKind::View) => {
            if let Some(view) = doc::view::read(doc, id) {
                return write_view(sql, row, &view);
            }
        }
        Some(DocumentKind::Thread) => {
            if let Some(thread) = doc::comment::read(doc, id) {
                return comment::write(sql, row, &thread);
            }
        }
        Some(DocumentKind::Settings) | None => {}
    }
    remove(sql, row)
}

fn write_view(sql: &Transaction<'_>, row: i64, view: &View) -> Result<(), CoreError> {
    let filter = serde_json::to_string(&view.filter).expect("a filter is JSON");
    // Not an upsert: nothing leads to a diagram, so its counts may go down and up again.
    sql.prepare_cached("DELETE FROM view WHERE row = ?1")?.execute([row])?;
    sql.prepare_cached(
        "INSERT INTO view(row, id, kind, name, scope, filter) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        row,
        view.id.to_bytes(),
        view.kind.as_str(),
        &view.name,
        view.scope.map(DocumentId::to_bytes),
        filter,
    ))?;
    Ok(())
}

/// Takes everything of a document out, except where it came from.
fn remove(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    page::remove(sql, row)?;
    comment::remove(sql, row)?;
    for statement in [
        "DELETE FROM element WHERE row = ?1",
        "DELETE FROM relation WHERE row = ?1",
        "DELETE FROM view WHERE row = ?1",
        "DELETE FROM tag WHERE row = ?1",
        "DELETE FROM alias WHERE row = ?1",
        "DELETE FROM page_link WHERE row = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([row])?;
    }
    index::remove(sql, row)
}

/// Marks a document whose long text changed.
pub(crate) fn mark_stale(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    sql.prepare_cached("INSERT OR IGNORE INTO stale(row) VALUES (?1)")?.execute([row])?;
    Ok(())
}

/// Says whether the index is behind.
pub fn is_stale(tx: &Tx<'_>) -> Result<bool, CoreError> {
    Ok(tx
        .sql()
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM stale) OR EXISTS (SELECT 1 FROM typed)")?
        .query_row([], |row| row.get(0))?)
}

/// Catches up with typed texts. Needs a writing transaction.
pub fn refresh(tx: &mut Tx<'_>) -> Result<(), CoreError> {
    tx.settle()?;
    let ids: Vec<[u8; 16]> = {
        let mut statement =
            tx.sql().prepare_cached("SELECT id FROM document WHERE row IN (SELECT row FROM stale)")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    ids.into_iter().try_for_each(|id| tx.project_again(DocumentId::from_bytes(id)))
}

/// Makes every projection again. Returns how many documents were read.
pub fn rebuild(tx: &mut Tx<'_>) -> Result<u64, CoreError> {
    let sql = tx.sql();
    for table in [
        "attachment",
        "attachment_chunk",
        "comment",
        "element",
        "relation",
        "page",
        "view",
        "tag",
        "alias",
        "page_link",
        "origin",
        "folder",
        "mention",
        "search",
        "stale",
        "lineage",
        "moved",
        "subject",
        "relation_more",
        "thread",
    ] {
        sql.execute(&format!("DELETE FROM {table}"), [])?;
    }
    sql.execute("INSERT INTO names(names) VALUES ('delete-all')", [])?;
    sql.execute("DELETE FROM counted WHERE what <> 'dangling'", [])?;
    sql.execute("UPDATE counted SET n = 0", [])?;
    sql.execute("INSERT INTO stale(row) SELECT row FROM document", [])?;
    let count: i64 = sql.query_row("SELECT count(*) FROM stale", [], |row| row.get(0))?;
    refresh(tx)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn tag(
    sql: &Transaction<'_>,
    row: i64,
    tags: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), CoreError> {
    sql.prepare_cached("DELETE FROM tag WHERE row = ?1")?.execute([row])?;
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
