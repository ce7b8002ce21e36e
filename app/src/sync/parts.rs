//! Snapshots in parts on this side: sealed one after the other in this device's chain, and found again by walking the chain
//! back from the last one. A part by itself says nothing.
//!
//! Not here: cutting and joining (`groundplan_shared::envelope::snapshot::parts`), and what a snapshot is for (`snapshot`).

use groundplan_shared::envelope::snapshot::{PartFault, cut, join};
use groundplan_shared::envelope::{EnvelopeBody, Kind, Opened, Seen};
use groundplan_shared::wire::DocumentId;
use groundplan_shared::wire::limits::ENVELOPE_BYTES;

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::DeviceKeys;

use super::event::Env;
use super::log::Log;
use super::ready::open;
use super::snapshot::stub_of;
use super::store::{EnvelopeRow, SyncTx};
use super::{SyncError, seal};

/// What an opened snapshot envelope is of a whole.
pub(super) enum Whole {
    /// All of a snapshot.
    Joined(Box<Opened>),
    /// A part before the last one.
    Part,
    /// The last part of one whose other parts the server dropped, because a later snapshot covers them.
    Dropped,
    /// The last part of what makes no snapshot.
    Broken(PartFault),
}

/// Joins a snapshot with its other parts, which its author's chain has right before it.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn whole(tx: &mut dyn SyncTx, log: &Log, opened: &Opened) -> Result<Whole, SyncError> {
    let Some(part) = opened.body.part else { return Ok(Whole::Joined(Box::new(opened.clone()))) };
    if !part.is_last() {
        return Ok(Whole::Part);
    }
    let mut parts = vec![opened.clone()];
    while parts.len() < part.count as usize {
        let previous = parts.last().map(|part| part.header.previous);
        let Some(row) = previous.and_then(|id| tx.envelope(id).transpose()).transpose()? else {
            return Ok(Whole::Broken(PartFault::Order));
        };
        if stub_of(&row).is_some() {
            return Ok(Whole::Dropped);
        }
        let key = tx.key(opened.header.compartment, opened.header.epoch)?;
        let Ok(before) = open(tx, &row, log, key.as_ref()) else {
            return Ok(Whole::Broken(PartFault::Foreign));
        };
        parts.push(before);
    }
    parts.reverse();
    Ok(match join(&parts) {
        Ok(joined) => Whole::Joined(Box::new(joined)),
        Err(fault) => Whole::Broken(fault),
    })
}

/// Seals and keeps a snapshot, in as many parts as it needs; returns the first. `None`: it is larger than a snapshot may be,
/// or this device has no key.
///
/// # Errors
/// [`SyncError`].
pub(super) fn seal_snapshot(
    tx: &mut dyn SyncTx,
    (log, keys): (&Log, &DeviceKeys),
    (document, compartment): (DocumentId, Compartment),
    seen: Seen,
    body: EnvelopeBody,
    env: &Env<'_>,
) -> Result<Option<EnvelopeRow>, SyncError> {
    let Some(parts) = cut(body) else { return Ok(None) };
    let mut first = None;
    // Each travels in a push of its own; what is sealed goes before anything new, in order.
    for (push, body) in (0..).zip(&parts) {
        let of = (document, compartment);
        let sealed = seal::one(tx, (log, keys, env), of, (Kind::Snapshot, Some(seen)), body)?;
        let Some(row) = sealed.ok().filter(|row| row.bytes.len() <= ENVELOPE_BYTES) else {
            return Ok(first);
        };
        let row = EnvelopeRow { push: Some(push), ..row };
        seal::keep(tx, &row)?;
        first = first.or(Some(row));
    }
    Ok(first)
}
