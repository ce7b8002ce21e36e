//! Placement of a whole nested graph from the inside out, and of single boxes among others that stay. No routes.

mod beside;
mod full;
mod layered;
mod pack;

pub(crate) use beside::place_beside;
use full::place_block;
pub(crate) use full::{Blocks, place_all};

use groundplan_shared::scene::{Rect, metrics};

use crate::graph::LayoutGraph;
use crate::tree::Tree;

/// Free space kept between two boxes of one container.
pub(crate) const BOX_GAP: f64 = 20.0;

/// Frame around what a group holds.
pub(crate) fn frame_around(inside: Rect, header_width: f64) -> Rect {
    let (pad, head) = (metrics::FRAME_PADDING, metrics::FRAME_HEADER);
    Rect::new(
        inside.x - pad,
        inside.y - head,
        (inside.w + 2.0 * pad).max(header_width),
        inside.h + head + pad,
    )
}

/// Computes every frame from what it holds; cards stay as they are.
pub(crate) fn frames(graph: &LayoutGraph, tree: &Tree, rects: &mut [Rect]) {
    for &node in tree.order.iter().rev().filter(|node| tree.is_group(**node)) {
        let inside = tree.children[node].iter().map(|child| rects[*child]).reduce(|a, b| a.union(&b));
        if let Some(inside) = inside {
            rects[node] = frame_around(inside, graph.nodes[node].header_width);
        }
    }
}
