//! Rows of the workspace's database to records.
//!
//! Not here: statements that write (`sqlite`).

use groundplan_shared::auth::Compartment;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, ServerId, StreamId};
use rusqlite::Row;
use rusqlite::types::Type;

use super::SyncError;
use super::healing::{Braked, Burst};
use super::store::{
    Alarm, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, SyncRecord,
};

/// Reads the one row of `sync_state`.
pub(super) const RECORD: &str = "SELECT server_url, server_id, incarnation, uploaded, feed_cursor, synced_ms,
    heard_device, heard_ms, alarm, found, approved, resend, contact_ms FROM sync_state WHERE one = 1";

/// Reads the deletes of a device that count together.
pub(super) const BURST: &str = "SELECT deleted, living, allowed, last_ms FROM delete_burst WHERE author = ?1";

/// Lists what is held until a person has decided. `CROSS`: from the few that are, not through all envelopes in order.
pub(super) const BRAKED: &str = "SELECT env_id, braked.author, document, at_ms, deletes
    FROM braked CROSS JOIN envelope USING (env_id) ORDER BY envelope.id";

/// Lists documents with a gap.
pub(super) const GAPS: &str =
    "SELECT held.document, coalesce(head.doc_seq, 0), min(held.doc_seq) FROM envelope AS held
    LEFT JOIN document_head AS head USING (document)
    WHERE held.state = 'held' AND held.state <> 'applied' GROUP BY held.document ORDER BY held.document LIMIT ?1";

/// Lists the places of what was verified.
pub(super) const PLACES: &str = "SELECT env_id, ws_seq, doc_seq, link, log_index FROM envelope
    WHERE state IN ('applied', 'locked') AND ws_seq IS NOT NULL";

/// Lists what was verified or acknowledged and has no place any more, as it came.
pub(super) const UNPLACED: &str = "SELECT env_id, author, stream, dev_seq FROM envelope
    WHERE state IN ('applied', 'stored', 'locked') AND ws_seq IS NULL ORDER BY id";

/// Lists where documents of a compartment stood before a log index: their heads, or where they were when the log moved
/// on.
pub(super) const STOOD: &str = "SELECT document, doc_seq, link FROM document_head
    WHERE compartment = ?1 AND log_index < ?2
    UNION ALL
    SELECT turn.document, turn.doc_seq, turn.link FROM document_turn AS turn JOIN document_head AS head USING (document)
    WHERE head.compartment = ?1 AND head.log_index >= ?2 AND turn.log_index = (
        SELECT max(earlier.log_index) FROM document_turn AS earlier
        WHERE earlier.document = turn.document AND earlier.log_index < ?2)";

/// Says that a table holds what this program never writes.
pub(super) fn corrupt(table: &'static str) -> SyncError {
    SyncError::Corrupt { table }
}

/// Converts a counter for SQLite, whose integers are signed.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a counter.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// Reads fixed-size bytes.
pub(super) fn id<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    row.get(column)
}

fn bad(column: usize, kind: Type) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "an unknown value".to_owned(), kind)
}

fn optional<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; N]>> {
    row.get(column)
}

fn compartment(row: &Row<'_>, column: usize) -> rusqlite::Result<Compartment> {
    let number: u8 = row.get(column)?;
    Compartment::ALL.get(usize::from(number)).copied().ok_or_else(|| bad(column, Type::Integer))
}

/// Builds the query of whole envelope rows with a condition.
pub(super) fn envelopes(condition: &str) -> String {
    format!(
        "SELECT env_id, document, compartment, author, stream, dev_seq, previous, state, push, ws_seq, doc_seq, link,
         log_index, bytes FROM envelope {condition}"
    )
}

/// The condition of one state other than applied. SQLite takes the partial index of open envelopes only where a query
/// repeats the index's own condition word for word; without it, every frame would look through all of history.
fn open_in(state: EnvelopeState) -> String {
    debug_assert_ne!(state, EnvelopeState::Applied, "those are not listed");
    format!("WHERE state = '{}' AND state <> 'applied'", state.word())
}

/// The query of what is in a state; its one parameter is the limit.
pub(super) fn in_state(state: EnvelopeState) -> String {
    let order = match state {
        EnvelopeState::Waiting | EnvelopeState::Held => "ws_seq, id",
        _ => "id",
    };
    envelopes(&format!("{} ORDER BY {order} LIMIT ?1", open_in(state)))
}

/// The query of what is stored and belongs to a push; the parameters are the push and the limit.
pub(super) fn stored_of_push() -> String {
    envelopes(&format!("{} AND push = ?1 ORDER BY id LIMIT ?2", open_in(EnvelopeState::Stored)))
}

/// The query that counts what is in a state.
pub(super) fn count_in(state: EnvelopeState) -> String {
    format!("SELECT count(*) FROM envelope {}", open_in(state))
}

/// The query of what lies at a verified or waiting place; the parameters are document and place.
pub(super) fn at_place() -> String {
    envelopes("WHERE document = ?1 AND doc_seq = ?2 AND state <> 'held' ORDER BY id LIMIT 1")
}

/// Reads a row of [`envelopes`].
pub(super) fn envelope_of(row: &Row<'_>) -> rusqlite::Result<EnvelopeRow> {
    let stream: Vec<u8> = row.get(4)?;
    let state: String = row.get(7)?;
    let place = match row.get::<_, Option<i64>>(9)? {
        Some(_) => Some(Place {
            ws_seq: count(row, 9)?,
            doc_seq: count(row, 10)?,
            link: Hash(id(row, 11)?),
            log_index: count(row, 12)?,
        }),
        None => None,
    };
    Ok(EnvelopeRow {
        env_id: EnvelopeId(id(row, 0)?),
        document: DocumentId(id(row, 1)?),
        compartment: compartment(row, 2)?,
        author: DeviceId(id(row, 3)?),
        stream: StreamId::from_slice(&stream).ok_or_else(|| bad(4, Type::Blob))?,
        dev_seq: count(row, 5)?,
        previous: EnvelopeId(id(row, 6)?),
        state: EnvelopeState::from_word(&state).ok_or_else(|| bad(7, Type::Text))?,
        push: row.get::<_, Option<i64>>(8)?.and_then(|push| u64::try_from(push).ok()),
        place,
        bytes: row.get(13)?,
    })
}

/// Reads a row of [`BURST`].
pub(super) fn burst_of(row: &Row<'_>) -> rusqlite::Result<Burst> {
    Ok(Burst {
        deleted: count(row, 0)?,
        living: count(row, 1)?,
        allowed: row.get(2)?,
        last_ms: count(row, 3)?,
    })
}

/// Reads a row of [`BRAKED`].
pub(super) fn braked_of(row: &Row<'_>) -> rusqlite::Result<Braked> {
    Ok(Braked {
        env_id: EnvelopeId(id(row, 0)?),
        author: DeviceId(id(row, 1)?),
        document: DocumentId(id(row, 2)?),
        at_ms: count(row, 3)?,
        deletes: row.get(4)?,
    })
}

/// Reads a row of [`UNPLACED`].
pub(super) fn unplaced_of(row: &Row<'_>) -> rusqlite::Result<(EnvelopeId, DeviceId, StreamId, u64)> {
    let stream: Vec<u8> = row.get(2)?;
    let stream = StreamId::from_slice(&stream).ok_or_else(|| bad(2, Type::Blob))?;
    Ok((EnvelopeId(id(row, 0)?), DeviceId(id(row, 1)?), stream, count(row, 3)?))
}

/// Reads the one row of `sync_state`.
pub(super) fn record_of(row: &Row<'_>) -> rusqlite::Result<SyncRecord> {
    let alarm: Option<String> = row.get(8)?;
    Ok(SyncRecord {
        server_url: row.get(0)?,
        server_id: optional(row, 1)?.map(ServerId),
        incarnation: optional(row, 2)?.map(Incarnation),
        uploaded: row.get(3)?,
        feed_cursor: count(row, 4)?,
        synced_ms: count(row, 5)?,
        heard_device: optional(row, 6)?.map(DeviceId),
        heard_ms: count(row, 7)?,
        alarm: alarm.map(|word| Alarm::from_word(&word).ok_or_else(|| bad(8, Type::Text))).transpose()?,
        found: optional(row, 9)?.map(Incarnation),
        approved: optional(row, 10)?.map(Incarnation),
        resend: row.get(11)?,
        contact_ms: count(row, 12)?,
    })
}

/// Reads a row of `document_head`.
pub(super) fn head_of(row: &Row<'_>) -> rusqlite::Result<DocumentHead> {
    let known = row.get::<_, Option<u8>>(3)?.is_some();
    Ok(DocumentHead {
        doc_seq: count(row, 0)?,
        link: Hash(id(row, 1)?),
        log_index: count(row, 2)?,
        compartment: if known { Some(compartment(row, 3)?) } else { None },
    })
}

/// Reads a row of `quarantine`.
pub(super) fn quarantine_of(row: &Row<'_>) -> rusqlite::Result<QuarantineRow> {
    Ok(QuarantineRow {
        env_id: EnvelopeId(id(row, 0)?),
        document: DocumentId(id(row, 1)?),
        ws_seq: count(row, 2)?,
        doc_seq: count(row, 3)?,
        reason: row.get(4)?,
        at_ms: count(row, 5)?,
        bytes: row.get(6)?,
    })
}

/// Reads a row of the outbox.
pub(super) fn outbox_of(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: count(row, 0)?,
        batch: count(row, 1)?,
        document: DocumentId(id(row, 2)?),
        compartment: compartment(row, 3)?,
        change: row.get(4)?,
    })
}

/// Takes rows up to the limits and cuts after the last whole batch; a first batch over the limits is cut inside.
pub(super) fn whole_batches(
    found: impl Iterator<Item = Result<OutboxRow, SyncError>>,
    rows: usize,
    bytes: usize,
) -> Result<Vec<OutboxRow>, SyncError> {
    let mut taken: Vec<OutboxRow> = Vec::new();
    let mut size_bytes = 0usize;
    for row in found {
        let row = row?;
        let first = taken.is_empty();
        size_bytes = size_bytes.saturating_add(row.change.len());
        if !first && (taken.len() >= rows || size_bytes > bytes) {
            // `row` does not fit: its batch may be begun in `taken`.
            let begun = taken.iter().position(|earlier| earlier.batch == row.batch);
            match begun {
                Some(0) | None => {}
                Some(at) => taken.truncate(at),
            }
            return Ok(taken);
        }
        taken.push(row);
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::sync::schema;

    /// How SQLite goes about a query.
    fn plan(store: &Connection, query: &str) -> String {
        let mut statement = store.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps = statement.query_map([], |row| row.get::<_, String>("detail")).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn no_frame_looks_through_all_of_history() {
        use EnvelopeState::{Broken, Held, Locked, Sealed, Stored, Waiting};
        let store = Connection::open_in_memory().unwrap();
        for script in [schema::SCHEMA, schema::CUTS, schema::RESTORE] {
            store.execute_batch(script).unwrap();
        }
        let states = [Sealed, Stored, Locked, Waiting, Held, Broken];
        let mut queries: Vec<String> =
            states.into_iter().flat_map(|state| [in_state(state), count_in(state)]).collect();
        queries.extend([
            stored_of_push(),
            at_place(),
            envelopes("WHERE env_id = ?1"),
            GAPS.into(),
            BRAKED.into(),
        ]);
        for query in queries {
            let plan = plan(&store, &query.replace("?1", "1").replace("?2", "2"));
            assert!(!plan.contains("SCAN envelope") && !plan.contains("SCAN held"), "{query}: {plan}");
        }
        assert!(plan(&store, "SELECT * FROM envelope WHERE state = 'held'").contains("SCAN envelope"));
    }

    fn row(id: u64, batch: u64, size: usize) -> Result<OutboxRow, SyncError> {
        Ok(OutboxRow {
            id,
            batch,
            document: DocumentId([0; 16]),
            compartment: Compartment::Internal,
            change: vec![0; size],
        })
    }

    fn taken(rows: Vec<Result<OutboxRow, SyncError>>, limit: usize, bytes: usize) -> Vec<u64> {
        whole_batches(rows.into_iter(), limit, bytes).unwrap().iter().map(|row| row.id).collect()
    }

    #[test]
    fn batches_stay_whole_unless_one_alone_is_too_large() {
        assert_eq!(taken(vec![row(1, 1, 10), row(2, 2, 10), row(3, 2, 10)], 9, 100), [1, 2, 3]);
        assert_eq!(taken(vec![row(1, 1, 10), row(2, 2, 10), row(3, 2, 10)], 9, 25), [1], "batch 2 waits");
        assert_eq!(taken(vec![row(1, 1, 10), row(2, 2, 10), row(3, 2, 10)], 2, 100), [1]);
        assert_eq!(taken(vec![row(1, 1, 10), row(2, 1, 10), row(3, 1, 10)], 2, 100), [1, 2], "cut inside");
        assert_eq!(taken(vec![row(1, 1, 500)], 2, 100), [1], "the first goes whatever its size");
    }
}
