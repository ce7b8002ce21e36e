//! Decides when chunks are carried between this device and the server, beside the synchronisation of documents, and
//! tells how far that is.
//!
//! Dropping the task at any moment is safe: a chunk counts as sent when the server
//! acknowledged it, and as here when it was opened, checked and written. Not here: documents (`net::driver`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use groundplan_shared::api::{ApiError, AttachmentSync, ErrorCode, Event, SyncState, SyncStatus};
use groundplan_shared::model::{ContentHash, WorkspaceId};
use groundplan_shared::wire::BlobId;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::trip::{Trip, look};
use super::work;
use crate::core::Workspace;
use crate::identity::account;
use crate::identity::membership::blocking;
use crate::runtime::App;
use crate::sync::workspace::wire_workspace;

/// Wait after a pass that left something to do; doubled up to the longest.
const AGAIN: Duration = Duration::from_secs(5);
const AGAIN_LONGEST: Duration = Duration::from_secs(300);
/// Wait for further edits after one.
const SETTLE: Duration = Duration::from_millis(300);
/// Wait before looking although nothing happened.
const IDLE: Duration = Duration::from_secs(3_600);

/// The courier of the open workspace.
#[derive(Default)]
pub struct Courier {
    task: Mutex<Option<(WorkspaceId, JoinHandle<()>)>>,
    /// One pass at a time.
    busy: tokio::sync::Mutex<()>,
    /// The workspace whose acknowledged chunks were looked for on the server since this program started.
    verified: Mutex<Option<WorkspaceId>>,
    /// What was left when last looked, and what stood in the way.
    last: Mutex<Option<(WorkspaceId, AttachmentSync)>>,
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Courier {
    /// Starts carrying for a workspace, and stops for every other. Needs a Tokio runtime.
    pub fn start(&self, app: &Arc<App>, workspace: &Arc<Workspace>) {
        let mut task = lock(&self.task);
        if task.as_ref().is_some_and(|(id, task)| *id == workspace.id() && !task.is_finished()) {
            return;
        }
        if let Some((_, old)) = task.take() {
            old.abort();
        }
        let (weak, files) = (Arc::downgrade(app), Arc::clone(workspace));
        *task = Some((workspace.id(), tokio::spawn(rounds(weak, files))));
    }

    /// Stops carrying.
    pub fn stop(&self) {
        if let Some((_, task)) = lock(&self.task).take() {
            task.abort();
        }
    }

    /// Looks what is left to do. Blocks.
    ///
    /// # Errors
    /// Those of the store.
    pub fn look(&self, workspace: &Workspace) -> Result<(), ApiError> {
        let counts = workspace.read(|tx| work::counts(tx.sql()))?;
        self.note(workspace.id(), counts);
        Ok(())
    }

    /// Remembers counts; what stood in the way stands there until a pass says otherwise.
    fn note(&self, workspace: WorkspaceId, mut counts: AttachmentSync) {
        let mut last = lock(&self.last);
        if counts.problem.is_none() && counts.to_send + counts.to_fetch > 0 {
            counts.problem =
                last.as_ref().filter(|(id, _)| *id == workspace).and_then(|(_, last)| last.problem.clone());
        }
        *last = Some((workspace, counts));
    }

    /// Adds what was seen last to the status of the documents: nothing is up to date while bytes wait to be sent.
    pub fn tell(&self, workspace: WorkspaceId, status: &mut SyncStatus) {
        let last = lock(&self.last).clone();
        let Some((_, last)) = last.filter(|(id, _)| *id == workspace && status.server.is_some()) else {
            return;
        };
        if status.state == SyncState::UpToDate {
            if let Some(problem) = &last.problem {
                status.state = SyncState::Problem;
                status.problem = Some(problem.clone());
            } else if last.to_send > 0 {
                status.state = SyncState::Syncing;
            }
        }
        status.attachments = last;
    }

    /// Carries what there is to carry, once, and returns what is left.
    ///
    /// # Errors
    /// Those of the store and the account. What the server refuses is in the status.
    pub async fn pass(&self, app: &Arc<App>, workspace: &Arc<Workspace>) -> Result<AttachmentSync, ApiError> {
        let _alone = self.busy.lock().await;
        let id = workspace.id();
        let first = *lock(&self.verified) != Some(id);
        let before = look(workspace, |tx| work::counts(tx.sql())).await?;
        let some =
            look(workspace, |tx| Ok(!work::acknowledged(tx.sql(), BlobId([0; 32]), 1)?.is_empty())).await?;
        if before.to_send + before.to_fetch == 0 && !(first && some) {
            return Ok(before);
        }
        let result = self.carry(app, workspace, first).await;
        let left = look(workspace, |tx| work::counts(tx.sql())).await?;
        let problem = result.as_ref().err().filter(|error| error.code != ErrorCode::Offline).cloned();
        let moved = left != before || problem.is_some();
        *lock(&self.last) = Some((id, AttachmentSync { problem, ..left.clone() }));
        if moved {
            let told = Arc::clone(app);
            if let Ok(status) = blocking(move || told.net.status(&told, id)).await {
                app.emit(Event::Sync { workspace: id, status });
            }
        }
        match result {
            Err(error) if error.code == ErrorCode::Offline => Err(error),
            _ => Ok(left),
        }
    }

    /// Fetches what is missing of one attachment at once, ahead of everything else.
    ///
    /// # Errors
    /// Those of the store, the account and the server.
    pub async fn bring(
        &self,
        app: &Arc<App>,
        workspace: &Arc<Workspace>,
        wanted: Vec<ContentHash>,
    ) -> Result<(), ApiError> {
        let items = look(workspace, move |tx| work::of(tx.sql(), &wanted)).await?;
        if items.is_empty() {
            return Ok(());
        }
        let session = account::session(app).await?;
        let trip = Trip { workspace, session, id: wire_workspace(workspace.id()) };
        let mut changed = BTreeSet::new();
        let done = trip.fetch_all(items, &mut changed).await?;
        trip.tell(app, changed);
        done
    }

    async fn carry(&self, app: &Arc<App>, workspace: &Arc<Workspace>, first: bool) -> Result<(), ApiError> {
        let uploaded = {
            let files = Arc::clone(workspace);
            blocking(move || {
                crate::sync::run(&*files, |tx| tx.record())
                    .map(|record| record.uploaded && record.alarm.is_none())
                    .map_err(crate::identity::membership::sync_failed)
            })
            .await?
        };
        if !uploaded {
            return Ok(());
        }
        let session = account::session(app).await?;
        let trip = Trip { workspace, session, id: wire_workspace(workspace.id()) };
        if first {
            trip.verify().await?;
            *lock(&self.verified) = Some(workspace.id());
        }
        // Reading goes on where writing is refused, for instance by a quota.
        let sent = trip.send().await;
        let fetched = trip.fetch(app).await;
        trip.release().await?;
        sent.and(fetched)
    }
}

/// Carries again and again, until the program or the workspace is closed.
async fn rounds(app: Weak<App>, workspace: Arc<Workspace>) {
    let id = workspace.id();
    let mut again = AGAIN;
    loop {
        let Some(running) = app.upgrade() else { return };
        let mut events = running.subscribe();
        let left = running.net.courier.pass(&running, &workspace).await;
        drop(running);
        let idle = matches!(&left, Ok(left) if left.to_send + left.to_fetch == 0);
        let wait = if idle { IDLE } else { again };
        again = if idle { AGAIN } else { (again * 2).min(AGAIN_LONGEST) };
        if left.is_ok() && !idle {
            // What was refused a moment ago would be again.
            sleep(AGAIN).await;
        }
        let offline = left.is_err();
        let heard = async {
            loop {
                match events.recv().await {
                    // The server is back.
                    Ok(Event::Sync { workspace, status }) if offline && workspace == id => {
                        if !matches!(status.state, SyncState::Offline | SyncState::Connecting) {
                            return true;
                        }
                    }
                    Ok(Event::Changed { workspace, .. }) if !offline && workspace == id => return true,
                    Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                    Ok(_) => {}
                }
            }
        };
        match timeout(wait, heard).await {
            Ok(false) => return,
            // Typing comes in bursts.
            Ok(true) => sleep(SETTLE).await,
            Err(_) => {}
        }
    }
}
