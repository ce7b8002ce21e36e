//! Every text that a view asks for stands in the catalogue, and none stands there for nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use groundplan_shared::text;

/// Families whose keys are put together at run time, from words of the model and the API.
const FAMILIES: &[&str] = &[
    "kind",
    "kinds",
    "view",
    "relation",
    "relation_in",
    "property",
    "choice",
    "field",
    "history.field",
    "role",
    "change",
    "news",
    "format",
    "step",
    "theme",
    "key_storage",
    "permission",
    "invite_state",
    "alarm",
    "rescue",
    "way",
    "past_of",
    "became",
];

fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("text/tests.rs") {
            out.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Every string literal of the sources that looks like a key.
fn asked() -> BTreeSet<String> {
    let mut all = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let word = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
    };
    all.split('"')
        .filter(|piece| piece.split_once('.').is_some_and(|(family, rest)| word(family) && word(rest)))
        .map(str::to_owned)
        .collect()
}

fn calls(function: &str) -> BTreeSet<String> {
    let mut all = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut out = BTreeSet::new();
    for (at, _) in all.match_indices(function) {
        let before = all.get(..at).and_then(|text| text.chars().next_back());
        let starts = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        let rest = all.get(at + function.len()..).unwrap_or_default();
        if starts
            && let Some(key) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
        {
            out.insert(key.to_owned());
        }
    }
    out
}

#[test]
fn every_text_asked_for_exists() {
    let mut missing: BTreeSet<String> = calls("t(").union(&calls("fill(")).cloned().collect();
    missing.retain(|key| text::find(key).is_none());
    let mut plural = calls("count(");
    plural.retain(|key| text::find(&format!("{key}.one")).is_none());
    assert!(
        missing.is_empty() && plural.is_empty(),
        "missing: {missing:?}; without plural forms: {plural:?}"
    );
}

#[test]
fn no_text_stands_there_for_nothing() {
    let asked = asked();
    let unused: Vec<&str> = text::keys()
        .filter(|key| {
            let stem = key.strip_suffix(".one").or(key.strip_suffix(".other")).unwrap_or(key);
            let mut families = FAMILIES.iter().filter_map(|family| key.strip_prefix(family));
            !asked.contains(stem) && !families.any(|rest| rest.starts_with('.'))
        })
        .collect();
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}
