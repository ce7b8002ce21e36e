//! From the outbox to sealed envelopes, at the moment of sending.
//!
//! What was sealed and not acknowledged goes first, byte for byte. Changes of one document share an envelope, atomic
//! edits stay in one push as long as they fit. Not here: when to send (`machine`) and what came of it (`push`).

use std::collections::BTreeMap;

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::Random;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::envelope::{self, EnvelopeBody, Kind, Scope, SealError, SealInput, Seen, scope_at};
use groundplan_shared::wire::limits::PUSH_ENVELOPES;
use groundplan_shared::wire::{DocumentId, EnvelopeId, StreamId};

use super::event::Env;
use super::log::Log;
use super::store::{ChainHead, EnvelopeRow, EnvelopeState, OutboxRow, SyncRecord, SyncTx};
use super::weak::{Check, left_out};
use super::{SyncError, former, push, ready};
use crate::core::changes_in;

/// Changes looked at for one push.
const ROWS: usize = 2_048;
/// Bytes of changes in one push: with padding, headers and signatures they stay below the limit of a push.
pub(super) const BYTES: usize = 380 * 1024;
/// Bytes of changes in one envelope, unless a single one is larger.
const ENVELOPE_CHANGE_BYTES: usize = 200 * 1024;
/// Changes in one envelope.
const ENVELOPE_CHANGES: usize = 1_024;
/// Documents in one push; the rest of the envelopes is for documents that need several.
const DOCUMENTS: usize = PUSH_ENVELOPES - 8;

/// Makes the id of a new stream.
///
/// # Errors
/// [`SyncError::Seal`] if the generator fails.
pub(super) fn make_stream(random: &dyn Random) -> Result<StreamId, SyncError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| SyncError::Seal)?;
    StreamId::from_slice(&bytes).ok_or(SyncError::Seal)
}

/// Returns the envelopes of the next push, sealing new ones if none are left; `None`: there is nothing to send.
///
/// # Errors
/// [`SyncError`].
pub(super) fn next(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    record: &SyncRecord,
    narrow: bool,
    env: &Env<'_>,
) -> Result<Option<Vec<EnvelopeRow>>, SyncError> {
    let mut sealed = tx.envelopes_in(EnvelopeState::Sealed, PUSH_ENVELOPES)?;
    if sealed.first().is_some_and(|row| row.author != keys.id()) {
        // By the keys that this device had before it was let in again. Everything was read: the server has none of it.
        push::unseal_all(tx)?;
        sealed.clear();
    }
    if let Some(push) = sealed.first().map(|row| row.push) {
        return Ok(Some(sealed.into_iter().take_while(|row| row.push == push).collect()));
    }
    loop {
        let mut rows = tx.outbox_unsealed(ROWS, BYTES)?;
        limit(&mut rows, narrow);
        let Some(first) = rows.first() else { return Ok(None) };
        let push = first.id;
        let renewed = tx.renewed()?;
        let mut sealer = Sealer { log, keys, record, env, push, renewed, sealed: Vec::new() };
        for (document, compartment, chunk) in chunks(rows) {
            sealer.chunk(tx, document, compartment, &chunk)?;
        }
        if !sealer.sealed.is_empty() {
            return Ok(Some(sealer.sealed));
        }
        // Everything looked at was refused here; what follows it may go.
    }
}

/// Cuts after a whole batch so that the documents fit a push; a first batch too large for one is cut inside.
fn limit(rows: &mut Vec<OutboxRow>, narrow: bool) {
    let mut documents = std::collections::BTreeSet::new();
    let first = rows.first().map(|row| row.batch);
    let full = rows.iter().position(|row| {
        documents.insert(row.document);
        documents.len() > DOCUMENTS || (narrow && Some(row.batch) != first)
    });
    let Some(full) = full else { return };
    let cut = rows.get(full).map(|row| row.batch);
    let begun = rows.iter().position(|row| Some(row.batch) == cut).filter(|begun| *begun > 0);
    rows.truncate(begun.unwrap_or(full));
}

type Chunk = (DocumentId, Compartment, Vec<OutboxRow>);

/// Groups changes by document in order of first appearance, and splits what is too much for one envelope.
fn chunks(rows: Vec<OutboxRow>) -> Vec<Chunk> {
    let mut order: Vec<Chunk> = Vec::new();
    let mut last: BTreeMap<DocumentId, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let size = row.change.len();
        let open = last.get_mut(&row.document).and_then(|(at, bytes)| {
            let (_, _, chunk) = order.get_mut(*at)?;
            let fits = *bytes + size <= ENVELOPE_CHANGE_BYTES && chunk.len() < ENVELOPE_CHANGES;
            fits.then_some((chunk, bytes))
        });
        match open {
            Some((chunk, bytes)) => {
                *bytes += size;
                chunk.push(row);
            }
            None => {
                last.insert(row.document, (order.len(), size));
                order.push((row.document, row.compartment, vec![row]));
            }
        }
    }
    order
}

struct Sealer<'a, 'e> {
    log: &'a Log,
    keys: &'a DeviceKeys,
    record: &'a SyncRecord,
    env: &'a Env<'e>,
    push: u64,
    /// Whether this device was another one before.
    renewed: bool,
    sealed: Vec<EnvelopeRow>,
}

impl Sealer<'_, '_> {
    fn chunk(
        &mut self,
        tx: &mut dyn SyncTx,
        document: DocumentId,
        compartment: Compartment,
        rows: &[OutboxRow],
    ) -> Result<(), SyncError> {
        if self.renewed && former::foreign(tx, self.keys.id(), rows) {
            return tx.refuse_document(document, former::CODE, former::MESSAGE);
        }
        let (state, own) = (self.log.state(), self.keys.id());
        let may_write = match scope_at(state, &own, compartment, state.head_index()) {
            Some(Scope::Everything) => true,
            Some(Scope::Talk) => {
                let changes: Vec<Vec<u8>> =
                    rows.iter().flat_map(|row| changes_in(&row.change)).map(<[u8]>::to_vec).collect();
                let same = |actor: &[u8]| ready::same_member(self.log, actor, &own);
                tx.talks(document, &changes, &same)? == Some(true)
            }
            None => false,
        };
        if !may_write && !left_out(Check::Stuck) {
            let message = "this member may not write it; ask an administrator, or export it";
            return tx.refuse_document(document, "not_allowed", message);
        }
        let head = tx.head(document)?;
        let seen = self.record.incarnation.filter(|_| head.doc_seq > 0).map(|incarnation| Seen {
            incarnation,
            doc_seq: head.doc_seq,
            link: head.link,
        });
        let kind = if tx.document_known(document)? { Kind::Change } else { Kind::Genesis };
        let body =
            EnvelopeBody::of_changes(rows.iter().flat_map(|row| changes_in(&row.change)).map(<[u8]>::to_vec));
        let of = (self.log, self.keys, self.env);
        let row = match one(tx, of, (document, compartment), (kind, seen), &body)? {
            Ok(row) => EnvelopeRow { push: Some(self.push), ..row },
            Err(NotSealed::NoKey) => {
                let message = "this device has no key for its classification; ask a member to grant it";
                return tx.refuse_document(document, "no_key", message);
            }
            Err(NotSealed::TooLarge) => {
                let message =
                    "one change of it is larger than an envelope; split the text into several pages";
                return tx.refuse_document(document, "too_large", message);
            }
        };
        keep(tx, &row)?;
        let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
        tx.outbox_seal(&ids, row.env_id)?;
        self.sealed.push(row);
        Ok(())
    }
}

/// Why something was not sealed that may be sealed later, or in another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotSealed {
    /// This device has no key for the compartment.
    NoKey,
    /// It is larger than an envelope of its kind.
    TooLarge,
}

/// Seals one envelope as the next of this device's chain; it is not kept yet.
///
/// # Errors
/// [`SyncError`].
pub(super) fn one(
    tx: &mut dyn SyncTx,
    (log, keys, env): (&Log, &DeviceKeys, &Env<'_>),
    (document, compartment): (DocumentId, Compartment),
    (kind, seen): (Kind, Option<Seen>),
    body: &EnvelopeBody,
) -> Result<Result<EnvelopeRow, NotSealed>, SyncError> {
    let epoch = log.state().chain(compartment).current();
    let Some(key) = tx.key(compartment, epoch)? else { return Ok(Err(NotSealed::NoKey)) };
    let author = keys.id();
    let stream = match tx.own_stream(compartment)? {
        Some(stream) => stream,
        None => {
            let stream = make_stream(env.random)?;
            tx.set_own_stream(compartment, stream)?;
            stream
        }
    };
    let end = tx.chain(author, stream)?.unwrap_or(ChainHead { dev_seq: 0, env_id: EnvelopeId::ZERO });
    let input = SealInput {
        kind,
        workspace: log.state().workspace(),
        document,
        compartment,
        epoch,
        stream,
        dev_seq: end.dev_seq + 1,
        previous: end.env_id,
        log: log.head(),
        seen,
        body,
    };
    let sealed = match envelope::seal(&input, keys, &key, env.random) {
        Ok(sealed) => sealed,
        Err(SealError::TooLarge { .. }) => return Ok(Err(NotSealed::TooLarge)),
        Err(SealError::Shape | SealError::Random(_)) => return Err(SyncError::Seal),
    };
    Ok(Ok(EnvelopeRow {
        env_id: sealed.id,
        document,
        compartment,
        author,
        stream,
        dev_seq: input.dev_seq,
        previous: input.previous,
        state: EnvelopeState::Sealed,
        push: None,
        place: None,
        bytes: sealed.bytes,
    }))
}

/// Keeps a sealed envelope, and moves the chain to it.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn keep(tx: &mut dyn SyncTx, row: &EnvelopeRow) -> Result<(), SyncError> {
    tx.put_envelope(row)?;
    tx.set_chain(row.author, row.stream, ChainHead { dev_seq: row.dev_seq, env_id: row.env_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, batch: u64, document: u8, size: usize) -> OutboxRow {
        OutboxRow {
            id,
            batch,
            document: DocumentId([document; 16]),
            compartment: Compartment::Internal,
            change: vec![0; size],
        }
    }

    #[test]
    fn a_push_is_cut_between_batches() {
        let mut rows: Vec<OutboxRow> = (0..40).map(|n| row(n, 1, n as u8, 1)).collect();
        rows.extend((40..80).map(|n| row(n, 2, n as u8, 1)));
        limit(&mut rows, false);
        assert_eq!(rows.len(), 40, "the second batch would be cut in two");
        let mut one: Vec<OutboxRow> = (0..200).map(|n| row(n, 1, n as u8, 1)).collect();
        limit(&mut one, false);
        assert_eq!(one.len(), DOCUMENTS, "a batch too large for any push is cut");
        let mut narrow = vec![row(1, 1, 1, 1), row(2, 1, 2, 1), row(3, 2, 1, 1)];
        limit(&mut narrow, true);
        assert_eq!(narrow.len(), 2);
    }

    #[test]
    fn changes_of_a_document_share_an_envelope_until_it_is_full() {
        let rows =
            vec![row(1, 1, 1, 10), row(2, 1, 2, 10), row(3, 2, 1, 10), row(4, 3, 1, ENVELOPE_CHANGE_BYTES)];
        let shape: Vec<(u8, Vec<u64>)> = chunks(rows)
            .iter()
            .map(|(document, _, rows)| (document.0[0], rows.iter().map(|row| row.id).collect()))
            .collect();
        assert_eq!(shape, [(1, vec![1, 3]), (2, vec![2]), (1, vec![4])]);
    }
}
