//! The Automerge schema: how elements, pages, views and settings are written into documents and read back.
//!
//! Lives here: the mapping, nothing else. Reading is lenient (a peer may be newer or careless: what cannot be
//! understood is left out, never a panic); writing happens through `core` in a transaction. Texts are indexed in
//! UTF-16 code units.
//!
//! Every document: root `k` (kind of document), `v` (schema version), `alive` (see [`touch`]).

pub mod attachment;
pub mod comment;
pub mod element;
pub mod lineage;
pub mod long;
pub mod page;
mod read;
pub mod settings;
pub mod text;
pub mod tree;
pub mod undo;
pub mod view;

pub(crate) use read::property;
pub use read::{conflicts, key_id, map_entries, string, strings};

use automerge::{
    ActorId, AutoCommit, AutomergeError, LoadOptions, ObjId, ObjType, ROOT, ReadDoc, ScalarValue,
    TextEncoding, Value,
    transaction::{CommitOptions, Transactable},
};
use groundplan_shared::model::DocumentKind;

/// Version of the schema that this program writes.
pub const SCHEMA: i64 = 1;

/// Why a document cannot be written or loaded.
#[derive(Debug, thiserror::Error)]
pub enum DocError {
    /// Automerge refuses.
    #[error("the document refuses the change: {0}")]
    Automerge(#[from] AutomergeError),
    /// A part that every document of this kind has is missing.
    #[error("the document has no {0}")]
    Missing(&'static str),
    /// An offset lies outside the text, or inside a character.
    #[error("position {at} lies outside the text of {length} units")]
    Position {
        /// The offset given.
        at: u32,
        /// Length of the text.
        length: usize,
    },
    /// The version named is not known here.
    #[error("the version to edit is not known")]
    Version,
}

/// Makes an empty document of this kind.
pub fn create(actor: ActorId, kind: DocumentKind) -> Result<AutoCommit, DocError> {
    let mut doc = empty(actor);
    doc.put(ROOT, "k", kind.as_str())?;
    doc.put(ROOT, "v", SCHEMA)?;
    Ok(doc)
}

/// Makes a document without content, to receive the changes of others.
pub fn empty(actor: ActorId) -> AutoCommit {
    AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit).with_actor(actor)
}

/// Loads a saved document.
pub fn load(save: &[u8], actor: ActorId) -> Result<AutoCommit, DocError> {
    let options = LoadOptions::new().text_encoding(TextEncoding::Utf16CodeUnit);
    Ok(AutoCommit::load_with_options(save, options)?.with_actor(actor))
}

/// Returns the kind of the document, if it is one this program knows.
pub fn kind(doc: &AutoCommit) -> Option<DocumentKind> {
    string(doc, &ROOT, "k").and_then(|text| text.parse().ok())
}

/// Says whether the document is deleted.
///
/// `alive` is a register: a delete writes 0, every edit writes the present time. When both happened at once the
/// register holds both values, and the edit wins.
pub fn is_deleted(doc: &AutoCommit) -> bool {
    let values = doc.get_all(ROOT, "alive").unwrap_or_default();
    !values.is_empty()
        && values
            .iter()
            .all(|(value, _)| matches!(value, Value::Scalar(scalar) if scalar.as_i64() == Some(0)))
}

/// Ends a change, made at a time.
pub fn commit(doc: &mut AutoCommit, now_ms: u64) {
    let time = i64::try_from(now_ms / 1_000).unwrap_or(0);
    doc.commit_with(CommitOptions::default().with_time(time));
}

/// Marks the document as edited now. Part of every edit.
pub fn touch(doc: &mut AutoCommit, now_ms: u64) -> Result<(), DocError> {
    let last = match doc.get(ROOT, "alive")? {
        Some((Value::Scalar(scalar), _)) => scalar.as_i64().unwrap_or(0),
        _ => 0,
    };
    // Automerge leaves out a put of the same value; the register must change for the edit to count.
    let now = i64::try_from(now_ms).unwrap_or(i64::MAX - 1).max(last.saturating_add(1)).max(1);
    doc.put(ROOT, "alive", now)?;
    Ok(())
}

/// Marks the document as deleted.
pub fn delete(doc: &mut AutoCommit) -> Result<(), DocError> {
    doc.put(ROOT, "alive", 0_i64)?;
    Ok(())
}

/// Returns the object under `key`, which must be a map.
pub(crate) fn map(doc: &AutoCommit, parent: &ObjId, key: &str) -> Option<ObjId> {
    match doc.get(parent, key) {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

/// Returns the map under `key`, making it if it is missing.
pub(crate) fn ensure_map(doc: &mut AutoCommit, parent: &ObjId, key: &str) -> Result<ObjId, DocError> {
    match map(doc, parent, key) {
        Some(id) => Ok(id),
        None => Ok(doc.put_object(parent, key, ObjType::Map)?),
    }
}

/// Writes a scalar unless the document says the same already.
pub(crate) fn put(
    doc: &mut AutoCommit,
    parent: &ObjId,
    key: &str,
    value: impl Into<ScalarValue>,
) -> Result<(), DocError> {
    doc.put(parent, key, value.into())?;
    Ok(())
}

/// Removes a key if it is there.
pub(crate) fn remove(doc: &mut AutoCommit, parent: &ObjId, key: &str) -> Result<(), DocError> {
    if doc.get(parent, key)?.is_some() {
        doc.delete(parent, key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_beats_a_delete_made_at_the_same_time() {
        let actor = |n: u8| ActorId::from([n; 24]);
        let mut here = create(actor(1), DocumentKind::Element).unwrap();
        touch(&mut here, 5).unwrap();
        let mut there = here.fork().with_actor(actor(2));
        delete(&mut here).unwrap();
        assert!(is_deleted(&here));
        touch(&mut there, 6).unwrap();
        here.merge(&mut there).unwrap();
        there.merge(&mut here).unwrap();
        assert!(!is_deleted(&here) && !is_deleted(&there));
        delete(&mut there).unwrap();
        here.merge(&mut there).unwrap();
        assert!(is_deleted(&here), "a delete that has seen the edit counts");
    }
}
