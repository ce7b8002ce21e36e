//! Orthogonal routes over a finished placement. Moves no box.
//!
//! The free space of each container is cut into cells by vertical lines; a route is a way through neighbouring
//! cells. Lines cross from cell to cell horizontally, turn only inside a cell, and enter and leave boxes at their
//! left or right side. So no route can meet a box, and all turns of one cell are spread over tracks of their own.

mod bundle;
mod cells;
mod heights;
mod hub;
mod labels;
mod runs;
mod search;
mod tracks;

use groundplan_shared::scene::{Point, Rect};

use crate::deadline::Deadline;
use crate::graph::Route;
use crate::wires::Wires;

/// Left or right: of a box, of a cell, of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Left, Self::Right];

    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// Routes every edge; true when the deadline passed on the way.
pub(crate) fn route(wires: &Wires, rects: &[Rect], deadline: &Deadline) -> (Vec<Route>, bool) {
    let (graph, tree) = (&wires.graph, &wires.tree);
    let cells = cells::Cells::build(graph, tree, rects);
    deadline.spend(cells.cells.len() as u64);
    let mut search = search::Search::new(&cells);
    let mut runs = runs::Runs::new(graph.edges.len());
    let mut hub = None;
    let mut degraded = false;
    for bundle in bundle::bundles(wires, rects) {
        let ends = |edge: usize| runs::Ends {
            edge,
            root: bundle.star.root,
            leaf: bundle.star.leaf(graph, edge),
            outward: bundle.star.outward,
            labelled: graph.edges[edge].label.is_some(),
            alone: false,
        };
        if deadline.is_past() {
            degraded = true;
            let hub = hub.get_or_insert_with(|| hub::Hub::build(&cells, tree));
            for &edge in &bundle.edges {
                if let Some(way) = hub.way(&cells, tree, graph, rects, edge) {
                    let (root, leaf) = (graph.edges[edge].target, graph.edges[edge].source);
                    let alone = runs::Ends { root, leaf, outward: false, alone: true, ..ends(edge) };
                    runs.add(&cells, rects, alone, &way);
                }
            }
            continue;
        }
        for (edge, way) in search.ways(&cells, wires, rects, &bundle, deadline) {
            runs.add(&cells, rects, ends(edge), &way);
        }
        runs.close_bundle();
    }
    heights::assign(&mut runs, &cells, rects, wires);
    tracks::assign(&mut runs, &cells);
    let mut routes: Vec<Route> = graph
        .edges
        .iter()
        .enumerate()
        .map(|(edge, ends)| Route {
            points: points(&runs, edge, rects, ends.source, ends.target),
            label: None,
        })
        .collect();
    labels::place(graph, tree, rects, &mut routes);
    (routes, degraded)
}

/// The polyline of an edge from source to target; a straight line where no way was found, as with boxes dragged
/// onto each other.
fn points(runs: &runs::Runs, edge: usize, rects: &[Rect], source: usize, target: usize) -> Vec<Point> {
    if source == target {
        return Vec::new();
    }
    if let Some(found) = runs.points(edge) {
        return found;
    }
    let (a, b) = (rects[source], rects[target]);
    let (from, to) = if a.center().x <= b.center().x { (a.right(), b.x) } else { (a.x, b.right()) };
    let middle = ((from + to) / 2.0).round();
    let (ya, yb) = (a.center().y, b.center().y);
    vec![Point::new(from, ya), Point::new(middle, ya), Point::new(middle, yb), Point::new(to, yb)]
}
