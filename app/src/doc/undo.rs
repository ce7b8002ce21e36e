//! Taking an edit back: the difference between two versions, turned round and written as a new edit.
//!
//! Works on any document, because it works on Automerge's patches. What others changed since stays: the reversal is
//! written as if made right after the edit, so that Automerge merges it with everything later.

use std::collections::HashMap;

use automerge::patches::PatchAction;
use automerge::{
    AutoCommit, ChangeHash, ObjId, ObjType, Prop, ROOT, ReadDoc, Value, transaction::Transactable,
};

use super::long::Meter;
use super::{DocError, delete, touch};

/// Reverts what happened between `before` and `after`. Leaves the last change open.
pub fn revert(
    doc: &mut AutoCommit,
    before: &[ChangeHash],
    after: &[ChangeHash],
    now_ms: u64,
) -> Result<(), DocError> {
    for hash in before.iter().chain(after) {
        if doc.get_change_meta_by_hash(hash).is_none() {
            return Err(DocError::Version);
        }
    }
    if before.is_empty() {
        // The edit made the document: taking it back deletes it, and its content stays for a redo.
        return delete(doc);
    }
    let was_deleted = deleted_at(doc, before);
    let became_deleted = deleted_at(doc, after);
    let patches = doc.diff(after, before);
    let current = sorted(doc.get_heads());
    let moved_on = current != sorted(after.to_vec());
    if moved_on {
        doc.isolate(after);
    }
    let written = write(doc, patches);
    if moved_on {
        doc.commit();
        doc.integrate();
    }
    written?;
    match (was_deleted, became_deleted) {
        (true, false) => delete(doc),
        _ => touch(doc, now_ms),
    }
}

fn write(doc: &mut AutoCommit, patches: Vec<automerge::Patch>) -> Result<(), DocError> {
    // Objects that the edit removed come back under new ids.
    let mut again: HashMap<ObjId, ObjId> = HashMap::new();
    let mut meter = Meter::default();
    for patch in patches {
        let at = again.get(&patch.obj).cloned().unwrap_or(patch.obj);
        match patch.action {
            PatchAction::PutMap { key, .. } if at == ROOT && key == "alive" => {}
            PatchAction::DeleteMap { key } if at == ROOT && key == "alive" => {}
            PatchAction::PutMap { key, value: (Value::Object(kind), old), .. } => {
                let new = doc.put_object(&at, key, kind)?;
                again.insert(old, new);
            }
            PatchAction::PutMap { key, value: (Value::Scalar(scalar), _), .. } => {
                doc.put(&at, key, scalar.into_owned())?;
            }
            PatchAction::DeleteMap { key } => super::remove(doc, &at, &key)?,
            PatchAction::SpliceText { index, value, .. } => {
                meter.insert(doc, &at, index, &value.make_string())?;
            }
            PatchAction::DeleteSeq { index, length } if doc.object_type(&at)? == ObjType::Text => {
                doc.splice_text(&at, index, isize::try_from(length).unwrap_or(isize::MAX), "")?;
            }
            // The schema has neither lists, counters nor marks.
            _ => {}
        }
    }
    Ok(())
}

/// Says whether the document was deleted in a version.
pub(crate) fn deleted_at(doc: &AutoCommit, heads: &[ChangeHash]) -> bool {
    let values = doc.get_all_at(ROOT, Prop::from("alive"), heads).unwrap_or_default();
    !values.is_empty()
        && values
            .iter()
            .all(|(value, _)| matches!(value, Value::Scalar(scalar) if scalar.as_i64() == Some(0)))
}

fn sorted(mut heads: Vec<ChangeHash>) -> Vec<ChangeHash> {
    heads.sort();
    heads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{create, element, is_deleted, long, text};
    use automerge::ActorId;
    use groundplan_shared::api::TextChange;
    use groundplan_shared::model::{
        DocumentId, DocumentKind, Element, ElementKind, PropertyValue, Relation, RelationId, RelationKind,
    };

    fn sample() -> (AutoCommit, Element) {
        let mut doc = create(ActorId::from([1; 24]), DocumentKind::Element).unwrap();
        let element = Element {
            id: DocumentId::from_bytes([9; 16]),
            kind: ElementKind::Component,
            name: "Web".into(),
            description: "Shows pages.".into(),
            properties: [("technology".to_owned(), PropertyValue::Text("Rust".into()))].into(),
            tags: Default::default(),
            links: Vec::new(),
            relations: vec![Relation {
                id: RelationId::from_bytes([3; 16]),
                kind: RelationKind::Uses,
                target: DocumentId::from_bytes([8; 16]),
                properties: [("retries".to_owned(), PropertyValue::Integer(2))].into(),
                source: None,
            }],
            endpoints: Vec::new(),
            source: None,
        };
        element::write(&mut doc, &element).unwrap();
        touch(&mut doc, 1).unwrap();
        doc.commit();
        (doc, element)
    }

    #[test]
    fn a_long_text_comes_back_beside_what_was_written_since() {
        let (mut doc, _) = sample();
        let text = text::object(&mut doc, "description").unwrap();
        let words = "long ".repeat(60_000);
        long::replace(&mut doc, &text, &words).unwrap();
        doc.commit();
        let before = doc.get_heads();
        long::replace(&mut doc, &text, "").unwrap();
        doc.commit();
        let after = doc.get_heads();
        long::insert(&mut doc, &text, 0, "since").unwrap();
        doc.commit();
        revert(&mut doc, &before, &after, 2).unwrap();
        doc.commit();
        let all = doc.text(&text).unwrap();
        assert_eq!((all.len(), all.contains("since")), (words.len() + 5, true));
        assert!(doc.get_changes(&after).len() >= 4, "in several changes");
    }

    #[test]
    fn every_kind_of_edit_comes_back_and_goes_again() {
        let (mut doc, original) = sample();
        let before = doc.get_heads();
        element::set_name(&mut doc, "Shop").unwrap();
        element::set_property(&mut doc, "technology", None).unwrap();
        element::remove_entry(&mut doc, "relations", &original.relations[0].id.to_string()).unwrap();
        let body = text::object(&mut doc, "description").unwrap();
        doc.splice_text(&body, 0, 5, "Sells").unwrap();
        touch(&mut doc, 2).unwrap();
        doc.commit();
        let after = doc.get_heads();
        let edited = element::read(&doc, original.id).unwrap();
        assert_ne!(edited, original);

        revert(&mut doc, &before, &after, 3).unwrap();
        doc.commit();
        assert_eq!(element::read(&doc, original.id), Some(original));

        let undone = doc.get_heads();
        revert(&mut doc, &after, &undone, 4).unwrap();
        doc.commit();
        assert_eq!(element::read(&doc, edited.id), Some(edited), "redo is the undo of the undo");
    }

    #[test]
    fn what_others_typed_since_stays() {
        let (mut doc, _) = sample();
        let body = text::object(&mut doc, "description").unwrap();
        let before = doc.get_heads();
        text::splice(&mut doc, &body, &[TextChange { at: 0, delete: 0, insert: "Mine. ".into() }]).unwrap();
        touch(&mut doc, 2).unwrap();
        doc.commit();
        let after = doc.get_heads();
        let mut other = doc.fork().with_actor(ActorId::from([2; 24]));
        other.splice_text(&body, 0, 0, "Theirs. ").unwrap();
        other.commit();
        doc.merge(&mut other).unwrap();
        revert(&mut doc, &before, &after, 3).unwrap();
        doc.commit();
        assert_eq!(doc.text(&body).unwrap(), "Theirs. Shows pages.");
    }

    #[test]
    fn undoing_a_creation_deletes_and_redoing_brings_back() {
        let (mut doc, _) = sample();
        let made = doc.get_heads();
        revert(&mut doc, &[], &made, 2).unwrap();
        doc.commit();
        assert!(is_deleted(&doc));
        let gone = doc.get_heads();
        revert(&mut doc, &made, &gone, 3).unwrap();
        doc.commit();
        assert!(!is_deleted(&doc));
    }
}
