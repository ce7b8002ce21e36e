//! When a snapshot is due: what was added to a document since the one before, and what that one cost.
//!
//! Not here: making it (`snapshot`).

use groundplan_shared::envelope::{self, Kind};
use groundplan_shared::wire::DocumentId;

use super::SyncError;
use super::log::Log;
use super::snapshot::stub_of;
use super::store::SyncTx;

/// Envelopes after which a snapshot is made; few in the simulation, whose histories are short.
pub(super) const COUNT: u64 = if cfg!(test) { 8 } else { 200 };
/// Bytes of envelopes after which a snapshot is made.
pub(super) const BYTES: usize = 256 * 1024;
/// Few envelopes and bytes after which one is made already, if it is small beside what it takes the place of: with so many
/// times its size to drop, what snapshots cost stays a part of what was typed, and what lies there a multiple of the text.
pub(super) const FEW: u64 = if cfg!(test) { 4 } else { 25 };
pub(super) const FEW_BYTES: usize = 32 * 1024;
const TIMES: usize = 4;
/// The same where some of them are sealed under keys that were rotated away.
pub(super) const ROTATED_COUNT: u64 = if cfg!(test) { 6 } else { 25 };
/// The same in bytes.
const ROTATED_BYTES: usize = 32 * 1024;

/// What was added to a document since its latest snapshot, as far as the trigger needs.
#[derive(Debug, Default)]
pub(super) struct Since {
    pub(super) count: u64,
    bytes: usize,
    /// Whether some of it is sealed under keys that were rotated away.
    rotated: bool,
    /// Bytes of that snapshot.
    snapshot: usize,
}

impl Since {
    fn limits(&self) -> (u64, usize) {
        if self.rotated { (ROTATED_COUNT, ROTATED_BYTES) } else { (COUNT, BYTES) }
    }

    /// Says whether it is time for one, however large the one before is.
    fn is_much(&self) -> bool {
        let (count, bytes) = self.limits();
        self.count >= count || self.bytes >= bytes
    }

    /// Bytes that are worth a snapshot like the one before.
    fn worth(&self) -> usize {
        (self.snapshot * TIMES).clamp(FEW_BYTES, self.limits().1)
    }

    /// Says whether it is time for one.
    pub(super) fn is_due(&self) -> bool {
        self.is_much() || (self.count >= FEW && self.bytes >= self.worth())
    }

    /// Bytes that are still missing.
    pub(super) fn bytes_left(&self) -> usize {
        self.worth().saturating_sub(self.bytes)
    }
}

/// Reads backwards from the end of a document's log to what its latest snapshot covers.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn since_snapshot(
    tx: &mut dyn SyncTx,
    log: &Log,
    document: DocumentId,
    end: u64,
) -> Result<Since, SyncError> {
    let (mut since, mut floor) = (Since::default(), 0);
    for doc_seq in (1..=end).rev() {
        if doc_seq <= floor || since.is_much() {
            break;
        }
        let Some((id, _)) = tx.link_at(document, doc_seq)? else { break };
        let Some(row) = tx.envelope(id)?.filter(|row| stub_of(row).is_none()) else { break };
        if let Ok(outer) = envelope::parse_outer(&row.bytes) {
            let header = outer.header;
            if let (Kind::Snapshot, Some(seen)) = (header.kind, header.seen) {
                floor = floor.max(seen.doc_seq);
                // One in parts is several, one after the other.
                since.snapshot += row.bytes.len();
                continue;
            }
            since.rotated |= header.epoch < log.state().chain(header.compartment).current();
        }
        since.count += 1;
        since.bytes += row.bytes.len();
    }
    Ok(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(count: u64, bytes: usize, snapshot: usize) -> Since {
        Since { count, bytes, rotated: false, snapshot }
    }

    #[test]
    fn a_small_snapshot_is_made_early_and_a_large_one_when_there_is_much_to_drop() {
        assert!(!since(1, FEW_BYTES, 0).is_due(), "one envelope costs what its snapshot would");
        assert!(!since(FEW, FEW_BYTES - 1, 0).is_due());
        assert!(since(FEW, FEW_BYTES, FEW_BYTES / TIMES).is_due());
        let large = FEW_BYTES;
        assert!(!since(FEW, FEW_BYTES, large).is_due());
        assert!(since(FEW, TIMES * large, large).is_due());
        assert!(since(1, BYTES, 100 * BYTES).is_due(), "much is much, whatever the one before cost");
        assert!(since(COUNT, 0, 100 * BYTES).is_due());
    }

    #[test]
    fn what_lies_under_old_keys_is_taken_over_early() {
        let rotated = |count, bytes| Since { rotated: true, ..since(count, bytes, BYTES) };
        assert_eq!(rotated(1, 20_000).bytes_left(), ROTATED_BYTES - 20_000, "and looked at in time");
        assert!(rotated(ROTATED_COUNT, 0).is_due() && rotated(1, ROTATED_BYTES).is_due());
        assert!(!rotated(ROTATED_COUNT - 1, ROTATED_BYTES - 1).is_due());
    }

    #[test]
    fn no_look_is_taken_before_a_snapshot_can_be_due() {
        for snapshot in [0, 10_000, 100_000, 1_000_000] {
            for bytes in [0, 1_000, 40_000, 300_000] {
                let left = since(COUNT - 1, bytes, snapshot).bytes_left();
                assert_eq!(left == 0, since(COUNT - 1, bytes, snapshot).is_due(), "{bytes} over {snapshot}");
            }
        }
    }
}
