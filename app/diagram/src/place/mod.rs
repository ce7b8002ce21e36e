//! Placement of a whole nested graph from the inside out, and of single boxes among others that stay. No routes.

mod beside;
mod full;
mod layered;
mod pack;

pub(crate) use beside::place_beside;
use full::place_block;
pub(crate) use full::{Blocks, place_all};

use groundplan_shared::scene::Rect;

use crate::graph::LayoutGraph;
use crate::orient::frame_around;
use crate::tree::Tree;

/// Free space kept between two boxes of one container.
pub(crate) const BOX_GAP: f64 = 20.0;

/// Choices that a placement leaves open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// What leads out of a group has its say in the group's inside.
    pub(crate) outward: bool,
    /// Factor on the wanted shape, for deciding where columns are joined or split.
    pub(crate) shape: f64,
}

impl Default for Style {
    fn default() -> Self {
        Self { outward: false, shape: 1.0 }
    }
}

/// Computes every frame from what it holds; cards stay as they are.
pub(crate) fn frames(graph: &LayoutGraph, tree: &Tree, rects: &mut [Rect]) {
    for &node in tree.order.iter().rev().filter(|node| tree.is_group(**node)) {
        let inside = tree.children[node].iter().map(|child| rects[*child]).reduce(|a, b| a.union(&b));
        if let Some(inside) = inside {
            rects[node] = frame_around(&graph.options, inside, graph.nodes[node].header_width);
        }
    }
}
