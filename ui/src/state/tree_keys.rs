//! What keys do in the tree, after the pattern that screen readers know (WAI-ARIA tree view).

use super::tree::Row;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeMove {
    /// Moves to a row.
    To(usize),
    /// Moves to a row and extends the choice over it.
    Extend(usize),
    /// Shows the parts of a row.
    Open(usize),
    /// Hides the parts of a row.
    Close(usize),
    /// Goes to what a row stands for.
    Enter(usize),
    /// Adds a row to the choice or takes it out.
    Toggle(usize),
}

/// Says what a key does at row `at`; none if the tree has no use for it. `page` is the rows that fit.
pub fn tree_move(key: &str, shift: bool, rows: &[Row], at: usize, page: usize) -> Option<TreeMove> {
    let row = rows.get(at)?;
    let last = rows.len() - 1;
    let go = |to: usize| Some(if shift { TreeMove::Extend(to) } else { TreeMove::To(to) });
    match key {
        "ArrowDown" => go((at + 1).min(last)),
        "ArrowUp" => go(at.saturating_sub(1)),
        "Home" => go(0),
        "End" => go(last),
        "PageDown" => go((at + page).min(last)),
        "PageUp" => go(at.saturating_sub(page)),
        "ArrowRight" if row.parts > 0 && !row.open => Some(TreeMove::Open(at)),
        "ArrowRight" if row.parts > 0 => Some(TreeMove::To((at + 1).min(last))),
        "ArrowLeft" if row.open => Some(TreeMove::Close(at)),
        "ArrowLeft" => parent(rows, at).map(TreeMove::To),
        "Enter" => Some(TreeMove::Enter(at)),
        " " => Some(TreeMove::Toggle(at)),
        _ => None,
    }
}

/// The row that a row lies below.
pub fn parent(rows: &[Row], at: usize) -> Option<usize> {
    let depth = rows.get(at)?.depth;
    (0..at).rev().find(|above| rows[*above].depth < depth)
}

/// Finds the next row, in a circle, whose name begins with what was typed. A repeated letter moves on; a longer
/// text may stay where it is.
pub fn type_ahead<'a>(
    typed: &str,
    at: usize,
    total: usize,
    name: impl Fn(usize) -> &'a str,
) -> Option<usize> {
    let mut letters = typed.chars();
    let first = letters.next()?;
    let repeated = letters.all(|letter| letter == first);
    let wanted = if repeated { first.to_string() } else { typed.to_owned() }.to_lowercase();
    let start = if repeated { at + 1 } else { at };
    (0..total).map(|step| (start + step) % total).find(|row| name(*row).to_lowercase().starts_with(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tree::{Group, Node};

    fn row(depth: u16, parts: usize, open: bool) -> Row {
        Row { node: Node::Group(Group::Elements), depth, parts, open, position: 1, siblings: 1 }
    }

    #[test]
    fn keys_walk_open_and_close() {
        use TreeMove as M;
        let rows = [row(0, 2, true), row(1, 1, false), row(1, 0, false)];
        let check = |key: &str, at: usize, expected: Option<M>| {
            assert_eq!(tree_move(key, false, &rows, at, 10), expected, "{key} at {at}");
        };
        check("ArrowDown", 0, Some(M::To(1)));
        check("ArrowDown", 2, Some(M::To(2)));
        check("ArrowUp", 0, Some(M::To(0)));
        check("End", 0, Some(M::To(2)));
        check("PageDown", 0, Some(M::To(2)));
        check("ArrowRight", 0, Some(M::To(1)));
        check("ArrowRight", 1, Some(M::Open(1)));
        check("ArrowRight", 2, None);
        check("ArrowLeft", 0, Some(M::Close(0)));
        check("ArrowLeft", 2, Some(M::To(0)));
        check("Enter", 1, Some(M::Enter(1)));
        check("x", 1, None);
        assert_eq!(tree_move("ArrowDown", true, &rows, 0, 10), Some(M::Extend(1)));
        assert_eq!(tree_move("Home", false, &[], 0, 10), None);
    }

    #[test]
    fn typing_finds_the_next_name() {
        let names = ["cart", "catalogue", "web", "worker"];
        let find = |typed: &str, at| type_ahead(typed, at, names.len(), |row| names[row]);
        assert_eq!(find("w", 0), Some(2));
        assert_eq!(find("w", 2), Some(3));
        assert_eq!(find("ww", 2), Some(3), "the same letter again moves on");
        assert_eq!(find("cat", 0), Some(1));
        assert_eq!(find("ca", 1), Some(1), "what still fits stays");
        assert_eq!(find("W", 3), Some(2), "in a circle");
        assert_eq!(find("x", 0), None);
    }
}
