//! Carries chunks between this device and the server, beside the synchronisation of documents.
//!
//! What is missing is asked first, in both directions, so that a transfer that was cut goes on where it ended. Chunks
//! are sealed and opened one at a time. Dropping the task at any moment is safe: a chunk counts as sent when the server
//! acknowledged it, and as here when it was opened, checked and written. Not here: documents (`net::driver`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use groundplan_shared::api::{ApiError, AttachmentSync, ErrorCode, Event, SyncState, SyncStatus};
use groundplan_shared::crypto::safe::{open_chunk, seal_chunk};
use groundplan_shared::model::{ContentHash, DocumentId, WorkspaceId};
use groundplan_shared::wire::limits::BLOBS_ASKED;
use groundplan_shared::wire::rest::BlobPutQuery;
use groundplan_shared::wire::{self, BlobId, Hash};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::work::{self, Item};
use super::{chunks, gc};
use crate::core::{CoreError, Tx, Workspace};
use crate::identity::account::{self, Session};
use crate::identity::membership::blocking;
use crate::runtime::App;
use crate::sync::workspace::wire_workspace;

/// Chunks looked at in one go.
const BATCH: usize = 64;
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

struct Trip<'a> {
    workspace: &'a Arc<Workspace>,
    session: Session,
    id: wire::WorkspaceId,
}

async fn look<T: Send + 'static>(
    workspace: &Arc<Workspace>,
    f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let workspace = Arc::clone(workspace);
    blocking(move || Ok(workspace.read(f)?)).await
}

async fn write<T: Send + 'static>(
    workspace: &Arc<Workspace>,
    f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let workspace = Arc::clone(workspace);
    blocking(move || Ok(workspace.transaction(f)?)).await
}

impl Trip<'_> {
    async fn missing(&self, blobs: Vec<BlobId>) -> Result<BTreeSet<BlobId>, ApiError> {
        let mut missing = BTreeSet::new();
        for part in blobs.chunks(BLOBS_ASKED) {
            let asked =
                self.session.rest.blobs_missing(self.id, part.to_vec(), self.session.bearer()).await?;
            missing.extend(asked.missing);
        }
        Ok(missing)
    }

    /// Looks whether the server still has what it acknowledged; what it lost is sent again. The question also takes
    /// back that another device declared a chunk unused which living records here name.
    async fn verify(&self) -> Result<(), ApiError> {
        let mut after = BlobId([0; 32]);
        loop {
            let asked =
                look(self.workspace, move |tx| work::acknowledged(tx.sql(), after, BLOBS_ASKED)).await?;
            let Some(last) = asked.last() else { return Ok(()) };
            after = *last;
            let missing = self.missing(asked).await?;
            if !missing.is_empty() {
                tracing::warn!(blob.count = missing.len(), "the server lost chunks; they are sent again");
                write(self.workspace, move |tx| {
                    missing.iter().try_for_each(|blob| work::lost(tx.sql(), *blob))
                })
                .await?;
            }
        }
    }

    async fn send(&self) -> Result<(), ApiError> {
        let (id, mut after) = (self.id, None);
        loop {
            let (items, named) = look(self.workspace, move |tx| {
                let items = work::to_send(tx.sql(), after, BATCH)?;
                let mut named = Vec::new();
                for item in &items {
                    if let Some(key) = work::keys(tx.sql(), item.compartment)?.first() {
                        named.push((*item, key.epoch, key.id(id, item)));
                    }
                }
                Ok((items, named))
            })
            .await?;
            let Some(last) = items.last() else { return Ok(()) };
            after = Some(last.hash);
            let missing = self.missing(named.iter().map(|(_, _, blob)| *blob).collect()).await?;
            for (item, epoch, blob) in named {
                if missing.contains(&blob) {
                    self.send_one(item, epoch, blob).await?;
                }
                write(self.workspace, move |tx| work::sent(tx.sql(), &item, epoch, blob)).await?;
            }
        }
    }

    async fn send_one(&self, item: Item, epoch: u32, blob: BlobId) -> Result<(), ApiError> {
        let id = self.id;
        let sealed = look(self.workspace, move |tx| {
            let keys = work::keys(tx.sql(), item.compartment)?;
            let key = keys.iter().find(|key| key.epoch == epoch);
            let bytes = chunks::get(tx.sql(), &item.hash)?;
            let (Some(key), Some(bytes)) = (key, bytes) else { return Ok(None) };
            Ok(seal_chunk(&key.key, &key.place(id, item.compartment), &bytes).ok())
        })
        .await?;
        let Some(sealed) = sealed.filter(|sealed| sealed.id == blob) else { return Err(damaged()) };
        let query = BlobPutQuery {
            compartment: item.compartment,
            epoch,
            sha256: Hash(chunks::hash_of(&sealed.bytes).0),
        };
        self.session.rest.blob_put(self.id, blob, &query, sealed.bytes, self.session.bearer()).await
    }

    async fn fetch(&self, app: &App) -> Result<(), ApiError> {
        let mut after = None;
        let (mut changed, mut worst) = (BTreeSet::<DocumentId>::new(), Ok(()));
        loop {
            let items = look(self.workspace, move |tx| work::to_fetch(tx.sql(), after, BATCH)).await?;
            let Some(last) = items.last() else { break };
            after = Some(last.hash);
            let done = self.fetch_all(items, &mut changed).await?;
            worst = worst.and(done);
        }
        self.tell(app, changed);
        worst
    }

    fn tell(&self, app: &App, changed: BTreeSet<DocumentId>) {
        if !changed.is_empty() {
            let documents = changed.into_iter().collect();
            app.emit(Event::Changed { workspace: self.workspace.id(), documents, remote: true });
        }
    }

    /// Fetches these. The inner error is about chunks that are not what they should be, of which none was taken.
    async fn fetch_all(
        &self,
        items: Vec<Item>,
        changed: &mut BTreeSet<DocumentId>,
    ) -> Result<Result<(), ApiError>, ApiError> {
        let id = self.id;
        let named = look(self.workspace, move |tx| {
            let mut named = Vec::new();
            for item in items {
                for key in work::keys(tx.sql(), item.compartment)? {
                    named.push((item, key.epoch, key.id(id, &item)));
                }
            }
            Ok(named)
        })
        .await?;
        let missing = self.missing(named.iter().map(|(_, _, blob)| *blob).collect()).await?;
        let (mut done, mut worst) = (BTreeSet::<ContentHash>::new(), Ok(()));
        for (item, epoch, blob) in named {
            if missing.contains(&blob) || done.contains(&item.hash) {
                continue;
            }
            match self.fetch_one(item, epoch, blob).await {
                Ok(documents) => {
                    done.insert(item.hash);
                    changed.extend(documents);
                }
                // One bad or lost chunk never holds up the others.
                Err(error) if error.code == ErrorCode::ServerUntrusted => worst = Err(error),
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(worst)
    }

    async fn fetch_one(&self, item: Item, epoch: u32, blob: BlobId) -> Result<Vec<DocumentId>, ApiError> {
        let bytes = self.session.rest.blob_get(self.id, blob, self.session.bearer()).await?;
        let id = self.id;
        write(self.workspace, move |tx| {
            let keys = work::keys(tx.sql(), item.compartment)?;
            let key = keys.iter().find(|key| key.epoch == epoch);
            let opened = key.and_then(|key| {
                let place = key.place(id, item.compartment);
                open_chunk(&key.key, &place, &Hash(item.hash.0), item.size, &bytes).ok()
            });
            let Some(chunk) = opened else { return Err(CoreError::Api(forged())) };
            chunks::put(tx.sql(), &item.hash, &chunk)?;
            work::sent(tx.sql(), &item, epoch, blob)?;
            work::documents(tx.sql(), &item.hash)
        })
        .await
    }

    /// Lets go of bytes that nothing needs, here and, declared, on the server.
    async fn release(&self) -> Result<(), ApiError> {
        let unused = write(self.workspace, |tx| {
            let now_ms = tx.now_ms();
            gc::sweep(tx.sql(), now_ms)?;
            work::unused(tx.sql(), BATCH)
        })
        .await?;
        for blob in unused {
            match self.session.rest.blob_delete(self.id, blob, self.session.bearer()).await {
                Ok(()) => {}
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
            write(self.workspace, move |tx| work::lost(tx.sql(), blob)).await?;
        }
        Ok(())
    }
}

fn forged() -> ApiError {
    ApiError::new(
        ErrorCode::ServerUntrusted,
        "A piece of an attachment that the server sent is not the one that was attached.",
        "Nothing of it was taken. If another device still has the file, remove and attach it again there.",
    )
}

fn damaged() -> ApiError {
    ApiError::new(
        ErrorCode::StoreCorrupt,
        "A piece of an attachment on this device cannot be read.",
        "Run `groundplan doctor`, or attach the file again.",
    )
}
