//! The state machine of one workspace's synchronisation: what to ask, what to send, when to wait.
//!
//! Not here: the checks of received items (`receive`), the membership log (`log`), sealing (`seal`), what a push led
//! to (`push`), and what people are told (`status`). After an error of `handle` the machine is to be dropped and
//! loaded again: what it holds in memory may be ahead of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundplan_shared::api::ApiError;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::frames::{ClientFrame, Push, ServerFrame, Subscribe};
use groundplan_shared::wire::{DocumentId, EnvelopeId, Incarnation, ServerId, WorkspaceId};

use super::event::{Effect, Env, Event};
use super::log::Log;
use super::restore::{self, Life, Recovery, Stage};
use super::store::{Alarm, SyncRecord, SyncStore, run};
use super::weak::{Check, left_out};
use super::{SyncError, backoff, seal, snapshot, status};

/// Frames with items that the server may send ahead.
const CREDIT: u32 = 32;
/// Frames taken in before new credit is given.
const CREDIT_STEP: u32 = 8;
/// Silence after which the server is asked whether it is there, in milliseconds.
const PING_AFTER_MS: u64 = 30_000;
/// Silence after which the connection is given up, in milliseconds.
const DEAD_AFTER_MS: u64 = 60_000;
/// How often a living connection without news is noted, in milliseconds.
const CONTACT_EVERY_MS: u64 = 60 * 60 * 1_000;
/// Stale answers in a row after which sealing again waits.
pub(super) const STALE_IN_A_ROW: u32 = 5;
/// Items asked for at once when a document has a gap.
pub(super) const PULL_ITEMS: u32 = 256;

/// Time after which items that the server skipped are asked for again, in milliseconds.
pub(super) const SKIPPED_MS: u64 = 2_000;

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
pub(super) struct InFlight {
    pub(super) request: u64,
    pub(super) envelopes: Vec<EnvelopeId>,
    /// Whether they are originals that the server lost, and not news.
    pub(super) originals: bool,
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
    pub(super) in_flight: Option<InFlight>,
    /// An entry of this device on its way to the log, and whether it rotates keys.
    pub(super) appending: Option<(u64, bool)>,
    pub(super) pulls: BTreeMap<u64, DocumentId>,
    pub(super) pulled: BTreeSet<DocumentId>,
    pub(super) reread: bool,
    /// What is under way after the server's database was restored.
    pub(super) recovery: Option<Recovery>,
    /// Whether received items that wait can be looked at right away.
    pub(super) again: bool,
    /// The log's head and the feed's position at which the rotation cuts were last compared.
    pub(super) cuts_seen: Option<(u64, u64)>,
    /// The rotation whose list was not the one here when everything seemed to be read.
    pub(super) cut_doubt: Option<u64>,
    pub(super) fresh: bool,
    pub(super) compaction: snapshot::Compaction,
    credit: u32,
    spent: u32,
    /// Feed positions that were read although earlier ones are missing.
    pub(super) ahead: BTreeSet<u64>,
    /// Feed positions whose items failed once: they are asked for again, but do not hold anything up.
    pub(super) failed: BTreeSet<u64>,
    /// The highest feed position that the server named on this connection.
    pub(super) head_ws_seq: u64,
    /// The position up to which everything was read.
    pub(super) cursor: u64,
    pub(super) skipped_since_ms: Option<u64>,
    /// Since when entries of the membership log are missing before others that came.
    pub(super) log_gap_ms: Option<u64>,
    pub(super) narrow: bool,
    pub(super) stale: u32,
    /// Since when nothing is sent, and for how long, in milliseconds.
    paused: (u64, u64),
    pub(super) attempt: u32,
    heard_frame_ms: u64,
    next_request: u64,
}

impl Machine {
    /// Loads the machine; it is not connected.
    ///
    /// # Errors
    /// [`SyncError::Store`], [`SyncError::Log`] if the stored membership log does not verify.
    pub fn load(
        store: &dyn SyncStore,
        workspace: WorkspaceId,
        keys: Arc<DeviceKeys>,
    ) -> Result<Self, SyncError> {
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
            appending: None,
            again: false,
            cuts_seen: None,
            cut_doubt: None,
            pulls: BTreeMap::new(),
            pulled: BTreeSet::new(),
            reread: false,
            recovery: None,
            fresh: false,
            compaction: snapshot::Compaction::default(),
            credit: 0,
            spent: 0,
            ahead: BTreeSet::new(),
            failed: BTreeSet::new(),
            head_ws_seq: 0,
            cursor: 0,
            skipped_since_ms: None,
            log_gap_ms: None,
            narrow: false,
            stale: 0,
            paused: (0, 0),
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
    pub fn handle(
        &mut self,
        event: Event,
        store: &dyn SyncStore,
        env: &Env<'_>,
    ) -> Result<Vec<Effect>, SyncError> {
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
                self.paused = (0, 0);
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
        self.phase = Phase::CatchingUp;
        self.fresh = true;
        (self.credit, self.spent) = (CREDIT, 0);
        self.heard_frame_ms = env.now_ms;
        self.reload_log(store)?;
        let state = self.log.state();
        let record = run(store, |tx| {
            let mut record = tx.record()?;
            let other_server = record.server_id.is_some_and(|known| known != server);
            match restore::judge(state, &record, incarnation) {
                _ if other_server => record.alarm = record.alarm.or(Some(Alarm::Forked)),
                Life::Known => {
                    if record.alarm == Some(Alarm::Restored) {
                        record.alarm = None;
                    }
                    record.server_id = Some(server);
                    record.incarnation = Some(incarnation);
                    record.found = None;
                }
                Life::Signed => restore::take_over(tx, &mut record, incarnation)?,
                Life::Unknown => {
                    // It explains what looked like a rollback or a fork; a log that breaks rules it does not explain.
                    record.alarm = record.alarm.filter(|a| *a == Alarm::BadLog).or(Some(Alarm::Restored));
                    record.found = Some(incarnation);
                }
            }
            tx.set_record(&record)?;
            Ok(record)
        })?;
        if record.alarm == Some(Alarm::Restored) {
            self.recovery = Some(Recovery::new(Stage::Compare));
            let credit = std::mem::take(&mut self.credit);
            self.subscribe_to_all(credit, effects);
            return Ok(());
        }
        if record.resend {
            self.read_again();
            // What comes now comes on a connection of its own: it may say that a rollback is over.
            self.fresh = true;
        }
        self.subscribe(&record, effects);
        Ok(())
    }

    pub(super) fn subscribe(&mut self, record: &SyncRecord, effects: &mut Vec<Effect>) {
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
        self.appending = None;
        self.cuts_seen = None;
        self.cut_doubt = None;
        self.pulls.clear();
        self.pulled.clear();
        self.recovery = None;
        self.ahead.clear();
        self.head_ws_seq = 0;
        self.skipped_since_ms = None;
        self.log_gap_ms = None;
        self.progress = status::Progress::default();
        self.idle = false;
        self.compaction.begin();
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
        let waits = [&mut self.skipped_since_ms, &mut self.log_gap_ms].into_iter().filter_map(Option::as_mut);
        let over = waits.filter(|since| env.now_ms.abs_diff(**since) >= SKIPPED_MS);
        if over.map(|since| *since = env.now_ms).count() > 0 && !left_out(Check::Skipped) {
            let record = run(store, |tx| tx.record())?;
            match self.compares() {
                true => self.subscribe_to_all(0, effects),
                false => self.subscribe(&record, effects),
            }
            effects.push(Effect::Wake(SKIPPED_MS));
        }
        if self.phase == Phase::Live && silent_ms < PING_AFTER_MS {
            run(store, |tx| {
                let mut record = tx.record()?;
                if record.contact_ms.abs_diff(env.now_ms) > CONTACT_EVERY_MS {
                    record.contact_ms = env.now_ms;
                    tx.set_record(&record)?;
                }
                Ok(())
            })?;
        }
        self.look_again(store, env, effects)?;
        self.pump(store, env, effects)
    }

    /// Counts a frame with items, and gives credit for more once several were taken in.
    pub(super) fn taken_in(&mut self, effects: &mut Vec<Effect>) {
        self.spent += 1;
        if self.spent >= CREDIT_STEP {
            effects.push(Effect::Send(ClientFrame::Credit(std::mem::take(&mut self.spent))));
        }
    }

    pub(super) fn request(&mut self) -> u64 {
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
            ServerFrame::AckResult(result) => self.ack_result(&result, store, env, effects),
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

    pub(super) fn pause(&mut self, ms: u64, env: &Env<'_>, effects: &mut Vec<Effect>) {
        self.paused = (env.now_ms, ms);
        effects.push(Effect::Wake(ms));
    }

    /// A clock that jumps, forth or back, ends a pause: it must not last for years.
    fn is_paused(&self, env: &Env<'_>) -> bool {
        let (since_ms, ms) = self.paused;
        let until_ms = since_ms.saturating_add(ms);
        env.now_ms.abs_diff(since_ms) < ms || (left_out(Check::Clock) && env.now_ms < until_ms)
    }

    /// Entries that a command of this device appended itself lie in the store already.
    pub(super) fn reload_log(&mut self, store: &dyn SyncStore) -> Result<(), SyncError> {
        let (log, keys) = (&mut self.log, &self.keys);
        run(store, |tx| log.catch_up(tx, keys))
    }

    /// Sends what is next, one push at a time, once everything was read.
    pub(super) fn pump(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.phase != Phase::Live || self.is_paused(env) {
            return Ok(());
        }
        if self.compares() {
            return self.replay(store, env, effects);
        }
        self.compare_cuts(store, env, effects)?;
        if self.phase != Phase::Live {
            return Ok(());
        }
        self.append_next(store, env, effects)?;
        // What is sealed while a rotation is on its way would only have to be sealed again.
        if self.in_flight.is_some() || self.appending.is_some_and(|(_, rotates)| rotates) {
            return Ok(());
        }
        if self.give_back(store, effects)? {
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
        let group = match group {
            Some(group) => Some(group),
            None => {
                self.judge_next(store, effects)?;
                self.next_snapshot(store, env)?
            }
        };
        let Some(group) = group else { return self.rest(store, env) };
        self.idle = false;
        let waiting = run(store, |tx| tx.outbox_count())?;
        self.progress.sending(waiting);
        let request = self.request();
        self.in_flight = Some(InFlight {
            request,
            envelopes: group.iter().map(|envelope| envelope.env_id).collect(),
            originals: false,
        });
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
