//! Drawings that flow downwards: laid out as if they flowed rightwards, with x and y exchanged before and after.
//!
//! Which way a stored drawing flows is read off its cards; nothing is stored for it.

use groundplan_shared::scene::{Point, Rect, metrics};

use crate::graph::{Direction, Layout, LayoutGraph, LayoutOptions};

/// The graph as the layout steps see it: flowing rightwards.
pub(crate) fn oriented(graph: &LayoutGraph, down: bool) -> LayoutGraph {
    let mut turned = graph.clone();
    turned.options.direction = if down { Direction::Down } else { Direction::Across };
    if down {
        turned.options.aspect = 1.0 / graph.options.aspect.max(0.01);
        for node in &mut turned.nodes {
            (node.width, node.height) = (node.height, node.width);
            node.fixed = node.fixed.map(|at| Point::new(at.y, at.x));
        }
        for label in turned.edges.iter_mut().filter_map(|edge| edge.label.as_mut()) {
            *label = (label.1, label.0);
        }
    }
    turned
}

/// Turns a layout of an oriented graph back.
pub(crate) fn restored(mut layout: Layout, down: bool) -> Layout {
    if down {
        layout.rects.iter_mut().for_each(|rect| *rect = exchanged(*rect));
        for route in &mut layout.routes {
            route.points.iter_mut().for_each(|at| *at = Point::new(at.y, at.x));
            route.label = route.label.map(exchanged);
        }
        layout.bounds = exchanged(layout.bounds);
    }
    layout
}

/// True when more relations lead down than lead to the right, among boxes whose place is known.
pub(crate) fn flows_down(graph: &LayoutGraph, place: impl Fn(usize) -> Option<Rect>) -> bool {
    let (mut across, mut down) = (0usize, 0usize);
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (place(edge.source), place(edge.target)) {
            across += usize::from(from.right() < to.x);
            down += usize::from(from.bottom() < to.y);
        }
    }
    down > across
}

/// Part of a frame that its label needs, in an oriented drawing.
pub(crate) fn header(options: &LayoutOptions, frame: Rect, header_width: f64, height: f64) -> Rect {
    if options.direction == Direction::Down {
        Rect::new(frame.x, frame.y, height, header_width.min(frame.h))
    } else {
        Rect::new(frame.x, frame.y, header_width.min(frame.w), height)
    }
}

/// Frame around what a group holds, in an oriented drawing.
pub(crate) fn frame_around(options: &LayoutOptions, inside: Rect, header_width: f64) -> Rect {
    let (pad, head) = (metrics::FRAME_PADDING, metrics::FRAME_HEADER);
    let around = |inside: Rect| {
        let width = (inside.w + 2.0 * pad).max(header_width);
        Rect::new(inside.x - pad, inside.y - head, width, inside.h + head + pad)
    };
    if options.direction == Direction::Down { exchanged(around(exchanged(inside))) } else { around(inside) }
}

/// x and y the other way round.
pub(crate) fn exchanged(rect: Rect) -> Rect {
    Rect::new(rect.y, rect.x, rect.h, rect.w)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_its_label_above_whichever_way_it_flows() {
        let inside = Rect::new(10.0, 20.0, 100.0, 50.0);
        let across = LayoutOptions { direction: Direction::Across, ..LayoutOptions::default() };
        let down = LayoutOptions { direction: Direction::Down, ..LayoutOptions::default() };
        let frame = frame_around(&across, inside, 0.0);
        assert_eq!(exchanged(frame_around(&down, exchanged(inside), 0.0)), frame);
        assert!(frame.y + metrics::FRAME_HEADER == inside.y);
    }
}
