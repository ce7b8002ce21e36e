//! Performs what the state machine of one workspace asks for: sockets, waits, events. One task a workspace.
//!
//! Not here: any decision about data (`sync`). Dropping the task at any moment is safe: everything durable is in the
//! store, and what was under way is sent again.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use groundplan_shared::api::{ApiError, ErrorCode, Event as AppEvent, SyncStatus};
use groundplan_shared::wire::DocumentId;
use groundplan_shared::wire::frames::{ClientFrame, ServerFrame};
use groundplan_shared::wire::rest::WorkspaceCreateParams;
use ring::rand::SystemRandom;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::socket::{NotOpen, Socket};
use crate::core::Workspace;
use crate::identity::account::{self, Session};
use crate::identity::membership::{blocking, sync_failed};
use crate::identity::policy;
use crate::presence::Link;
use crate::runtime::App;
use crate::sync::workspace::{model_document, things, wire_workspace};
use crate::sync::{Effect, Env, Event, Machine, SyncError, run};

/// Longest time between two looks at the clock.
const TICK: Duration = Duration::from_secs(10);
/// Longest wait for the server's sign of life when somebody asks.
const ALIVE: Duration = Duration::from_secs(5);
/// So long what is typed waits for more, where nobody else looks: one envelope then holds some twenty keystrokes, and the
/// server keeps something of each envelope for ever.
const GATHER: Duration = Duration::from_secs(4);
/// Wait after the local store failed.
const STORE_FAILED: Duration = Duration::from_secs(5);

/// What the rest of the program asks of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Connect now if not connected, and try again what was refused.
    Now,
    /// The membership log or the outbox was changed by a command.
    Look,
}

/// What a driver reports.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report {
    /// How synchronisation stands.
    pub(super) status: SyncStatus,
    /// Attempts to connect that failed so far.
    pub(super) failures: u64,
    /// Questions of [`Ask::Now`] that were taken up so far.
    pub(super) asked: u64,
}

/// A driver's state between events.
pub(super) struct Driver {
    app: Weak<App>,
    workspace: Arc<Workspace>,
    machine: Arc<Mutex<Machine>>,
    report: watch::Sender<Report>,
    asks: mpsc::UnboundedReceiver<Ask>,
    /// Questions taken up whose answer is not in the report yet.
    owed: u64,
    /// Questions that wait for the server's sign of life on this connection, and since when the first of them does.
    probing: Option<(u64, Instant)>,
}

enum Next {
    Effects(Vec<Effect>),
    Gone,
}

/// Waits until there is something to send, typed or not.
async fn edited(workspace: &Workspace) {
    tokio::select! {
        () = workspace.dirty().notified() => {}
        () = workspace.typing().notified() => {}
    }
}

impl Driver {
    /// Loads the machine of a workspace. Blocks.
    pub(super) fn load(
        app: &Arc<App>,
        workspace: &Arc<Workspace>,
        asks: mpsc::UnboundedReceiver<Ask>,
    ) -> Result<(Self, watch::Receiver<Report>), ApiError> {
        let keys = Arc::clone(app.device().keys());
        let machine =
            Machine::load(&**workspace, wire_workspace(workspace.id()), keys).map_err(sync_failed)?;
        let status = machine.status(&**workspace).map_err(sync_failed)?;
        let (report, watcher) = watch::channel(Report { status, failures: 0, asked: 0 });
        let driver = Self {
            app: Arc::downgrade(app),
            workspace: Arc::clone(workspace),
            machine: Arc::new(Mutex::new(machine)),
            report,
            asks,
            owed: 0,
            probing: None,
        };
        Ok((driver, watcher))
    }

    /// Runs until it is dropped or the program ends.
    pub(super) async fn run(mut self) {
        let mut wait = Duration::ZERO;
        loop {
            if !self.pause(wait).await {
                return;
            }
            let Some(app) = self.app.upgrade() else { return };
            let opened = self.open(&app).await;
            drop(app);
            let reason = match opened {
                Ok(socket) => self.connected(socket).await,
                Err(error) => Err(error),
            };
            // Whoever waited for a sign of life learns from the next attempt, which does not wait.
            let asked = self.probing.take().map_or(0, |(count, _)| count);
            self.owed += asked;
            if reason.is_err() {
                self.report.send_modify(|report| report.failures += 1);
            }
            // Being offline is a state, not a problem.
            let told = reason.err().filter(|error| error.code != ErrorCode::Offline);
            wait = match self.step(Event::Disconnected(told)).await {
                Next::Gone => return,
                Next::Effects(effects) => effects
                    .iter()
                    .find_map(|effect| match effect {
                        Effect::Reconnect(ms) => Some(Duration::from_millis(*ms)),
                        _ => None,
                    })
                    .unwrap_or(STORE_FAILED),
            };
            if asked > 0 {
                wait = Duration::ZERO;
            }
        }
    }

    /// Waits before the next connection; a question or a local change shortens it. False: the program has ended.
    async fn pause(&mut self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => return true,
                ask = self.asks.recv() => match ask {
                    None => return false,
                    Some(Ask::Now) => {
                        self.owed += 1;
                        return !matches!(self.step(Event::Retry).await, Next::Gone);
                    }
                    Some(Ask::Look) => {}
                },
                () = edited(&self.workspace) => {
                    // The count of what waits has changed.
                    if matches!(self.step(Event::LocalChange).await, Next::Gone) {
                        return false;
                    }
                }
            }
        }
    }

    async fn open(&self, app: &Arc<App>) -> Result<Socket, ApiError> {
        self.confirmed(app).await?;
        for _ in 0..2 {
            let session = account::session(app).await?;
            self.upload(&session).await?;
            match Socket::open(&session, app.device().keys()).await {
                Ok(socket) => return Ok(socket),
                Err(NotOpen::Token) => account::token_refused(app)?,
                Err(NotOpen::Error(error)) => return Err(error),
            }
        }
        Err(ApiError::new(
            ErrorCode::NotConnected,
            "The server does not accept this device's sign-in.",
            "Sign in again with `groundplan login`. Everything you do meanwhile is kept on this device.",
        ))
    }

    /// Refuses to talk to the server after more time without contact than the workspace allows, until its person has
    /// signed in again.
    async fn confirmed(&self, app: &Arc<App>) -> Result<(), ApiError> {
        let (machine, files, app) = (Arc::clone(&self.machine), Arc::clone(&self.workspace), Arc::clone(app));
        blocking(move || {
            let policy = *machine.lock().unwrap_or_else(PoisonError::into_inner).log().state().policy();
            let contact_ms = run(&*files, |tx| tx.record()).map_err(sync_failed)?.contact_ms;
            let signed_in = app.profile().setting(policy::SIGNED_IN_MS)?;
            let signed_in_ms = signed_in.and_then(|ms| ms.parse().ok()).unwrap_or(0);
            let now_ms = crate::env::now_ms();
            policy::must_confirm(&policy, contact_ms, signed_in_ms, now_ms).map_or(Ok(()), Err)
        })
        .await
    }

    /// Creates the workspace on the server with its log so far, once.
    async fn upload(&self, session: &Session) -> Result<(), ApiError> {
        let files = Arc::clone(&self.workspace);
        let (record, entries) =
            blocking(move || run(&*files, |tx| Ok((tx.record()?, tx.log_from(0)?))).map_err(sync_failed))
                .await?;
        let address = session.address.to_string();
        if record.server_url.as_deref().is_some_and(|url| url != address) {
            return Err(ApiError::new(
                ErrorCode::Conflict,
                format!("This workspace synchronises with another server than {address}."),
                "Sign in to its own server, or use another profile for this one.",
            ));
        }
        if record.uploaded {
            return Ok(());
        }
        let params = WorkspaceCreateParams { entries: entries.into_iter().map(Into::into).collect() };
        let session = session.clone();
        session.rest.create_workspace(&params, session.bearer()).await?;
        let (files, server) = (Arc::clone(&self.workspace), session.server);
        blocking(move || {
            run(&*files, |tx| {
                let mut record = tx.record()?;
                record.uploaded = true;
                record.server_id = Some(server);
                record.server_url = Some(address.clone());
                tx.set_record(&record)
            })
            .map_err(sync_failed)
        })
        .await?;
        Ok(())
    }

    /// Serves one connection until it ends. `Err`: why, if it is more than a broken line.
    async fn connected(&mut self, mut socket: Socket) -> Result<(), ApiError> {
        let hello = Event::Connected { server: socket.server, incarnation: socket.incarnation };
        let mut next = self.step(hello).await;
        let mut tick = Instant::now() + TICK;
        let presence = Link::new(self.app.clone(), Arc::clone(&self.workspace), Arc::clone(&self.machine));
        // When what was typed is sent at the latest.
        let mut gathered: Option<Instant> = None;
        loop {
            match next {
                Next::Gone => {
                    socket.close().await;
                    return Ok(());
                }
                Next::Effects(effects) => {
                    for effect in effects {
                        match effect {
                            Effect::Send(frame) => socket.send(&frame).await?,
                            Effect::Close | Effect::Reconnect(_) => {
                                socket.close().await;
                                return Ok(());
                            }
                            Effect::Wake(ms) => tick = tick.min(Instant::now() + Duration::from_millis(ms)),
                            Effect::Changed(_) | Effect::Members | Effect::Status => {}
                        }
                    }
                }
            }
            let event = tokio::select! {
                frame = socket.next() => match frame? {
                    Some(ServerFrame::Presence(frame)) => {
                        presence.heard(frame).await;
                        next = Next::Effects(Vec::new());
                        continue;
                    }
                    Some(frame) => {
                        // Whatever it says, the server is there.
                        if let Some((_, since)) = &mut self.probing {
                            *since = Instant::now();
                        }
                        if matches!(frame, ServerFrame::Pong(_)) {
                            self.owed += self.probing.take().map_or(0, |(count, _)| count);
                        }
                        Event::Frame(Box::new(frame))
                    }
                    None => return Ok(()),
                },
                () = self.workspace.dirty().notified() => Event::LocalChange,
                () = self.workspace.typing().notified() => {
                    if presence.alone() {
                        gathered.get_or_insert(Instant::now() + GATHER);
                        next = self.step(None).await;
                        continue;
                    }
                    Event::LocalChange
                }
                () = sleep_until(gathered.unwrap_or(tick)), if gathered.is_some() => Event::LocalChange,
                ask = self.asks.recv() => match ask {
                    None => {
                        socket.close().await;
                        return Ok(());
                    }
                    Some(Ask::Look) => Event::LocalChange,
                    Some(Ask::Now) => {
                        // "Up to date" is only true if the server is still there to say so.
                        let (count, since) = self.probing.unwrap_or((0, Instant::now()));
                        self.probing = Some((count + 1, since));
                        tick = tick.min(since + ALIVE);
                        socket.send(&ClientFrame::Ping(count)).await?;
                        Event::Retry
                    }
                },
                () = presence.wait() => {
                    if gathered.is_some() && !presence.alone() {
                        // Somebody came, or whoever typed leaves: what was typed goes first.
                        Event::LocalChange
                    } else {
                        for frame in presence.turn().await {
                            socket.send(&frame).await?;
                        }
                        presence.sent();
                        next = Next::Effects(Vec::new());
                        continue;
                    }
                }
                () = sleep_until(tick) => {
                    let now = Instant::now();
                    let silent = self.probing.map(|(_, since)| since + ALIVE);
                    if silent.is_some_and(|end| end <= now) {
                        return Err(ApiError::new(
                            ErrorCode::Offline,
                            "The server does not answer any more.",
                            "Nothing to do: the connection is opened again by itself.",
                        ));
                    }
                    tick = silent.unwrap_or(now + TICK).min(now + TICK);
                    Event::Tick
                }
            };
            if matches!(event, Event::LocalChange | Event::Retry) {
                gathered = None;
            }
            let began = Instant::now();
            next = self.step(event).await;
            // While this device was busy nobody listened: that is no silence of the server's.
            if let Some((_, since)) = &mut self.probing {
                *since += began.elapsed();
            }
        }
    }

    /// Feeds one event to the machine on a blocking thread and tells interfaces what came of it; without one, how things
    /// stand.
    async fn step(&mut self, event: impl Into<Option<Event>>) -> Next {
        let (machine, workspace) = (Arc::clone(&self.machine), Arc::clone(&self.workspace));
        let event = event.into();
        let work = blocking(move || {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            let random = SystemRandom::new();
            let env = Env { now_ms: crate::env::now_ms(), random: &random };
            let effects = event.map_or(Ok(Vec::new()), |event| machine.handle(event, &*workspace, &env));
            Ok(effects.and_then(|mut effects| {
                for effect in &mut effects {
                    if let Effect::Changed(documents) = effect {
                        *documents = things(&workspace, documents)?;
                    }
                }
                let edited = workspace.take_untold();
                if !edited.is_empty() {
                    let ids = edited.into_iter().map(|id| DocumentId(id.to_bytes()));
                    effects.push(Effect::Changed(ids.collect()));
                }
                Ok((effects, machine.status(&*workspace)?))
            }))
        });
        let result = match work.await {
            Ok(result) => result,
            Err(_) => Err(SyncError::Seal),
        };
        let Some(app) = self.app.upgrade() else { return Next::Gone };
        let answered = std::mem::take(&mut self.owed);
        let next = self.outcome(&app, result).await;
        if answered > 0 {
            self.report.send_modify(|report| report.asked += answered);
        }
        next
    }

    async fn outcome(
        &mut self,
        app: &Arc<App>,
        result: Result<(Vec<Effect>, SyncStatus), SyncError>,
    ) -> Next {
        match result {
            Ok((effects, status)) => {
                self.tell(app, &effects, status);
                Next::Effects(effects)
            }
            Err(error) => {
                tracing::error!(workspace.id = %self.workspace.id(), %error, "a step of synchronisation failed");
                self.failed(app, error).await;
                Next::Effects(vec![Effect::Close])
            }
        }
    }

    fn tell(&self, app: &Arc<App>, effects: &[Effect], status: SyncStatus) {
        let workspace = self.workspace.id();
        for effect in effects {
            match effect {
                Effect::Changed(documents) => {
                    let documents = documents.iter().copied().map(model_document).collect();
                    app.emit(AppEvent::Changed { workspace, documents, remote: true });
                }
                Effect::Members => app.emit(AppEvent::Workspaces),
                _ => {}
            }
        }
        if self.report.borrow().status != status {
            self.report.send_modify(|report| report.status = status.clone());
            let mut status = status;
            app.net.courier.tell(workspace, &mut status);
            app.emit(AppEvent::Sync { workspace, status });
        }
    }

    /// The local store failed: say so, and load the machine again, since it may be ahead of the store.
    async fn failed(&mut self, app: &Arc<App>, error: SyncError) {
        let mut status = self.report.borrow().status.clone();
        status.state = groundplan_shared::api::SyncState::Problem;
        status.problem = Some(sync_failed(error));
        self.tell(app, &[], status);
        let (workspace, keys) = (Arc::clone(&self.workspace), Arc::clone(app.device().keys()));
        let loaded = blocking(move || {
            Machine::load(&*workspace, wire_workspace(workspace.id()), keys).map_err(sync_failed)
        });
        match loaded.await {
            Ok(machine) => *self.machine.lock().unwrap_or_else(PoisonError::into_inner) = machine,
            Err(error) => {
                tracing::error!(error.code = ?error.code, "synchronisation could not be loaded again")
            }
        }
    }
}
