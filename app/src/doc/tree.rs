//! A document's content as plain values: copied whole into another document, or carried over as the difference
//! between two versions.
//!
//! The schema has maps, long texts and scalars; anything else is passed over. Not here: which keys are content
//! (`lineage`).

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::Transactable,
};

use super::long::{self, Meter};
use super::{DocError, empty, ensure_map, lineage, remove};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 16;

/// A map of content.
pub type Tree = BTreeMap<String, Node>;

/// A piece of content.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A map.
    Map(Tree),
    /// A long text.
    Text(String),
    /// Anything else.
    Scalar(ScalarValue),
}

/// Reads the content of a document at a version.
pub fn read(doc: &AutoCommit, at: &[ChangeHash]) -> Tree {
    let mut tree = map(doc, &ROOT, at, 0);
    tree.retain(|key, _| !lineage::is_own(key));
    tree
}

fn map(doc: &AutoCommit, of: &ObjId, at: &[ChangeHash], depth: usize) -> Tree {
    let node = |key: &str| match doc.get_at(of, key, at) {
        Ok(Some((Value::Object(ObjType::Map), id))) if depth < DEPTH_MAX => {
            Some(Node::Map(map(doc, &id, at, depth + 1)))
        }
        Ok(Some((Value::Object(ObjType::Text), id))) => doc.text_at(&id, at).ok().map(Node::Text),
        Ok(Some((Value::Scalar(scalar), _))) => Some(Node::Scalar(scalar.into_owned())),
        _ => None,
    };
    doc.keys_at(of, at).filter_map(|key| node(&key).map(|node| (key, node))).collect()
}

/// Writes content into a map of a document.
pub fn write(doc: &mut AutoCommit, into: &ObjId, tree: &Tree) -> Result<(), DocError> {
    all(doc, &mut Meter::default(), into, tree)
}

fn all(doc: &mut AutoCommit, meter: &mut Meter, into: &ObjId, tree: &Tree) -> Result<(), DocError> {
    tree.iter().try_for_each(|(key, node)| put(doc, meter, into, key, node))
}

fn put(
    doc: &mut AutoCommit,
    meter: &mut Meter,
    into: &ObjId,
    key: &str,
    node: &Node,
) -> Result<(), DocError> {
    match node {
        Node::Map(inner) => {
            let at = doc.put_object(into, key, ObjType::Map)?;
            all(doc, meter, &at, inner)
        }
        Node::Text(words) => {
            let at = doc.put_object(into, key, ObjType::Text)?;
            meter.insert(doc, &at, 0, words)
        }
        Node::Scalar(scalar) => {
            meter.take(doc, scalar.as_str().map_or(8, str::len));
            Ok(doc.put(into, key, scalar.clone())?)
        }
    }
}

/// Does to a document what was done to another between `before` and `after`. What the document says otherwise by now
/// stays beside it: texts merge, scalars at the root and among the properties become conflicts that are shown, written
/// as if made at `begun`, the version of the document before anybody edited it.
pub fn carry(
    doc: &mut AutoCommit,
    begun: &[ChangeHash],
    before: &Tree,
    after: &Tree,
) -> Result<(), DocError> {
    carry_map(doc, &ROOT, begun, before, after)
}

fn carry_map(
    doc: &mut AutoCommit,
    into: &ObjId,
    begun: &[ChangeHash],
    before: &Tree,
    after: &Tree,
) -> Result<(), DocError> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let nothing = Tree::new();
    for key in keys {
        let (was, is) = (before.get(key), after.get(key));
        if was == is {
            continue;
        }
        match is {
            None => remove(doc, into, key)?,
            Some(Node::Map(inner)) => {
                let was = if let Some(Node::Map(was)) = was { was } else { &nothing };
                let at = ensure_map(doc, into, key)?;
                carry_map(doc, &at, begun, was, inner)?;
            }
            Some(Node::Text(theirs)) => {
                let was = if let Some(Node::Text(was)) = was { was.as_str() } else { "" };
                carry_text(doc, into, key, was, theirs)?;
            }
            Some(Node::Scalar(theirs)) => carry_scalar(doc, into, begun, key, was, theirs)?,
        }
    }
    Ok(())
}

fn carry_text(
    doc: &mut AutoCommit,
    into: &ObjId,
    key: &str,
    was: &str,
    theirs: &str,
) -> Result<(), DocError> {
    let at = match doc.get(into, key)? {
        Some((Value::Object(ObjType::Text), id)) => id,
        _ => doc.put_object(into, key, ObjType::Text)?,
    };
    let ours = doc.text(&at)?;
    if ours == theirs {
        return Ok(());
    }
    let merged = if ours == was { theirs.to_owned() } else { merge(was, &ours, theirs)? };
    long::replace(doc, &at, &merged)
}

fn carry_scalar(
    doc: &mut AutoCommit,
    into: &ObjId,
    begun: &[ChangeHash],
    key: &str,
    was: Option<&Node>,
    theirs: &ScalarValue,
) -> Result<(), DocError> {
    let ours = match doc.get(into, key)? {
        Some((Value::Scalar(scalar), _)) => Some(Node::Scalar(scalar.into_owned())),
        _ => None,
    };
    if ours == Some(Node::Scalar(theirs.clone())) {
        return Ok(());
    }
    let begun_with = matches!(doc.get_at(ROOT, "properties", begun), Ok(Some((_, id))) if id == *into);
    let apart = ours.as_ref() != was && !begun.is_empty() && (*into == ROOT || begun_with);
    if !apart {
        return Ok(doc.put(into, key, theirs.clone())?);
    }
    doc.isolate(begun);
    let written = doc.put(into, key, theirs.clone());
    doc.commit();
    doc.integrate();
    Ok(written?)
}

/// Merges two texts that were made from one. The same everywhere: nothing in it is random.
fn merge(was: &str, ours: &str, theirs: &str) -> Result<String, DocError> {
    let mut here = empty(ActorId::from([1]));
    let at = here.put_object(ROOT, "text", ObjType::Text)?;
    here.splice_text(&at, 0, 0, was)?;
    let mut there = here.fork().with_actor(ActorId::from([2]));
    here.update_text(&at, ours)?;
    there.update_text(&at, theirs)?;
    here.merge(&mut there)?;
    Ok(here.text(&at)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{create, element, is_deleted, string, touch};
    use groundplan_shared::model::{DocumentId, DocumentKind, Element, ElementKind, PropertyValue};

    fn sample() -> AutoCommit {
        let mut doc = create(ActorId::from([1; 24]), DocumentKind::Element).unwrap();
        let element = Element {
            id: DocumentId::from_bytes([9; 16]),
            kind: ElementKind::Component,
            name: "Web".into(),
            description: "one two three".into(),
            properties: [("technology".to_owned(), PropertyValue::Text("Rust".into()))].into(),
            tags: ["a".to_owned()].into(),
            links: Vec::new(),
            relations: Vec::new(),
            endpoints: Vec::new(),
            source: None,
        };
        element::write(&mut doc, &element).unwrap();
        touch(&mut doc, 1).unwrap();
        doc.commit();
        doc
    }

    fn copy(doc: &mut AutoCommit) -> AutoCommit {
        let mut new = create(ActorId::from([2; 24]), DocumentKind::Element).unwrap();
        let heads = doc.get_heads();
        write(&mut new, &ROOT, &read(doc, &heads)).unwrap();
        touch(&mut new, 2).unwrap();
        new.commit();
        new
    }

    #[test]
    fn a_copy_reads_as_the_original() {
        let mut doc = sample();
        let new = copy(&mut doc);
        let id = DocumentId::from_bytes([9; 16]);
        assert_eq!(element::read(&new, id), element::read(&doc, id));
        assert!(!is_deleted(&new));
    }

    #[test]
    fn later_edits_are_carried_over_beside_those_made_since() {
        let mut old = sample();
        let before = old.get_heads();
        let mut new = copy(&mut old);
        let begun = new.get_heads();
        let splice = |doc: &mut AutoCommit, at, words| {
            let id = crate::doc::text::object(doc, "description").unwrap();
            doc.splice_text(&id, at, 0, words).unwrap();
            doc.commit();
        };
        splice(&mut old, 13, " four");
        element::set_name(&mut old, "Old name").unwrap();
        element::add_tag(&mut old, "b").unwrap();
        element::remove_tag(&mut old, "a").unwrap();
        old.commit();
        splice(&mut new, 0, "zero ");
        element::set_name(&mut new, "New name").unwrap();
        new.commit();
        let after = old.get_heads();
        let (was, is) = (read(&old, &before), read(&old, &after));
        carry(&mut new, &begun, &was, &is).unwrap();
        new.commit();
        assert_eq!(string(&new, &ROOT, "description").unwrap(), "zero one two three four");
        let found = element::read(&new, DocumentId::from_bytes([9; 16])).unwrap();
        assert_eq!(found.tags, ["b".to_owned()].into());
        let conflicts = element::field_conflicts(&new);
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        assert_eq!((conflicts[0].field.as_str(), conflicts[0].values.len()), ("name", 2));
        let heads = new.get_heads();
        carry(&mut new, &begun, &is, &is).unwrap();
        new.commit();
        assert_eq!(new.get_heads(), heads, "nothing more is to be carried");
    }
}
