//! What a push led to: acknowledged envelopes leave the outbox, refused ones are unsealed or set aside.
//!
//! Not here: sealing (`seal`) and the moment of sending (`machine`).

use groundplan_shared::api::ApiError;
use groundplan_shared::crypto::Random;
use groundplan_shared::envelope::parse_outer;
use groundplan_shared::wire::frames::{Accepted, Outcome, Refused};
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, ProblemCode};

use super::log::Log;
use super::store::{ChainHead, EnvelopeRow, EnvelopeState, Place, READ_BACK, SyncTx};
use super::weak::{Check, left_out};
use super::{SyncError, ready, seal, snapshot, status};

/// How to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send what is next.
    Continue,
    /// Something in the push is refused for good: seal again, one atomic edit at a time, to find it.
    Narrow,
    /// The server knows a newer membership log or another end of our chain: read, then seal again.
    Stale,
    /// Send the same again after a while.
    Wait {
        /// How long, in milliseconds.
        ms: u64,
        /// What people are told.
        problem: Option<ApiError>,
    },
}

/// What a push led to.
#[derive(Debug)]
pub(super) struct Settled {
    /// Envelopes acknowledged.
    pub(super) accepted: u64,
    /// How to go on.
    pub(super) next: Verdict,
}

/// Takes an acknowledgement: envelope and changes stay until they are read back (M25).
pub(super) fn acknowledge(
    tx: &mut dyn SyncTx,
    mut row: EnvelopeRow,
    place: Place,
) -> Result<EnvelopeRow, SyncError> {
    if left_out(Check::Kept) {
        tx.outbox_done(row.env_id)?;
    }
    row.state = EnvelopeState::Stored;
    row.place = Some(place);
    row.push = None;
    tx.put_envelope(&row)?;
    Ok(row)
}

/// Takes everything that is sealed and not acknowledged back into the outbox: it was stored nowhere. The chains end
/// again where the server knows them.
pub(super) fn unseal_all(tx: &mut dyn SyncTx) -> Result<(), SyncError> {
    let mut rows = tx.envelopes_in(EnvelopeState::Sealed, usize::MAX)?;
    // The newest first, so that each chain ends at the oldest one's predecessor.
    rows.sort_by_key(|row| std::cmp::Reverse(row.dev_seq));
    for row in rows {
        tx.outbox_unseal(row.env_id)?;
        tx.remove_envelope(row.env_id)?;
        let end = ChainHead { dev_seq: row.dev_seq.saturating_sub(1), env_id: row.previous };
        tx.set_chain(row.author, row.stream, end)?;
    }
    Ok(())
}

/// Takes back what the server acknowledged up to a place of the feed and did not show, though everything up to there was
/// read: it was dropped, and is sealed and sent anew (M25).
pub(super) fn take_back_dropped(tx: &mut dyn SyncTx, cursor: u64) -> Result<(), SyncError> {
    for row in tx.envelopes_in(EnvelopeState::Stored, usize::MAX)? {
        let waits = row.push == Some(READ_BACK) && !left_out(Check::ReadBack);
        let dropped = !waits && row.place.is_some_and(|place| place.ws_seq <= cursor);
        if dropped && !left_out(Check::Kept) {
            tracing::warn!(envelope.id = %row.env_id, "the server acknowledged an envelope and dropped it");
            tx.outbox_unseal(row.env_id)?;
            tx.remove_envelope(row.env_id)?;
        }
    }
    Ok(())
}

/// Takes own originals that a restored server lost and does not take back as they are into the outbox again: they are
/// sealed anew, in new streams. Others' originals are theirs to seal.
pub(super) fn seal_anew(
    tx: &mut dyn SyncTx,
    log: &Log,
    own: DeviceId,
    ids: &[EnvelopeId],
    random: &dyn Random,
) -> Result<(), SyncError> {
    unseal_all(tx)?;
    for id in ids {
        let Some(row) = tx.envelope(*id)?.filter(|row| row.author == own) else { continue };
        if row.state == EnvelopeState::Stored {
            // It was never read back: its changes are still in the outbox.
            tx.outbox_unseal(row.env_id)?;
        } else if !snapshot::is_one(&row) {
            let Ok(outer) = parse_outer(&row.bytes) else { continue };
            let key = tx.key(row.compartment, outer.header.epoch)?;
            let Ok(opened) = ready::open(tx, &row, log, key.as_ref()) else { continue };
            for change in &opened.body.changes {
                tx.outbox_put(row.document, row.compartment, change)?;
            }
        }
        tx.remove_envelope(row.env_id)?;
        if tx.own_stream(row.compartment)? == Some(row.stream) {
            let stream = seal::make_stream(random)?;
            tx.set_own_stream(row.compartment, stream)?;
        }
    }
    Ok(())
}

fn place_of(accepted: &Accepted) -> Place {
    Place {
        ws_seq: accepted.ws_seq,
        doc_seq: accepted.doc_seq,
        link: accepted.link,
        log_index: accepted.log_index,
    }
}

/// Settles a push with the server's outcomes.
///
/// An outcome for an envelope that was not in the push counts for nothing; a missing outcome leaves the envelope
/// sealed, and it is sent again.
pub(super) fn settle(
    tx: &mut dyn SyncTx,
    pushed: &[EnvelopeId],
    outcomes: &[Outcome],
    narrow: bool,
    random: &dyn Random,
) -> Result<Settled, SyncError> {
    let mut accepted = 0;
    let mut refusals: Vec<(EnvelopeRow, &Refused)> = Vec::new();
    for (id, outcome) in pushed.iter().zip(outcomes) {
        // It may have been read back meanwhile: then the feed acknowledged it.
        let Some(row) = tx.envelope(*id)?.filter(|row| row.state == EnvelopeState::Sealed) else { continue };
        match outcome {
            Outcome::Accepted(place) if place.envelope == *id => {
                accepted += 1;
                acknowledge(tx, row, place_of(place))?;
            }
            Outcome::Accepted(_) => {}
            Outcome::Refused(refused) => refusals.push((row, refused)),
        }
    }
    let next = judge(tx, &refusals, narrow, random)?;
    Ok(Settled { accepted, next })
}

fn judge(
    tx: &mut dyn SyncTx,
    refusals: &[(EnvelopeRow, &Refused)],
    narrow: bool,
    random: &dyn Random,
) -> Result<Verdict, SyncError> {
    let has = |codes: &[ProblemCode]| refusals.iter().find(|(_, refused)| codes.contains(&refused.code));
    let Some((first, _)) = refusals.first() else { return Ok(Verdict::Continue) };
    // A gap in a stream usually follows from another refusal before it; alone, it speaks for itself.
    if refusals.iter().all(|(_, refused)| refused.code == ProblemCode::StreamGap) {
        // The server's end of this chain is not ours: this store is older than what it sent before. A new stream
        // begins, and nothing of the old one is touched.
        let compartment = first.compartment;
        unseal_all(tx)?;
        let stream = seal::make_stream(random)?;
        tx.set_own_stream(compartment, stream)?;
        return Ok(Verdict::Stale);
    }
    // Forbidden: somebody's rights changed since it was sealed, and reading the log tells whose.
    let forbidden = if left_out(Check::Stuck) { ProblemCode::EpochStale } else { ProblemCode::Forbidden };
    let stale = [ProblemCode::EpochStale, ProblemCode::LogUnknown, ProblemCode::LogHeadMoved, forbidden];
    if has(&stale).is_some() {
        unseal_all(tx)?;
        return Ok(Verdict::Stale);
    }
    let lasting = [
        ProblemCode::EnvelopeRefused,
        ProblemCode::Malformed,
        ProblemCode::Invalid,
        ProblemCode::TooLarge,
        ProblemCode::VersionUnsupported,
        ProblemCode::NotSupported,
    ];
    if let Some((_, refused)) = has(&lasting) {
        let documents: Vec<DocumentId> = refusals.iter().map(|(row, _)| row.document).collect();
        unseal_all(tx)?;
        // Snapshots travel alone, and nobody's edits wait for one that is not taken.
        if refusals.iter().all(|(row, _)| snapshot::is_one(row)) {
            return Ok(Verdict::Continue);
        }
        if narrow || documents.len() == 1 {
            for document in documents {
                tx.refuse_document(document, refused.code.as_str(), &refused.message)?;
            }
            return Ok(Verdict::Continue);
        }
        return Ok(Verdict::Narrow);
    }
    let Some((_, refused)) = refusals.iter().find(|(_, refused)| refused.code != ProblemCode::StreamGap)
    else {
        return Ok(Verdict::Stale);
    };
    let ms = refused.retry_ms.unwrap_or(if refused.code.may_retry() { 1_000 } else { 60_000 });
    // A short wait for the rate is nothing to trouble people with.
    let problem = if refused.code == ProblemCode::RateLimited {
        None
    } else {
        status::hurdle_of(refused.code, &refused.message)
    };
    Ok(Verdict::Wait { ms, problem })
}
