//! What the store in SQLite asks of a transaction that knows documents.
//!
//! Not here: statements (`sqlite`) and how a workspace answers (`workspace`).

use groundplan_shared::auth::Compartment;
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::wire::{DocumentId, Hash};
use rusqlite::Connection;

use super::SyncError;
use super::store::Unappliable;

/// A transaction of the workspace's database with its documents.
pub trait Database {
    /// The transaction's connection.
    fn sql(&self) -> &Connection;

    /// Applies verified changes to a document in the same transaction.
    ///
    /// # Errors
    /// [`SyncError::Store`]. Changes that do not fit the document are the inner error; the document is then as before.
    fn apply_remote(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError>;

    /// Says whether changes only talk; see [`super::store::SyncTx::talks`].
    ///
    /// # Errors
    /// [`SyncError::Store`].
    fn talks(
        &mut self,
        document: DocumentId,
        changes: &[Vec<u8>],
        own: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, SyncError>;

    /// Writes typed changes that have not been into the outbox.
    ///
    /// # Errors
    /// [`SyncError::Store`].
    fn settle(&mut self) -> Result<(), SyncError>;

    /// Takes everything of a compartment from this device.
    ///
    /// # Errors
    /// [`SyncError::Store`].
    fn purge(&mut self, compartment: Compartment) -> Result<(), SyncError>;

    /// Says whether a change marks its document as deleted.
    fn deletes(&self, change: &[u8]) -> bool;

    /// Returns the actor of a change; `None` if it is not a change.
    fn actor(&self, change: &[u8]) -> Option<Vec<u8>>;

    /// Returns the hash of a change; `None` if it is not a change.
    fn change_hash(&self, change: &[u8]) -> Option<Hash>;

    /// Saves a document as it stands; `None` if it is not here.
    ///
    /// # Errors
    /// [`SyncError::Store`].
    fn save(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, SyncError>;

    /// Decodes a save within limits into its changes, causes first; `None` if it cannot be read.
    fn saved_changes(&self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>>;
}
