//! Which relations meet in a joint: complete pairs of sources and targets, the largest savings first.
//!
//! Finding the fewest lines is hard (it is covering by bicliques); the sets of targets that elements really have,
//! and what two of them have in common, are candidates enough in drawings of software.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::deadline::Deadline;
use crate::graph::LayoutGraph;
use crate::tree::Tree;

/// Lines that a joint must save.
pub(super) const LEAST_GAIN: usize = 2;
/// More different sets of targets in one container are not intersected with each other.
const PAIRS: usize = 96;

/// Each source relates to each target; no relation of these has a label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Joint {
    /// Group that holds all sources.
    pub(crate) parent: Option<usize>,
    pub(crate) style: u32,
    pub(crate) sources: Vec<usize>,
    pub(crate) targets: Vec<usize>,
    /// Relations of the graph that it stands for.
    pub(crate) edges: Vec<usize>,
}

/// Lines saved by leading `a` × `b` relations through a joint.
pub(super) fn gain(a: usize, b: usize) -> usize {
    (a * b).saturating_sub(a + b)
}

/// Sources of one container and style, with what they relate to.
#[derive(Default)]
struct Field {
    out: BTreeMap<usize, BTreeSet<usize>>,
    into: BTreeMap<usize, BTreeSet<usize>>,
}

/// Finds joints worth drawing; none once the deadline has passed.
pub(crate) fn find(graph: &LayoutGraph, tree: &Tree, deadline: &Deadline) -> Vec<Joint> {
    if !graph.options.merge || deadline.spend(graph.edges.len() as u64) {
        return Vec::new();
    }
    let mut labelled = BTreeSet::new();
    for edge in graph.edges.iter().filter(|edge| edge.label.is_some()) {
        labelled.insert((edge.source, edge.target, edge.style));
    }
    let mut fields: BTreeMap<(Option<usize>, u32), Field> = BTreeMap::new();
    let mut by_ends: BTreeMap<(usize, usize, u32), Vec<usize>> = BTreeMap::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        let ends = (edge.source, edge.target, edge.style);
        let cards = !tree.is_group(edge.source) && !tree.is_group(edge.target);
        if edge.source == edge.target || !cards || labelled.contains(&ends) {
            continue;
        }
        by_ends.entry(ends).or_default().push(index);
        let field = fields.entry((tree.parent[edge.source], edge.style)).or_default();
        field.out.entry(edge.source).or_default().insert(edge.target);
        field.into.entry(edge.target).or_default().insert(edge.source);
    }
    let mut joints = Vec::new();
    for ((parent, style), mut field) in fields {
        for (sources, targets) in field.bicliques(deadline) {
            let edges = sources
                .iter()
                .flat_map(|source| targets.iter().map(move |target| (*source, *target, style)))
                .filter_map(|ends| by_ends.get(&ends))
                .flatten()
                .copied()
                .collect();
            joints.push(Joint { parent, style, sources, targets, edges });
        }
    }
    joints
}

impl Field {
    /// Takes complete pairs of sets out, the largest saving first.
    fn bicliques(&mut self, deadline: &Deadline) -> Vec<(Vec<usize>, Vec<usize>)> {
        let sets: BTreeSet<Vec<usize>> = self
            .out
            .values()
            .filter(|targets| targets.len() > 1)
            .map(|targets| targets.iter().copied().collect())
            .collect();
        let mut candidates = sets.clone();
        if sets.len() <= PAIRS {
            for a in &sets {
                let near = sets.range::<Vec<usize>, _>(..a);
                if deadline.spend(sets.len() as u64) {
                    return Vec::new();
                }
                candidates.extend(near.map(|b| common(a, b)).filter(|both| both.len() > 1));
            }
        }
        let mut queue = BinaryHeap::new();
        for targets in candidates {
            if deadline.spend(targets.len() as u64) {
                return Vec::new();
            }
            let sources = self.sources_of(&targets);
            let saved = gain(sources.len(), targets.len());
            if saved >= LEAST_GAIN {
                queue.push((saved, std::cmp::Reverse((targets, sources))));
            }
        }
        // Savings only shrink as relations are taken: what is still the largest when looked at again, is it.
        let mut found = Vec::new();
        while let Some((saved, std::cmp::Reverse((targets, before)))) = queue.pop() {
            if deadline.spend(targets.len() as u64) {
                break;
            }
            let sources = self.sources_of(&targets);
            let now = gain(sources.len(), targets.len());
            if now < saved {
                // What is left for fewer sources, or for the same sources and fewer targets.
                let rest: Vec<usize> = targets
                    .iter()
                    .copied()
                    .filter(|t| self.into.get(t).is_some_and(|set| before.iter().all(|s| set.contains(s))))
                    .collect();
                let left = gain(before.len(), rest.len());
                if left >= LEAST_GAIN && left < saved && rest.len() < targets.len() {
                    let all = self.sources_of(&rest);
                    queue.push((gain(all.len(), rest.len()).min(left), std::cmp::Reverse((rest, all))));
                }
                if now >= LEAST_GAIN {
                    queue.push((now, std::cmp::Reverse((targets, sources))));
                }
                continue;
            }
            for target in &targets {
                if let Some(into) = self.into.get_mut(target) {
                    sources.iter().for_each(|source| {
                        into.remove(source);
                    });
                }
            }
            found.push((sources, targets));
        }
        found
    }

    /// Those that still relate to all of them.
    fn sources_of(&self, targets: &[usize]) -> Vec<usize> {
        let mut sets: Vec<&BTreeSet<usize>> = targets.iter().filter_map(|t| self.into.get(t)).collect();
        sets.sort_by_key(|set| set.len());
        let Some((least, others)) = sets.split_first() else { return Vec::new() };
        // A source is never one of its own targets: lines would lead back through the joint.
        least
            .iter()
            .filter(|source| others.iter().all(|set| set.contains(source)) && !targets.contains(source))
            .copied()
            .collect()
    }
}

/// What two ascending lists have in common.
fn common(a: &[usize], b: &[usize]) -> Vec<usize> {
    a.iter().copied().filter(|v| b.binary_search(v).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{LayoutEdge, LayoutNode};

    fn graph(count: usize, pairs: &[(usize, usize)]) -> LayoutGraph {
        let node = LayoutNode { width: 100.0, height: 40.0, ..LayoutNode::default() };
        let edges = pairs.iter().map(|(source, target)| LayoutEdge {
            source: *source,
            target: *target,
            label: None,
            style: 0,
        });
        LayoutGraph { nodes: vec![node; count], edges: edges.collect(), ..LayoutGraph::default() }
    }

    fn found(graph: &LayoutGraph) -> Vec<Joint> {
        find(graph, &Tree::of(graph).expect("a valid graph"), &Deadline::unlimited())
    }

    #[test]
    fn what_all_share_meets_in_one_joint() {
        // 0 to 4 use 5 and 6, and 0 uses 7 besides.
        let pairs: Vec<(usize, usize)> =
            (0..5).flat_map(|s| [(s, 5), (s, 6)]).chain([(0, 7), (3, 7)]).collect();
        let joints = found(&graph(8, &pairs));
        assert_eq!(joints.len(), 1);
        assert_eq!((joints[0].sources.clone(), joints[0].targets.clone()), (vec![0, 1, 2, 3, 4], vec![5, 6]));
        assert_eq!(joints[0].edges.len(), 10);
    }

    #[test]
    fn every_pair_of_a_joint_is_a_relation_and_in_one_joint_only() {
        let pairs: Vec<(usize, usize)> = (0..12)
            .flat_map(|s| (12..18).filter(move |t| (s * 7 + t * 5) % 4 != 0).map(move |t| (s, t)))
            .collect();
        let graph = graph(18, &pairs);
        let joints = found(&graph);
        assert!(!joints.is_empty());
        let mut seen = BTreeSet::new();
        for joint in &joints {
            assert_eq!(joint.edges.len(), joint.sources.len() * joint.targets.len());
            assert!(joint.edges.iter().all(|edge| seen.insert(*edge)));
            assert!(gain(joint.sources.len(), joint.targets.len()) >= LEAST_GAIN);
        }
    }

    #[test]
    fn labelled_relations_stay_alone() {
        let pairs: Vec<(usize, usize)> = (0..4).flat_map(|s| [(s, 4), (s, 5), (s, 6)]).collect();
        let mut graph = graph(7, &pairs);
        graph.edges.iter_mut().for_each(|edge| edge.label = Some((30.0, 16.0)));
        assert!(found(&graph).is_empty());
    }
}
