//! Changes from other devices, on their way into documents. Their envelope was opened and checked before.

use groundplan_shared::model::{DocumentId, DocumentKind};

use super::bounded::{self, ChangeRefused};
use super::{CoreError, Tx, news};
use crate::doc;

/// What became of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Whether the document differs now.
    pub changed: bool,
    /// Whether some wait for changes that have not arrived.
    pub waiting: bool,
}

/// Why changes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A change is malformed or too large.
    #[error("a change was refused: {0}")]
    Refused(#[from] ChangeRefused),
    /// Automerge refuses it (for instance one number used for two changes).
    #[error("the document refuses a change: {0}")]
    Document(String),
    /// They were sealed for another classification than the document has.
    #[error("they are sealed for another classification than the document's")]
    Compartment,
    /// The store.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Tx<'_> {
    /// Applies changes of one author to a document, making the document if it is new here. All or none.
    ///
    /// Changes whose predecessors are missing are kept and take effect when those arrive. Applying a change twice
    /// does nothing.
    pub fn apply_remote(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        compartment: u8,
        changes: &[Vec<u8>],
    ) -> Result<Applied, ApplyError> {
        let mut decoded = Vec::with_capacity(changes.len());
        for bytes in changes {
            decoded.push(bounded::decode(bytes)?);
        }
        let new = self.kind_of_document(id)?.is_none();
        if new {
            self.adopt(id, kind, compartment)?;
        }
        let loaded = self.loaded(id)?;
        if loaded.compartment != compartment {
            return Err(ApplyError::Compartment);
        }
        decoded.retain(|change| loaded.doc.get_change_meta_by_hash(&change.hash()).is_none());
        if decoded.is_empty() {
            return Ok(Applied { changed: false, waiting: false });
        }
        let before = loaded.doc.get_heads();
        let was_deleted = doc::is_deleted(&loaded.doc);
        let authors = news::authors(decoded.iter());
        let fresh: Vec<Vec<u8>> = decoded.iter_mut().map(|change| change.bytes().to_vec()).collect();
        if let Err(error) = bounded::apply(&mut loaded.doc, decoded) {
            // What was taken before the failure is only in memory: the next look loads the stored state again.
            self.forget(id, new)?;
            return Err(ApplyError::Document(error));
        }
        let changed = loaded.doc.get_heads() != before;
        let what = news::what(new, was_deleted, doc::is_deleted(&loaded.doc));
        let waiting = !loaded.doc.get_missing_deps(&[]).is_empty();
        self.append(id, &fresh)?;
        self.note_remote(id);
        if changed {
            news::note(&self.sql, self.now_ms, (id, kind), &authors, what)?;
        }
        Ok(Applied { changed, waiting })
    }
}
