//! What the rest of the program sees of the network: starting, asking, waiting, status.
//!
//! Not here: the task itself (`driver`) and accounts (`identity::account`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use groundplan_shared::api::{AccountView, ApiError, Event, JobProgress, SyncState, SyncStatus};
use groundplan_shared::model::WorkspaceId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::driver::{Ask, Driver, Report};
use super::{Rest, ServerAddress};
use crate::core::Workspace;
use crate::identity::account;
use crate::identity::link::Linking;
use crate::identity::membership::{load, sync_failed};
use crate::runtime::App;
use crate::sync::{run, status};

/// Time that waiting for a synchronisation takes at most, unless said otherwise.
const PATIENCE_MS: u64 = 30_000;

/// How long the password of a sign-in is kept for the recovery code.
const RECENT: Duration = Duration::from_secs(600);

/// The running driver of one workspace; dropping it ends the task.
struct Running {
    workspace: WorkspaceId,
    asks: mpsc::UnboundedSender<Ask>,
    report: watch::Receiver<Report>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The network side of a running client core.
#[derive(Default)]
pub struct Net {
    /// Carries the bytes of attachments.
    pub(crate) courier: crate::attachment::courier::Courier,
    /// Who is where at this moment.
    pub(crate) presence: crate::presence::Presence,
    /// Held while tokens are renewed.
    pub(crate) renewing: tokio::sync::Mutex<()>,
    running: Mutex<Option<Running>>,
    linking: Mutex<Option<Linking>>,
    check: Mutex<String>,
    /// The password of a sign-in of the last minutes, which the recovery code needs a second time.
    password: Mutex<Option<(Instant, Zeroizing<String>)>>,
    rest: Mutex<Option<Rest>>,
    /// Address and fingerprint of a server whose key was refused last.
    refused_key: Mutex<Option<(String, String)>>,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Net").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Net {
    /// Returns the client of a server; connections are kept between calls.
    pub(crate) fn rest(&self, address: &ServerAddress) -> Result<Rest, ApiError> {
        let mut rest = lock(&self.rest);
        if let Some(known) = rest.as_ref().filter(|rest| rest.address() == address) {
            return Ok(known.clone());
        }
        Ok(rest.insert(Rest::new(address)?).clone())
    }

    /// Describes the account of the profile. Blocks.
    ///
    /// # Errors
    /// Those of the store.
    pub fn account(&self, app: &App) -> Result<Option<AccountView>, ApiError> {
        account::view(app)
    }

    /// Starts synchronising the open workspace, if it has a server, and stops every other. Does nothing if it runs.
    ///
    /// Call it inside a Tokio runtime whenever a workspace was opened. Failures show in the status.
    pub fn start(&self, app: &Arc<App>) {
        let Some(open) = app.open_now().filter(|open| open.read_only().is_none()) else { return self.stop() };
        let mut running = lock(&self.running);
        if running
            .as_ref()
            .is_some_and(|running| running.workspace == open.id() && !running.task.is_finished())
        {
            return;
        }
        *running = None;
        let connected = load(&open).map(|(_, record)| record.server_url.is_some());
        if !connected.unwrap_or(false) {
            return;
        }
        let (asks, asked) = mpsc::unbounded_channel();
        match Driver::load(app, &open, asked) {
            Ok((driver, report)) => {
                let task = tokio::spawn(driver.run());
                *running = Some(Running { workspace: open.id(), asks, report, task });
                self.courier.start(app, &open);
            }
            Err(error) => {
                tracing::error!(workspace.id = %open.id(), error.code = ?error.code, "no synchronisation")
            }
        }
    }

    /// Stops synchronising; everything durable stays.
    pub fn stop(&self) {
        *lock(&self.running) = None;
        self.courier.stop();
    }

    /// Starts or wakes synchronisation after a sign-in.
    pub(crate) fn signed_in(&self, app: &Arc<App>) {
        self.start(app);
        self.ask(Ask::Now);
    }

    fn ask(&self, ask: Ask) {
        if let Some(running) = lock(&self.running).as_ref() {
            // A task that has ended does not listen; the next `start` makes another.
            running.asks.send(ask).unwrap_or_else(|_| tracing::debug!("the synchronisation has ended"));
        }
    }

    /// Says that a command changed the log or the outbox of a workspace.
    pub(crate) fn nudge(&self, workspace: WorkspaceId) {
        if lock(&self.running).as_ref().is_some_and(|running| running.workspace == workspace) {
            self.ask(Ask::Look);
        }
    }

    fn reported(&self, workspace: WorkspaceId) -> Option<SyncStatus> {
        let running = lock(&self.running);
        let running = running.as_ref().filter(|running| running.workspace == workspace)?;
        Some(running.report.borrow().status.clone())
    }

    fn watch(&self, workspace: WorkspaceId) -> Option<watch::Receiver<Report>> {
        let running = lock(&self.running);
        running
            .as_ref()
            .filter(|running| running.workspace == workspace)
            .map(|running| running.report.clone())
    }

    /// Returns how synchronisation of a workspace stands. Blocks.
    ///
    /// # Errors
    /// Those of the store.
    pub fn status(&self, app: &App, workspace: WorkspaceId) -> Result<SyncStatus, ApiError> {
        let mut status = self.documents(app, workspace)?;
        if let Some(open) = app.open_now().filter(|open| open.id() == workspace && open.read_only().is_none())
        {
            self.courier.look(&open)?;
        }
        self.courier.tell(workspace, &mut status);
        Ok(status)
    }

    /// How the documents stand, without the bytes of attachments.
    fn documents(&self, app: &App, workspace: WorkspaceId) -> Result<SyncStatus, ApiError> {
        let open = app.open_now().filter(|open| open.id() == workspace);
        if let (Some(mut status), Some(open)) = (self.reported(workspace), &open) {
            // The count is read anew: an edit of this moment has not passed through the machine yet.
            status.waiting = run(&**open, |tx| tx.outbox_count()).map_err(sync_failed)?;
            if status.waiting > 0 && status.state == SyncState::UpToDate {
                status.state = SyncState::Syncing;
            }
            return Ok(status);
        }
        let files = match open {
            Some(open) => open,
            None => match app.workspace_files(workspace) {
                Ok(files) => Arc::new(files),
                // One workspace that does not open must not hide the others.
                Err(error) => return Ok(shut(SyncState::Problem, Some(error))),
            },
        };
        if files.read_only().is_some() {
            return Ok(shut(SyncState::Offline, files.read_only().cloned()));
        }
        status::at_rest(&*files, None).map_err(sync_failed)
    }

    /// Connects the open workspace to the account's server.
    ///
    /// # Errors
    /// `NotConnected` if nobody is signed in, those of the server and the store.
    pub async fn connect(&self, app: &Arc<App>) -> Result<SyncStatus, ApiError> {
        let session = account::session(app).await?;
        let open = app.workspace()?;
        set_server(&open, session.address.to_string()).await?;
        self.start(app);
        self.now(app, 0).await
    }

    /// Synchronises and waits until it is done or stuck, or the time is over.
    ///
    /// # Errors
    /// Those of the store. What stands in the way is in the status.
    pub async fn now(&self, app: &Arc<App>, timeout_ms: u64) -> Result<SyncStatus, ApiError> {
        self.start(app);
        let workspace = app.workspace()?.id();
        let until =
            Instant::now() + Duration::from_millis(if timeout_ms == 0 { PATIENCE_MS } else { timeout_ms });
        let Some(mut watcher) = self.watch(workspace) else { return self.later(app, workspace).await };
        let (failures, asked) = {
            let report = watcher.borrow_and_update();
            (report.failures, report.asked)
        };
        self.ask(Ask::Now);
        let mut answered = false;
        loop {
            {
                let report = watcher.borrow_and_update();
                let taken_up = report.asked > asked;
                let settled = match report.status.state {
                    SyncState::UpToDate => report.status.waiting == 0,
                    SyncState::Problem => true,
                    SyncState::Offline => report.failures > failures,
                    SyncState::LocalOnly => true,
                    SyncState::Connecting | SyncState::Syncing => false,
                };
                if taken_up && settled {
                    answered = true;
                    break;
                }
            }
            match timeout_at(until, watcher.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => break,
            }
        }
        let up_to_date = answered && watcher.borrow().status.state == SyncState::UpToDate;
        if let Some(open) = app.open_now().filter(|open| up_to_date && open.id() == workspace) {
            // What does not get through in time goes on in the background; the status says so.
            if let Ok(Err(error)) = timeout_at(until, self.courier.pass(app, &open)).await {
                tracing::debug!(error.code = ?error.code, "attachments wait");
            }
        }
        let mut status = self.later(app, workspace).await?;
        // A snapshot that fell due by what was just sent belongs to it.
        while answered && status.state == SyncState::Syncing && status.waiting == 0 {
            let bytes = &status.attachments;
            let changed = timeout_at(until, watcher.changed());
            if bytes.to_send + bytes.to_fetch > 0 || !matches!(changed.await, Ok(Ok(()))) {
                break;
            }
            status = self.later(app, workspace).await?;
        }
        // What was true before is not known to be true now while the server owes its answer.
        if !answered && status.state == SyncState::UpToDate {
            status.state = SyncState::Connecting;
        }
        Ok(status)
    }

    /// Synchronises and waits as long as something is so, at most as long as [`Net::now`] does.
    pub(crate) async fn wait_while(
        &self,
        app: &Arc<App>,
        so: impl Fn(&SyncStatus) -> bool,
    ) -> Result<(), ApiError> {
        self.start(app);
        let until = Instant::now() + Duration::from_millis(PATIENCE_MS);
        let Some(mut watcher) = self.watch(app.workspace()?.id()) else { return Ok(()) };
        while so(&watcher.borrow_and_update().status) {
            if !matches!(timeout_at(until, watcher.changed()).await, Ok(Ok(()))) {
                break;
            }
        }
        Ok(())
    }

    async fn later(&self, app: &Arc<App>, workspace: WorkspaceId) -> Result<SyncStatus, ApiError> {
        let app = Arc::clone(app);
        crate::identity::membership::blocking(move || app.net.status(&app, workspace)).await
    }

    /// Keeps the password of a sign-in in memory for ten minutes.
    pub(crate) fn remember_password(&self, password: Zeroizing<String>) {
        *lock(&self.password) = Some((Instant::now(), password));
    }

    /// Takes the password of a sign-in of the last ten minutes.
    pub(crate) fn recent_password(&self) -> Option<Zeroizing<String>> {
        let kept = lock(&self.password).take();
        kept.filter(|(since, _)| since.elapsed() < RECENT).map(|(_, password)| password)
    }

    /// Forgets the password of a sign-in.
    pub(crate) fn forget_password(&self) {
        *lock(&self.password) = None;
    }

    /// Remembers a server's key that was refused, to show it to whoever may trust it.
    pub(crate) fn set_refused_key(&self, refused: Option<(String, String)>) {
        *lock(&self.refused_key) = refused;
    }

    /// Returns the fingerprint of a key that a server showed and that was refused.
    pub(crate) fn refused_key(&self, address: &str) -> Option<String> {
        lock(&self.refused_key).as_ref().filter(|(at, _)| at == address).map(|(_, key)| key.clone())
    }

    /// Remembers the linking under way.
    pub(crate) fn set_linking(&self, linking: Option<Linking>) {
        *lock(&self.linking) = linking;
    }

    /// Returns the linking under way.
    pub(crate) fn linking(&self) -> Option<Linking> {
        lock(&self.linking).clone()
    }

    /// Shows the six digits of a join under way: as progress of the job `device/link_join`, step `check`, whose
    /// `done` is the digits as a number.
    pub(crate) fn show_check(&self, app: &App, digits: String) {
        if let Ok(done) = digits.parse() {
            let (job, step) = ("device/link_join".to_owned(), "check".to_owned());
            let (total, detail) = (999_999, String::new());
            app.emit(Event::Job(JobProgress { job, step, done, total, detail }));
        }
        *lock(&self.check) = digits;
    }

    /// Returns the six digits of the join under way; empty if there is none.
    pub fn check_digits(&self) -> String {
        lock(&self.check).clone()
    }
}

/// Describes a workspace whose synchronisation cannot be looked into.
fn shut(state: SyncState, problem: Option<ApiError>) -> SyncStatus {
    SyncStatus { problem, ..SyncStatus::bare(state) }
}

async fn set_server(open: &Arc<Workspace>, address: String) -> Result<(), ApiError> {
    let files = Arc::clone(open);
    crate::identity::membership::blocking(move || {
        run(&*files, |tx| {
            let mut record = tx.record()?;
            if record.server_url.is_none() {
                record.server_url = Some(address.clone());
                tx.set_record(&record)?;
            }
            Ok(())
        })
        .map_err(sync_failed)
    })
    .await
}

impl App {
    /// Starts synchronising the open workspace in the background, if it is connected to a server.
    ///
    /// Long-running programs call it once at their start; commands of this crate call it where it matters. Needs a
    /// Tokio runtime.
    pub fn start_sync(self: &Arc<Self>) {
        self.net.start(self);
    }

    /// Stops synchronising; everything durable stays, and what was under way is sent again later.
    pub fn stop_sync(&self) {
        self.net.stop();
    }
}
