//! What a device that got new keys finds of the one that it was: envelopes sealed by keys that nobody takes any more, and
//! unsent changes that are another author's now. They stay where they are until a person has them written anew.
//!
//! Not here: writing them anew (`core::reauthor`) and getting new keys (`identity::renew`).

use std::collections::BTreeSet;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::envelope::{self, Kind};
use groundplan_shared::wire::{DeviceId, DocumentId, Hash};

use super::SyncError;
use super::log::Log;
use super::parts::{self, Whole};
use super::ready::open;
use super::snapshot::stub_of;
use super::store::{EnvelopeState, OutboxRow, SyncTx};
use crate::core::changes_in;

/// Why documents with such changes are not sent.
pub const CODE: &str = "former_device";
/// The same for people.
pub(super) const MESSAGE: &str = "it was edited before this device was let in again";

/// Says whether changes are of another device than this one.
pub(super) fn foreign(tx: &mut dyn SyncTx, own: DeviceId, rows: &[OutboxRow]) -> bool {
    rows.iter().flat_map(|row| changes_in(&row.change)).any(|change| {
        // What cannot be read is refused by whoever opens it; it is not said to be anybody else's.
        tx.actor(change).is_some_and(|actor| !actor.starts_with(&own.0))
    })
}

/// Tells what waits.
pub(super) fn text(documents: u64) -> ApiError {
    ApiError::new(
        ErrorCode::Conflict,
        format!(
            "{documents} document(s) were edited here before this device was let in again, and not sent."
        ),
        "See them with `groundplan sync --rescue`; send them as this device's with `groundplan sync --bring-in`.",
    )
}

/// Lists the changes of a document that the server has, by their hashes; `None`: something there cannot be read here (yet).
///
/// # Errors
/// [`SyncError::Store`].
pub fn stored(
    tx: &mut dyn SyncTx,
    log: &Log,
    document: DocumentId,
) -> Result<Option<BTreeSet<Hash>>, SyncError> {
    let (mut found, mut dropped, mut covered) = (BTreeSet::new(), 0, 0);
    for doc_seq in 1..=tx.head(document)?.doc_seq {
        let Some((id, _)) = tx.link_at(document, doc_seq)? else { continue };
        let Some(row) = tx.envelope(id)? else { continue };
        if stub_of(&row).is_some() {
            dropped = doc_seq;
            continue;
        }
        let Ok(outer) = envelope::parse_outer(&row.bytes) else { return Ok(None) };
        let header = &outer.header;
        let done = matches!(row.state, EnvelopeState::Applied | EnvelopeState::Stored);
        let key = tx.key(header.compartment, header.epoch)?;
        let opened = open(tx, &row, log, key.as_ref());
        match (header.kind, opened) {
            (Kind::Tombstone, _) => {}
            (Kind::Snapshot, Ok(opened)) => {
                let Whole::Joined(opened) = parts::whole(tx, log, &opened)? else { continue };
                let saved = opened.body.changes.first().and_then(|save| tx.saved_changes(save));
                let Some(saved) = saved else { continue };
                found.extend(saved.into_iter().map(|(change, _)| change.hash));
                covered = covered.max(header.seen.map_or(0, |seen| seen.doc_seq));
            }
            (Kind::Snapshot, Err(_)) => {}
            (Kind::Genesis | Kind::Change, Ok(opened)) if done => {
                for change in &opened.body.changes {
                    found.extend(tx.change_hash(change));
                }
            }
            (Kind::Genesis | Kind::Change, _) => return Ok(None),
        }
    }
    Ok((dropped <= covered).then_some(found))
}
