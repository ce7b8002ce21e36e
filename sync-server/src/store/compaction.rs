//! What the store keeps for compaction: opinions about snapshots, and stubs in the place of dropped envelopes.
//!
//! Not here: when something may be dropped (`sync::compaction`, by the shared rule).

use async_trait::async_trait;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, WorkspaceId};

use super::{StoreResult, UnixMs};

/// A device's signed opinion about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AckRow {
    /// The document.
    pub document: DocumentId,
    /// The snapshot's envelope.
    pub snapshot: EnvelopeId,
    /// The device.
    pub device: DeviceId,
    /// The last place that the snapshot covers.
    pub covers: u64,
    /// As signed.
    pub ack: Vec<u8>,
    /// When it was stored.
    pub stored_at: UnixMs,
}

/// What a snapshot replaces.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// The document.
    pub document: DocumentId,
    /// Places, each with the stub that takes the envelope's.
    pub stubs: Vec<(u64, Vec<u8>)>,
    /// Opinions about snapshots that cover no more than this are done with.
    pub done: u64,
}

/// Opinions and dropping.
#[async_trait]
pub trait CompactionStore: Send + Sync {
    /// Stores an opinion. The same device's again about the same snapshot changes nothing: the first one counts.
    async fn put_ack(&self, workspace: WorkspaceId, row: AckRow) -> StoreResult<()>;
    /// Lists the opinions about snapshots of a document that are not done with.
    async fn acks(&self, workspace: WorkspaceId, document: DocumentId) -> StoreResult<Vec<AckRow>>;
    /// Lists documents with such opinions from before a time, at most `limit`.
    async fn acked_documents(
        &self,
        stored_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<(WorkspaceId, DocumentId)>>;
    /// Puts stubs in the place of envelopes, in one transaction, and returns how many bytes that freed.
    async fn drop_envelopes(&self, workspace: WorkspaceId, dropped: Dropped) -> StoreResult<u64>;
}
