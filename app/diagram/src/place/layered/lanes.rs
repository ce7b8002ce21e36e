//! Lanes of joints between columns of boxes: columns are chosen as if lines ran straight from box to box.

use std::collections::BTreeSet;

use super::{Item, Link};

/// Boxes and joints with their columns, and the links between them.
pub(super) struct Lanes {
    pub(super) items: Vec<Item>,
    pub(super) links: Vec<Link>,
    pub(super) column: Vec<usize>,
    /// Which of the given items each one is.
    pub(super) origin: Vec<usize>,
}

/// Links from and to each joint, as positions in `links`.
fn ends(cards: usize, links: &[Link]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let joints = links.iter().map(|link| link.a.max(link.b) + 1).max().unwrap_or(0).saturating_sub(cards);
    let mut ends = vec![(Vec::new(), Vec::new()); joints];
    for (index, link) in links.iter().enumerate() {
        if link.b >= cards {
            ends[link.b - cards].0.push(index);
        }
        if link.a >= cards {
            ends[link.a - cards].1.push(index);
        }
    }
    ends
}

/// What a joint stands for: each of its sources with each of its targets.
fn product<'a>(links: &'a [Link], into: &'a [usize], out: &'a [usize]) -> impl Iterator<Item = Link> + 'a {
    into.iter().flat_map(move |a| {
        out.iter().map(move |b| Link { a: links[*a].a, offset_a: links[*a].offset_a, ..links[*b] })
    })
}

/// The links without joints.
pub(super) fn flattened(cards: usize, links: &[Link]) -> Vec<Link> {
    let mut flat: Vec<Link> = links.iter().filter(|link| link.a < cards && link.b < cards).copied().collect();
    for (into, out) in &ends(cards, links) {
        flat.extend(product(links, into, out).filter(|link| link.a != link.b));
    }
    flat
}

/// Opens a lane behind each column from which lines lead to joints. A joint whose sources do not all stand left of
/// its targets is taken apart.
pub(super) fn open(items: &[Item], links: &[Link], column: Vec<usize>) -> Lanes {
    let cards = column.len();
    let mut kept: Vec<Link> = links.iter().filter(|link| link.a < cards && link.b < cards).copied().collect();
    let mut origin: Vec<usize> = (0..cards).collect();
    let mut behind = Vec::new();
    for (joint, (into, out)) in ends(cards, links).into_iter().enumerate() {
        let last = into.iter().map(|at| column[links[*at].a]).max();
        let first = out.iter().map(|at| column[links[*at].b]).min();
        let (Some(last), Some(first)) = (last, first) else { continue };
        if last >= first {
            kept.extend(product(links, &into, &out).filter(|link| link.a != link.b));
            continue;
        }
        let own = origin.len();
        origin.push(cards + joint);
        behind.push(last);
        kept.extend(into.iter().map(|at| Link { b: own, ..links[*at] }));
        kept.extend(out.iter().map(|at| Link { a: own, ..links[*at] }));
    }
    let lanes: BTreeSet<usize> = behind.iter().copied().collect();
    let moved = |c: usize| c + lanes.range(..c).count();
    let mut column: Vec<usize> = column.into_iter().map(moved).collect();
    column.extend(behind.iter().map(|c| moved(*c) + 1));
    Lanes { items: origin.iter().map(|item| items[*item]).collect(), links: kept, column, origin }
}
