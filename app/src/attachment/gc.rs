//! Letting go of bytes that nothing needs any more.
//!
//! A chunk goes when no living record named it for a day and no step of undo or redo is as old as the moment when
//! that was seen: whatever undo can bring back still finds its bytes.

use groundplan_shared::model::ContentHash;
use rusqlite::Connection;

use crate::core::CoreError;

/// How long a chunk without a record is kept at least, in milliseconds.
pub const KEEP_MS: u64 = 24 * 60 * 60 * 1000;

/// Marks what no living record names, and deletes what was marked long enough ago. Returns what was deleted.
pub fn sweep(sql: &Connection, now_ms: u64) -> Result<Vec<ContentHash>, CoreError> {
    const NAMED: &str = "EXISTS (SELECT 1 FROM attachment_chunk n WHERE n.hash = chunk.hash)";
    let now = i64::try_from(now_ms).unwrap_or(i64::MAX);
    sql.prepare_cached(&format!(
        "UPDATE chunk SET unnamed_ms = NULL WHERE unnamed_ms IS NOT NULL AND {NAMED}"
    ))?
    .execute([])?;
    sql.prepare_cached(&format!(
        "UPDATE chunk SET unnamed_ms = ?1 WHERE unnamed_ms IS NULL AND NOT {NAMED}"
    ))?
    .execute([now])?;
    let before = now.saturating_sub(i64::try_from(KEEP_MS).unwrap_or(i64::MAX));
    let gone: Vec<[u8; 32]> = {
        let mut statement = sql.prepare_cached(
            "DELETE FROM chunk WHERE unnamed_ms IS NOT NULL AND unnamed_ms <= ?1
               AND NOT EXISTS (SELECT 1 FROM journal WHERE made_ms <= chunk.unnamed_ms)
             RETURNING hash",
        )?;
        let rows = statement.query_map([before], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    Ok(gone.into_iter().map(ContentHash).collect())
}
