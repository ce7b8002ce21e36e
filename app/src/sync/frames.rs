//! What the state machine does with each frame of the server.
//!
//! Not here: connections, sending and waiting (`machine`).

use std::sync::Arc;

use groundplan_shared::auth::Clearance;
use groundplan_shared::wire::DocumentId;
use groundplan_shared::wire::frames::{
    ClientFrame, Feed, LogDelta, LogResult, ProblemFrame, Pull, PullResult, PushResult,
};

use super::event::{Effect, Env};
use super::machine::{Machine, PULL_ITEMS, Phase, SKIPPED_MS, STALE_IN_A_ROW};
use super::push::{self, Verdict};
use super::receive::{self, Received};
use super::store::{Alarm, EnvelopeState, SyncStore, raise, run};
use super::weak::{Check, left_out};
use super::{SyncError, backoff, status};

/// How exactly the time of the last contact is kept, in milliseconds.
const CONTACT_MS: u64 = 60_000;

impl Machine {
    pub(super) fn log_delta(
        &mut self,
        delta: &LogDelta,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let before = self.log.clearance(self.keys.id());
        let (keys, log) = (Arc::clone(&self.keys), &mut self.log);
        let received = run(store, |tx| {
            let outcome = log.receive(tx, delta, &keys)?;
            if !before.is_empty() && !before.contains(log.clearance(keys.id())) {
                // Cleared for more: what the feed left out so far is read from its beginning.
                let mut record = tx.record()?;
                record.feed_cursor = 0;
                tx.set_record(&record)?;
                tx.clear_refused()?;
            }
            let mut received = Received::default();
            if outcome.added > 0 {
                received = receive::retry(tx, log, &keys, env)?;
            }
            if let Some(alarm) = outcome.alarm {
                // Entries that differ are not explained by an older database.
                let mut record = tx.record()?;
                record.alarm = record.alarm.filter(|known| *known != Alarm::Restored).or(Some(alarm));
                tx.set_record(&record)?;
            }
            Ok((outcome, received))
        });
        let (outcome, received) = received?;
        if !outcome.gap {
            self.log_gap_ms = None;
        } else if self.log_gap_ms.is_none() {
            self.log_gap_ms = Some(env.now_ms);
            effects.push(Effect::Wake(SKIPPED_MS));
        }
        if outcome.added > 0 {
            effects.push(Effect::Members);
        }
        if self.compares() {
            self.compare_log(delta, store, effects)?;
            self.after_receiving(received, store, effects)?;
            return self.pump(store, env, effects);
        }
        let now = self.log.clearance(self.keys.id());
        if self.log.is_active(self.keys.id()) && !now.contains(before) {
            // What may not be read any more is gone from the store: everything is read again.
            effects.push(Effect::Changed(Vec::new()));
        }
        if !before.is_empty() && !before.contains(now) {
            self.ahead.clear();
            self.cursor = 0;
            self.phase = Phase::CatchingUp;
            if left_out(Check::Anew) {
                let record = run(store, |tx| tx.record())?;
                self.subscribe(&record, effects);
            } else {
                // On a new connection: what is on its way on this one was sent for the old clearance, and would say that
                // everything was read.
                effects.push(Effect::Close);
            }
        }
        self.after_receiving(received, store, effects)?;
        self.pump(store, env, effects)
    }

    pub(super) fn feed(
        &mut self,
        feed: &Feed,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.compares() {
            self.compare_feed(feed, store)?;
            return self.pump(store, env, effects);
        }
        let (keys, log, ahead) = (Arc::clone(&self.keys), &self.log, &mut self.ahead);
        let failed = &mut self.failed;
        let fresh = std::mem::take(&mut self.fresh);
        let (received, cursor) = run(store, |tx| {
            let received = receive::items(tx, log, &keys, &feed.items, env)?;
            let mut record = tx.record()?;
            if !feed.more && record.contact_ms.abs_diff(env.now_ms) > CONTACT_MS {
                record.contact_ms = env.now_ms;
            }
            if fresh && feed.head_ws_seq < record.feed_cursor {
                record.alarm = record.alarm.or(Some(Alarm::RolledBack));
            } else if fresh && record.alarm == Some(Alarm::RolledBack) {
                // The server took our log head and has no less than we read: what was missing is back.
                record.alarm = None;
            }
            if log.clearance(keys.id()) == Clearance::ALL {
                // The cursor moves over what was read without a gap: what the server skipped is asked for again.
                let again = |ws_seq: &u64| received.failed.contains(ws_seq) && !failed.contains(ws_seq);
                ahead.extend(feed.items.iter().map(|item| item.ws_seq).filter(|ws_seq| !again(ws_seq)));
                failed.extend(&received.failed);
                while ahead.remove(&(record.feed_cursor + 1)) {
                    record.feed_cursor += 1;
                }
                ahead.retain(|ws_seq| *ws_seq > record.feed_cursor);
            } else {
                // The feed leaves out what this device may not read, so gaps say nothing here.
                let last = feed.items.last().map_or(0, |item| item.ws_seq);
                let end = if feed.more { last } else { last.max(feed.head_ws_seq) };
                record.feed_cursor = record.feed_cursor.max(end);
            }
            tx.set_record(&record)?;
            Ok((received, record.feed_cursor))
        })?;
        self.cursor = cursor;
        self.idle &= feed.items.is_empty();
        self.head_ws_seq = self.head_ws_seq.max(feed.head_ws_seq);
        let missing = self.head_ws_seq.saturating_sub(cursor);
        if self.phase == Phase::CatchingUp {
            self.progress.receiving(feed.items.len() as u64, missing);
            if !feed.more {
                self.phase = Phase::Live;
                self.attempt = 0;
            }
        }
        if self.phase == Phase::Live && missing > 0 {
            if self.skipped_since_ms.is_none() {
                self.skipped_since_ms = Some(env.now_ms);
                effects.push(Effect::Wake(SKIPPED_MS));
            }
        } else {
            self.skipped_since_ms = None;
        }
        self.after_receiving(received, store, effects)?;
        self.pump(store, env, effects)
    }

    pub(super) fn pull_result(
        &mut self,
        result: &PullResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let Some(document) = self.pulls.remove(&result.request) else { return Ok(()) };
        let (keys, log) = (Arc::clone(&self.keys), &self.log);
        let received = run(store, |tx| receive::items(tx, log, &keys, &result.items, env))?;
        if result.more && received.advanced.contains(&document) {
            self.pull(document, store, effects)?;
        }
        self.after_receiving(received, store, effects)?;
        self.pump(store, env, effects)
    }

    /// Asks once a connection for the envelopes of each document that has a gap.
    pub(super) fn after_receiving(
        &mut self,
        received: Received,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        self.reread |= received.chain_gap;
        if received.snapshot {
            self.compaction.came();
        }
        if received.more {
            self.again = true;
            effects.push(Effect::Wake(0));
        }
        for document in received.gaps {
            if self.pulled.insert(document) {
                self.pull(document, store, effects)?;
            }
        }
        if !received.changed.is_empty() {
            effects.push(Effect::Changed(received.changed.into_iter().collect()));
        }
        Ok(())
    }

    fn pull(
        &mut self,
        document: DocumentId,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let after_doc_seq = run(store, |tx| {
            let broken = tx.envelopes_in(EnvelopeState::Broken, usize::MAX)?;
            let places = broken.iter().filter(|row| row.document == document).filter_map(|row| row.place);
            let before = places.map(|place| place.doc_seq.saturating_sub(1)).min();
            Ok(before.unwrap_or(tx.head(document)?.doc_seq))
        })?;
        let request = self.request();
        self.pulls.insert(request, document);
        effects.push(Effect::Send(ClientFrame::Pull(Pull {
            request,
            workspace: self.workspace,
            document,
            after_doc_seq,
            limit: PULL_ITEMS,
        })));
        Ok(())
    }

    pub(super) fn push_result(
        &mut self,
        result: &PushResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.in_flight.as_ref().is_none_or(|push| push.request != result.request) {
            return Ok(());
        }
        let Some(push) = self.in_flight.take() else { return Ok(()) };
        if push.originals {
            self.put_back_result(&push.envelopes, result, store, env, effects)?;
            return self.pump(store, env, effects);
        }
        let narrow = self.narrow;
        let verdict =
            run(store, |tx| push::settle(tx, &push.envelopes, &result.outcomes, narrow, env.random))?;
        run(store, |tx| self.grew(tx, &push.envelopes))?;
        self.progress.sent(verdict.accepted);
        match verdict.next {
            Verdict::Continue => {
                self.stale = 0;
                self.narrow = false;
            }
            Verdict::Narrow => self.narrow = true,
            Verdict::Stale => {
                self.stale += 1;
                if self.stale >= STALE_IN_A_ROW {
                    self.pause(backoff::wait_ms(self.stale - STALE_IN_A_ROW + 2, env.random), env, effects);
                }
                self.phase = Phase::CatchingUp;
                let record = run(store, |tx| tx.record())?;
                self.subscribe(&record, effects);
            }
            Verdict::Wait { ms, problem } => {
                self.hurdle = problem;
                self.pause(ms, env, effects);
            }
        }
        self.pump(store, env, effects)
    }

    pub(super) fn log_result(
        &mut self,
        result: &LogResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.appending.is_none_or(|(request, _)| request != result.request) {
            return Ok(());
        }
        self.appending = None;
        if self.compares() {
            self.entry_result(result.head_index, result.refused.is_some(), env, effects);
            return self.pump(store, env, effects);
        }
        if let Some(refused) = &result.refused {
            // Somebody else appended: their entry comes as a delta, and then it is tried again.
            self.pause(refused.retry_ms.unwrap_or(1_000), env, effects);
        }
        self.pump(store, env, effects)
    }

    pub(super) fn problem(
        &mut self,
        problem: &ProblemFrame,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if let Some(request) = problem.request {
            self.pulls.remove(&request);
            if self.appending.is_some_and(|(appending, _)| appending == request) {
                self.appending = None;
            }
            if self.in_flight.as_ref().is_some_and(|push| push.request == request) {
                self.in_flight = None;
            }
        }
        if let Some(alarm) = status::alarm_of(problem.code) {
            run(store, |tx| raise(tx, alarm))?;
        }
        self.hurdle = status::hurdle_of(problem.code, &problem.message);
        if problem.fatal || problem.request.is_none() {
            // Without a request it concerns the subscription, which has ended: another try begins anew, later.
            effects.push(Effect::Close);
        } else {
            self.pause(problem.retry_after_ms.unwrap_or(5_000), env, effects);
        }
        Ok(())
    }
}
