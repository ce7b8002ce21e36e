//! Layered placement of one connected set of boxes, flowing from left to right. Nesting and routes live elsewhere.
//!
//! The classic four steps (Sugiyama, Tagawa, Toda 1981): break cycles, choose columns, order within columns,
//! choose coordinates. Edges to one target that may be merged share their dummy vertices, which keeps hubs cheap.

mod columns;
mod coords;
mod cycles;
mod lanes;
mod order;
mod proper;

use groundplan_shared::scene::Point;

use crate::deadline::Deadline;

/// A box to place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) role: ItemRole,
}

/// What an item is. Boxes come first, then ports, then joints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ItemRole {
    /// A card or frame.
    Box,
    /// Something outside, left of all boxes, at this height among others of that side.
    Left(f64),
    /// The same to the right.
    Right(f64),
    /// A joint of lines.
    Joint,
}

/// A relation between two boxes; `a` is never `b`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) a: usize,
    pub(crate) b: usize,
    /// Where the relation really ends, measured downwards from each box's middle (it may hold the real ends).
    pub(crate) offset_a: f64,
    pub(crate) offset_b: f64,
    /// Relations with one key end at one place and may share their way.
    pub(crate) key: usize,
    /// Width of the widest label on it.
    pub(crate) label: f64,
}

/// Space between two boxes of one column.
pub(crate) const ROW_GAP: f64 = 16.0;
/// Least space between two columns.
pub(crate) const COLUMN_GAP: f64 = 44.0;

/// Places the boxes; the upper left of the whole is the origin.
pub(crate) fn place(items: &[Item], links: &[Link], aspect: f64, deadline: &Deadline) -> Vec<Point> {
    let ending =
        |last: fn(&ItemRole) -> bool| items.iter().position(|item| last(&item.role)).unwrap_or(items.len());
    let solid = ending(|role| matches!(role, ItemRole::Joint));
    let boxes = ending(|role| !matches!(role, ItemRole::Box));
    let flat = lanes::flattened(solid, links);
    let reversed = cycles::reversed(solid, &flat);
    let directed: Vec<(usize, usize)> = flat
        .iter()
        .zip(&reversed)
        .map(|(link, reversed)| if *reversed { (link.b, link.a) } else { (link.a, link.b) })
        .collect();
    deadline.spend((items.len() + flat.len()) as u64);
    let mut column = columns::assign(solid, &directed, deadline);
    column.truncate(boxes);
    columns::close_ranks(&mut column);
    let inner: Vec<(usize, usize)> =
        directed.iter().copied().filter(|(a, b)| *a < boxes && *b < boxes).collect();
    let flow = column.clone();
    columns::join_short(&mut column, &items[..boxes], aspect);
    columns::split_tall(&mut column, &items[..boxes], &inner, aspect);
    columns::close_ranks(&mut column);
    columns::add_ports(&mut column, &items[boxes..solid]);
    let lanes = lanes::open(items, links, column);
    let mut graph = proper::build(&lanes);
    order::minimise_crossings(&mut graph, deadline);
    order::keep_flow(&mut graph, &flow);
    let mut places = vec![Point::default(); items.len()];
    for (place, item) in coords::assign(&graph, &lanes, aspect, deadline).into_iter().zip(&lanes.origin) {
        places[*item] = place;
    }
    // Only boxes are there to be seen.
    let corner = places[..boxes].iter().copied().reduce(|a, b| Point::new(a.x.min(b.x), a.y.min(b.y)));
    let corner = corner.unwrap_or_default();
    places.iter_mut().for_each(|place| *place = Point::new(place.x - corner.x, place.y - corner.y));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(a: usize, b: usize) -> Link {
        Link { a, b, offset_a: 0.0, offset_b: 0.0, key: b, label: 0.0 }
    }

    #[test]
    fn a_chain_is_a_straight_row() {
        let items = vec![Item { width: 100.0, height: 40.0, role: ItemRole::Box }; 4];
        let links = [link(0, 1), link(1, 2), link(2, 3)];
        let places = place(&items, &links, 1.6, &Deadline::unlimited());
        assert!(places.windows(2).all(|pair| pair[0].x + 100.0 < pair[1].x), "{places:?}");
        assert!(places.iter().all(|place| place.y == 0.0), "{places:?}");
    }

    #[test]
    fn a_cycle_is_placed_too() {
        let items = vec![Item { width: 100.0, height: 40.0, role: ItemRole::Box }; 3];
        let links = [link(0, 1), link(1, 2), link(2, 0)];
        let places = place(&items, &links, 1.6, &Deadline::unlimited());
        assert!(places[0].x < places[1].x && places[1].x < places[2].x, "{places:?}");
    }

    #[test]
    fn two_crossed_pairs_are_untangled() {
        let items = vec![Item { width: 100.0, height: 40.0, role: ItemRole::Box }; 5];
        // 4 leads to 0 and 1; 0 → 3, 1 → 2: drawn in index order, the last two would cross.
        let links = [link(4, 0), link(4, 1), link(0, 3), link(1, 2)];
        let places = place(&items, &links, 1.6, &Deadline::unlimited());
        assert_eq!(places[0].y < places[1].y, places[3].y < places[2].y);
    }
}
