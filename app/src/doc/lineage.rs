//! Where a document stands among those that stand for one thing: a document stays in one compartment for ever, so a
//! thing that is classified anew goes on in another document.
//!
//! Every key is a flat one at the root, so that two devices that write them at once both keep theirs. Not here: which
//! of the documents counts (`core::lineage`).

use automerge::{AutoCommit, ROOT, ReadDoc, ScalarValue, Value};
use groundplan_shared::model::{DocumentId, PropertyValue, Relation, RelationId, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{DocError, put, remove, string};

/// The thing that the document stands for, if not the one with its own id.
const OF: &str = "of";
/// The document that it was made from.
const FROM: &str = "from";
/// Before the id of a document that goes on with the thing; its compartment's number.
const MOVED: &str = "moved/";
/// Before the id of a document of the same thing; the version up to which its edits are in this one.
const CARRIED: &str = "carried/";
/// Before the id of a relation that leads here from a document of a lower compartment; what is said about it.
const SAID: &str = "said/";

/// What a document says about where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The thing that it stands for, if not the one with its own id.
    pub of: Option<DocumentId>,
    /// The document that it was made from.
    pub from: Option<DocumentId>,
    /// The documents that go on with the thing, with their compartments.
    pub moved: Vec<(DocumentId, u8)>,
}

impl Lineage {
    /// Says whether the document is the only one of its thing, as far as it knows.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads where the document stands. What cannot be understood is left out.
pub fn read(doc: &AutoCommit) -> Lineage {
    let id = |key| string(doc, &ROOT, key).and_then(|text| text.parse().ok());
    let moved = doc.keys(ROOT).filter_map(|key| {
        let child = super::key_id(key.strip_prefix(MOVED)?)?;
        match doc.get(ROOT, key.as_str()) {
            Ok(Some((Value::Scalar(number), _))) => Some((child, u8::try_from(number.as_i64()?).ok()?)),
            _ => None,
        }
    });
    Lineage { of: id(OF), from: id(FROM), moved: moved.collect() }
}

/// Says whether a key at the root is about where the document stands, or what every document has: not content.
pub(crate) fn is_own(key: &str) -> bool {
    matches!(key, "k" | "v" | "alive" | OF | FROM) || key.starts_with(MOVED) || key.starts_with(CARRIED)
}

/// Reads everything about where the document stands, to put it back.
pub(crate) fn standing(doc: &AutoCommit) -> BTreeMap<String, ScalarValue> {
    let keys = doc.keys(ROOT).filter(|key| is_own(key) && !matches!(key.as_str(), "k" | "v" | "alive"));
    keys.filter_map(|key| match doc.get(ROOT, key.as_str()) {
        Ok(Some((Value::Scalar(scalar), _))) => Some((key, scalar.into_owned())),
        _ => None,
    })
    .collect()
}

/// Makes the document stand where it stood.
pub(crate) fn stand(doc: &mut AutoCommit, stood: &BTreeMap<String, ScalarValue>) -> Result<(), DocError> {
    let now = standing(doc);
    now.keys().filter(|key| !stood.contains_key(*key)).try_for_each(|key| remove(doc, &ROOT, key))?;
    let mut lost = stood.iter().filter(|(key, value)| now.get(*key) != Some(*value));
    lost.try_for_each(|(key, value)| put(doc, &ROOT, key, value.clone()))
}

/// Says whether a key at the root holds the version of another document.
pub(crate) fn is_carried(key: &str) -> bool {
    key.starts_with(CARRIED)
}

/// Says whether a key at the root is about a relation that leads here.
pub(crate) fn is_said(key: &str) -> bool {
    key.starts_with(SAID)
}

/// Makes a new document one of a thing.
pub fn begin(doc: &mut AutoCommit, of: DocumentId, from: DocumentId) -> Result<(), DocError> {
    put(doc, &ROOT, OF, of.to_string())?;
    put(doc, &ROOT, FROM, from.to_string())
}

/// Says that the thing goes on in another document.
pub fn move_to(doc: &mut AutoCommit, to: DocumentId, compartment: u8) -> Result<(), DocError> {
    put(doc, &ROOT, &format!("{MOVED}{to}"), i64::from(compartment))
}

/// Returns the version up to which the edits of a document are in this one.
pub fn carried(doc: &AutoCommit, from: DocumentId) -> Option<String> {
    string(doc, &ROOT, &format!("{CARRIED}{from}"))
}

/// Returns all documents whose edits are in this one, with versions.
pub fn all_carried(doc: &AutoCommit) -> Vec<(DocumentId, String)> {
    let id = |key: &str| super::key_id(key.strip_prefix(CARRIED)?);
    doc.keys(ROOT).filter_map(|key| Some((id(&key)?, string(doc, &ROOT, &key)?))).collect()
}

/// Notes that the edits of a document are in this one.
pub fn set_carried(doc: &mut AutoCommit, from: DocumentId, version: &str) -> Result<(), DocError> {
    put(doc, &ROOT, &format!("{CARRIED}{from}"), version)
}

/// What is said about a relation, beside its kind and ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Its properties.
    pub properties: BTreeMap<String, PropertyValue>,
    /// Where it was imported from.
    pub source: Option<Source>,
}

impl Said {
    /// Takes what is said about a relation out of it; the rest is ids and a kind.
    pub fn take(relation: &mut Relation) -> Self {
        Self { properties: std::mem::take(&mut relation.properties), source: relation.source.take() }
    }

    /// Puts it back.
    pub fn give(self, relation: &mut Relation) {
        relation.properties = self.properties;
        relation.source = self.source;
    }
}

/// Reads what is said here about relations that lead here.
pub fn said(doc: &AutoCommit) -> Vec<(RelationId, Said)> {
    let id = |key: &str| super::key_id(key.strip_prefix(SAID)?);
    doc.keys(ROOT)
        .filter_map(|key| Some((id(&key)?, serde_json::from_str(&string(doc, &ROOT, &key)?).ok()?)))
        .collect()
}

/// Sets or forgets what is said about a relation that leads here.
pub fn set_said(doc: &mut AutoCommit, relation: RelationId, said: Option<&Said>) -> Result<(), DocError> {
    let key = format!("{SAID}{relation}");
    match said {
        Some(said) => put(doc, &ROOT, &key, serde_json::to_string(said).expect("what is said is JSON")),
        None => remove(doc, &ROOT, &key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::ActorId;
    use groundplan_shared::model::DocumentKind;

    #[test]
    fn what_two_devices_write_at_once_stays() {
        let actor = |n: u8| ActorId::from([n; 24]);
        let id = |n: u8| DocumentId::from_bytes([n; 16]);
        let mut here = super::super::create(actor(1), DocumentKind::Element).unwrap();
        assert!(read(&here).is_plain());
        let mut there = here.fork().with_actor(actor(2));
        move_to(&mut here, id(4), 3).unwrap();
        move_to(&mut there, id(5), 2).unwrap();
        begin(&mut here, id(6), id(7)).unwrap();
        here.merge(&mut there).unwrap();
        let found = read(&here);
        assert_eq!(
            found,
            Lineage { of: Some(id(6)), from: Some(id(7)), moved: vec![(id(4), 3), (id(5), 2)] }
        );
        set_carried(&mut here, id(9), "abc").unwrap();
        assert_eq!(all_carried(&here), [(id(9), "abc".to_owned())]);
        let keys: Vec<String> = here.keys(ROOT).collect();
        assert!(keys.iter().all(|key| is_own(key)), "{keys:?}");
    }

    #[test]
    fn what_is_said_about_a_relation_is_kept_apart_and_put_back() {
        use groundplan_shared::model::RelationKind;
        let relation = Relation {
            id: RelationId::from_bytes([1; 16]),
            kind: RelationKind::Uses,
            target: DocumentId::from_bytes([2; 16]),
            properties: [("description".to_owned(), PropertyValue::Text("pays".into()))].into(),
            source: None,
        };
        let mut bare = relation.clone();
        let taken = Said::take(&mut bare);
        assert!(bare.properties.is_empty() && bare.source.is_none());
        let mut doc = super::super::create(ActorId::from([1; 24]), DocumentKind::Element).unwrap();
        set_said(&mut doc, bare.id, Some(&taken)).unwrap();
        let (_, read) = said(&doc).remove(0);
        read.give(&mut bare);
        assert_eq!(bare, relation);
        set_said(&mut doc, bare.id, None).unwrap();
        assert!(said(&doc).is_empty());
    }
}
