//! Finds a free place for new boxes near what they relate to, without moving any other.

use groundplan_shared::scene::{Point, Rect};

use super::{BOX_GAP, Blocks, frames, place_block};
use crate::deadline::Deadline;
use crate::graph::LayoutGraph;
use crate::orient::frame_around;
use crate::tree::Tree;
use crate::wires::Wires;

/// Step between tried places, horizontally and vertically.
const STEP: (f64, f64) = (24.0, 16.0);
/// Rings of tried places around the wanted one.
const RINGS: i32 = 60;
/// Space a frame may grow into stays this far from its neighbours.
const FRAME_GAP: f64 = 8.0;
/// Distance from a related box, sideways.
const NEIGHBOUR_GAP: f64 = 64.0;

/// Places every box without a fixed position, in a graph without joints; `rects` holds cards at their fixed positions and all sizes.
///
/// Returns the boxes for which no free place was found.
pub(crate) fn place_beside(
    wires: &Wires,
    blocks: &Blocks,
    rects: &mut [Rect],
    deadline: &Deadline,
) -> Vec<usize> {
    let (graph, tree) = (&wires.graph, &wires.tree);
    let mut placed: Vec<bool> =
        (0..rects.len()).map(|v| !tree.is_group(v) && graph.nodes[v].fixed.is_some()).collect();
    for &v in tree.order.iter().rev() {
        if placed[v]
            && let Some(parent) = tree.parent[v]
        {
            placed[parent] = true;
        }
    }
    let fresh: Vec<usize> = tree
        .order
        .iter()
        .copied()
        .filter(|v| !placed[*v] && tree.parent[*v].is_none_or(|p| placed[p]))
        .collect();
    for &block in fresh.iter().filter(|block| tree.is_group(**block)) {
        let bounds = place_block(wires, blocks, Some(block), (graph.options.aspect, None), rects, deadline);
        let frame = frame_around(&graph.options, bounds, graph.nodes[block].header_width);
        rects[block] = Rect::new(0.0, 0.0, frame.w, frame.h);
        for &child in &tree.children[block] {
            rects[child].x -= frame.x;
            rects[child].y -= frame.y;
        }
    }
    let mut ends: Vec<Vec<(usize, bool)>> = vec![Vec::new(); rects.len()];
    for edge in &graph.edges {
        ends[edge.source].push((edge.target, true));
        ends[edge.target].push((edge.source, false));
    }
    placed_frames(graph, tree, &placed, rects);
    let mut crowded = Vec::new();
    for block in fresh {
        let (corner, free) = find_place(tree, graph, rects, &placed, &ends, block, deadline);
        if !free {
            crowded.push(block);
        }
        settle_block(tree, rects, block, corner);
        for v in below(tree, block) {
            placed[v] = true;
        }
        grow_ancestors(graph, tree, &placed, rects, block);
    }
    frames(graph, tree, rects);
    crowded
}

fn below(tree: &Tree, top: usize) -> Vec<usize> {
    let mut all = vec![top];
    let mut next = 0;
    while let Some(&v) = all.get(next) {
        next += 1;
        all.extend(&tree.children[v]);
    }
    all
}

/// Makes a block's relative positions absolute.
fn settle_block(tree: &Tree, rects: &mut [Rect], block: usize, corner: Point) {
    rects[block].x = corner.x;
    rects[block].y = corner.y;
    for v in below(tree, block).into_iter().skip(1) {
        if let Some(parent) = tree.parent[v] {
            rects[v].x += rects[parent].x;
            rects[v].y += rects[parent].y;
        }
    }
}

fn frame_of(graph: &LayoutGraph, tree: &Tree, placed: &[bool], rects: &[Rect], group: usize) -> Option<Rect> {
    let inside =
        tree.children[group].iter().filter(|c| placed[**c]).map(|c| rects[*c]).reduce(|a, b| a.union(&b))?;
    Some(frame_around(&graph.options, inside, graph.nodes[group].header_width))
}

fn placed_frames(graph: &LayoutGraph, tree: &Tree, placed: &[bool], rects: &mut [Rect]) {
    for &group in tree.order.iter().rev().filter(|v| placed[**v] && tree.is_group(**v)) {
        if let Some(frame) = frame_of(graph, tree, placed, rects, group) {
            rects[group] = frame;
        }
    }
}

fn grow_ancestors(graph: &LayoutGraph, tree: &Tree, placed: &[bool], rects: &mut [Rect], node: usize) {
    let mut at = tree.parent[node];
    while let Some(group) = at {
        if let Some(frame) = frame_of(graph, tree, placed, rects, group) {
            rects[group] = frame;
        }
        at = tree.parent[group];
    }
}

/// Upper left corner for a block, and whether it is free of overlaps.
fn find_place(
    tree: &Tree,
    graph: &LayoutGraph,
    rects: &[Rect],
    placed: &[bool],
    ends: &[Vec<(usize, bool)>],
    block: usize,
    deadline: &Deadline,
) -> (Point, bool) {
    let size = rects[block];
    let container = tree.parent[block];
    let siblings: Vec<usize> =
        tree.held_by(container).iter().copied().filter(|v| *v != block && placed[*v]).collect();
    let around = siblings.iter().map(|v| rects[*v]).reduce(|a, b| a.union(&b));
    let wanted = wanted(tree, rects, placed, ends, block)
        .or_else(|| around.map(|r| Point::new(r.x, r.bottom() + BOX_GAP)))
        .unwrap_or_default();
    let free = |corner: Point| {
        let rect = Rect::new(corner.x, corner.y, size.w, size.h);
        deadline.spend(siblings.len() as u64 + 1);
        is_free(graph, tree, rects, placed, &siblings, container, rect)
    };
    for ring in 0..=RINGS {
        let mut best: Option<(f64, Point)> = None;
        for (dx, dy) in ring_offsets(ring) {
            let corner = Point::new(wanted.x + f64::from(dx) * STEP.0, wanted.y + f64::from(dy) * STEP.1);
            let distance = (corner.x - wanted.x).hypot(corner.y - wanted.y);
            if best.is_none_or(|(least, _)| distance < least) && free(corner) {
                best = Some((distance, corner));
            }
        }
        if let Some((_, corner)) = best {
            return (corner, true);
        }
        if deadline.is_past() {
            break;
        }
    }
    // Everything near is taken: try the four sides of what the container holds.
    let around = around.unwrap_or(Rect::new(wanted.x, wanted.y, 0.0, 0.0));
    let below = Point::new(around.x, (around.bottom() + BOX_GAP).round());
    let sides = [
        below,
        Point::new((around.right() + BOX_GAP).round(), around.y),
        Point::new(around.x, (around.y - BOX_GAP - size.h).round()),
        Point::new((around.x - BOX_GAP - size.w).round(), around.y),
    ];
    sides.into_iter().find(|corner| free(*corner)).map_or((below, false), |corner| (corner, true))
}

fn ring_offsets(ring: i32) -> impl Iterator<Item = (i32, i32)> {
    (-ring..=ring).flat_map(move |dy| {
        let step = if dy.abs() == ring || ring == 0 { 1 } else { 2 * ring };
        (-ring..=ring).step_by(usize::try_from(step).unwrap_or(1)).map(move |dx| (dx, dy))
    })
}

/// Right of what points at the block, left of what it points at, at their height.
fn wanted(
    tree: &Tree,
    rects: &[Rect],
    placed: &[bool],
    ends: &[Vec<(usize, bool)>],
    block: usize,
) -> Option<Point> {
    let size = rects[block];
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for v in below(tree, block) {
        for &(other, outgoing) in
            ends[v].iter().filter(|(other, _)| placed[*other] && !tree.holds(*other, block))
        {
            let near = rects[other];
            x += if outgoing { near.x - NEIGHBOUR_GAP - size.w } else { near.right() + NEIGHBOUR_GAP };
            y += near.center().y - size.h / 2.0;
            count += 1.0;
        }
    }
    (count > 0.0).then(|| Point::new((x / count).round(), (y / count).round()))
}

/// True when the box overlaps no sibling and no frame that grows for it overlaps one of its own siblings.
fn is_free(
    graph: &LayoutGraph,
    tree: &Tree,
    rects: &[Rect],
    placed: &[bool],
    siblings: &[usize],
    container: Option<usize>,
    rect: Rect,
) -> bool {
    let roomy = rect.grown(BOX_GAP - 1.0);
    if siblings.iter().any(|v| rects[*v].overlaps(&roomy)) {
        return false;
    }
    let (mut inner, mut at) = (rect, container);
    while let Some(group) = at {
        let inside = tree.children[group]
            .iter()
            .filter(|v| placed[**v])
            .map(|v| rects[*v])
            .fold(inner, |a, b| a.union(&b));
        let grown = frame_around(&graph.options, inside, graph.nodes[group].header_width);
        if rects[group].contains(&grown) {
            return true;
        }
        let next = tree.parent[group];
        let roomy = grown.grown(FRAME_GAP);
        let mut others = tree.held_by(next).iter().filter(|v| **v != group && placed[**v]);
        if others.any(|v| rects[*v].overlaps(&roomy) && !rects[*v].overlaps(&rects[group])) {
            return false;
        }
        (inner, at) = (grown, next);
    }
    true
}
