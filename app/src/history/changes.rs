//! Two versions side by side, for people: which fields differ, what they are called and what they say.
//!
//! Not here: reading the fields (`state`) and comparing long texts word by word (`words`).

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::api::HistoryChange;
use groundplan_shared::text;

use super::state::{Field, State};
use super::words;

/// Longest value shown.
const SHOWN_CHARS: usize = 200;

/// How much is said about long texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// How many words came and went.
    Counts,
    /// Every word.
    Words,
}

/// Lists the fields that differ. `name` finds what an id stands for.
pub(crate) fn changes(
    before: &State,
    after: &State,
    detail: Detail,
    name: &mut dyn FnMut(&str) -> String,
) -> Vec<HistoryChange> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found: Vec<HistoryChange> = Vec::new();
    for field in keys {
        let (old, new) = (before.get(field), after.get(field));
        if old == new {
            continue;
        }
        let (family, key) = field.split_once('.').unwrap_or((field, ""));
        // A dragged card is nothing to read about; that cards were moved is.
        if family == "positions" {
            match found.iter_mut().find(|change| change.field == family) {
                Some(moved) => moved.added += 1,
                None => found.push(HistoryChange { added: 1, ..named(family, label(family, key, None)) }),
            }
            continue;
        }
        let mut change = named(field, label(family, key, new.or(old)));
        match (old, new) {
            (Some(Field::Text(_)), _) | (_, Some(Field::Text(_))) => long(&mut change, old, new, detail),
            _ => {
                change.before = old.and_then(|field| value(family, key, field, name));
                change.after = new.and_then(|field| value(family, key, field, name));
                // What reads the same is not worth a line: where something was imported from, chunks of a file.
                if change.before == change.after && family != "filter" {
                    continue;
                }
            }
        }
        found.push(change);
    }
    found
}

fn named(field: &str, label: String) -> HistoryChange {
    HistoryChange {
        field: field.to_owned(),
        label,
        before: None,
        after: None,
        text: false,
        added: 0,
        removed: 0,
        pieces: Vec::new(),
    }
}

/// Names a field in the words of the interface.
fn label(family: &str, key: &str, field: Option<&Field>) -> String {
    let known = |key: String| text::find(&key).map(str::to_owned);
    let kind = match field {
        Some(Field::Entry(entry)) => entry.get("kind").cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let found = match family {
        "properties" => known(format!("property.{key}")),
        "relations" => known(format!("relation.{kind}")),
        _ => known(format!("history.field.{family}")),
    };
    found.unwrap_or_else(|| if key.is_empty() { family } else { key }.replace('_', " "))
}

fn long(change: &mut HistoryChange, old: Option<&Field>, new: Option<&Field>, detail: Detail) {
    let text = |field: Option<&Field>| match field {
        Some(Field::Text(text) | Field::Plain(text)) => text.clone(),
        _ => String::new(),
    };
    let pieces = words::compare(&text(old), &text(new));
    change.text = true;
    (change.added, change.removed) = words::counts(&pieces);
    if detail == Detail::Words {
        change.pieces = words::shorten(pieces);
    }
}

/// Says what a field says. None: nothing that people should read.
fn value(family: &str, key: &str, field: &Field, name: &mut dyn FnMut(&str) -> String) -> Option<String> {
    let said = match (family, field) {
        ("source" | "filter" | "eol" | "bom", _) => return None,
        ("tags", _) => key.to_owned(),
        ("scope", Field::Plain(id)) => name(id),
        ("kind", Field::Plain(kind)) => {
            let known = text::find(&format!("kind.{kind}")).or_else(|| text::find(&format!("view.{kind}")));
            known.map_or_else(|| kind.clone(), str::to_owned)
        }
        ("relations", Field::Entry(entry)) => relation(entry, name),
        ("links", Field::Entry(entry)) => both(entry, "title", "url"),
        ("endpoints", Field::Entry(entry)) => both(entry, "method", "path"),
        ("attachments", Field::Entry(entry)) if entry.contains_key("removed") => return None,
        ("attachments", Field::Entry(entry)) => entry.get("name").cloned().unwrap_or_default(),
        (_, Field::Plain(text) | Field::Text(text)) => text.clone(),
        (_, Field::Entry(entry)) => {
            let known = ["name", "title", "text", "kind"].iter().find_map(|key| entry.get(*key));
            known.cloned().unwrap_or_else(|| key.to_owned())
        }
    };
    Some(short(&said))
}

fn relation(entry: &BTreeMap<String, String>, name: &mut dyn FnMut(&str) -> String) -> String {
    let mut said = entry.get("target").map(|id| name(id)).unwrap_or_default();
    let properties: Vec<String> = entry
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("properties.")?, value)))
        .map(|(key, value)| format!("{}: {value}", label("properties", key, None)))
        .collect();
    if !properties.is_empty() {
        said.push_str(&format!(" ({})", properties.join(", ")));
    }
    said
}

fn both(entry: &BTreeMap<String, String>, first: &str, second: &str) -> String {
    let field = |key: &str| entry.get(key).map(String::as_str).unwrap_or_default();
    format!("{} {}", field(first), field(second)).trim().to_owned()
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}\u{2026}", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
