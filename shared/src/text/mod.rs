//! The catalogue of everything the interface says, so that a translation is one more file.
//!
//! A line of the catalogue is `key = text`. Texts hold `{placeholder}`s; a text that depends on a number has the
//! forms `key.one` and `key.other`. Not here: messages of errors, which come from where the error arises.

use std::collections::HashMap;
use std::sync::OnceLock;

/// English, the language that every other is measured by.
const ENGLISH: &str = include_str!("en.txt");

fn catalogue() -> &'static HashMap<&'static str, &'static str> {
    static CATALOGUE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    CATALOGUE.get_or_init(|| parse(ENGLISH).collect())
}

fn parse(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim(), text.trim()))
}

/// Finds a text. None if the catalogue lacks it.
pub fn find(key: &str) -> Option<&'static str> {
    catalogue().get(key).copied()
}

/// Returns every key, in no order.
pub fn keys() -> impl Iterator<Item = &'static str> {
    catalogue().keys().copied()
}

/// Returns a text. A key that is missing shows itself; tests fail before that ships.
pub fn t(key: &'static str) -> &'static str {
    find(key).unwrap_or(key)
}

/// Returns a text with its `{placeholders}` filled in. Values are not looked at for further placeholders.
pub fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    fill_text(t(key), values)
}

/// Returns the form of a text that fits a number, with `{n}` and the other placeholders filled in.
pub fn count(key: &'static str, n: u64, values: &[(&str, &str)]) -> String {
    let form = if n == 1 { "one" } else { "other" };
    let number = grouped(n);
    let mut all = vec![("n", number.as_str())];
    all.extend_from_slice(values);
    fill_text(find(&format!("{key}.{form}")).unwrap_or(key), &all)
}

/// Writes a number with a narrow space between groups of three digits, from 10,000 on.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn fill_text(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        ElementKind, PageKind, RelationKind, Shape, ViewKind, element_properties, relation_properties,
    };

    #[test]
    fn placeholders_are_filled_once() {
        assert_eq!(fill_text("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill_text("{missing} {", &[]), "{missing} {");
    }

    #[test]
    fn numbers_are_grouped_from_ten_thousand_on() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(9_999), "9999");
        assert_eq!(grouped(10_000), "10\u{202f}000");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn no_key_stands_twice_and_no_text_is_empty() {
        let mut seen = std::collections::BTreeSet::new();
        for (key, text) in parse(ENGLISH) {
            assert!(seen.insert(key), "{key} stands twice");
            assert!(!text.is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn plurals_have_both_forms() {
        for key in keys() {
            if let Some(stem) = key.strip_suffix(".one") {
                assert!(find(&format!("{stem}.other")).is_some(), "{stem} lacks the form `other`");
            }
        }
    }

    #[test]
    fn every_word_of_the_model_has_a_text() {
        let mut wanted: Vec<String> = Vec::new();
        wanted.extend(ElementKind::ALL.iter().map(|kind| format!("kind.{kind}")));
        wanted.extend(PageKind::ALL.iter().map(|kind| format!("kind.{kind}")));
        wanted.extend(ViewKind::ALL.iter().map(|kind| format!("view.{kind}")));
        wanted.extend(RelationKind::ALL.iter().map(|kind| format!("relation.{kind}")));
        wanted.extend(RelationKind::ALL.iter().map(|kind| format!("relation_in.{kind}")));
        let specs =
            ElementKind::ALL.iter().flat_map(|kind| element_properties(*kind)).chain(relation_properties());
        for spec in specs {
            wanted.push(format!("property.{}", spec.name));
            if let Shape::Choice(choices) | Shape::Suggested(choices) = spec.shape {
                wanted.extend(choices.iter().map(|choice| format!("choice.{choice}")));
            }
        }
        let missing: Vec<&String> = wanted.iter().filter(|key| find(key).is_none()).collect();
        assert!(missing.is_empty(), "the catalogue lacks {missing:?}");
    }
}
