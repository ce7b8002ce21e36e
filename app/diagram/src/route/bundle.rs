//! In which order stars are routed, and what belongs to each.

use std::collections::BTreeMap;

use groundplan_shared::scene::Rect;

use crate::wires::{Star, Wires};

/// Edges that share a stretch at one end.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) star: Star,
    pub(super) edges: Vec<usize>,
}

/// Bundles in the order in which they are routed: short ones first, since they have least choice.
pub(super) fn bundles(wires: &Wires, rects: &[Rect]) -> Vec<Bundle> {
    let graph = &wires.graph;
    let mut found: BTreeMap<Star, Vec<usize>> = BTreeMap::new();
    for (index, _) in graph.edges.iter().enumerate().filter(|(_, edge)| edge.source != edge.target) {
        found.entry(wires.stars[index]).or_default().push(index);
    }
    let mut bundles: Vec<(f64, Bundle)> = found
        .into_iter()
        .map(|(star, edges)| {
            let to = rects[star.root].center();
            let length = edges
                .iter()
                .map(|edge| rects[star.leaf(graph, *edge)].center())
                .map(|from| (from.x - to.x).abs() + (from.y - to.y).abs())
                .fold(0.0, f64::max);
            (length, Bundle { star, edges })
        })
        .collect();
    bundles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.star.cmp(&b.1.star)));
    bundles.into_iter().map(|(_, bundle)| bundle).collect()
}
