//! What other devices changed since this one's person looked: a row of `news` for each document and device.
//!
//! Written where changes arrive, in their transaction, in the order in which they arrive: no clock decides what is new.
//! The table stays in this database: nothing of it is sent, and no document knows of it. Not here: who the devices
//! belong to, and what people are shown (`query::news`).

use std::collections::BTreeSet;

use groundplan_shared::model::{DocumentId, DocumentKind};
use rusqlite::{OptionalExtension, Transaction};

use super::{CoreError, Tx};

/// Rows kept; whoever never looks loses the oldest.
const KEEP: i64 = 20_000;
/// Bytes of an actor that name the device.
const DEVICE_BYTES: usize = 16;

/// Returns the devices that made changes.
pub(super) fn authors<'c>(changes: impl Iterator<Item = &'c automerge::Change>) -> BTreeSet<Vec<u8>> {
    changes
        .map(|change| change.actor_id().to_bytes())
        .map(|actor| actor.get(..DEVICE_BYTES).unwrap_or(actor).to_vec())
        .collect()
}

/// Names what happened to a document; none if there is nothing to tell.
pub(super) fn what(new: bool, was_deleted: bool, is_deleted: bool) -> Option<&'static str> {
    match (new, was_deleted, is_deleted) {
        (true, _, true) => None,
        (true, _, false) => Some("created"),
        (false, _, true) => Some("deleted"),
        (false, true, false) => Some("restored"),
        (false, false, false) => Some("changed"),
    }
}

/// Notes what arrived. A device that was never up to date reads what there is: nothing of that is new.
pub(super) fn note(
    sql: &Transaction<'_>,
    now_ms: u64,
    (id, kind): (DocumentId, DocumentKind),
    authors: &BTreeSet<Vec<u8>>,
    what: Option<&'static str>,
) -> Result<(), CoreError> {
    let begun: bool = sql
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_state WHERE synced_ms > 0)")?
        .query_row([], |row| row.get(0))?;
    let (Some(what), true) = (what, begun && kind != DocumentKind::Settings) else { return Ok(()) };
    for device in authors {
        let before: Option<(String, i64)> = sql
            .prepare_cached("SELECT what, changes FROM news WHERE document = ?1 AND device = ?2")?
            .query_row((id.to_bytes(), device), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        // What is new and was changed since is new.
        let (what, changes) = match &before {
            Some((known, changes)) if known == "created" && what == "changed" => ("created", changes + 1),
            Some((_, changes)) => (what, changes + 1),
            None => (what, 1),
        };
        // A new number each time: what is looked at is told from what arrives meanwhile.
        sql.prepare_cached(
            "INSERT OR REPLACE INTO news(document, device, what, changes, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((id.to_bytes(), device, what, changes, now_ms as i64))?;
        let last = sql.last_insert_rowid();
        sql.prepare_cached("DELETE FROM news WHERE seq <= ?1")?.execute([last - KEEP])?;
    }
    Ok(())
}

/// Forgets that documents are new; with `until`, only what arrived up to there. Without documents: all of them.
///
/// # Errors
/// Those of the store.
pub fn seen(tx: &Tx<'_>, documents: &[DocumentId], until: Option<u64>) -> Result<u64, CoreError> {
    let until = until.and_then(|until| i64::try_from(until).ok()).unwrap_or(i64::MAX);
    let mut gone = 0;
    if documents.is_empty() {
        gone += tx.sql().prepare_cached("DELETE FROM news WHERE seq <= ?1")?.execute([until])?;
    }
    for id in documents {
        gone += tx
            .sql()
            .prepare_cached(
                "DELETE FROM news WHERE seq <= ?2
                   AND (document = ?1 OR document IN (SELECT document FROM lineage WHERE subject = ?1))",
            )?
            .execute((id.to_bytes(), until))?;
    }
    Ok(gone as u64)
}
