//! Rows of threads, their comments and whom they mention.

use groundplan_shared::model::Thread;
use groundplan_shared::wire::MemberId;
use rusqlite::Transaction;

use super::index::{self, Words, kind_facet};
use crate::core::CoreError;

/// Tables of comments, and of what is new here; a migration of the workspace's database.
///
/// `thread`, `comment` and `mention` are projections. `news` is none: it says what other devices changed since this
/// one's person looked, and never leaves this database.
pub(crate) const SCHEMA: &str = "
CREATE TABLE thread (
    row INTEGER PRIMARY KEY REFERENCES document(row),
    id BLOB NOT NULL UNIQUE,
    subject BLOB NOT NULL,
    relation BLOB,
    resolved_device TEXT,
    resolved_ms INTEGER
);
CREATE INDEX thread_subject ON thread(subject);
CREATE TABLE comment (
    row INTEGER NOT NULL REFERENCES document(row),
    id BLOB NOT NULL,
    place INTEGER NOT NULL,
    device TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    versions TEXT NOT NULL,
    PRIMARY KEY (row, id)
) WITHOUT ROWID;
CREATE TABLE mention (
    row INTEGER NOT NULL REFERENCES document(row),
    comment BLOB NOT NULL,
    member BLOB NOT NULL,
    PRIMARY KEY (row, comment, member)
) WITHOUT ROWID;
CREATE INDEX mention_member ON mention(member);
CREATE TABLE news (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    document BLOB NOT NULL,
    device BLOB NOT NULL,
    what TEXT NOT NULL,
    changes INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (document, device)
);
";

/// Writes the rows of a thread; one of which nothing is left has none.
pub(super) fn write(sql: &Transaction<'_>, row: i64, thread: &Thread) -> Result<(), CoreError> {
    remove(sql, row)?;
    let mut body = String::new();
    let mut comment = sql.prepare_cached(
        "INSERT INTO comment(row, id, place, device, at_ms, versions) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut mention =
        sql.prepare_cached("INSERT OR IGNORE INTO mention(row, comment, member) VALUES (?1, ?2, ?3)")?;
    for one in &thread.comments {
        let Some(shown) = one.versions.first() else { continue };
        let versions = serde_json::to_string(&one.versions).expect("versions are JSON");
        let (place, at_ms) = (one.place as i64, one.at_ms as i64);
        comment.execute((row, one.id.to_bytes(), place, &one.device, at_ms, versions))?;
        for member in &shown.said.mentions {
            if let Ok(member) = member.parse::<MemberId>() {
                mention.execute((row, one.id.to_bytes(), member.0))?;
            }
        }
        body.push_str(&shown.said.text);
        body.push('\n');
    }
    if body.is_empty() {
        return index::remove(sql, row);
    }
    let (device, at_ms) = match &thread.resolved {
        Some(resolved) => (Some(&resolved.device), Some(resolved.at_ms as i64)),
        None => (None, None),
    };
    sql.prepare_cached(
        "INSERT INTO thread(row, id, subject, relation, resolved_device, resolved_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        row,
        thread.id.to_bytes(),
        thread.subject.to_bytes(),
        thread.relation.map(|relation| relation.to_bytes()),
        device,
        at_ms,
    ))?;
    index::write(sql, row, &Words { body, facet: kind_facet("comment"), ..Words::default() })
}

/// Takes the rows of a thread out, but not its words.
pub(super) fn remove(sql: &Transaction<'_>, row: i64) -> Result<(), CoreError> {
    for statement in [
        "DELETE FROM thread WHERE row = ?1",
        "DELETE FROM comment WHERE row = ?1",
        "DELETE FROM mention WHERE row = ?1",
    ] {
        sql.prepare_cached(statement)?.execute([row])?;
    }
    Ok(())
}
