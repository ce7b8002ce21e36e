//! A piece of a text around what was searched, with marks. Made for the hits shown, not for every match.

use std::ops::Range;

use super::fold::fold;
use super::parse::Query;

/// Words of a piece.
const WORDS: usize = 16;
/// Words of it before the first match.
const LEAD: usize = 4;
/// A longer text is looked at this far, so that a hit in a very long page costs no more than others.
const BYTES: usize = 32_768;

/// Finds and marks words.
pub(super) struct Marker {
    words: Vec<(String, bool)>,
    first: [bool; 128],
}

impl Marker {
    pub(super) fn new(query: &Query) -> Self {
        let mut words = Vec::new();
        for word in &query.words {
            let folded = fold(&word.text);
            let parts: Vec<&str> =
                folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
            let last = parts.len().saturating_sub(1);
            words.extend(
                parts.iter().enumerate().map(|(at, part)| ((*part).to_owned(), word.prefix && at == last)),
            );
        }
        let mut first = [false; 128];
        for byte in words.iter().filter_map(|(word, _)| word.bytes().next()).filter(u8::is_ascii) {
            first[usize::from(byte)] = true;
        }
        Self { words, first }
    }

    /// Says which of the searched words a word of the text is.
    fn place(&self, word: &str) -> Option<usize> {
        let start = *word.as_bytes().first()?;
        // Most words are none of those searched; their first letter tells.
        if start.is_ascii() && !self.first[usize::from(start.to_ascii_lowercase())] {
            return None;
        }
        let folded = fold(word);
        self.words.iter().position(|(wanted, prefix)| {
            if *prefix { folded.starts_with(wanted.as_str()) } else { folded == *wanted }
        })
    }

    /// Makes the piece: of the body where a word is in it, else of the first other text where one is, else the
    /// beginning of the body.
    pub(super) fn snippet(&self, body: &str, others: &[&str]) -> String {
        std::iter::once(&body)
            .chain(others)
            .find_map(|text| self.piece(text, false))
            .or_else(|| self.piece(body, true))
            .unwrap_or_default()
    }

    fn piece(&self, text: &str, any: bool) -> Option<String> {
        let text = head(text);
        let all: Vec<Range<usize>> =
            if any { words(text).take(WORDS).collect() } else { words(text).collect() };
        let found: Vec<(usize, usize)> = all
            .iter()
            .enumerate()
            .filter_map(|(at, range)| Some((at, self.place(text.get(range.clone())?)?)))
            .collect();
        if (found.is_empty() && !any) || all.is_empty() {
            return None;
        }
        let start = best(&found).saturating_sub(LEAD);
        let end = (start + WORDS).min(all.len());
        let mut out = String::new();
        if start > 0 {
            out.push('\u{2026}');
        }
        let mut at = all[start].start;
        for (place, range) in all.iter().enumerate().take(end).skip(start) {
            push_plain(&mut out, text.get(at..range.start)?);
            let marked = found.iter().any(|(found, _)| *found == place);
            if marked {
                out.push('\u{e000}');
            }
            out.push_str(text.get(range.clone())?);
            if marked {
                out.push('\u{e001}');
            }
            at = range.end;
        }
        if text.get(at..).is_some_and(|rest| rest.chars().any(char::is_alphanumeric)) {
            out.push('\u{2026}');
        }
        Some(out)
    }
}

/// The match at which the piece with most different words begins; the first of equals.
fn best(found: &[(usize, usize)]) -> usize {
    let mut best = (0, 0);
    for (index, (at, _)) in found.iter().enumerate().take(64) {
        let within = found[index..].iter().take_while(|(other, _)| other - at < WORDS - LEAD);
        let different: std::collections::HashSet<usize> = within.map(|(_, word)| *word).collect();
        if different.len() > best.0 {
            best = (different.len(), *at);
        }
    }
    best.1
}

/// Adds what stands between words, on one line.
fn push_plain(out: &mut String, text: &str) {
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The places of the words of a text.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_letter = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(is_letter)?;
        let rest = text.get(start..)?;
        let end = start + rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
        at = end;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::search::parse::parse;

    fn snippet(typed: &str, body: &str, others: &[&str]) -> String {
        Marker::new(&parse(typed)).snippet(body, others).replace('\u{e000}', "[").replace('\u{e001}', "]")
    }

    #[test]
    fn marks_what_was_searched() {
        assert_eq!(snippet("ord", "An Order,\nand orders.", &[]), "An [Order], and [orders]");
        assert_eq!(snippet("\"order\"", "An order, and orders.", &[]), "An [order], and orders");
        assert_eq!(snippet("uber", "Die Übergabe", &[]), "Die [Übergabe]");
        assert_eq!(snippet("x", "nothing", &["a b", "x y"]), "[x] y");
        assert_eq!(snippet("x", "nothing here", &["a"]), "nothing here");
        assert_eq!(snippet("x", "", &[]), "");
    }

    #[test]
    fn shows_where_most_words_stand_together() {
        let body = format!("{} alpha {} beta alpha {}", "a ".repeat(30), "b ".repeat(30), "c ".repeat(30));
        let shown = snippet("alpha beta", &body, &[]);
        assert_eq!(
            shown,
            format!("\u{2026}{}[beta] [alpha] {}\u{2026}", "b ".repeat(4), "c ".repeat(10).trim_end())
        );
    }

    #[test]
    fn a_very_long_text_is_cut_at_a_letter() {
        let body = "ä ".repeat(40_000);
        assert!(snippet("ä", &body, &[]).starts_with("[ä]"));
    }
}
