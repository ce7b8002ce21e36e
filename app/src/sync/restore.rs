//! After the server's database was restored from a backup (M20, F12): what it lost comes back from the devices.
//!
//! The server shows another life of its database. Until an owner has signed that (`ServerRestore`), a device reads what
//! the server has without taking anything over, and puts back what it verified before and the server has no more: each
//! envelope under the membership entry under which it stood, each entry after its envelopes, so that places, links and
//! rotation cuts come out as they were. That tells the server nothing that it did not acknowledge once; nothing new is
//! sent. Once the owner's entry is read, places are verified anew from the beginning, and what is still missing goes
//! back as it was signed. Not here: whether a life is the known one (`machine`), and the owner's answer (`ops::sync`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use groundplan_shared::auth::Permissions;
use groundplan_shared::envelope::parse_outer;
use groundplan_shared::envelope::snapshot::Stub;
use groundplan_shared::membership::build::next_entry;
use groundplan_shared::membership::{Body, MembershipState, ServerRestore};
use groundplan_shared::wire::frames::{
    AppendLog, ClientFrame, Feed, LogDelta, Outcome, Push, PushResult, Subscribe,
};
use groundplan_shared::wire::limits::PUSH_ENVELOPES;
use groundplan_shared::wire::{DeviceId, EnvelopeId, Hash, Incarnation, StreamId};

use super::event::{Effect, Env};
use super::machine::{InFlight, Machine, Phase};
use super::seal::BYTES;
use super::store::{Alarm, EnvelopeRow, SyncRecord, SyncStore, SyncTx, run};
use super::weak::{Check, left_out};
use super::{SyncError, push, snapshot};

/// Wait after the server could not take something back yet, because somebody else has to be first, in milliseconds.
const AGAIN_MS: u64 = 2_000;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No owner has signed yet: what the server has is compared, and what it lacks is put where it was.
    Compare,
    /// An owner has signed: what was not found while reading again goes back.
    Return,
}

/// What is known on this connection of what the server lost.
#[derive(Debug)]
pub(super) struct Recovery {
    stage: Stage,
    /// Envelopes that the server has.
    present: BTreeSet<EnvelopeId>,
    /// Entries of the membership log that the server has, from the first on without a gap.
    entries: u64,
    /// What it lacks, in the order in which it is put back, with the log index of its place; none: not known yet.
    plan: Option<VecDeque<(EnvelopeId, u64)>>,
}

impl Recovery {
    pub(super) fn new(stage: Stage) -> Self {
        Self { stage, present: BTreeSet::new(), entries: 0, plan: None }
    }
}

/// What the life that a server shows means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// The known one, or the first.
    Known,
    /// An owner signed that the server's database goes on in it.
    Signed,
    /// Nobody has signed it.
    Unknown,
}

/// Judges the life that a server shows by what this device met and by what owners signed.
pub(super) fn judge(state: &MembershipState, record: &SyncRecord, shown: Incarnation) -> Life {
    let signed = state.incarnations().last().is_some_and(|last| *last == shown);
    match record.incarnation {
        Some(known) if known == shown => Life::Known,
        _ if signed => Life::Signed,
        // A device that never met the server knows its life from the log, where there was a change.
        None if state.incarnations().is_empty() => Life::Known,
        _ => Life::Unknown,
    }
}

/// Takes over a life that an owner signed: every place is verified anew, and what is not found goes back.
pub(super) fn take_over(
    tx: &mut dyn SyncTx,
    record: &mut SyncRecord,
    life: Incarnation,
) -> Result<(), SyncError> {
    tx.forget_places()?;
    record.incarnation = Some(life);
    (record.found, record.approved) = (None, None);
    record.alarm = record.alarm.filter(|alarm| *alarm == Alarm::BadLog);
    record.feed_cursor = 0;
    record.resend = true;
    Ok(())
}

/// Says whether a device may sign that the server was restored.
pub fn may_sign(state: &MembershipState, device: DeviceId) -> bool {
    state.active(&device).is_some_and(|(_, rights)| rights.permissions.contains(Permissions::OWN))
}

/// Puts envelopes into an order in which each stream's follow one another, otherwise as they came.
fn streams_in_order(rows: Vec<(EnvelopeId, DeviceId, StreamId, u64)>) -> VecDeque<(EnvelopeId, u64)> {
    let mut streams: BTreeMap<(DeviceId, StreamId), VecDeque<(u64, EnvelopeId)>> = BTreeMap::new();
    for (id, author, stream, dev_seq) in &rows {
        streams.entry((*author, *stream)).or_default().push_back((*dev_seq, *id));
    }
    streams.values_mut().for_each(|stream| stream.make_contiguous().sort_unstable());
    let next = |(_, author, stream, _): (_, DeviceId, StreamId, _)| {
        streams.get_mut(&(author, stream)).and_then(VecDeque::pop_front)
    };
    rows.into_iter().filter_map(next).map(|(_, id)| (id, 0)).collect()
}

impl Machine {
    /// Whether what the server has is only compared.
    pub(super) fn compares(&self) -> bool {
        self.recovery.as_ref().is_some_and(|recovery| recovery.stage == Stage::Compare)
    }

    /// Asks for everything that the server has, from the first entry and the first item on.
    pub(super) fn subscribe_to_all(&mut self, credit: u32, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(ClientFrame::Subscribe(Subscribe {
            workspace: self.workspace,
            log_index: None,
            log_head: Hash::ZERO,
            ws_seq: 0,
            credit,
        })));
    }

    /// Notes which entries the server has; takes its new life over if an owner signed it among them.
    pub(super) fn compare_log(
        &mut self,
        delta: &LogDelta,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if let Some(recovery) =
            self.recovery.as_mut().filter(|recovery| delta.first_index <= recovery.entries)
        {
            let next = delta.first_index.saturating_add(delta.entries.len() as u64);
            recovery.entries = recovery.entries.max(next);
        }
        let state = self.log.state();
        let taken = run(store, |tx| {
            let mut record = tx.record()?;
            if record.alarm == Some(Alarm::Restored) {
                let signed = record.found.filter(|found| state.incarnations().last() == Some(found));
                let Some(life) = signed else { return Ok(None) };
                take_over(tx, &mut record, life)?;
                tx.set_record(&record)?;
            }
            // Otherwise another process of this profile has taken it over already.
            Ok(Some(record))
        })?;
        if let Some(record) = taken {
            self.read_again();
            self.subscribe(&record, effects);
            effects.push(Effect::Members);
        }
        Ok(())
    }

    /// Begins to read everything under the new life.
    pub(super) fn read_again(&mut self) {
        self.recovery = Some(Recovery::new(Stage::Return));
        self.phase = Phase::CatchingUp;
        self.in_flight = None;
        self.appending = None;
        self.pulls.clear();
        self.pulled.clear();
        self.ahead.clear();
        self.failed.clear();
        (self.cursor, self.head_ws_seq) = (0, 0);
        (self.cuts_seen, self.cut_doubt) = (None, None);
        (self.fresh, self.idle) = (false, false);
    }

    /// Notes which envelopes the server has; nothing of them is taken over.
    pub(super) fn compare_feed(&mut self, feed: &Feed, store: &dyn SyncStore) -> Result<(), SyncError> {
        let Some(recovery) = self.recovery.as_mut() else { return Ok(()) };
        for item in &feed.items {
            // A stub stands for an envelope that the server dropped on purpose: that is not lost.
            let stub = Stub::parse(&item.envelope).map(|stub| stub.envelope);
            recovery.present.extend(stub.or(parse_outer(&item.envelope).ok().map(|outer| outer.id)));
        }
        if feed.more || recovery.plan.is_some() {
            return Ok(());
        }
        let mut places = run(store, |tx| tx.places())?;
        places.retain(|(id, _)| !recovery.present.contains(id));
        places.sort_by_key(|(_, place)| (place.log_index, place.ws_seq));
        recovery.plan = Some(places.into_iter().map(|(id, place)| (id, place.log_index)).collect());
        self.phase = Phase::Live;
        self.attempt = 0;
        Ok(())
    }

    /// Puts back the next of what the server lost, in its former order; at the end the owner's word, if it is given.
    pub(super) fn replay(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.in_flight.is_some() || self.appending.is_some() || !self.log.is_active(self.keys.id()) {
            return Ok(());
        }
        let Some(recovery) = self.recovery.as_ref() else { return Ok(()) };
        let (Some(_), Some(theirs)) = (&recovery.plan, recovery.entries.checked_sub(1)) else {
            return Ok(());
        };
        if self.put_back(theirs, store, effects)? {
            return Ok(());
        }
        let (log, keys) = (&self.log, Arc::clone(&self.keys));
        let entry = run(store, |tx| {
            if theirs < log.head().index {
                return Ok(tx.log_from(theirs + 1)?.into_iter().next());
            }
            let record = tx.record()?;
            let approved = record.approved.filter(|life| Some(*life) == record.found);
            let from = log.state().incarnations().last().copied().or(record.incarnation);
            let (Some(to), Some(from)) = (approved, from) else { return Ok(None) };
            if theirs > log.head().index || !may_sign(log.state(), keys.id()) {
                return Ok(None);
            }
            let body = Body::ServerRestore(ServerRestore { from, to });
            Ok(Some(next_entry(log.state(), &keys, env.now_ms, body)))
        })?;
        if let Some(entry) = entry {
            let request = self.request();
            self.appending = Some((request, true));
            let (workspace, entry) = (self.workspace, entry.into());
            effects.push(Effect::Send(ClientFrame::AppendLog(AppendLog { request, workspace, entry })));
        }
        Ok(())
    }

    /// Sends what was not found while reading again. Says whether something is left to send.
    pub(super) fn give_back(
        &mut self,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, SyncError> {
        if self.recovery.is_none() {
            return Ok(false);
        }
        if !self.all_read() {
            return Ok(true);
        }
        if self.recovery.as_ref().is_some_and(|recovery| recovery.plan.is_none()) {
            let lost = run(store, |tx| tx.unplaced())?;
            if let Some(recovery) = self.recovery.as_mut() {
                recovery.plan =
                    Some(if left_out(Check::Resend) { VecDeque::new() } else { streams_in_order(lost) });
            }
        }
        if self.put_back(u64::MAX, store, effects)? {
            return Ok(true);
        }
        self.recovery = None;
        run(store, |tx| {
            let mut record = tx.record()?;
            record.resend = false;
            tx.set_record(&record)
        })?;
        Ok(false)
    }

    /// Pushes the next originals whose place is not above an entry of the log; false: there are none.
    fn put_back(
        &mut self,
        log_index: u64,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<bool, SyncError> {
        let Some(recovery) = self.recovery.as_mut() else { return Ok(false) };
        let (Some(plan), present) = (&mut recovery.plan, &recovery.present) else { return Ok(false) };
        while plan.front().is_some_and(|(id, _)| present.contains(id)) {
            plan.pop_front();
        }
        let next: Vec<EnvelopeId> = plan
            .iter()
            .take(PUSH_ENVELOPES)
            .take_while(|(_, index)| *index <= log_index)
            .map(|(id, _)| *id)
            .collect();
        let group = run(store, |tx| originals(tx, &next))?;
        if group.is_empty() && !next.is_empty() {
            // What is here no more cannot be given back.
            plan.drain(..next.len());
            return self.put_back(log_index, store, effects);
        }
        if group.is_empty() {
            return Ok(false);
        }
        let request = self.request();
        let envelopes = group.iter().map(|row| row.env_id).collect();
        self.in_flight = Some(InFlight { request, envelopes, originals: true });
        self.idle = false;
        effects.push(Effect::Send(ClientFrame::Push(Push {
            request,
            workspace: self.workspace,
            atomic: false,
            envelopes: group.into_iter().map(|row| row.bytes.into()).collect(),
        })));
        Ok(true)
    }

    /// What became of originals: what the server has is done, what it refuses for good is not tried again.
    pub(super) fn put_back_result(
        &mut self,
        pushed: &[EnvelopeId],
        result: &PushResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let (mut done, mut refused, mut wait_ms) = (BTreeSet::new(), Vec::new(), None);
        for (id, outcome) in pushed.iter().zip(&result.outcomes) {
            match outcome {
                Outcome::Accepted(_) => {
                    done.insert(*id);
                }
                Outcome::Refused(why) if why.code.may_retry() => {
                    wait_ms = wait_ms.max(Some(why.retry_ms.unwrap_or(AGAIN_MS)));
                }
                Outcome::Refused(why) => {
                    tracing::warn!(envelope.id = %id, refusal = why.code.as_str(), "an original was not taken back");
                    refused.push(*id);
                    done.insert(*id);
                }
            }
        }
        let comparing = self.compares();
        if !comparing && !refused.is_empty() {
            // Keys or members changed before this device came back: what is its own is sealed anew.
            let (log, own) = (&self.log, self.keys.id());
            run(store, |tx| push::seal_anew(tx, log, own, &refused, env.random))?;
        }
        if let Some(recovery) = self.recovery.as_mut() {
            if let Some(plan) = recovery.plan.as_mut() {
                plan.retain(|(id, _)| !done.contains(id));
            }
            recovery.present.extend(done);
        }
        if let Some(ms) = wait_ms {
            self.pause(ms, env, effects);
        }
        Ok(())
    }

    /// The answer to an entry that was put back.
    pub(super) fn entry_result(
        &mut self,
        head_index: u64,
        refused: bool,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) {
        if refused {
            // Somebody was first, or documents of others have to come back before it.
            self.pause(AGAIN_MS, env, effects);
        } else if let Some(recovery) = self.recovery.as_mut() {
            recovery.entries = recovery.entries.max(head_index + 1);
        }
    }
}

/// Reads originals up to the size of a push.
fn originals(tx: &mut dyn SyncTx, ids: &[EnvelopeId]) -> Result<Vec<EnvelopeRow>, SyncError> {
    let (mut rows, mut bytes) = (Vec::new(), 0usize);
    for id in ids {
        // A stub is no original: whoever has that gives it back.
        let Some(row) = tx.envelope(*id)?.filter(|row| snapshot::stub_of(row).is_none()) else { continue };
        bytes = bytes.saturating_add(row.bytes.len());
        if !rows.is_empty() && bytes > BYTES {
            break;
        }
        rows.push(row);
    }
    Ok(rows)
}
