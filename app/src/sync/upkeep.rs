//! What the machine does by itself for membership: compare rotation cuts, let newcomers in, rotate keys that are due.
//!
//! Not here: how entries are made (`confirm`, `rotate`) and what a cut is (`cut`).

use std::sync::Arc;

use groundplan_shared::wire::frames::{AppendLog, ClientFrame};

use super::event::{Effect, Env};
use super::machine::{Machine, Phase};
use super::receive::{self, Received};
use super::store::{Alarm, SyncStore, raise, run};
use super::weak::{Check, left_out};
use super::{SyncError, confirm, cut, push, rotate};

impl Machine {
    /// Says whether everything that the server named was read.
    pub(super) fn all_read(&self) -> bool {
        self.phase == Phase::Live && self.head_ws_seq <= self.cursor && self.pulls.is_empty()
    }

    /// Looks again at what waits, where the last look was cut short.
    pub(super) fn look_again(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if !std::mem::take(&mut self.again) {
            return Ok(());
        }
        let (log, keys) = (&self.log, Arc::clone(&self.keys));
        let received = run(store, |tx| receive::retry(tx, log, &keys, env))?;
        self.after_receiving(received, store, effects)
    }

    /// Compares the lists that rotations were signed over with what is here, once everything was read.
    ///
    /// A log entry may arrive before what was stored before it, so the first difference only makes the machine read to
    /// the end once more. If it is still there then, the server shows another history than the rotation's author saw.
    pub(super) fn compare_cuts(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        let now = (self.log.head().index, self.cursor);
        if !self.all_read() || self.cuts_seen == Some(now) {
            return Ok(());
        }
        let (log, keys, doubt) = (&self.log, Arc::clone(&self.keys), self.cut_doubt);
        let (looked, received, record) = run(store, |tx| {
            let looked = cut::look(tx, log, keys.id())?;
            let mut received = Received::default();
            if looked.verified {
                received = receive::retry(tx, log, &keys, env)?;
            }
            push::take_back_dropped(tx, now.1)?;
            let mut record = tx.record()?;
            if looked.differs.is_none() && record.alarm == Some(Alarm::CutBroken) {
                // What was missing has come.
                record.alarm = None;
                tx.set_record(&record)?;
            } else if looked.differs.is_some() && looked.differs == doubt && !left_out(Check::Alarm) {
                raise(tx, Alarm::CutBroken)?;
            }
            Ok((looked, received, record))
        })?;
        self.cuts_seen = Some(now);
        if looked.differs.is_some() && looked.differs != doubt {
            self.cut_doubt = looked.differs;
            self.cuts_seen = None;
            self.phase = Phase::CatchingUp;
            self.subscribe(&record, effects);
        } else if looked.differs.is_none() {
            self.cut_doubt = None;
        }
        self.after_receiving(received, store, effects)
    }

    /// Sends the next log entry that this device owes, one at a time.
    pub(super) fn append_next(
        &mut self,
        store: &dyn SyncStore,
        env: &Env<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), SyncError> {
        if self.appending.is_some() {
            return Ok(());
        }
        let (log, keys) = (&self.log, Arc::clone(&self.keys));
        if run(store, |tx| tx.record())?.alarm.is_some() {
            return Ok(());
        }
        let mut next = run(store, |tx| confirm::next(tx, log, &keys, env))?.map(|entry| (entry, false));
        let quiet = self.in_flight.is_none() && self.all_read();
        let may = quiet && !left_out(Check::Due);
        if next.is_none() && may && !rotate::due(log, keys.id(), env.now_ms).is_empty() {
            next = run(store, |tx| rotate::next(tx, log, &keys, env.now_ms, env.random))?
                .map(|entry| (entry, true));
        }
        let Some((entry, rotates)) = next else { return Ok(()) };
        let request = self.request();
        self.appending = Some((request, rotates));
        effects.push(Effect::Send(ClientFrame::AppendLog(AppendLog {
            request,
            workspace: self.workspace,
            entry: entry.into(),
        })));
        Ok(())
    }
}
