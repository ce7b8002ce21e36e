//! The state machine of one workspace's synchronisation: what to ask, what to send, when to wait.
//!
//! Not here: the checks of received items (`receive`), the membership log (`log`), sealing (`seal`), what a push led
//! to (`push`), and what people are told (`status`). After an error of `handle` the machine is to be dropped and
//! loaded again: what it holds in memory may be ahead of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundplan_shared::api::ApiError;
use groundplan_shared::auth::Clearance;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::frames::{
    AppendLog, ClientFrame, Feed, LogDelta, LogResult, ProblemFrame, Pull, PullResult, Push, PushResult, ServerFrame,
    Subscribe,
};
use groundplan_shared::wire::{DocumentId, EnvelopeId, Incarnation, ServerId, WorkspaceId};

use super::event::{Effect, Env, Event};
use super::log::Log;
use super::push::{self, Verdict};
use super::receive::{self, Received};
use super::store::{Alarm, SyncRecord, SyncStore, SyncTx, run};
use super::{SyncError, backoff, confirm, seal, status};

/// Frames with items that the server may send ahead.
const CREDIT: u32 = 32;
/// Frames taken in before new credit is given.
const CREDIT_STEP: u32 = 8;
/// Silence after which the server is asked whether it is there, in milliseconds.
const PING_AFTER_MS: u64 = 30_000;
/// Silence after which the connection is given up, in milliseconds.
const DEAD_AFTER_MS: u64 = 60_000;
/// Stale answers in a row after which sealing again waits.
const STALE_IN_A_ROW: u32 = 5;
/// Items asked for at once when a document has a gap.
const PULL_ITEMS: u32 = 256;

/// Time after which items that the server skipped are asked for again, in milliseconds.
const SKIPPED_MS: u64 = 2_000;

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none.
    Down,
    /// Reading what was missed.
    CatchingUp,
    /// Everything the server has was read; new items come as they are stored.
    Live,
}

/// A push under way.
#[derive(Debug)]
struct InFlight {
    request: u64,
    envelopes: Vec<EnvelopeId>,
}

/// The state machine.
pub struct Machine {
    pub(super) workspace: WorkspaceId,
    pub(super) keys: Arc<DeviceKeys>,
    pub(super) log: Log,
    pub(super) phase: Phase,
    pub(super) progress: status::Progress,
    /// What stands in the way of this connection, until it is gone.
    pub(super) hurdle: Option<ApiError>,
    /// Whether nothing was left to send when last looked.
    pub(super) idle: bool,
    in_flight: Option<InFlight>,
    confirming: Option<u64>,
    pulls: BTreeMap<u64, DocumentId>,
    pulled: BTreeSet<DocumentId>,
    reread: bool,
    fresh: bool,
    credit: u32,
    spent: u32,
    /// Feed positions that were read although earlier ones are missing.
    ahead: BTreeSet<u64>,
    /// The highest feed position that the server named on this connection.
    pub(super) head_ws_seq: u64,
    /// The position up to which everything was read.
    pub(super) cursor: u64,
    skipped_since_ms: Option<u64>,
    narrow: bool,
    stale: u32,
    paused_until_ms: u64,
    attempt: u32,
    heard_frame_ms: u64,
    next_request: u64,
}

impl Machine {
    /// Loads the machine; it is not connected.
    ///
    /// # Errors
    /// [`SyncError::Store`], [`SyncError::Log`] if the stored membership log does not verify.
    pub fn load(store: &dyn SyncStore, workspace: WorkspaceId, keys: Arc<DeviceKeys>) -> Result<Self, SyncError> {
        let log = run(store, |tx| Log::load(tx, workspace))?;
        Ok(Self {
            workspace,
            keys,
            log,
            phase: Phase::Down,
            progress: status::Progress::default(),
            hurdle: None,
            idle: false,
            in_flight: None,
            confirming: None,
            pulls: BTreeMap::new(),
            pulled: BTreeSet::new(),
            reread: false,
            fresh: false,
            credit: 0,
            spent: 0,
            ahead: BTreeSet::new(),
            head_ws_seq: 0,
            cursor: 0,
            skipped_since_ms: None,
            narrow: false,
            stale: 0,
            paused_until_ms: 0,
            attempt: 0,
            heard_frame_ms: 0,
            next_request: 1,
        })
    }

    /// Returns the verified membership log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Takes one event and returns what is to be done, in order.
    ///
    /// # Errors
    /// [`SyncError`]: nothing of the event was stored; drop the machine, wait, load it again.
    pub fn handle(&mut self, event: Event, store: &dyn SyncStore, env: &Env<'_>) -> Result<Vec<Effect>, SyncError> {
        let mut effects = Vec::new();
        match event {
            Event::Connected { server, incarnation } => {
                self.connected(server, incarnation, store, env, &mut effects)?;
            }
            Event::Frame(frame) => {
                self.heard_frame_ms = env.now_ms;
                self.frame(*frame, store, env, &mut effects)?;
            }
            Event::Disconnected(reason) => self.disconnected(reason, env, &mut effects),
            Event::LocalChange => {
                self.idle = false;
                self.reload_log(store)?;
                self.pump(store, env, &mut effects)?;
            }
            Event::Tick => self.tick(store, env, &mut effects)?,
            Event::Retry => {
                run(store, |tx| tx.clear_refused())?;
                self.paused_until_ms = 0;
                self.stale = 0;
                self.hurdle = None;
                self.idle = false;
                self.pump(store, env, &mut effects)?;
            }
        }
        effects.push(Effect::Status);
        Ok(effects)
    }

    fn connected(
        &mut self,
        server: ServerId,
        incarnation: Incarnation,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        self.reset();
        self.hurdle = None;
        self.phase = Phase::CatchingUp;
        self.fresh = true;
        (self.credit, self.spent) = (CREDIT, 0);
        self.heard_frame_ms = env.now_ms;
        self.reload_log(store)?;
        let record = run(store, |tx| {
            let mut record = tx.record()?;
            let other_server = record.server_id.is_some_and(|known| known != server);
            let other_life = record.incarnation.is_some_and(|known| known != incarnation);
            if other_server || other_life {
                let alarm = if other_server { Alarm::Forked } else { Alarm::Restored };
                record.alarm = record.alarm.or(Some(alarm));
            } else {
                record.server_id = Some(server);
                record.incarnation = Some(incarnation);
            }
            tx.set_record(&record)?;
            Ok(record)
        })?;
        self.subscribe(&record, effects);
        Ok(())
    }

    fn subscribe(&mut self, record: &SyncRecord, effects: &mut Vec<Effect>) {
        let head = self.log.head();
        let ws_seq = if std::mem::take(&mut self.reread) { 0 } else { record.feed_cursor };
        effects.push(Effect::Send(ClientFrame::Subscribe(Subscribe {
            workspace: self.workspace,
            log_index: Some(head.index),
            log_head: head.hash,
            ws_seq,
            credit: std::mem::take(&mut self.credit),
        })));
    }

    fn reset(&mut self) {
        self.phase = Phase::Down;
        self.in_flight = None;
        self.confirming = None;
        self.pulls.clear();
        self.pulled.clear();
        self.ahead.clear();
        self.head_ws_seq = 0;
        self.skipped_since_ms = None;
        self.progress = status::Progress::default();
        self.idle = false;
    }

    fn disconnected(&mut self, reason: Option<ApiError>, env: &Env<'_>, effects: &mut Vec<Effect>) {
        self.reset();
        if reason.is_some() {
            self.hurdle = reason;
        }
        effects.push(Effect::Reconnect(backoff::wait_ms(self.attempt, env.random)));
        self.attempt = self.attempt.saturating_add(1);
    }

    fn tick(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.phase == Phase::Down {
            return Ok(());
        }
        // A clock that jumps back must not keep a dead connection; one that jumps forward costs one reconnection.
        let silent_ms = env.now_ms.abs_diff(self.heard_frame_ms);
        if silent_ms >= DEAD_AFTER_MS {
            effects.push(Effect::Close);
        } else if silent_ms >= PING_AFTER_MS {
            effects.push(Effect::Send(ClientFrame::Ping(self.request())));
        }
        if self.skipped_since_ms.is_some_and(|since| env.now_ms.abs_diff(since) >= SKIPPED_MS) {
            self.skipped_since_ms = Some(env.now_ms);
            let record = run(store, |tx| tx.record())?;
            self.subscribe(&record, effects);
            effects.push(Effect::Wake(SKIPPED_MS));
        }
        self.pump(store, env, effects)
    }

    /// Counts a frame with items, and gives credit for more once several were taken in.
    fn taken_in(&mut self, effects: &mut Vec<Effect>) {
        self.spent += 1;
        if self.spent >= CREDIT_STEP {
            effects.push(Effect::Send(ClientFrame::Credit(std::mem::take(&mut self.spent))));
        }
    }

    fn request(&mut self) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        request
    }

    fn frame(
        &mut self,
        frame: ServerFrame,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        match frame {
            ServerFrame::LogDelta(delta) if delta.workspace == self.workspace => {
                self.taken_in(effects);
                self.log_delta(&delta, store, env, effects)
            }
            ServerFrame::Feed(feed) if feed.workspace == self.workspace => {
                self.taken_in(effects);
                self.feed(&feed, store, env, effects)
            }
            ServerFrame::PullResult(result) => {
                self.taken_in(effects);
                self.pull_result(&result, store, env, effects)
            }
            ServerFrame::PushResult(result) => self.push_result(&result, store, env, effects),
            ServerFrame::LogResult(result) => self.log_result(&result, store, env, effects),
            ServerFrame::Problem(problem) => self.problem(&problem, store, env, effects),
            // Presence comes with live editing; the login's frames are the driver's; another workspace's are not ours.
            ServerFrame::Presence(_)
            | ServerFrame::Challenge(_)
            | ServerFrame::Welcome(_)
            | ServerFrame::Pong(_)
            | ServerFrame::LogDelta(_)
            | ServerFrame::Feed(_) => Ok(()),
        }
    }

    fn log_delta(
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
            }
            let mut received = Received::default();
            if outcome.added > 0 {
                received = receive::retry(tx, log, &keys, env)?;
            }
            if let Some(alarm) = outcome.alarm {
                raise(tx, alarm)?;
            }
            Ok((outcome, received))
        });
        let (outcome, received) = received?;
        if outcome.added > 0 {
            effects.push(Effect::Members);
        }
        let now = self.log.clearance(self.keys.id());
        if !before.is_empty() && !before.contains(now) {
            self.ahead.clear();
            self.cursor = 0;
            self.phase = Phase::CatchingUp;
            let record = run(store, |tx| tx.record())?;
            self.subscribe(&record, effects);
        }
        self.after_receiving(received, store, effects)?;
        self.pump(store, env, effects)
    }

    fn feed(
        &mut self,
        feed: &Feed,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let (keys, log, ahead) = (Arc::clone(&self.keys), &self.log, &mut self.ahead);
        let fresh = std::mem::take(&mut self.fresh);
        let (received, cursor) = run(store, |tx| {
            let received = receive::items(tx, log, &keys, &feed.items, env)?;
            let mut record = tx.record()?;
            if fresh && feed.head_ws_seq < record.feed_cursor {
                record.alarm = record.alarm.or(Some(Alarm::RolledBack));
            }
            if log.clearance(keys.id()) == Clearance::ALL {
                // The cursor moves over what was read without a gap: what the server skipped is asked for again.
                ahead.extend(feed.items.iter().map(|item| item.ws_seq));
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

    fn pull_result(
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
    fn after_receiving(
        &mut self,
        received: Received,
        store: &dyn SyncStore,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        self.reread |= received.chain_gap;
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
        let after_doc_seq = run(store, |tx| Ok(tx.head(document)?.doc_seq))?;
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

    fn push_result(
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
        let keys = Arc::clone(&self.keys);
        let narrow = self.narrow;
        let verdict = run(store, |tx| {
            push::settle(tx, keys.id(), &push.envelopes, &result.outcomes, narrow, env.random)
        })?;
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

    fn pause(&mut self, ms: u64, env: &Env<'_>, effects: &mut Vec<Effect>) {
        self.paused_until_ms = env.now_ms.saturating_add(ms);
        effects.push(Effect::Wake(ms));
    }

    fn log_result(
        &mut self,
        result: &LogResult,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.confirming != Some(result.request) {
            return Ok(());
        }
        self.confirming = None;
        if let Some(refused) = &result.refused {
            // Somebody else appended: their entry comes as a delta, and then it is tried again.
            self.pause(refused.retry_ms.unwrap_or(1_000), env, effects);
        }
        self.pump(store, env, effects)
    }

    fn problem(
        &mut self,
        problem: &ProblemFrame,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if let Some(request) = problem.request {
            self.pulls.remove(&request);
            if self.confirming == Some(request) {
                self.confirming = None;
            }
            if self.in_flight.as_ref().is_some_and(|push| push.request == request) {
                self.in_flight = None;
            }
        }
        if let Some(alarm) = status::alarm_of(problem.code) {
            run(store, |tx| raise(tx, alarm))?;
        }
        self.hurdle = status::hurdle_of(problem.code, &problem.message);
        if problem.fatal {
            effects.push(Effect::Close);
        } else {
            self.pause(problem.retry_after_ms.unwrap_or(5_000), env, effects);
        }
        Ok(())
    }

    /// Entries that a command of this device appended itself lie in the store already.
    fn reload_log(&mut self, store: &dyn SyncStore) -> Result<(), SyncError> {
        let (log, keys) = (&mut self.log, &self.keys);
        run(store, |tx| log.catch_up(tx, keys))
    }

    /// Sends what is next, one push at a time, once everything was read.
    fn pump(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.phase != Phase::Live || env.now_ms < self.paused_until_ms {
            return Ok(());
        }
        if self.confirming.is_none() {
            let (log, keys) = (&self.log, Arc::clone(&self.keys));
            if let Some(entry) = run(store, |tx| confirm::next(tx, log, &keys, env))? {
                let request = self.request();
                self.confirming = Some(request);
                effects.push(Effect::Send(ClientFrame::AppendLog(AppendLog {
                    request,
                    workspace: self.workspace,
                    entry: entry.into(),
                })));
            }
        }
        if self.in_flight.is_some() {
            return Ok(());
        }
        let (log, keys, narrow) = (&self.log, Arc::clone(&self.keys), self.narrow);
        let group = run(store, |tx| {
            let record = tx.record()?;
            if record.alarm.is_some() || !log.is_active(keys.id()) {
                return Ok(None);
            }
            seal::next(tx, log, &keys, &record, narrow, env)
        })?;
        let Some(group) = group else { return self.rest(store, env) };
        self.idle = false;
        let waiting = run(store, |tx| tx.outbox_count())?;
        self.progress.sending(waiting);
        let request = self.request();
        self.in_flight =
            Some(InFlight { request, envelopes: group.iter().map(|envelope| envelope.env_id).collect() });
        effects.push(Effect::Send(ClientFrame::Push(Push {
            request,
            workspace: self.workspace,
            atomic: true,
            envelopes: group.into_iter().map(|envelope| envelope.bytes.into()).collect(),
        })));
        Ok(())
    }

    /// Nothing is left to send.
    fn rest(&mut self, store: &dyn SyncStore, env: &Env<'_>) -> Result<(), SyncError> {
        if self.idle || !self.pulls.is_empty() || self.head_ws_seq > self.cursor {
            return Ok(());
        }
        self.idle = true;
        self.hurdle = None;
        self.progress = status::Progress::default();
        run(store, |tx| {
            let mut record = tx.record()?;
            if record.alarm.is_none() && tx.outbox_count()? == 0 {
                record.synced_ms = env.now_ms;
                tx.set_record(&record)?;
            }
            Ok(())
        })
    }
}

/// Notes an alarm; the first one stays.
fn raise(tx: &mut dyn SyncTx, alarm: Alarm) -> Result<(), SyncError> {
    let mut record = tx.record()?;
    if record.alarm.is_none() {
        record.alarm = Some(alarm);
        tx.set_record(&record)?;
    }
    Ok(())
}
