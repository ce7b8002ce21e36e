//! Long texts compared word by word.

use std::time::Duration;

use groundplan_shared::api::{PieceKind, TextPiece};
use similar::{ChangeTag, TextDiff};

/// How long one comparison may look for the shortest answer; a longer one is right as well.
const PATIENCE: Duration = Duration::from_millis(300);
/// Characters of unchanged text shown on each side of a change.
const AROUND: usize = 240;

/// Compares two texts.
pub(super) fn compare(before: &str, after: &str) -> Vec<TextPiece> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(before, after);
    let mut pieces: Vec<TextPiece> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PieceKind::Same,
            ChangeTag::Insert => PieceKind::Added,
            ChangeTag::Delete => PieceKind::Removed,
        };
        match pieces.last_mut().filter(|last| last.kind == kind) {
            Some(last) => last.text.push_str(change.value()),
            None => pieces.push(TextPiece { kind, text: change.value().to_owned() }),
        }
    }
    pieces
}

/// Counts the words that came and that went.
pub(super) fn counts(pieces: &[TextPiece]) -> (u32, u32) {
    let of = |kind: PieceKind| {
        let words = pieces.iter().filter(|piece| piece.kind == kind);
        u32::try_from(words.map(|piece| piece.text.split_whitespace().count()).sum::<usize>())
            .unwrap_or(u32::MAX)
    };
    (of(PieceKind::Added), of(PieceKind::Removed))
}

/// Leaves out long stretches in which nothing changed.
pub(super) fn shorten(pieces: Vec<TextPiece>) -> Vec<TextPiece> {
    let last = pieces.len().saturating_sub(1);
    let mut out = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.into_iter().enumerate() {
        let head = if at == 0 { 0 } else { AROUND };
        let tail = if at == last { 0 } else { AROUND };
        let length = piece.text.chars().count();
        if piece.kind != PieceKind::Same || length <= head + tail + AROUND {
            out.push(piece);
            continue;
        }
        let same = |text: String| TextPiece { kind: PieceKind::Same, text };
        out.push(same(piece.text.chars().take(head).collect()));
        out.push(TextPiece { kind: PieceKind::Skipped, text: String::new() });
        out.push(same(piece.text.chars().skip(length - tail).collect()));
    }
    out.retain(|piece| piece.kind == PieceKind::Skipped || !piece.text.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(before: &str, after: &str) -> String {
        let sign = |kind| match kind {
            PieceKind::Same => '=',
            PieceKind::Added => '+',
            PieceKind::Removed => '-',
            PieceKind::Skipped => '\u{2026}',
        };
        let pieces = shorten(compare(before, after));
        pieces.iter().map(|piece| format!("[{}{}]", sign(piece.kind), piece.text)).collect()
    }

    #[test]
    fn words_are_compared_and_long_rests_left_out() {
        assert_eq!(said("Takes new orders.", "Takes old orders."), "[=Takes ][-new][+old][= orders.]");
        assert_eq!(said("", "All new"), "[+All new]");
        assert_eq!(counts(&compare("a b c", "a x y c")), (2, 1));
        let long = "word ".repeat(2_000);
        let shown = said(&format!("{long}old{long}"), &format!("{long}new{long}"));
        assert!(shown.contains("[\u{2026}]") && shown.len() < 1_500, "{}", shown.len());
    }
}
