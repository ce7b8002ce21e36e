//! Measures a finished layout: what must be zero, and what should be small. For tests, benches and reports.

use std::collections::{BTreeSet, HashSet};

use groundplan_shared::scene::{Point, Rect};

use crate::graph::{Layout, LayoutError, LayoutGraph};
use crate::tree::Tree;

/// Figures of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Inspection {
    /// Pairs of boxes that overlap without one holding the other.
    pub overlaps: usize,
    /// Boxes that reach out of the frame that holds them.
    pub escaped: usize,
    /// Edges that pass through a box holding neither of their ends.
    pub through_boxes: usize,
    /// Segments that are neither level nor upright.
    pub slanted: usize,
    /// Labels that cover a card.
    pub covering_labels: usize,
    /// Labels that found no place.
    pub missing_labels: usize,
    /// Points where lines cross that share neither source nor way to their target.
    pub crossings: usize,
    /// Stretches where such lines lie on each other although one of their sources does not relate to the other's target
    /// in the same style: a reader would be misled.
    pub coincident: usize,
    /// Corners of all routes.
    pub bends: usize,
    /// Length of all routes in CSS pixels.
    pub length: f64,
}

/// Inspects a layout of the graph. Quadratic in places: not for the interactive path.
///
/// # Errors
/// As [`LayoutEngine::layout`](crate::LayoutEngine::layout) for a graph that is none.
pub fn inspect(graph: &LayoutGraph, layout: &Layout) -> Result<Inspection, LayoutError> {
    let tree = Tree::of(graph)?;
    let mut found = Inspection::default();
    let rects = &layout.rects;
    for a in 0..rects.len() {
        if let Some(parent) = tree.parent[a]
            && !rects[parent].contains(&rects[a])
        {
            found.escaped += 1;
        }
        // Boxes of different containers are apart when the containers are.
        for b in (0..a).filter(|b| tree.parent[*b] == tree.parent[a]) {
            found.overlaps += usize::from(rects[a].overlaps(&rects[b]));
        }
    }
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let foreign = |v: &usize| !tree.holds(*v, edge.source) && !tree.holds(*v, edge.target);
        let meets = |v: usize| {
            let own_inside = tree.is_group(v) && (v == edge.source || v == edge.target);
            !own_inside && route.points.windows(2).any(|pair| cuts(pair[0], pair[1], &rects[v]))
        };
        // Ends may be entered only from their rim: a card's inside is foreign even to its own edges.
        let own_cards = [edge.source, edge.target].into_iter().filter(|v| !tree.is_group(*v));
        let through = (0..rects.len()).filter(foreign).chain(own_cards).any(meets);
        found.through_boxes += usize::from(through);
        for pair in route.points.windows(2) {
            found.slanted += usize::from(pair[0].x != pair[1].x && pair[0].y != pair[1].y);
            found.length += (pair[0].x - pair[1].x).abs() + (pair[0].y - pair[1].y).abs();
        }
        found.bends += route.points.len().saturating_sub(2);
        match (&route.label, edge.label) {
            (Some(label), _) => {
                let covers = (0..rects.len()).any(|v| !tree.is_group(v) && rects[v].overlaps(label));
                found.covering_labels += usize::from(covers);
            }
            (None, Some(_)) if edge.source != edge.target => found.missing_labels += 1,
            (None, _) => {}
        }
    }
    found.crossings = crossings(graph, layout);
    found.coincident = coincident(graph, layout);
    Ok(found)
}

/// True when the segment has a point strictly within the box.
fn cuts(a: Point, b: Point, rect: &Rect) -> bool {
    let inner = rect.grown(-0.25);
    let (x0, x1) = (a.x.min(b.x), a.x.max(b.x));
    let (y0, y1) = (a.y.min(b.y), a.y.max(b.y));
    x0 < inner.right() && inner.x < x1.max(x0 + 1e-9) && y0 < inner.bottom() && inner.y < y1.max(y0 + 1e-9)
}

/// A segment with the way it belongs to: lines of one way may share points.
struct Piece {
    /// Target and style.
    way: (usize, u32),
    source: usize,
    /// Constant coordinate, then from where to where along the other.
    at: f64,
    from: f64,
    to: f64,
}

/// Level and upright stretches of all routes.
fn pieces(graph: &LayoutGraph, layout: &Layout) -> [Vec<Piece>; 2] {
    let mut pieces = [Vec::new(), Vec::new()];
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let way = (edge.target, edge.style);
        for pair in route.points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let level = a.y == b.y;
            let (at, from, to) = if level { (a.y, a.x, b.x) } else { (a.x, a.y, b.y) };
            let piece = Piece { way, source: edge.source, at, from: from.min(to), to: from.max(to) };
            pieces[usize::from(!level)].push(piece);
        }
    }
    pieces
}

fn key(v: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "positions are within ±10 million")]
    let key = (v * 2.0).round() as i64;
    key
}

/// Points where lines cross that share neither source nor way to their target.
pub(crate) fn crossings(graph: &LayoutGraph, layout: &Layout) -> usize {
    let [level, mut upright] = pieces(graph, layout);
    let mut points = BTreeSet::new();
    upright.sort_by(|a, b| a.at.total_cmp(&b.at));
    for l in &level {
        let first = upright.partition_point(|u| u.at <= l.from);
        for u in upright[first..].iter().take_while(|u| u.at < l.to) {
            if u.way != l.way && u.source != l.source && u.from < l.at && l.at < u.to {
                points.insert((key(u.at), key(l.at)));
            }
        }
    }
    points.len()
}

/// Stretches where lines lie on each other and mislead.
fn coincident(graph: &LayoutGraph, layout: &Layout) -> usize {
    let [mut level, mut upright] = pieces(graph, layout);
    let known: HashSet<(usize, usize, u32)> =
        graph.edges.iter().map(|edge| (edge.source, edge.target, edge.style)).collect();
    let has = |source: usize, (target, style): (usize, u32)| known.contains(&(source, target, style));
    let related = |a: &Piece, b: &Piece| a.way.1 == b.way.1 && has(a.source, b.way) && has(b.source, a.way);
    let mut shared = BTreeSet::new();
    for (kind, pieces) in [(0, &mut level), (1, &mut upright)] {
        pieces.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
        for (i, a) in pieces.iter().enumerate() {
            for b in pieces[i + 1..].iter().take_while(|b| b.at == a.at && b.from < a.to) {
                if a.way != b.way && a.source != b.source && !related(a, b) && a.to.min(b.to) - b.from > 1.0 {
                    shared.insert((kind, key(a.at), key(b.from), a.way.min(b.way), a.way.max(b.way)));
                }
            }
        }
    }
    shared.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{LayoutEdge, LayoutNode, Route};

    fn three_in_a_row(points: Vec<Point>) -> (LayoutGraph, Layout) {
        let graph = LayoutGraph {
            nodes: vec![LayoutNode::default(); 3],
            edges: vec![LayoutEdge { target: 2, ..LayoutEdge::default() }],
            ..LayoutGraph::default()
        };
        let rects = [0.0, 100.0, 200.0].map(|x| Rect::new(x, 0.0, 50.0, 40.0)).to_vec();
        (graph, Layout { rects, routes: vec![Route { points, label: None }], ..Layout::default() })
    }

    #[test]
    fn a_line_through_a_box_is_found() {
        let (graph, layout) = three_in_a_row(vec![Point::new(50.0, 20.0), Point::new(200.0, 20.0)]);
        assert_eq!(inspect(&graph, &layout).expect("a valid graph").through_boxes, 1);
        let around =
            [(50.0, 20.0), (75.0, 20.0), (75.0, -10.0), (175.0, -10.0), (175.0, 20.0), (200.0, 20.0)];
        let (graph, layout) = three_in_a_row(around.map(|(x, y)| Point::new(x, y)).to_vec());
        let found = inspect(&graph, &layout).expect("a valid graph");
        assert_eq!((found.through_boxes, found.slanted, found.bends), (0, 0, 4));
    }

    #[test]
    fn overlaps_and_covering_labels_are_found() {
        let (graph, mut layout) = three_in_a_row(vec![Point::new(50.0, 20.0), Point::new(200.0, 30.0)]);
        layout.rects[1].x = 20.0;
        layout.routes[0].label = Some(Rect::new(190.0, 10.0, 20.0, 16.0));
        let found = inspect(&graph, &layout).expect("a valid graph");
        assert_eq!((found.overlaps, found.slanted, found.covering_labels), (1, 1, 1));
    }
}
