//! Quarantine: received items that fail a check, kept with the reason, and shown.
//!
//! Not here: the checks (`receive`).

use groundplan_shared::crypto::sha256;
use groundplan_shared::wire::frames::FeedItem;
use groundplan_shared::wire::{DocumentId, EnvelopeId};

use super::SyncError;
use super::receive::Receiver;
use super::store::{EnvelopeRow, QuarantineRow, SyncTx};

/// Quarantined items kept; a flood beyond it is counted in the log only.
const QUARANTINE_ITEMS: u64 = 10_000;
/// Why an item is set aside that came after a rotation and stands before it.
pub(super) const BELOW_CUT: &str = "it was put below a rotation of keys afterwards";

impl Receiver<'_, '_> {
    pub(super) fn set_aside(
        &mut self,
        tx: &mut dyn SyncTx,
        item: &FeedItem,
        reason: &str,
    ) -> Result<(), SyncError> {
        self.out.gaps.insert(item.document);
        self.out.failed.insert(item.ws_seq);
        let env_id = EnvelopeId(sha256(&[&item.envelope]).0);
        self.keep(tx, env_id, item.document, item.ws_seq, item.doc_seq, reason, &item.envelope)
    }

    pub(super) fn reject(
        &mut self,
        tx: &mut dyn SyncTx,
        row: &EnvelopeRow,
        reason: &str,
    ) -> Result<(), SyncError> {
        tx.remove_envelope(row.env_id)?;
        // If it was ours and not read back, its changes are sent anew.
        tx.outbox_unseal(row.env_id)?;
        let (ws_seq, doc_seq) = row.place.map_or((0, 0), |place| (place.ws_seq, place.doc_seq));
        self.keep(tx, row.env_id, row.document, ws_seq, doc_seq, reason, &row.bytes)
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of one row")]
    pub(super) fn keep(
        &mut self,
        tx: &mut dyn SyncTx,
        env_id: EnvelopeId,
        document: DocumentId,
        ws_seq: u64,
        doc_seq: u64,
        reason: &str,
        bytes: &[u8],
    ) -> Result<(), SyncError> {
        tracing::warn!(envelope.id = %env_id, document.id = %document, reason, "a received item was set aside");
        if tx.quarantined()? >= QUARANTINE_ITEMS {
            return Ok(());
        }
        let (reason, at_ms) = (reason.to_owned(), self.env.now_ms);
        tx.quarantine(&QuarantineRow {
            env_id,
            document,
            ws_seq,
            doc_seq,
            reason,
            at_ms,
            bytes: bytes.to_vec(),
        })
    }
}
