//! The store of a real workspace: its database and documents in one transaction.
//!
//! Not here: statements (`sqlite`) and documents (`core`).

use automerge::ActorId;
use groundplan_shared::auth::Compartment;
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::{model, wire};
use rusqlite::Connection;

use super::SyncError;
use super::database::Database;
use super::sqlite::SqliteTx;
use super::store::{SyncStore, SyncTx, Unappliable};
use crate::core::{
    ApplyError, Tx, Workspace, actor_of_change, deletes_document, hash_of_change, saved_changes,
};
use crate::doc;
use crate::store::StoreError;

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::write(error)
    }
}

/// Converts a document's id from the wire to the model.
pub fn model_document(document: wire::DocumentId) -> model::DocumentId {
    model::DocumentId::from_bytes(document.0)
}

/// Converts a workspace's id from the model to the wire.
pub fn wire_workspace(workspace: model::WorkspaceId) -> wire::WorkspaceId {
    wire::WorkspaceId(workspace.to_bytes())
}

/// Names the things that documents stand for.
///
/// # Errors
/// [`SyncError::Store`].
pub(crate) fn things(
    workspace: &Workspace,
    documents: &[wire::DocumentId],
) -> Result<Vec<wire::DocumentId>, SyncError> {
    let thing =
        |tx: &Tx<'_>, document| Ok(wire::DocumentId(tx.thing_of(model_document(document))?.to_bytes()));
    workspace
        .read(|tx| documents.iter().map(|document| thing(tx, *document)).collect())
        .map_err(SyncError::read)
}

/// Reads what a new document holds from its own beginning.
fn kind_of(changes: &[Vec<u8>]) -> Option<model::DocumentKind> {
    let mut parsed = Vec::with_capacity(changes.len());
    for bytes in changes {
        // The size was bounded by the envelope; nesting and inflation are bounded by `actor_of_change` before.
        parsed.push(automerge::Change::try_from(bytes.as_slice()).ok()?);
    }
    let mut probe = doc::empty(ActorId::from([0u8; 16].as_slice()));
    probe.apply_changes(parsed).ok()?;
    doc::kind(&probe)
}

impl Database for Tx<'_> {
    fn sql(&self) -> &Connection {
        Tx::sql(self)
    }

    fn apply_remote(
        &mut self,
        document: wire::DocumentId,
        compartment: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError> {
        let id = model_document(document);
        let known = self.kind_of_document(id).map_err(SyncError::read)?;
        let Some(kind) = known.or_else(|| kind_of(changes)) else { return Ok(Err(Unappliable::NotYet)) };
        match Tx::apply_remote(self, id, kind, compartment.number(), changes) {
            Ok(_) => Ok(Ok(())),
            Err(ApplyError::Core(error)) => Err(SyncError::write(error)),
            Err(error) => Ok(Err(Unappliable::Bad(error.to_string()))),
        }
    }

    fn talks(
        &mut self,
        document: wire::DocumentId,
        changes: &[Vec<u8>],
        own: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, SyncError> {
        Tx::talks(self, model_document(document), changes, own).map_err(SyncError::read)
    }

    fn settle(&mut self) -> Result<(), SyncError> {
        Tx::settle(self).and_then(|()| self.carry_owed()).map_err(SyncError::write)
    }

    fn purge(&mut self, compartment: Compartment) -> Result<(), SyncError> {
        Tx::purge(self, compartment.number()).map_err(SyncError::write)
    }

    fn deletes(&self, change: &[u8]) -> bool {
        deletes_document(change)
    }

    fn actor(&self, change: &[u8]) -> Option<Vec<u8>> {
        actor_of_change(change).ok()
    }

    fn change_hash(&self, change: &[u8]) -> Option<wire::Hash> {
        hash_of_change(change).ok()
    }

    fn save(&mut self, document: wire::DocumentId) -> Result<Option<Vec<u8>>, SyncError> {
        // Of what is typed and not settled, nothing was sent: no snapshot holds it.
        Tx::settle(self).map_err(SyncError::write)?;
        let id = model_document(document);
        if self.kind_of(id).map_err(SyncError::read)?.is_none() {
            return Ok(None);
        }
        self.with(id, automerge::AutoCommit::save).map(Some).map_err(SyncError::read)
    }

    fn saved_changes(&self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>> {
        saved_changes(save).ok()
    }
}

impl SyncStore for Workspace {
    fn transaction(
        &self,
        work: &mut dyn FnMut(&mut dyn SyncTx) -> Result<(), SyncError>,
    ) -> Result<(), SyncError> {
        Workspace::transaction(self, |tx| work(&mut SqliteTx(tx)))
    }
}
