//! Which edges are routed together: those that end at one box in one style, nearest first.

use std::collections::BTreeMap;

use groundplan_shared::scene::Rect;

use crate::graph::LayoutGraph;
use crate::tree::Tree;

/// Edges that share their last stretch.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) target: usize,
    /// True when the sources lie within the target.
    pub(super) from_within: bool,
    pub(super) edges: Vec<usize>,
}

/// Bundles in the order in which they are routed: short ones first, since they have least choice.
pub(super) fn bundles(graph: &LayoutGraph, tree: &Tree, rects: &[Rect]) -> Vec<Bundle> {
    let mut found: BTreeMap<(usize, bool, u32, usize), Vec<usize>> = BTreeMap::new();
    for (index, edge) in graph.edges.iter().enumerate().filter(|(_, edge)| edge.source != edge.target) {
        let within = tree.holds(edge.target, edge.source);
        let own = if graph.options.merge { 0 } else { index + 1 };
        found.entry((edge.target, within, edge.style, own)).or_default().push(index);
    }
    let mut bundles: Vec<(f64, Bundle)> = found
        .into_iter()
        .map(|((target, from_within, _, _), edges)| {
            let to = rects[target].center();
            let length = edges
                .iter()
                .map(|edge| rects[graph.edges[*edge].source].center())
                .map(|from| (from.x - to.x).abs() + (from.y - to.y).abs())
                .fold(0.0, f64::max);
            (length, Bundle { target, from_within, edges })
        })
        .collect();
    bundles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.target.cmp(&b.1.target)));
    bundles.into_iter().map(|(_, bundle)| bundle).collect()
}
