//! Places for edge labels: on a stretch of their own line, over no card, no frame's name and no other label.

use std::collections::HashMap;

use groundplan_shared::scene::{Point, Rect, metrics};

use crate::graph::{Direction, LayoutGraph, Route};
use crate::orient::header;
use crate::tree::Tree;

/// Side of an index square.
const SQUARE: f64 = 128.0;
/// Reach of an arrowhead.
const TIP: f64 = 9.0;
/// Distance kept from cards.
const AIR: f64 = 2.0;

/// Rectangles by the squares they touch.
#[derive(Default)]
struct Index {
    rects: Vec<Rect>,
    squares: HashMap<(i64, i64), Vec<usize>>,
}

impl Index {
    fn squares(rect: &Rect) -> impl Iterator<Item = (i64, i64)> + use<> {
        #[expect(clippy::cast_possible_truncation, reason = "positions are within ±10 million")]
        let square = |v: f64| (v / SQUARE).floor() as i64;
        let (x0, x1) = (square(rect.x), square(rect.right()));
        let (y0, y1) = (square(rect.y), square(rect.bottom()));
        (x0..=x1).flat_map(move |x| (y0..=y1).map(move |y| (x, y)))
    }

    fn insert(&mut self, rect: Rect) {
        let index = self.rects.len();
        for square in Self::squares(&rect) {
            self.squares.entry(square).or_default().push(index);
        }
        self.rects.push(rect);
    }

    fn hits(&self, rect: &Rect) -> usize {
        let mut found: Vec<usize> = Self::squares(rect)
            .filter_map(|square| self.squares.get(&square))
            .flatten()
            .copied()
            .filter(|index| self.rects[*index].overlaps(rect))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    }
}

pub(super) fn place(graph: &LayoutGraph, tree: &Tree, rects: &[Rect], routes: &mut [Route]) {
    if graph.edges.iter().all(|edge| edge.label.is_none()) {
        return;
    }
    let mut solid = Index::default();
    for (node, rect) in rects.iter().enumerate() {
        if tree.is_group(node) {
            let width = graph.nodes[node].header_width;
            solid.insert(header(&graph.options, *rect, width, metrics::FRAME_HEADER));
        } else {
            solid.insert(rect.grown(AIR));
        }
    }
    let mut lines = Index::default();
    for pair in routes.iter().flat_map(|route| route.points.windows(2)) {
        let (a, b) = (pair[0], pair[1]);
        let thin = Rect::new(a.x.min(b.x), a.y.min(b.y), (a.x - b.x).abs(), (a.y - b.y).abs());
        lines.insert(thin.grown(0.25));
    }
    let down = graph.options.direction == Direction::Down;
    let mut tips = Index::default();
    for tip in routes.iter().filter_map(|route| route.points.last()) {
        tips.insert(Rect::new(tip.x, tip.y, 0.0, 0.0).grown(TIP));
    }
    for (edge, route) in graph.edges.iter().zip(routes) {
        let Some((w, h)) = edge.label else { continue };
        let mut best: Option<(f64, Rect)> = None;
        for (price, middle) in candidates(&route.points, (w, h), down) {
            let rect = Rect::new((middle.x - w / 2.0).round(), (middle.y - h / 2.0).round(), w, h);
            if best.as_ref().is_some_and(|(least, _)| *least <= price) || solid.hits(&rect) > 0 {
                continue;
            }
            let price = price + 4.0 * lines.hits(&rect) as f64 + 12.0 * tips.hits(&rect) as f64;
            if best.as_ref().is_none_or(|(least, _)| price < *least) {
                best = Some((price, rect));
            }
        }
        if let Some((_, rect)) = best {
            solid.insert(rect);
            route.label = Some(rect);
        }
    }
}

/// Middles to try, cheapest first in spirit: near the source, rather along what is level once it is drawn.
fn candidates(points: &[Point], (width, height): (f64, f64), down: bool) -> Vec<(f64, Point)> {
    let mut found = Vec::new();
    for (index, pair) in points.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        let level = a.y == b.y;
        let length = (a.x - b.x).abs() + (a.y - b.y).abs();
        let spare = length - if level { width } else { height } - if level != down { 12.0 } else { 0.0 };
        let tight = if spare < 0.0 { 12.0 - spare / 8.0 } else { 0.0 };
        for (step, t) in [0.5, 0.3, 0.7, 0.15, 0.85].into_iter().enumerate() {
            let price = index as f64 + step as f64 * 0.5 + tight + if level != down { 0.0 } else { 3.0 };
            found.push((price, Point::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.truncate(24);
    found
}
