//! The layout engine behind its trait: placement, frames, routes. The steps live in modules of their own.

use groundplan_shared::scene::Rect;

use crate::deadline::Deadline;
use crate::graph::{Layout, LayoutError, LayoutGraph};
use crate::tree::Tree;
use crate::wires::{self, Joint, Wires};
use crate::{place, route};

/// Computes positions and routes; implementations keep the deadline by finishing with cruder means.
pub trait LayoutEngine {
    /// Lays a graph out. The same graph and the same counted work give the same layout.
    ///
    /// Boxes with a fixed position keep it; if no box has one, everything is placed. Frames follow what they hold.
    ///
    /// # Errors
    /// [`LayoutError::Cancelled`] once the caller's flag is set; the other variants for a graph that is none.
    fn layout(&self, graph: &LayoutGraph, deadline: &Deadline) -> Result<Layout, LayoutError>;
}

/// Layered placement from the inside out, with routes through the free space.
#[derive(Debug, Clone, Copy, Default)]
pub struct NestedLayers;

impl LayoutEngine for NestedLayers {
    fn layout(&self, graph: &LayoutGraph, deadline: &Deadline) -> Result<Layout, LayoutError> {
        let tree = Tree::of(graph)?;
        let stopped = || if deadline.is_cancelled() { Err(LayoutError::Cancelled) } else { Ok(()) };
        stopped()?;
        let mut rects: Vec<Rect> = graph
            .nodes
            .iter()
            .map(|node| {
                let corner = node.fixed.unwrap_or_default();
                Rect::new(corner.x, corner.y, node.width.max(1.0), node.height.max(1.0))
            })
            .collect();
        let any_fixed = (0..rects.len()).any(|v| !tree.is_group(v) && graph.nodes[v].fixed.is_some());
        let joints = wires::find(graph, &tree, deadline);
        let mut crowded = Vec::new();
        if any_fixed {
            let plain = Wires::of(graph, &[])?;
            crowded = place::place_beside(&plain, &place::Blocks::of(&plain), &mut rects, deadline);
        } else {
            place::place_all(&Wires::of(graph, &joints)?, &mut rects, deadline);
        }
        place::frames(graph, &tree, &mut rects);
        stopped()?;
        let crude_placement = deadline.is_past();
        let (joints, spots): (Vec<Joint>, Vec<Rect>) =
            wires::locate(graph, &tree, &rects, &joints).into_iter().unzip();
        let wires = Wires::of(graph, &joints)?;
        let with_joints: Vec<Rect> = rects.iter().copied().chain(spots).collect();
        let (routes, crude_routes) = route::route(&wires, &with_joints, deadline);
        let routes = wires.compose(&with_joints, routes);
        stopped()?;
        let bounds = bounds(&rects, &routes);
        Ok(Layout { rects, routes, bounds, crowded, degraded: crude_placement || crude_routes })
    }
}

fn bounds(rects: &[Rect], routes: &[crate::graph::Route]) -> Rect {
    let points = routes.iter().flat_map(|route| &route.points).map(|p| Rect::new(p.x, p.y, 0.0, 0.0));
    let labels = routes.iter().filter_map(|route| route.label);
    rects.iter().copied().chain(points).chain(labels).reduce(|a, b| a.union(&b)).unwrap_or_default()
}
