//! Writing much into a document: in pieces, each a change of its own, because a change travels whole and an envelope has a
//! largest size (SYNC §4).
//!
//! The pieces belong to one edit: they are queued, undone and shown together. Not here: sealing them (`sync::seal`).

use std::collections::BTreeMap;

use automerge::{AutoCommit, ObjId, ReadDoc, transaction::Transactable};

use super::DocError;
use crate::env;

/// Bytes of text after which a change ends. Several hundred operations of a few bytes beside them still fit an envelope.
pub const PIECE_BYTES: usize = 96 * 1024;

/// Counts what is written, and ends the change when it is enough.
#[derive(Debug, Default)]
pub struct Meter(usize);

impl Meter {
    /// So many bytes are about to be written.
    pub fn take(&mut self, doc: &mut AutoCommit, bytes: usize) {
        if self.0 > 0 && self.0 + bytes > PIECE_BYTES {
            super::commit(doc, env::now_ms());
            self.0 = 0;
        }
        self.0 += bytes;
    }

    /// Inserts a text of any length at a place in UTF-16 code units.
    ///
    /// # Errors
    /// [`DocError`] if there is no such place.
    pub fn insert(
        &mut self,
        doc: &mut AutoCommit,
        text: &ObjId,
        at: usize,
        words: &str,
    ) -> Result<(), DocError> {
        let (mut at, mut rest) = (at, words);
        loop {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
            self.take(doc, piece.len());
            doc.splice_text(text, at, 0, piece)?;
            if after.is_empty() {
                return Ok(());
            }
            at += piece.encode_utf16().count();
            rest = after;
        }
    }
}

/// Inserts a text of any length at a place in UTF-16 code units.
///
/// # Errors
/// [`DocError`] if there is no such place.
pub fn insert(doc: &mut AutoCommit, text: &ObjId, at: usize, words: &str) -> Result<(), DocError> {
    Meter::default().insert(doc, text, at, words)
}

/// Bytes of lines that are not alike up to which the smallest difference is looked for: its cost grows with their square.
const DIFFER_BYTES: usize = 16 * 1024;

/// Turns a text into another with small splices, so that edits of others elsewhere in it survive. Where too much differs,
/// everything from the first difference to the last is replaced as a whole.
///
/// # Errors
/// [`DocError`] if the object is no text.
pub fn replace(doc: &mut AutoCommit, text: &ObjId, target: &str) -> Result<(), DocError> {
    let was = doc.text(text)?;
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| (a.len_utf8(), a.len_utf16())).fold((0, 0), add)
    };
    let start = same(&mut was.chars().zip(target.chars()));
    let (old, new) = (was.split_at(start.0).1, target.split_at(start.0).1);
    let end = same(&mut old.chars().rev().zip(new.chars().rev()));
    let (old, new) = (old.split_at(old.len() - end.0).0, new.split_at(new.len() - end.0).0);
    if differing(old, new) <= DIFFER_BYTES {
        return Ok(doc.update_text(text, target)?);
    }
    let gone = isize::try_from(old.encode_utf16().count()).unwrap_or(isize::MAX);
    doc.splice_text(text, start.1, gone, "")?;
    insert(doc, text, start.1, new)
}

/// Bytes of lines that only one of two texts has.
fn differing(old: &str, new: &str) -> usize {
    let mut lines = BTreeMap::<&str, i32>::new();
    old.split_inclusive('\n').for_each(|line| *lines.entry(line).or_default() += 1);
    new.split_inclusive('\n').for_each(|line| *lines.entry(line).or_default() -= 1);
    lines.into_iter().map(|(line, count)| line.len() * count.unsigned_abs() as usize).sum()
}

fn add(sum: (usize, usize), one: (usize, usize)) -> (usize, usize) {
    (sum.0 + one.0, sum.1 + one.1)
}

#[cfg(test)]
mod tests {
    use automerge::{ObjType, ROOT};
    use groundplan_shared::model::DocumentKind;

    use super::*;
    use crate::doc;

    fn empty() -> (AutoCommit, ObjId) {
        let mut doc = doc::create(automerge::ActorId::from([1; 24]), DocumentKind::Page).unwrap();
        let text = doc.put_object(ROOT, "body", ObjType::Text).unwrap();
        doc.commit();
        (doc, text)
    }

    fn largest(doc: &mut AutoCommit) -> usize {
        doc.get_changes(&[]).iter().map(|change| change.raw_bytes().len()).max().unwrap_or(0)
    }

    #[test]
    fn a_long_text_is_several_changes_and_the_same_text() {
        let words = "ä𝄞x".repeat(100_000);
        let (mut doc, text) = empty();
        insert(&mut doc, &text, 0, "end").unwrap();
        insert(&mut doc, &text, 0, &words).unwrap();
        assert_eq!(doc.text(&text).unwrap(), format!("{words}end"));
        assert!(doc.get_changes(&[]).len() >= 8);
    }

    #[test]
    fn no_change_is_larger_than_an_envelope_even_if_nothing_deflates() {
        let mut state = 7_u64;
        let noise: String = (0..500_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + (state >> 33) as u8 % 94)
            })
            .collect();
        let (mut doc, text) = empty();
        replace(&mut doc, &text, &noise).unwrap();
        doc.commit();
        assert_eq!(doc.text(&text).unwrap(), noise);
        assert!(largest(&mut doc) < 200 * 1024, "{}", largest(&mut doc));
    }

    #[test]
    fn what_is_alike_at_both_ends_is_not_touched() {
        let (mut doc, text) = empty();
        insert(&mut doc, &text, 0, "𝄞 begins, and ends ä").unwrap();
        let long = "new words ".repeat(20_000);
        replace(&mut doc, &text, &format!("𝄞 begins, {long} ends ä")).unwrap();
        assert_eq!(doc.text(&text).unwrap(), format!("𝄞 begins, {long} ends ä"));
        replace(&mut doc, &text, "short").unwrap();
        assert_eq!(doc.text(&text).unwrap(), "short");
    }
}
