//! Where joints stand: right of their sources, left of their targets, at a free height between them.
//!
//! A function of where the cards stand and of nothing else, so that a stored drawing has the joints it had.

use std::collections::HashMap;

use groundplan_shared::scene::{Rect, metrics};

use super::JOINT;
use super::joints::{Joint, LEAST_GAIN, gain};
use crate::graph::LayoutGraph;
use crate::orient::header;
use crate::tree::Tree;

/// Least room between the sources' right edge and the targets' left edge.
const ROOM: f64 = 32.0;
/// Distance of a joint from its sources, and what each further joint beside them adds.
const APART: (f64, f64) = (13.0, 9.0);
/// Distance kept from boxes, and from other joints.
const AIR: f64 = 6.0;
/// Heights tried, and their distance.
const TRIES: (i32, f64) = (60, 8.0);

/// Joints that find a place, thinned to the ends that stand on the right sides of it, and their places.
pub(crate) fn locate(
    graph: &LayoutGraph,
    tree: &Tree,
    rects: &[Rect],
    joints: &[Joint],
) -> Vec<(Joint, Rect)> {
    let ready: Vec<(Joint, f64, f64)> =
        joints.iter().filter_map(|joint| thinned(graph, tree, rects, joint)).collect();
    let mut beside: HashMap<(Option<usize>, u64), (usize, f64)> = HashMap::new();
    for (joint, from, to) in &ready {
        let entry = beside.entry((joint.parent, from.to_bits())).or_insert((0, f64::INFINITY));
        *entry = (entry.0 + 1, entry.1.min(*to));
    }
    let mut found: Vec<(Joint, Rect)> = Vec::new();
    for (joint, from, _) in ready {
        let (count, to) = beside[&(joint.parent, from.to_bits())];
        let wanted = (from + APART.0 + APART.1 * count as f64).min(from + (to - from) * 0.6);
        let limit = joint.parent.map_or(f64::INFINITY, |group| rects[group].right() - AIR - JOINT);
        let x = wanted.min(limit).round();
        if x < from + AIR {
            continue;
        }
        let solid = |rect: &Rect| {
            let near = Rect::new(from + 1.0, rect.y - AIR, rect.right() + AIR - from, rect.h + 2.0 * AIR);
            let held = tree.held_by(joint.parent).iter().map(|v| rects[*v]);
            let within = joint.parent.is_none_or(|group| {
                let (frame, width) = (rects[group], graph.nodes[group].header_width);
                let label = header(&graph.options, frame, width, metrics::FRAME_HEADER);
                frame.contains(rect) && !label.overlaps(&rect.grown(AIR))
            });
            !within
                || held.into_iter().any(|other| other.overlaps(&near))
                || found.iter().any(|(_, other)| other.grown(AIR).overlaps(rect))
        };
        let wish = wish(rects, &joint);
        let place = (0..TRIES.0)
            .flat_map(|step| [wish + f64::from(step) * TRIES.1, wish - f64::from(step) * TRIES.1])
            .map(|y| Rect::new(x, (y - JOINT / 2.0).round(), JOINT, JOINT))
            .find(|rect| !solid(rect));
        if let Some(place) = place {
            found.push((joint, place));
        }
    }
    found
}

/// Keeps the sources left of some line and the targets right of it that save most lines, and the strip between.
fn thinned(graph: &LayoutGraph, tree: &Tree, rects: &[Rect], joint: &Joint) -> Option<(Joint, f64, f64)> {
    let cards = || tree.held_by(joint.parent).iter().filter(|v| !tree.is_group(**v)).map(|v| rects[*v]);
    let mut best: Option<(usize, f64, f64)> = None;
    for source in &joint.sources {
        // The right edge of its column, where that is ragged.
        let rect = rects[*source];
        let edge =
            cards().filter(|other| other.x == rect.x).map(|other| other.right()).fold(rect.right(), f64::max);
        let sources = joint.sources.iter().filter(|s| rects[**s].right() <= edge).count();
        let targets = || joint.targets.iter().map(|t| rects[*t].x).filter(|x| *x >= edge + ROOM);
        let saved = gain(sources, targets().count());
        if saved >= LEAST_GAIN && best.is_none_or(|(most, _, _)| saved > most) {
            best = Some((saved, edge, targets().fold(f64::INFINITY, f64::min)));
        }
    }
    let (_, edge, to) = best?;
    let mut joint = joint.clone();
    joint.sources.retain(|s| rects[*s].right() <= edge);
    joint.targets.retain(|t| rects[*t].x >= edge + ROOM);
    joint.edges.retain(|e| {
        let ends = &graph.edges[*e];
        joint.sources.contains(&ends.source) && joint.targets.contains(&ends.target)
    });
    Some((joint, edge, to))
}

/// The middle of the targets, as far as the sources reach: neither side needs a longer way.
fn wish(rects: &[Rect], joint: &Joint) -> f64 {
    let middles = |nodes: &[usize]| {
        let mut all: Vec<f64> = nodes.iter().map(|v| rects[*v].center().y).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (sources, targets) = (middles(&joint.sources), middles(&joint.targets));
    let (Some(low), Some(high)) = (sources.first(), sources.last()) else { return 0.0 };
    targets.get(targets.len() / 2).copied().unwrap_or(*low).clamp(*low, *high)
}
