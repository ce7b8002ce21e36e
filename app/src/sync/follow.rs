//! A device holds entries of the membership log that nobody else had when a restored server's log went on without them. By
//! an owner's signed word the other log is the workspace's: this device takes it over. Its own entries are set aside with
//! their reason; what it wrote under them goes back to the outbox; what others wrote under them is theirs to send again.
//!
//! Not here: asking the server and the person (`identity::follow`).

use groundplan_shared::auth::{Compartment, Permissions};
use groundplan_shared::crypto::Random;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::envelope::parse_outer;
use groundplan_shared::membership::entry::parse_entry;
use groundplan_shared::membership::{Body, MembershipState};
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId};

use super::healing::HealingTx as _;
use super::set_aside::BELOW_CUT;
use super::sqlite::SqliteTx;
use super::store::{ChainHead, EnvelopeState, QuarantineRow, SyncTx as _};
use super::{Log, SyncError, life, log, push, restore};

/// A log that goes on differently, by an owner's word.
#[derive(Debug)]
pub struct Other<'a> {
    /// What it says at its head.
    state: &'a MembershipState,
    entries: &'a [Vec<u8>],
    /// The last entry that both logs have.
    kept: u64,
}

impl<'a> Other<'a> {
    /// Compares a verified log with the one that is here. `None`: it does not differ, or no owner whom both logs know says in
    /// it that the server was restored.
    pub fn judge(own: &MembershipState, state: &'a MembershipState, entries: &'a [Vec<u8>]) -> Option<Self> {
        let same = |index: &u64| own.hash_at(*index) == state.hash_at(*index);
        let kept = (0..=own.head_index()).take_while(same).last()?;
        if kept == own.head_index() {
            return None;
        }
        let since = entries.get(usize::try_from(kept).ok()? + 1..)?;
        let by_owner = |actor: &DeviceId| {
            own.active_at(actor, kept)
                .is_some_and(|(_, rights)| rights.permissions.contains(Permissions::OWN))
        };
        let restored = since.iter().filter_map(|entry| parse_entry(entry).ok()).any(|parsed| {
            matches!(parsed.entry.body, Body::ServerRestore(_)) && by_owner(&parsed.entry.actor)
        });
        restored.then_some(Self { state, entries, kept })
    }
}

/// Takes over a log that an owner's word explains.
///
/// # Errors
/// [`SyncError`]; nothing is changed then.
pub fn take_over(
    tx: &mut SqliteTx<'_>,
    own: &MembershipState,
    other: &Other<'_>,
    keys: &DeviceKeys,
    now_ms: u64,
    random: &dyn Random,
) -> Result<(), SyncError> {
    take_back(tx, own, other.kept, keys.id(), random)?;
    // By rotations that are gone: what is read again is judged again.
    tx.write("DELETE FROM quarantine WHERE reason = ?1", [BELOW_CUT])?;
    set_aside(tx, other.kept, now_ms)?;
    for compartment in Compartment::ALL {
        for epoch in own.chain(compartment).epochs.iter().filter(|epoch| epoch.started_index > other.kept) {
            let of = (compartment.number(), epoch.epoch);
            tx.write("DELETE FROM compartment_key WHERE compartment = ?1 AND epoch = ?2", of)?;
        }
    }
    let kept = i64::try_from(other.kept).unwrap_or(i64::MAX);
    tx.write("DELETE FROM membership_log WHERE log_index > ?1", [kept])?;
    for (index, entry) in (0..).zip(other.entries).filter(|(index, _)| *index > other.kept) {
        let hash = other.state.hash_at(index).ok_or(SyncError::Log { index })?;
        tx.log_append(index, hash, entry)?;
    }
    log::unlock(tx, other.state, keys)?;
    let mut record = tx.record()?;
    record.alarm = None;
    match other.state.incarnations().last() {
        Some(life) => restore::take_over(tx, &mut record, *life)?,
        None => return Err(SyncError::Log { index: other.kept }),
    }
    tx.set_record(&record)
}

/// Lets go of everything that was sealed on top of entries which are gone: own work goes back to the outbox.
fn take_back(
    tx: &mut SqliteTx<'_>,
    state: &MembershipState,
    kept: u64,
    own: DeviceId,
    random: &dyn Random,
) -> Result<(), SyncError> {
    let log = Log::of(state.clone());
    let mut gone = Vec::new();
    let known: Vec<EnvelopeId> = tx.places()?.into_iter().map(|(id, _)| id).collect();
    let unplaced = tx.unplaced()?.into_iter().map(|(id, ..)| id);
    // What was acknowledged and not read back has a place, which nobody verified.
    let acknowledged = tx.envelopes_in(EnvelopeState::Stored, usize::MAX)?;
    let acknowledged = acknowledged.into_iter().filter(|row| row.place.is_some()).map(|row| row.env_id);
    for id in known.into_iter().chain(unplaced).chain(acknowledged) {
        let Some(row) = tx.envelope(id)? else { continue };
        let Ok(outer) = parse_outer(&row.bytes) else { continue };
        if outer.header.log.index > kept {
            gone.push((row.dev_seq, row));
        }
    }
    let ids: Vec<EnvelopeId> = gone.iter().map(|(_, row)| row.env_id).collect();
    let before =
        tx.one("SELECT value FROM meta WHERE name = 'renewed'", [], |row| row.get::<_, Vec<u8>>(0))?;
    let before = before.and_then(|bytes| Some(DeviceId(bytes.try_into().ok()?)));
    for device in [Some(own), before].into_iter().flatten() {
        push::seal_anew(tx, &log, device, &ids, random)?;
    }
    gone.sort_by_key(|(dev_seq, _)| std::cmp::Reverse(*dev_seq));
    for (dev_seq, row) in gone {
        tx.remove_envelope(row.env_id)?;
        let end = ChainHead { dev_seq: dev_seq.saturating_sub(1), env_id: row.previous };
        tx.set_chain(row.author, row.stream, end)?;
    }
    life::begin_anew(tx, random)
}

/// Keeps the entries that are gone, with the reason, beside the other items that are shown as set aside.
fn set_aside(tx: &mut SqliteTx<'_>, kept: u64, now_ms: u64) -> Result<(), SyncError> {
    for (index, entry) in (kept + 1..).zip(tx.log_from(kept + 1)?) {
        let Ok(parsed) = parse_entry(&entry) else { continue };
        let what = parsed.entry.body.kind();
        let reason = format!(
            "entry {index} of the membership log ({what}) was lost with the server\u{2019}s database"
        );
        tx.quarantine(&QuarantineRow {
            env_id: EnvelopeId(parsed.hash.0),
            document: DocumentId([0; 16]),
            ws_seq: 0,
            doc_seq: 0,
            reason,
            at_ms: now_ms,
            bytes: entry,
        })?;
    }
    Ok(())
}
