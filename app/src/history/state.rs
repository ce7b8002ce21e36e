//! What a document said in a version, field by field, whatever kind it is.
//!
//! A field is a key at the root, or a key of a map there (`properties.technology`, `relations.<id>`). Not here: names
//! and values for people (`changes`).

use std::collections::BTreeMap;

use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value};
use groundplan_shared::api::{HistoryStep, Reference};
use groundplan_shared::model::DocumentId;

use crate::doc::{lineage, property, undo};

/// A field in a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// A scalar.
    Plain(String),
    /// A long text.
    Text(String),
    /// A map of its own: a relation, a link, an endpoint, an attached file.
    Entry(BTreeMap<String, String>),
}

/// A document in a version.
pub(crate) type State = BTreeMap<String, Field>;

/// Reads all fields.
pub(crate) fn read(doc: &AutoCommit, heads: &[ChangeHash]) -> State {
    fields(doc, heads, true)
}

fn fields(doc: &AutoCommit, heads: &[ChangeHash], texts: bool) -> State {
    let mut state = State::new();
    for key in doc.keys_at(ROOT, heads).filter(|key| !lineage::is_own(key) && !lineage::is_said(key)) {
        match doc.get_at(ROOT, key.as_str(), heads) {
            Ok(Some((Value::Object(ObjType::Map), map))) => {
                // Where something came from is one thing.
                if key == "source" {
                    state.insert(key, Field::Entry(entry(doc, &map, heads)));
                    continue;
                }
                for inner in doc.keys_at(&map, heads) {
                    let field = match doc.get_at(&map, inner.as_str(), heads) {
                        Ok(Some((Value::Object(ObjType::Map), at))) => Field::Entry(entry(doc, &at, heads)),
                        Ok(Some((value, _))) => match scalar(&value) {
                            Some(text) => Field::Plain(text),
                            None => continue,
                        },
                        _ => continue,
                    };
                    state.insert(format!("{key}.{inner}"), field);
                }
            }
            Ok(Some((Value::Object(ObjType::Text), id))) if texts => {
                state.insert(key, Field::Text(doc.text_at(id, heads).unwrap_or_default()));
            }
            Ok(Some((value, _))) => {
                if let Some(text) = scalar(&value) {
                    state.insert(key, Field::Plain(text));
                }
            }
            _ => {}
        }
    }
    state
}

/// Reads a map with everything below it, keys joined by dots.
fn entry(doc: &AutoCommit, map: &ObjId, heads: &[ChangeHash]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for key in doc.keys_at(map, heads) {
        match doc.get_at(map, key.as_str(), heads) {
            Ok(Some((Value::Object(ObjType::Map), at))) => {
                let below = entry(doc, &at, heads);
                found.extend(below.into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)));
            }
            Ok(Some((Value::Object(ObjType::Text), at))) => {
                found.insert(key, doc.text_at(at, heads).unwrap_or_default());
            }
            Ok(Some((value, _))) => {
                if let Some(text) = scalar(&value) {
                    found.insert(key, text);
                }
            }
            _ => {}
        }
    }
    found
}

fn scalar(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Scalar(scalar) => property(scalar).map(|value| value.to_text()),
        Value::Object(_) => None,
    }
}

/// What tells typing from all other edits: everything but the long texts, with the register that those touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    fields: State,
    alive: Option<i64>,
}

impl Fingerprint {
    pub(crate) fn of(doc: &AutoCommit, heads: &[ChangeHash]) -> Self {
        let alive = match doc.get_at(ROOT, "alive", heads) {
            Ok(Some((Value::Scalar(scalar), _))) => scalar.as_i64(),
            _ => None,
        };
        Self { fields: fields(doc, heads, false), alive }
    }

    /// Says whether both have the same fields, and both exist or neither does.
    pub(crate) fn same_fields(&self, other: &Self) -> bool {
        self.fields == other.fields && (self.alive == Some(0)) == (other.alive == Some(0))
    }
}

/// Says what happened between two versions.
pub(crate) fn step(doc: &AutoCommit, before: &[ChangeHash], after: &[ChangeHash]) -> HistoryStep {
    if before.is_empty() {
        return HistoryStep::Created;
    }
    match (undo::deleted_at(doc, before), undo::deleted_at(doc, after)) {
        (false, true) => HistoryStep::Deleted,
        (true, false) => HistoryStep::Restored,
        _ => HistoryStep::Changed,
    }
}

/// Names a document as it was called in a version.
pub(crate) fn reference(doc: &AutoCommit, id: DocumentId, heads: &[ChangeHash]) -> Reference {
    let at = |key: &str| match doc.get_at(ROOT, key, heads) {
        Ok(Some((value, _))) => scalar(&value),
        _ => None,
    };
    Reference {
        id,
        document: at("k").unwrap_or_default(),
        kind: at("kind").unwrap_or_default(),
        name: at("name").or_else(|| at("title")).unwrap_or_default(),
    }
}

/// Looks at a document as it was in a version. Nothing may be edited meanwhile.
pub(crate) fn at_version<T>(
    doc: &mut AutoCommit,
    heads: &[ChangeHash],
    look: impl FnOnce(&AutoCommit) -> T,
) -> T {
    doc.isolate(heads);
    let seen = look(doc);
    doc.integrate();
    seen
}
