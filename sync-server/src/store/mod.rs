//! What the server remembers: traits in domain types, two implementations, one conformance suite.
//!
//! Each method is one unit of work and owns its transaction; what it returns is durable. No method takes or needs a
//! content key. Checking signatures and rights is the service's matter; ordering, uniqueness and quota are decided here,
//! under the lock of the workspace's row.

mod blobs;
mod compaction;
#[cfg(test)]
mod conformance;
mod error;
pub mod ids;
mod ledger;
pub mod migrations;
pub mod postgres;
mod second_factor;
pub mod sqlite;
mod types;

use async_trait::async_trait;
use groundplan_shared::{
    auth::{Clearance, Compartment},
    wire::{AccountId, DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, MailboxId, WorkspaceId},
};
use tokio::sync::mpsc;

pub use blobs::{BlobKey, BlobPut, BlobRow, BlobStore, ObjectId, Reserved};
pub use compaction::{AckRow, CompactionStore, Dropped};
pub use error::{Cause, Conflict, Entity, StoreError};
pub use ids::FamilyId;
pub use second_factor::{SecondFactor, SecondFactorStore, UsedStep};
pub use types::*;
use types::{REMEMBERED_MS, compartment};

/// The result of every store method.
pub type StoreResult<T> = Result<T, StoreError>;

/// Identity, keys and health of the server.
#[async_trait]
pub trait ServerStore: Send + Sync {
    /// Stores a value under a name unless there is one, and returns the one that is stored.
    async fn server_state(&self, name: &str, value_if_absent: &[u8]) -> StoreResult<Vec<u8>>;
    /// Stores a value under a name in the place of the one that is there.
    async fn replace_server_state(&self, name: &str, value: &[u8]) -> StoreResult<()>;
    /// Answers when the database answers.
    async fn ping(&self) -> StoreResult<()>;
    /// Does what waits, lets go of the database and returns when it has. Whatever is asked later fails.
    async fn close(&self) -> StoreResult<()>;
    /// Counts what is stored.
    async fn usage(&self) -> StoreResult<Usage>;
    /// Tells other replicas on this database where to look; does nothing where there cannot be any.
    async fn announce(&self, announcements: &[Announcement]) -> StoreResult<()>;
    /// What other replicas announce, until the receiver is dropped; `None` where there cannot be any.
    /// After a lost connection the stream begins again with `None`s of its own: "look everywhere".
    async fn announcements(&self) -> StoreResult<Option<mpsc::Receiver<Option<Announcement>>>>;
}

/// Accounts, invitations, devices and refresh tokens.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Makes an account and, where one is named, spends the invitation in the same transaction.
    /// The account's role is the invitation's; without one it is as given.
    async fn register_account(&self, account: Account, invitation: Option<Hash>) -> StoreResult<AccountRole>;
    /// Finds an account by its normalised name.
    async fn account_by_name(&self, name: &str) -> StoreResult<Account>;
    /// Finds an account.
    async fn account(&self, id: AccountId) -> StoreResult<Account>;
    /// Enables or disables an account; disabling revokes all its refresh families.
    async fn set_account_status(&self, id: AccountId, status: AccountStatus, now: UnixMs) -> StoreResult<()>;
    /// Stores an invitation.
    async fn create_invitation(&self, invitation: Invitation) -> StoreResult<()>;
    /// Finds an invitation that is neither spent nor expired.
    async fn open_invitation(&self, token_hash: Hash, now: UnixMs) -> StoreResult<Invitation>;

    /// Registers a device. The same device again, with the same keys and account, changes nothing.
    async fn register_device(&self, device: Device) -> StoreResult<()>;
    /// Finds a device, revoked or not.
    async fn device(&self, id: DeviceId) -> StoreResult<Device>;
    /// Lists an account's devices, oldest first.
    async fn devices_of(&self, account: AccountId) -> StoreResult<Vec<Device>>;
    /// Revokes a device of this account, with its refresh families.
    async fn revoke_device(&self, account: AccountId, device: DeviceId, now: UnixMs) -> StoreResult<()>;

    /// Begins a refresh family.
    async fn create_refresh_family(&self, family: RefreshFamily) -> StoreResult<()>;
    /// Rotates a device's refresh token, or recognises a lost response, or revokes the family because a token came again.
    async fn rotate_refresh(&self, device: DeviceId, rotate: Rotate) -> StoreResult<Rotation>;
    /// Ends the sessions of one device of the account, or of all its devices.
    async fn end_sessions(
        &self,
        account: AccountId,
        device: Option<DeviceId>,
        now: UnixMs,
    ) -> StoreResult<()>;
    /// Finds the device's living session: it has a living refresh family, and it and its account are active.
    async fn session(
        &self,
        account: AccountId,
        device: DeviceId,
        now: UnixMs,
    ) -> StoreResult<Option<LiveSession>>;
    /// Tells whether the device has a living session.
    async fn session_alive(&self, account: AccountId, device: DeviceId, now: UnixMs) -> StoreResult<bool> {
        self.session(account, device, now).await.map(|session| session.is_some())
    }
}

/// Workspaces and their membership logs.
#[async_trait]
pub trait WorkspaceStore: Send + Sync {
    /// Makes a workspace with its log so far.
    async fn create_workspace(&self, new: NewWorkspace) -> StoreResult<()>;
    /// Finds a workspace.
    async fn workspace(&self, id: WorkspaceId) -> StoreResult<Workspace>;
    /// Lists the workspaces in whose log this device is active, in the order of their ids.
    async fn workspaces_of(&self, device: DeviceId) -> StoreResult<Vec<Workspace>>;
    /// Tells whether a device is active at the head of the log.
    async fn is_active_device(&self, workspace: WorkspaceId, device: DeviceId) -> StoreResult<bool>;
    /// Appends an entry if the log still has `row.index` entries and `previous` as head, and replaces the list of
    /// active devices. The identical entry again changes nothing.
    async fn append_log(&self, append: AppendLog) -> StoreResult<()>;
    /// Reads entries from an index on, at most `limit`.
    async fn log_entries(&self, workspace: WorkspaceId, from: u64, limit: usize) -> StoreResult<Vec<LogRow>>;
}

/// A workspace to be made.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The account that pays for its storage.
    pub owner: AccountId,
    /// This server's incarnation.
    pub incarnation: Incarnation,
    /// The log so far, genesis first.
    pub entries: Vec<LogRow>,
    /// Devices active after the last of them.
    pub active_devices: Vec<DeviceId>,
    /// How many workspaces the account may own.
    pub limit: u64,
    /// Now.
    pub now: UnixMs,
}

impl NewWorkspace {
    /// Length, head and bytes of the log so far.
    fn summary(&self) -> (usize, Hash, usize) {
        let head = self.entries.last().map_or(Hash::ZERO, |row| row.hash);
        (self.entries.len(), head, self.entries.iter().map(|row| row.entry.len()).sum())
    }
}

/// An entry to be appended.
#[derive(Debug, Clone)]
pub struct AppendLog {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Hash of the entry before it.
    pub previous: Hash,
    /// The entry.
    pub row: LogRow,
    /// Devices active after it.
    pub active_devices: Vec<DeviceId>,
    /// For each compartment whose key the entry rotates: where its documents must stand (SYNC §7, rotation cut).
    pub cuts: Vec<(Compartment, Hash)>,
    /// Now.
    pub now: UnixMs,
}

/// Document logs.
#[async_trait]
pub trait DocumentStore: Send + Sync {
    /// Appends a batch in one transaction and returns the placement of each envelope, in the batch's order.
    /// An envelope that is there already keeps its placement; if any other is refused, nothing is written.
    async fn append_envelopes(
        &self,
        workspace: WorkspaceId,
        batch: AppendBatch,
    ) -> StoreResult<Vec<Placement>>;
    /// Tells which of these envelopes are stored, and where; in no order.
    async fn placements(&self, workspace: WorkspaceId, ids: &[EnvelopeId]) -> StoreResult<Vec<Placement>>;
    /// Reads the feed after a position, without the envelopes of compartments that the reader is not cleared for.
    async fn feed(&self, from: FeedFrom, limit: PageLimit) -> StoreResult<Page>;
    /// Reads a document's log after a position, without what the reader is not cleared for.
    async fn document_tail(
        &self,
        from: FeedFrom,
        document: DocumentId,
        limit: PageLimit,
    ) -> StoreResult<Page>;
    /// Lists document heads after a document id, at most `limit`.
    async fn document_heads(
        &self,
        workspace: WorkspaceId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> StoreResult<Vec<DocumentHead>>;
}

/// Where a reader of a feed or of a document's log stands.
#[derive(Debug, Clone, Copy)]
pub struct FeedFrom {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Positions above this one (`ws_seq` of a feed, `doc_seq` of a document).
    pub after: u64,
    /// The compartments that the reader may see.
    pub clearance: Clearance,
}

/// Mailboxes: sealed messages for hand-over, which expire.
#[async_trait]
pub trait MailboxStore: Send + Sync {
    /// Puts a message, making the mailbox where there is none, and returns when the mailbox ends.
    /// The identical message again changes nothing.
    async fn put_message(&self, put: MailboxPut) -> StoreResult<UnixMs>;
    /// Reads one side's messages from a number on, with the end of the mailbox.
    async fn messages(&self, from: MailboxFrom, now: UnixMs) -> StoreResult<(Vec<(u32, Vec<u8>)>, UnixMs)>;
    /// Deletes what has expired and returns how many mailboxes went.
    async fn sweep_mailboxes(&self, now: UnixMs) -> StoreResult<u64>;
}

/// Which messages of a mailbox are asked for.
#[derive(Debug, Clone, Copy)]
pub struct MailboxFrom {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Whose messages.
    pub side: u8,
    /// From this number on.
    pub sequence: u32,
}

/// A message to be put.
#[derive(Debug, Clone)]
pub struct MailboxPut {
    /// Where, from whom, and its number.
    pub at: MailboxFrom,
    /// The sealed message.
    pub message: Vec<u8>,
    /// Messages that a mailbox may hold.
    pub limit_messages: u64,
    /// Mailboxes that may live at once.
    pub limit_mailboxes: u64,
    /// Now.
    pub now: UnixMs,
    /// When a mailbox made now ends.
    pub expires_at: UnixMs,
}

/// Everything the server remembers.
pub trait Store:
    ServerStore
    + AccountStore
    + SecondFactorStore
    + WorkspaceStore
    + DocumentStore
    + MailboxStore
    + BlobStore
    + CompactionStore
{
}

impl<T> Store for T where
    T: ServerStore
        + AccountStore
        + SecondFactorStore
        + WorkspaceStore
        + DocumentStore
        + MailboxStore
        + BlobStore
        + CompactionStore
{
}
