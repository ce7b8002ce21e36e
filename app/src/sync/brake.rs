//! The mass-delete brake: what would delete more than a fifth of a workspace is held here and asks first.
//!
//! Everything received of that device from then on is verified, kept and not applied, so that what belongs together
//! stays together; what others send goes on. A person lets it through, or takes it back: then it is applied, like
//! everywhere, and undone at once by new edits of this device, which reach everybody. Nothing is lost either way. Time
//! decides only whether deletes count as one change set, never what is accepted. Not here: the answer (`ops::sync`).

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::{DeviceId, DocumentId};

use super::event::Env;
use super::healing::Burst;
use super::log::Log;
use super::ready::Ready;
use super::store::{EnvelopeState, SyncTx};
use super::weak::{Check, left_out};
use super::{SyncError, receive};

/// Fewer deletes never ask.
const FLOOR: u64 = 10;
/// One in so many things.
const SHARE: u64 = 5;
/// Deletes of one device count together until it made none for so long, in milliseconds.
const TOGETHER_MS: u64 = 10 * 60 * 1_000;

/// Envelopes that are about to be applied, by document.
type AllReady<K> = BTreeMap<K, Vec<Ready>>;

/// Takes out what has to ask first.
///
/// # Errors
/// [`SyncError::Store`].
pub(super) fn check<K: Ord + Copy>(
    tx: &mut dyn SyncTx,
    ready: &mut AllReady<K>,
    document_of: impl Fn(&K) -> DocumentId,
    own: DeviceId,
    now_ms: u64,
) -> Result<(), SyncError> {
    if left_out(Check::Brake) {
        return Ok(());
    }
    let held: BTreeSet<DeviceId> = tx.braked()?.into_iter().map(|braked| braked.author).collect();
    let mut deletes: BTreeMap<DeviceId, BTreeSet<DocumentId>> = BTreeMap::new();
    for (key, rows) in ready.iter() {
        for one in rows.iter().filter(|one| one.row.author != own) {
            if !held.contains(&one.row.author) && tx.deletes(document_of(key), &one.changes)? {
                deletes.entry(one.row.author).or_default().insert(document_of(key));
            }
        }
    }
    let mut stop = held;
    for (author, documents) in deletes {
        let known = tx.burst(author)?.filter(|burst| now_ms.abs_diff(burst.last_ms) < TOGETHER_MS);
        let mut burst = match known {
            Some(burst) => burst,
            None => Burst { deleted: 0, living: tx.living()?, allowed: false, last_ms: now_ms },
        };
        burst.deleted += documents.len() as u64;
        burst.last_ms = now_ms;
        tx.set_burst(author, burst)?;
        if !burst.allowed && burst.deleted >= FLOOR && burst.deleted * SHARE > burst.living {
            tracing::warn!(device.id = %author, burst.deleted, burst.living, "a mass deletion is held and asks first");
            stop.insert(author);
        }
    }
    if stop.is_empty() {
        return Ok(());
    }
    for (key, rows) in ready.iter_mut() {
        for mut one in rows.extract_if(.., |one| stop.contains(&one.row.author)) {
            let deletes = tx.deletes(document_of(key), &one.changes)?;
            one.row.state = EnvelopeState::Locked;
            tx.put_envelope(&one.row)?;
            tx.brake(one.row.env_id, one.row.author, now_ms, deletes)?;
        }
    }
    ready.retain(|_, rows| !rows.is_empty());
    Ok(())
}

/// Applies what is held of a device. `on`: what else it deletes in this run goes through as well; otherwise it is
/// counted anew. Returns what changed.
///
/// # Errors
/// [`SyncError::Store`].
pub fn let_through(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    env: &Env<'_>,
    author: DeviceId,
    on: bool,
) -> Result<BTreeSet<DocumentId>, SyncError> {
    tx.unbrake(author)?;
    let living = tx.living()?;
    tx.set_burst(author, Burst { deleted: 0, living, allowed: true, last_ms: env.now_ms })?;
    let changed = receive::retry(tx, log, keys, env)?.changed;
    tx.set_burst(author, Burst { deleted: 0, living, allowed: on, last_ms: env.now_ms })?;
    Ok(changed)
}
