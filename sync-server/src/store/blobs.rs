//! What a store knows about blobs: rows that name, count and bound what lies in the object store. No bytes of theirs.

use async_trait::async_trait;
use groundplan_shared::{
    auth::Compartment,
    wire::{BlobId, Hash, WorkspaceId},
};

use super::{StoreResult, UnixMs};

/// Names an object among those of its workspace; random.
pub type ObjectId = [u8; 16];

/// A blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRow {
    /// Its id, made by clients.
    pub id: BlobId,
    /// The compartment whose key sealed it.
    pub compartment: Compartment,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Its object.
    pub object: ObjectId,
    /// Its size.
    pub size: u64,
    /// Whether its object is whole.
    pub stored: bool,
    /// Whether a member declared it unused.
    pub unused: bool,
}

/// A blob about to be written.
#[derive(Debug, Clone, Copy)]
pub struct BlobPut {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: BlobId,
    /// The compartment whose key sealed it.
    pub compartment: Compartment,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// The object that will hold it.
    pub object: ObjectId,
    /// Its size.
    pub size: u64,
    /// Bytes of blobs that the workspace may hold.
    pub quota_bytes: u64,
    /// Now.
    pub now: UnixMs,
}

impl BlobPut {
    /// Decides what a put means for what is there. Shared by both stores, so that they cannot differ.
    pub(super) fn judge(&self, there: Option<&BlobRow>, held: u64) -> Result<Reserved, super::StoreError> {
        use super::{Conflict, StoreError};
        let freed = match there {
            Some(row) if row.stored && row.sha256 == self.sha256 && row.size == self.size => {
                return Ok(Reserved::Stored);
            }
            // What a member declared unused may be put again with other bytes: that is how a bad one is mended.
            Some(row) if row.stored && !row.unused => {
                return Err(StoreError::Conflict(Conflict::BlobDiffers));
            }
            Some(row) => row.size,
            None => 0,
        };
        let replaced = there.map(|row| row.object);
        if held.saturating_sub(freed).saturating_add(self.size) > self.quota_bytes {
            let limit_bytes = self.quota_bytes;
            return Err(StoreError::Conflict(Conflict::QuotaExceeded { limit_bytes }));
        }
        Ok(Reserved::Write { held: held.saturating_sub(freed).saturating_add(self.size), replaced })
    }
}

/// What to do about a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It is there already.
    Stored,
    /// Its row is written: write the object, then finish.
    Write {
        /// Bytes of blobs that the workspace holds with it.
        held: u64,
        /// The object that it takes the place of; to be deleted when this one is whole.
        replaced: Option<ObjectId>,
    },
}

/// Names an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobKey {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The blob.
    pub id: BlobId,
    /// The object.
    pub object: ObjectId,
}

/// Rows of blobs.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Writes the row of a blob whose object is about to be written, within the quota. The same blob again changes
    /// nothing, and is no longer unused.
    async fn reserve_blob(&self, put: BlobPut) -> StoreResult<Reserved>;
    /// Says that the object is whole. `NotFound` if another put took the row over meanwhile.
    async fn finish_blob(&self, key: BlobKey) -> StoreResult<()>;
    /// Says that the object is lost or damaged: the blob counts as missing, so that whoever has it puts it again.
    async fn lose_blob(&self, key: BlobKey) -> StoreResult<()>;
    /// Finds a blob whose object is whole.
    async fn blob(&self, workspace: WorkspaceId, id: BlobId) -> StoreResult<BlobRow>;
    /// Says which of these are stored; asking for one takes back that it is unused.
    async fn claim_blobs(&self, workspace: WorkspaceId, ids: &[BlobId]) -> StoreResult<Vec<BlobRow>>;
    /// Notes that a member declared a blob unused; the first time counts.
    async fn abandon_blob(&self, workspace: WorkspaceId, id: BlobId, now: UnixMs) -> StoreResult<()>;
    /// Lists blobs that were unused since before a time, and unfinished ones from before another.
    async fn stale_blobs(
        &self,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
        limit: usize,
    ) -> StoreResult<Vec<BlobKey>>;
    /// Deletes the row if it is still stale by the same measure, and says whether it did. The object goes after it.
    async fn drop_blob(
        &self,
        key: BlobKey,
        unused_before: UnixMs,
        unfinished_before: UnixMs,
    ) -> StoreResult<bool>;
}
