//! Snapshots on this side: making one of a document whose log has grown, telling the server what this device finds about
//! others', and standing in with an acknowledged one for what the server dropped.
//!
//! Formats, the judge and the rule of dropping are `groundplan_shared::envelope::snapshot`. A snapshot never replaces
//! changes that are here: it is merged like any others. Not here: sealing (`seal`) and the order of checks (`receive`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::envelope::snapshot::{Stub, Verdict, sign_ack, verify_ack};
use groundplan_shared::envelope::{
    self, Kind, Opened, Prefix, SavedChange, Seen, Snapshot, SnapshotFault, Standing, check_snapshot,
};
use groundplan_shared::membership::CutItem;
use groundplan_shared::membership::entry::parse_entry;
use groundplan_shared::wire::frames::{AckResult, AckSnapshot, ClientFrame, FeedItem};
use groundplan_shared::wire::{DocumentId, EnvelopeId, Hash, ProblemCode};

use super::SyncError;
use super::chain::Chained;
use super::event::{Effect, Env};
use super::log::Log;
use super::machine::Machine;
use super::parts::{self, Whole};
use super::ready::{Ready, open};
use super::receive::Receiver;
use super::since::{BYTES, COUNT, FEW, FEW_BYTES, ROTATED_COUNT, since_snapshot};
use super::store::{Alarm, EnvelopeRow, EnvelopeState, Place, SyncRecord, SyncStore, SyncTx, raise, run};
use super::weak::{Check, left_out};

/// Waiting snapshots looked at in one go.
const WAITING: usize = 256;

/// What the machine keeps about snapshots between events.
#[derive(Debug, Default)]
pub(super) struct Compaction {
    /// Documents to which this device added something.
    grown: BTreeSet<DocumentId>,
    /// When it is worth looking at a document again.
    look_at: BTreeMap<DocumentId, Later>,
    /// Whether snapshots may lie here that were not judged.
    judge: bool,
    /// The entry of the membership log up to which own rotations were looked at.
    rotations: Option<u64>,
    /// An opinion on its way to the server.
    acking: Option<(u64, EnvelopeId)>,
}

/// When it is worth looking again: from a place on, or after so many bytes of this device's own.
#[derive(Debug, Clone, Copy)]
struct Later {
    doc_seq: u64,
    bytes: usize,
}

impl Compaction {
    /// A new connection: what was not answered is said again.
    pub(super) fn begin(&mut self) {
        self.acking = None;
        self.judge = true;
    }

    /// A snapshot came.
    pub(super) fn came(&mut self) {
        self.judge = true;
    }
}

/// The row of an envelope that the server dropped.
pub(super) fn row_of_stub(stub: &Stub, item: &FeedItem, place: Place) -> EnvelopeRow {
    EnvelopeRow {
        env_id: stub.envelope,
        document: item.document,
        compartment: stub.compartment,
        author: stub.author,
        stream: stub.stream,
        dev_seq: stub.dev_seq,
        previous: EnvelopeId::ZERO,
        state: EnvelopeState::Held,
        push: None,
        place: Some(place),
        bytes: item.envelope.0.clone(),
    }
}

/// Says whether a row is a snapshot.
pub(super) fn is_one(row: &EnvelopeRow) -> bool {
    envelope::parse_outer(&row.bytes).is_ok_and(|outer| outer.header.kind == Kind::Snapshot)
}

/// Returns a row's stub, if the server dropped its envelope.
pub(super) fn stub_of(row: &EnvelopeRow) -> Option<Stub> {
    Stub::parse(&row.bytes)
}

/// Makes the prefix of a document's log that this device verified envelope by envelope. `None`: it did not see all of it,
/// or something there cannot be judged here.
fn prefix(
    tx: &mut dyn SyncTx,
    log: &Log,
    document: DocumentId,
    until: u64,
) -> Result<Option<Prefix>, SyncError> {
    let mut prefix = Prefix::new();
    for doc_seq in 1..=until {
        let Some((id, place)) = tx.link_at(document, doc_seq)? else { return Ok(None) };
        let Some(row) = tx.envelope(id)? else { return Ok(None) };
        let Ok(outer) = envelope::parse_outer(&row.bytes) else { return Ok(None) };
        let done = matches!(row.state, EnvelopeState::Applied | EnvelopeState::Stored);
        let hashes = match outer.header.kind {
            Kind::Snapshot | Kind::Tombstone => None,
            Kind::Genesis | Kind::Change if !done => return Ok(None),
            Kind::Genesis | Kind::Change => {
                let Some(key) = tx.key(outer.header.compartment, outer.header.epoch)? else {
                    return Ok(None);
                };
                let Ok(opened) = open(tx, &row, log, Some(&key)) else { return Ok(None) };
                let hashes = opened.body.changes.iter().map(|change| tx.change_hash(change));
                let Some(hashes) = hashes.collect::<Option<Vec<Hash>>>() else { return Ok(None) };
                Some(hashes)
            }
        };
        let accepted = hashes.as_ref().map(|hashes| (row.author, hashes.as_slice()));
        if prefix.take(doc_seq, &id, place.log_index, accepted).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(prefix))
}

/// Makes a snapshot of all that the server has of a document, if it is time for one. Returns it sealed, and the place from
/// which on it is worth looking again.
fn make(
    tx: &mut dyn SyncTx,
    (log, keys, record): (&Log, &DeviceKeys, &SyncRecord),
    document: DocumentId,
    env: &Env<'_>,
) -> Result<(Option<EnvelopeRow>, Later), SyncError> {
    let head = tx.head(document)?;
    let since = since_snapshot(tx, log, document, head.doc_seq)?;
    if !since.is_due() {
        let doc_seq = head.doc_seq + (COUNT.saturating_sub(since.count) / 8).max(1);
        return Ok((None, Later { doc_seq, bytes: since.bytes_left() }));
    }
    let later = Later { doc_seq: head.doc_seq + COUNT / 4, bytes: BYTES };
    let (Some(compartment), Some(incarnation)) = (head.compartment, record.incarnation) else {
        return Ok((None, later));
    };
    let Some(prefix) = prefix(tx, log, document, head.doc_seq)? else { return Ok((None, later)) };
    let Some(save) = tx.save(document)? else { return Ok((None, later)) };
    // Loaded again and held against what was verified: a save that is not exactly that is not sent.
    let Some(saved) = tx.saved_changes(&save) else { return Ok((None, later)) };
    let verified: BTreeSet<Hash> = prefix.authors().values().flatten().copied().collect();
    if saved.len() != verified.len() || !saved.iter().all(|(change, _)| verified.contains(&change.hash)) {
        return Ok((None, later));
    }
    let Ok(body) = prefix.to_body(save) else { return Ok((None, later)) };
    let seen = Seen { incarnation, doc_seq: prefix.doc_seq(), link: prefix.link() };
    let made = parts::seal_snapshot(tx, (log, keys), (document, compartment), seen, body, env)?;
    Ok((made, Later { doc_seq: head.doc_seq + FEW, bytes: FEW_BYTES }))
}

impl Machine {
    /// Remembers what this device added to, by envelopes that the server took.
    pub(super) fn grew(&mut self, tx: &mut dyn SyncTx, envelopes: &[EnvelopeId]) -> Result<(), SyncError> {
        for id in envelopes {
            if let Some(row) = tx.envelope(*id)? {
                if let Some(later) = self.compaction.look_at.get_mut(&row.document) {
                    later.bytes = later.bytes.saturating_sub(row.bytes.len());
                }
                self.compaction.grown.insert(row.document);
            }
        }
        Ok(())
    }

    /// After a rotation by this device: what lies sealed under the keys before it is to be saved under the new ones.
    fn after_rotation(&mut self, store: &dyn SyncStore) -> Result<(), SyncError> {
        let (log, own, head) = (&self.log, self.keys.id(), self.log.head().index);
        let looked = self.compaction.rotations.replace(head);
        let Some(looked) = looked.filter(|looked| *looked < head) else { return Ok(()) };
        let due = run(store, |tx| {
            let mut due = BTreeSet::new();
            for compartment in Compartment::ALL {
                let started =
                    log.state().chain(compartment).epochs.last().map_or(0, |epoch| epoch.started_index);
                let entry = if started > looked { tx.log_from(started)?.into_iter().next() } else { None };
                let entry = entry.and_then(|bytes| parse_entry(&bytes).ok());
                if entry.is_some_and(|parsed| parsed.entry.actor == own) {
                    let long = |item: &CutItem| item.doc_seq >= ROTATED_COUNT;
                    due.extend(
                        tx.stood(compartment, u64::MAX)?
                            .iter()
                            .filter(|item| long(item))
                            .map(|item| item.document),
                    );
                }
            }
            Ok(due)
        })?;
        self.compaction.look_at.retain(|document, _| !due.contains(document));
        self.compaction.grown.extend(due);
        Ok(())
    }

    /// Makes the next snapshot that is due, once nothing else is to be sent.
    pub(super) fn next_snapshot(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
    ) -> Result<Option<Vec<EnvelopeRow>>, SyncError> {
        self.after_rotation(store)?;
        // What the server took and did not give back yet is no verified part of any document.
        let settled = !self.compaction.grown.is_empty()
            && self.all_read()
            && run(store, |tx| tx.count_in(EnvelopeState::Stored))? == 0;
        while settled && let Some(document) = self.compaction.grown.pop_first() {
            let (log, keys) = (&self.log, Arc::clone(&self.keys));
            let later = self.compaction.look_at.get(&document).filter(|later| later.bytes > 0);
            let from = later.map_or(0, |later| later.doc_seq);
            let made = run(store, |tx| {
                let record = tx.record()?;
                if record.alarm.is_some() || !log.is_active(keys.id()) || tx.head(document)?.doc_seq < from {
                    return Ok(None);
                }
                make(tx, (log, &keys, &record), document, env).map(Some)
            })?;
            let Some((made, later)) = made else { continue };
            self.compaction.look_at.insert(document, later);
            if let Some(row) = made {
                return Ok(Some(vec![row]));
            }
        }
        Ok(None)
    }

    /// Tells the server what this device finds about the next snapshot that it can compare with what it verified itself.
    pub(super) fn judge_next(
        &mut self,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if !self.compaction.judge || self.compaction.acking.is_some() || !self.all_read() {
            return Ok(());
        }
        let (log, keys) = (&self.log, Arc::clone(&self.keys));
        let found = run(store, |tx| {
            // What the brake holds waits for a person.
            let braked: BTreeSet<EnvelopeId> = tx.braked()?.into_iter().map(|braked| braked.env_id).collect();
            for mut row in tx.envelopes_in(EnvelopeState::Locked, WAITING)? {
                if braked.contains(&row.env_id) {
                    continue;
                }
                let Some(snapshot) = opened_snapshot(tx, log, &row)? else { continue };
                let own = row.author == keys.id();
                let verified = if own { None } else { prefix(tx, log, row.document, snapshot.doc_seq())? };
                let Some(verified) = verified else {
                    // Nothing to say about it: one's own, or of places that this device did not see itself.
                    row.state = EnvelopeState::Applied;
                    tx.put_envelope(&row)?;
                    continue;
                };
                let verdict = match snapshot.agrees_with(&verified) {
                    Ok(()) => Verdict::Agrees,
                    Err(SnapshotFault::Fork) => {
                        raise(tx, Alarm::Forked)?;
                        return Ok(None);
                    }
                    Err(_) if left_out(Check::Compare) => Verdict::Agrees,
                    Err(fault) => {
                        tracing::warn!(document.id = %row.document, %fault, "a snapshot is objected to");
                        Verdict::Differs
                    }
                };
                return Ok(Some((row.env_id, sign_ack(&snapshot, verdict, log.state(), &keys))));
            }
            Ok(None)
        })?;
        let Some((id, ack)) = found else {
            self.compaction.judge = false;
            return Ok(());
        };
        let request = self.request();
        self.compaction.acking = Some((request, id));
        let frame = AckSnapshot { request, workspace: self.workspace, ack: ack.into() };
        effects.push(Effect::Send(ClientFrame::AckSnapshot(frame)));
        Ok(())
    }

    /// The server took an opinion, or has no use for it.
    pub(super) fn ack_result(
        &mut self,
        result: &AckResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let Some((_, id)) = self.compaction.acking.take_if(|(request, _)| *request == result.request) else {
            return Ok(());
        };
        let later = [ProblemCode::LogUnknown, ProblemCode::RateLimited, ProblemCode::Unavailable];
        if let Some(refused) = result.refused.as_ref().filter(|refused| later.contains(&refused.code)) {
            self.pause(refused.retry_ms.unwrap_or(1_000), env, effects);
        } else {
            run(store, |tx| match tx.envelope(id)? {
                Some(row) => tx.put_envelope(&EnvelopeRow { state: EnvelopeState::Applied, ..row }),
                None => Ok(()),
            })?;
        }
        self.pump(store, env, effects)
    }
}

/// Opens and checks a snapshot that lies here; `None` if it is none, or cannot be opened here (any more).
fn opened_snapshot(tx: &mut dyn SyncTx, log: &Log, row: &EnvelopeRow) -> Result<Option<Snapshot>, SyncError> {
    let Ok(outer) = envelope::parse_outer(&row.bytes) else { return Ok(None) };
    if outer.header.kind != Kind::Snapshot {
        return Ok(None);
    }
    let Some(key) = tx.key(outer.header.compartment, outer.header.epoch)? else { return Ok(None) };
    let Ok(opened) = open(tx, row, log, Some(&key)) else { return Ok(None) };
    let Whole::Joined(opened) = parts::whole(tx, log, &opened)? else { return Ok(None) };
    Ok(judged(tx, log, &opened)?.ok().map(|(snapshot, _)| snapshot))
}

type Judged = Result<(Snapshot, Vec<Vec<u8>>), SnapshotFault>;

/// Judges an opened snapshot, and returns it with the changes of its save.
fn judged(tx: &mut dyn SyncTx, log: &Log, opened: &Opened) -> Result<Judged, SyncError> {
    let covers = opened.body.covers.as_ref().map_or(0, |covers| covers.doc_seq);
    let known = tx.link_at(opened.header.document, covers)?.map(|(_, place)| place.link);
    let saved = opened.body.changes.first().and_then(|save| tx.saved_changes(save)).unwrap_or_default();
    let (listed, changes): (Vec<SavedChange>, Vec<Vec<u8>>) = saved.into_iter().unzip();
    let decode = |_: &[u8]| (!listed.is_empty()).then(|| listed.clone());
    let checked = check_snapshot(opened, log.state(), |doc_seq| known.filter(|_| doc_seq == covers), decode);
    Ok(checked.map(|snapshot| (snapshot, changes)))
}

impl Receiver<'_, '_> {
    /// Takes a stub: its place is verified; now its place in the author's chain.
    pub(super) fn stub(&mut self, tx: &mut dyn SyncTx, mut row: EnvelopeRow) -> Result<(), SyncError> {
        self.restored(tx, &row)?;
        match self.chained(tx, &row)? {
            Chained::Next => row.state = EnvelopeState::Applied,
            Chained::Later => {}
            Chained::Other => {
                return self.reject(tx, &row, "its author's chain has another envelope in its place");
            }
        }
        tx.put_envelope(&row)
    }

    /// Takes an opened snapshot. It stands in for what the server dropped only if another device agreed to it; otherwise
    /// it is kept to be judged.
    pub(super) fn snapshot(
        &mut self,
        tx: &mut dyn SyncTx,
        mut row: EnvelopeRow,
        opened: &Opened,
    ) -> Result<(), SyncError> {
        let opened = match parts::whole(tx, self.log, opened)? {
            Whole::Joined(opened) => opened,
            Whole::Part | Whole::Dropped => {
                row.state = EnvelopeState::Applied;
                return tx.put_envelope(&row);
            }
            Whole::Broken(fault) => return self.reject(tx, &row, &fault.to_string()),
        };
        let (snapshot, changes) = match judged(tx, self.log, &opened)? {
            Ok(judged) => judged,
            Err(SnapshotFault::Fork) if !left_out(Check::Life) && of_another_life(tx, &opened)? => {
                // Since an owner signed that the server was restored, other places count: it stands for nothing now.
                row.state = EnvelopeState::Applied;
                return tx.put_envelope(&row);
            }
            Err(fault) => {
                if fault == SnapshotFault::Fork {
                    raise(tx, Alarm::Forked)?;
                }
                return self.reject(tx, &row, &fault.to_string());
            }
        };
        let Some(stub) = last_covered(tx, &snapshot)? else {
            self.out.snapshot = true;
            row.state = EnvelopeState::Locked;
            return tx.put_envelope(&row);
        };
        let agreed = match (&stub.ack, envelope::parse_outer(&row.bytes)) {
            (Some(ack), Ok(outer)) => verify_ack(ack, &outer, self.log.state(), Standing::Stored)
                .is_ok_and(|ack| ack.verdict == Verdict::Agrees && ack.save == snapshot.save()),
            _ => false,
        };
        if !agreed && !left_out(Check::Acked) {
            return self.reject(
                tx,
                &row,
                "the server dropped what a snapshot covers that no other device confirmed",
            );
        }
        row.state = EnvelopeState::Applied;
        // It may be the beginning of its document here.
        self.begun = true;
        // Only who may write everything makes snapshots.
        let one = Ready { row, changes, only_talk: false, stored: false };
        self.ready.entry((one.row.document, one.row.compartment)).or_default().push(one);
        Ok(())
    }
}

/// Says whether a snapshot was made under another life of the server's database than the one that counts here.
fn of_another_life(tx: &mut dyn SyncTx, opened: &Opened) -> Result<bool, SyncError> {
    let life = tx.record()?.incarnation;
    Ok(opened.header.seen.is_some_and(|seen| Some(seen.incarnation) != life))
}

/// Returns the stub at the last place that a snapshot covers, if the server dropped what was there.
pub(super) fn last_covered(tx: &mut dyn SyncTx, snapshot: &Snapshot) -> Result<Option<Stub>, SyncError> {
    let Some((id, _)) = tx.link_at(snapshot.document(), snapshot.doc_seq())? else { return Ok(None) };
    Ok(tx.envelope(id)?.as_ref().and_then(stub_of))
}
