//! Carries chunks: asks what is missing, in both directions, so that a transfer that was cut goes on where it ended; sends
//! and fetches a few side by side; lets go of what nothing needs.
//!
//! Not here: when that happens (`courier`).

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use groundplan_shared::api::{ApiError, ErrorCode, Event};
use groundplan_shared::crypto::safe::{open_chunk, seal_chunk};
use groundplan_shared::model::{ContentHash, DocumentId};
use groundplan_shared::wire::limits::BLOBS_ASKED;
use groundplan_shared::wire::rest::BlobPutQuery;
use groundplan_shared::wire::{self, BlobId, Hash};

use super::work::{self, Item};
use super::{chunks, gc};
use crate::core::{CoreError, Tx, Workspace};
use crate::identity::account::Session;
use crate::identity::membership::blocking;
use crate::runtime::App;

/// Chunks looked at in one go.
const BATCH: usize = 64;
/// Chunks of a megabyte that are on their way at a time.
const SIDE_BY_SIDE: usize = 3;

/// What one pass works with.
pub(super) struct Trip<'a> {
    pub(super) workspace: &'a Arc<Workspace>,
    pub(super) session: Session,
    pub(super) id: wire::WorkspaceId,
}

/// Reads from the workspace.
pub(super) async fn look<T: Send + 'static>(
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

/// Carries several chunks at a time: as many as keep a line busy, and few enough to hold in memory.
fn side_by_side<F: Future>(each: impl Iterator<Item = F>) -> impl Stream<Item = F::Output> + Unpin {
    Box::pin(stream::iter(each).buffer_unordered(SIDE_BY_SIDE))
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
    pub(super) async fn verify(&self) -> Result<(), ApiError> {
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

    pub(super) async fn send(&self) -> Result<(), ApiError> {
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
            let missing = &missing;
            let sending = named.into_iter().map(|(item, epoch, blob)| async move {
                if missing.contains(&blob) {
                    self.send_one(item, epoch, blob).await?;
                }
                write(self.workspace, move |tx| work::sent(tx.sql(), &item, epoch, blob)).await
            });
            side_by_side(sending).try_for_each(|()| ready(Ok(()))).await?;
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

    pub(super) async fn fetch(&self, app: &App) -> Result<(), ApiError> {
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

    pub(super) fn tell(&self, app: &App, changed: BTreeSet<DocumentId>) {
        if !changed.is_empty() {
            let documents = changed.into_iter().collect();
            app.emit(Event::Changed { workspace: self.workspace.id(), documents, remote: true });
        }
    }

    /// Fetches these. The inner error is about chunks that are not what they should be, of which none was taken.
    pub(super) async fn fetch_all(
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
        // The same content may lie there under several keys; any of them will do.
        let mut places: BTreeMap<ContentHash, Vec<(Item, u32, BlobId)>> = BTreeMap::new();
        for (item, epoch, blob) in named {
            if !missing.contains(&blob) {
                places.entry(item.hash).or_default().push((item, epoch, blob));
            }
        }
        let mut fetching = side_by_side(places.into_values().map(|places| self.fetch_any(places)));
        let mut worst = Ok(());
        while let Some(fetched) = fetching.next().await {
            match fetched? {
                Ok(documents) => changed.extend(documents),
                // One bad chunk never holds up the others.
                Err(error) => worst = Err(error),
            }
        }
        Ok(worst)
    }

    /// Fetches a chunk from the first of these places that has it. The inner error is about bytes that are not what they
    /// should be; a lost chunk is nothing to trouble people with.
    async fn fetch_any(
        &self,
        places: Vec<(Item, u32, BlobId)>,
    ) -> Result<Result<Vec<DocumentId>, ApiError>, ApiError> {
        let mut worst = Ok(Vec::new());
        for (item, epoch, blob) in places {
            match self.fetch_one(item, epoch, blob).await {
                Ok(documents) => return Ok(Ok(documents)),
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
    pub(super) async fn release(&self) -> Result<(), ApiError> {
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
