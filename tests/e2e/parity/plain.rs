//! Takes out of answers what differs from run to run: ids (numbered in the order in which they appear), versions, times
//! and folders.

use std::collections::BTreeMap;

use serde_json::Value;

/// Does so for everything that one way answered.
pub(super) fn log(log: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut known = BTreeMap::new();
    log.iter().map(|(method, answer)| (method.clone(), value(answer, "", &mut known))).collect()
}

fn value(from: &Value, key: &str, known: &mut BTreeMap<String, String>) -> Value {
    match from {
        Value::Number(_) if key.ends_with("_ms") => Value::from(0),
        // Databases grow as they like.
        Value::Number(_) if key == "bytes" || key == "file_bytes" => Value::from(0),
        // Whoever runs the stories may have a keyring, which their programs are kept away from.
        Value::Bool(_) if key == "keyring" => Value::from(false),
        // Versions and devices are named by random bytes.
        Value::String(_) if ["data_dir", "version", "before_version", "device"].contains(&key) => {
            Value::from("…")
        }
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            // An export is a text that holds JSON.
            Ok(inner @ Value::Object(_)) => value(&inner, key, known),
            _ => Value::from(numbered(text, known)),
        },
        Value::Array(items) => {
            // Where ids alone decide the order, it differs from run to run.
            let mut items: Vec<&Value> = items.iter().collect();
            items.sort_by_cached_key(|item| value(item, key, &mut BTreeMap::new()).to_string());
            items.into_iter().map(|item| value(item, key, known)).collect()
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, field)| (numbered(key, known), value(field, key, known)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Replaces each UUID in a text by its number.
fn numbered(text: &str, known: &mut BTreeMap<String, String>) -> String {
    let is_id_letter = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    let mut out = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(std::iter::once('\0')) {
        if is_id_letter(letter) {
            word.push(letter);
            continue;
        }
        let id =
            (word.len() == 36 && word.matches('-').count() == 4) || (word.len() == 32 && !word.contains('-'));
        if id {
            let next = format!("#{}", known.len());
            out.push_str(known.entry(std::mem::take(&mut word)).or_insert(next));
        } else {
            out.push_str(&std::mem::take(&mut word));
        }
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

#[test]
fn ids_are_numbered_in_order() {
    let id = |n: u8| format!("00000000-0000-4000-8000-00000000000{n}");
    let mut known = BTreeMap::new();
    assert_eq!(numbered(&format!("a {} b {}", id(7), id(3)), &mut known), "a #0 b #1");
    assert_eq!(numbered(&id(3), &mut known), "#1");
    assert_eq!(numbered("dead-beef", &mut known), "dead-beef");
}
