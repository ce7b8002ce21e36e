//! Lenient reading of scalars, maps and conflicts.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use automerge::{AutoCommit, ObjId, ReadDoc, ScalarValue, Value};
use groundplan_shared::model::PropertyValue;

/// Returns the text under `key`, whether scalar or long text.
pub fn string(doc: &AutoCommit, parent: &ObjId, key: &str) -> Option<String> {
    match doc.get(parent, key).ok()?? {
        (Value::Scalar(scalar), _) => scalar.as_str().map(str::to_owned),
        (Value::Object(automerge::ObjType::Text), id) => doc.text(id).ok(),
        _ => None,
    }
}

/// Returns the keys of the map under `key`.
pub fn strings(doc: &AutoCommit, parent: &ObjId, key: &str) -> BTreeSet<String> {
    super::map(doc, parent, key).map(|id| doc.keys(id).collect()).unwrap_or_default()
}

/// Returns keys and objects of the maps inside the map under `key`, ordered by key.
pub fn map_entries(doc: &AutoCommit, parent: &ObjId, key: &str) -> Vec<(String, ObjId)> {
    let Some(map) = super::map(doc, parent, key) else { return Vec::new() };
    doc.keys(&map).filter_map(|key| super::map(doc, &map, &key).map(|id| (key, id))).collect()
}

/// Reads a key of a map as an id. Only in the one spelling that this program writes: a key spelled otherwise would be a
/// second entry of one id, which nothing finds again that looks for the id.
pub fn key_id<T: FromStr + Display>(key: &str) -> Option<T> {
    key.parse().ok().filter(|id: &T| id.to_string() == key)
}

/// Reads a scalar as the value of a property.
pub(crate) fn property(value: &ScalarValue) -> Option<PropertyValue> {
    match value {
        ScalarValue::Str(text) => Some(PropertyValue::Text(text.to_string())),
        ScalarValue::Boolean(value) => Some(PropertyValue::Bool(*value)),
        other => other.as_i64().map(PropertyValue::Integer),
    }
}

/// Returns every value that stands under `key` when several devices set it at the same time, the shown one first;
/// empty when there is no conflict.
pub fn conflicts(doc: &AutoCommit, parent: &ObjId, key: &str) -> Vec<String> {
    let Ok(values) = doc.get_all(parent, key) else { return Vec::new() };
    if values.len() < 2 {
        return Vec::new();
    }
    let mut texts: Vec<String> = values
        .iter()
        .filter_map(|(value, _)| match value {
            Value::Scalar(scalar) => property(scalar).map(|value| value.to_text()),
            Value::Object(_) => None,
        })
        .collect();
    // Automerge shows the last of them.
    texts.reverse();
    let mut seen = BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    if texts.len() < 2 { Vec::new() } else { texts }
}
