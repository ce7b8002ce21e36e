//! Which edges share a way: all edges of a star, gathered at their target or fanning out from their source.
//!
//! Each edge belongs to one star only. The end with more edges left takes them: forty services that use one broker
//! become one tree into the broker, a gateway that calls ten services one tree out of the gateway.

use std::collections::{BinaryHeap, HashMap};

use crate::graph::LayoutGraph;
use crate::tree::Tree;

/// The star of one edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Star {
    /// The end that all its edges share.
    pub(crate) root: usize,
    /// True when the root is their source.
    pub(crate) outward: bool,
    /// True when the other ends lie within the root.
    pub(crate) from_within: bool,
    /// Style of its edges.
    pub(crate) style: u32,
    /// Tells edges apart that may share nothing.
    own: usize,
}

impl Star {
    /// The end that is not the root.
    pub(crate) fn leaf(&self, graph: &LayoutGraph, edge: usize) -> usize {
        if self.outward { graph.edges[edge].target } else { graph.edges[edge].source }
    }
}

/// Finds a star for each edge.
pub(super) fn cover(graph: &LayoutGraph, tree: &Tree) -> Vec<Star> {
    let gathered = |index: usize| {
        let edge = &graph.edges[index];
        // What a label says is true of its own line only.
        let own = if graph.options.merge && edge.label.is_none() { 0 } else { index + 1 };
        let from_within = edge.source != edge.target && tree.holds(edge.target, edge.source);
        Star { root: edge.target, outward: false, from_within, style: edge.style, own }
    };
    let mut stars: Vec<Option<Star>> = vec![None; graph.edges.len()];
    let mut members: HashMap<Star, Vec<usize>> = HashMap::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        let inward = gathered(index);
        let nested = tree.holds(edge.target, edge.source) || tree.holds(edge.source, edge.target);
        if nested || edge.label.is_some() || !graph.options.merge {
            stars[index] = Some(inward);
            continue;
        }
        members.entry(inward).or_default().push(index);
        let outward = Star { root: edge.source, outward: true, ..inward };
        members.entry(outward).or_default().push(index);
    }
    let order = |star: Star, count: usize| (count, !star.outward, std::cmp::Reverse(star));
    let mut queue: BinaryHeap<_> = members.iter().map(|(star, all)| order(*star, all.len())).collect();
    while let Some((count, _, std::cmp::Reverse(star))) = queue.pop() {
        let Some(all) = members.get_mut(&star) else { continue };
        all.retain(|edge| stars[*edge].is_none());
        if all.len() < count {
            if !all.is_empty() {
                queue.push(order(star, all.len()));
            }
            continue;
        }
        all.iter().for_each(|edge| stars[*edge] = Some(star));
    }
    stars.into_iter().enumerate().map(|(index, star)| star.unwrap_or_else(|| gathered(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{LayoutEdge, LayoutNode};

    #[test]
    fn the_busier_end_gathers() {
        // 0 → 1, 2, 3 and 4, 5, 6 → 3.
        let pairs = [(0, 1), (0, 2), (0, 3), (4, 3), (5, 3), (6, 3)];
        let edges = pairs.map(|(source, target)| LayoutEdge { source, target, label: None, style: 0 });
        let graph = LayoutGraph {
            nodes: vec![LayoutNode::default(); 7],
            edges: edges.to_vec(),
            ..LayoutGraph::default()
        };
        let stars = cover(&graph, &Tree::of(&graph).expect("a valid graph"));
        let roots: Vec<(usize, bool)> = stars.iter().map(|star| (star.root, star.outward)).collect();
        assert_eq!(roots, [(0, true), (0, true), (3, false), (3, false), (3, false), (3, false)]);
    }
}
