//! What is drawn as lines: relations gathered at joints and shared out among stars, and put together again.
//!
//! Where each of some sources relates to each of some targets, the lines meet in one joint and part again: so many
//! sources plus so many targets instead of their product, and every way along the lines is a relation that exists.
//! Joints are tiny boxes to placement and routing. Where they stand follows from where the cards stand.

mod joints;
mod spots;
mod stars;

use std::collections::HashMap;

use groundplan_shared::scene::{Point, Rect};

use crate::graph::{LayoutEdge, LayoutError, LayoutGraph, LayoutNode, Route};
use crate::tree::Tree;

pub(crate) use joints::{Joint, find};
pub(crate) use spots::locate;
pub(crate) use stars::Star;

/// Side of a joint's box.
pub(crate) const JOINT: f64 = 4.0;

/// A graph whose relations may run through joints.
#[derive(Debug)]
pub(crate) struct Wires {
    /// The graph with joints appended.
    pub(crate) graph: LayoutGraph,
    /// Its nesting.
    pub(crate) tree: Tree,
    /// Nodes from here on are joints.
    pub(crate) first_joint: usize,
    /// By edge: with which others it shares its way.
    pub(crate) stars: Vec<Star>,
    /// By edge: a number for its star.
    pub(crate) keys: Vec<usize>,
    /// By relation of the original graph: the edge it runs on, or the two that meet in a joint.
    parts: Vec<(usize, Option<usize>)>,
}

impl Wires {
    /// Leads the joints' relations through them; all others stay as they are.
    pub(crate) fn of(graph: &LayoutGraph, joints: &[Joint]) -> Result<Self, LayoutError> {
        let first_joint = graph.nodes.len();
        let mut nodes = graph.nodes.clone();
        let mut through: Vec<Option<usize>> = vec![None; graph.edges.len()];
        for (index, joint) in joints.iter().enumerate() {
            nodes.push(LayoutNode {
                parent: joint.parent,
                width: JOINT,
                height: JOINT,
                header_width: 0.0,
                fixed: None,
            });
            for edge in &joint.edges {
                through[*edge] = Some(index);
            }
        }
        let mut edges: Vec<LayoutEdge> = Vec::with_capacity(graph.edges.len());
        let mut parts = vec![(0, None); graph.edges.len()];
        for (index, edge) in graph.edges.iter().enumerate().filter(|(index, _)| through[*index].is_none()) {
            parts[index] = (edges.len(), None);
            edges.push(edge.clone());
        }
        for (index, joint) in joints.iter().enumerate() {
            let middle = first_joint + index;
            let base = edges.len();
            let wire =
                |source: usize, target: usize| LayoutEdge { source, target, label: None, style: joint.style };
            edges.extend(joint.sources.iter().map(|source| wire(*source, middle)));
            edges.extend(joint.targets.iter().map(|target| wire(middle, *target)));
            for &edge in &joint.edges {
                let ends = &graph.edges[edge];
                let source = joint.sources.iter().position(|node| *node == ends.source);
                let target = joint.targets.iter().position(|node| *node == ends.target);
                let (Some(source), Some(target)) = (source, target) else { continue };
                parts[edge] = (base + source, Some(base + joint.sources.len() + target));
            }
        }
        let graph = LayoutGraph { nodes, edges, options: graph.options };
        let tree = Tree::of(&graph)?;
        let stars = stars::cover(&graph, &tree);
        let mut numbers: HashMap<Star, usize> = HashMap::new();
        let mut keys = Vec::with_capacity(stars.len());
        for star in &stars {
            let fresh = numbers.len();
            keys.push(*numbers.entry(*star).or_insert(fresh));
        }
        Ok(Self { graph, tree, first_joint, stars, keys, parts })
    }

    /// True for a joint.
    pub(crate) fn is_joint(&self, node: usize) -> bool {
        node >= self.first_joint
    }

    /// The courses of the original relations.
    pub(crate) fn compose(&self, rects: &[Rect], routes: Vec<Route>) -> Vec<Route> {
        self.parts
            .iter()
            .map(|(first, second)| {
                let Some(second) = second else { return routes[*first].clone() };
                let middle = rects[self.graph.edges[*first].target].center();
                let mut points = routes[*first].points.clone();
                let onwards = &routes[*second].points;
                if let (Some(end), Some(start)) = (points.last().copied(), onwards.first()) {
                    points.push(Point::new(middle.x, end.y));
                    points.push(Point::new(middle.x, start.y));
                }
                points.extend(onwards);
                drop_collinear(&mut points);
                Route { points, label: None }
            })
            .collect()
    }
}

/// Leaves out points that are no corners.
pub(crate) fn drop_collinear(points: &mut Vec<Point>) {
    points.dedup();
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for &point in points.iter() {
        while let [.., a, b] = kept.as_slice() {
            let straight = (a.x == b.x && b.x == point.x) || (a.y == b.y && b.y == point.y);
            if !straight {
                break;
            }
            kept.pop();
        }
        if kept.last() != Some(&point) {
            kept.push(point);
        }
    }
    *points = kept;
}
