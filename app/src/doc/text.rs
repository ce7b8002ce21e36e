//! Long texts: editing against the version an editor knows, and what it has to do to catch up.

use automerge::patches::PatchAction;
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value, transaction::Transactable};
use groundplan_shared::api::{TextChange, TextField};

use super::DocError;
use super::long::Meter;

/// Returns the key under which a long text stands.
pub const fn key(field: TextField) -> &'static str {
    match field {
        TextField::Description => "description",
        TextField::Body => "body",
    }
}

/// Finds the long text under `key`, making it if it is missing.
pub fn object(doc: &mut AutoCommit, key: &str) -> Result<ObjId, DocError> {
    match doc.get(ROOT, key)? {
        Some((Value::Object(ObjType::Text), id)) => Ok(id),
        _ => Ok(doc.put_object(ROOT, key, ObjType::Text)?),
    }
}

/// Writes the heads as an opaque version.
pub fn version(heads: &[ChangeHash]) -> String {
    heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// Reads a version; fails with `Version` if the document does not know all of it.
pub fn heads(doc: &mut AutoCommit, version: &str) -> Result<Vec<ChangeHash>, DocError> {
    version
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let hash: ChangeHash = part.parse().map_err(|_| DocError::Version)?;
            doc.get_change_meta_by_hash(&hash).map(|_| hash).ok_or(DocError::Version)
        })
        .collect()
}

/// Applies the changes one after the other to the text as it stands now.
pub fn splice(doc: &mut AutoCommit, text: &ObjId, changes: &[TextChange]) -> Result<(), DocError> {
    let mut meter = Meter::default();
    for change in changes {
        let length = doc.length(text);
        let end = u64::from(change.at) + u64::from(change.delete);
        if end > length as u64 {
            return Err(DocError::Position { at: change.at.saturating_add(change.delete), length });
        }
        let delete =
            isize::try_from(change.delete).map_err(|_| DocError::Position { at: change.at, length })?;
        if delete > 0 {
            doc.splice_text(text, change.at as usize, delete, "")?;
        }
        meter.insert(doc, text, change.at as usize, &change.insert)?;
    }
    Ok(())
}

/// Returns what happened to the text between two versions, as changes to apply one after the other.
pub fn changes_between(
    doc: &mut AutoCommit,
    text: &ObjId,
    from: &[ChangeHash],
    to: &[ChangeHash],
) -> Result<Vec<TextChange>, DocError> {
    let patches = doc.diff_obj(text, from, to, false)?;
    let unit = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    Ok(patches
        .into_iter()
        .filter_map(|patch| match patch.action {
            PatchAction::SpliceText { index, value, .. } => {
                Some(TextChange { at: unit(index), delete: 0, insert: value.make_string() })
            }
            PatchAction::DeleteSeq { index, length } => {
                Some(TextChange { at: unit(index), delete: unit(length), insert: String::new() })
            }
            _ => None,
        })
        .collect())
}
