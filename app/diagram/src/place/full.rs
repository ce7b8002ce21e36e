//! Places a container and all it holds from the inside out.

use std::collections::HashMap;

use groundplan_shared::scene::{Point, Rect};

use super::layered::{self, Item, Link};
use super::{BOX_GAP, frame_around, pack};
use crate::deadline::Deadline;
use crate::tree::Tree;
use crate::wires::{JOINT, Wires};

/// Space between parts of a container that have no relations with each other.
const PART_GAP: f64 = 32.0;

/// Relations lifted to the container in which their ends meet: by container, `(child, child, edge)`.
pub(crate) struct Blocks {
    lifted: HashMap<Option<usize>, Vec<(usize, usize, usize)>>,
}

impl Blocks {
    /// Lifts every edge.
    pub(crate) fn of(wires: &Wires) -> Self {
        let mut lifted: HashMap<Option<usize>, Vec<_>> = HashMap::new();
        for (index, edge) in wires.graph.edges.iter().enumerate() {
            if let Some((container, a, b)) = wires.tree.meet(edge.source, edge.target) {
                lifted.entry(container).or_default().push((a, b, index));
            }
        }
        Self { lifted }
    }
}

/// Places everything; fills the first of `rects`, which are as many as there are nodes that are no joints.
pub(crate) fn place_all(wires: &Wires, rects: &mut [Rect], deadline: &Deadline) {
    let blocks = Blocks::of(wires);
    let mut all = rects.to_vec();
    all.resize(wires.graph.nodes.len(), Rect::new(0.0, 0.0, JOINT, JOINT));
    place_block(wires, &blocks, None, &mut all, deadline);
    for &node in &wires.tree.order {
        if let Some(parent) = wires.tree.parent[node] {
            all[node].x += all[parent].x;
            all[node].y += all[parent].y;
        }
    }
    rects.copy_from_slice(&all[..rects.len()]);
}

/// Places what `container` holds, and all below, relative to the container's own origin; cards keep their sizes.
///
/// Fills `rects` of everything below the container with positions relative to its frame's upper left corner (or to
/// the drawing's for the root) and returns the enclosing rectangle of its children.
pub(super) fn place_block(
    wires: &Wires,
    blocks: &Blocks,
    container: Option<usize>,
    rects: &mut [Rect],
    deadline: &Deadline,
) -> Rect {
    let (graph, tree) = (&wires.graph, &wires.tree);
    // Post-order without recursion: the nesting may be deep.
    let mut inside = vec![container];
    let mut next = 0;
    while let Some(at) = inside.get(next).copied() {
        next += 1;
        inside.extend(tree.held_by(at).iter().copied().filter(|child| tree.is_group(*child)).map(Some));
    }
    // Middle of each card relative to the frame being placed is found by climbing; frames come out smallest first.
    let mut bounds = Rect::default();
    for at in inside.into_iter().rev() {
        place_children(wires, blocks, at, rects, deadline);
        let cards = tree.held_by(at).iter().filter(|c| !wires.is_joint(**c));
        bounds = cards.map(|c| rects[*c]).reduce(|a, b| a.union(&b)).unwrap_or_default();
        if let Some(group) = at.filter(|_| at != container) {
            let frame = frame_around(bounds, graph.nodes[group].header_width);
            for &child in &tree.children[group] {
                rects[child].x -= frame.x;
                rects[child].y -= frame.y;
            }
            rects[group] = Rect::new(0.0, 0.0, frame.w, frame.h);
        }
    }
    bounds
}

/// Places the direct children of one container, whose own sizes are known.
fn place_children(
    wires: &Wires,
    blocks: &Blocks,
    container: Option<usize>,
    rects: &mut [Rect],
    deadline: &Deadline,
) {
    let (graph, tree) = (&wires.graph, &wires.tree);
    let children = tree.held_by(container);
    let lifted = blocks.lifted.get(&container).map_or(&[][..], Vec::as_slice);
    let index: HashMap<usize, usize> = children.iter().enumerate().map(|(i, child)| (*child, i)).collect();
    let parts = parts(children.len(), lifted, &index);
    let mut places = vec![Point::default(); children.len()];
    let size = |i: usize| (rects[children[i]].w, rects[children[i]].h);
    let mut part_sizes = Vec::new();
    for part in &parts {
        let sizes: Vec<(f64, f64)> = part.members.iter().map(|i| size(*i)).collect();
        let found = if part.links.is_empty() || deadline.is_past() {
            let cards = part.members.iter().all(|i| !tree.is_group(children[*i]));
            if cards {
                pack::grid(&sizes, graph.options.aspect, BOX_GAP + 12.0, BOX_GAP)
            } else {
                pack::shelves(&sizes, graph.options.aspect, PART_GAP)
            }
        } else {
            let items: Vec<Item> = part
                .members
                .iter()
                .zip(&sizes)
                .map(|(i, (width, height))| Item {
                    width: *width,
                    height: *height,
                    joint: wires.is_joint(children[*i]),
                })
                .collect();
            let local: HashMap<usize, usize> =
                part.members.iter().enumerate().map(|(l, i)| (*i, l)).collect();
            let links: Vec<Link> = part
                .links
                .iter()
                .map(|at| {
                    let (a, b, edge) = lifted[*at];
                    link(wires, rects, a, b, edge, (local[&index[&a]], local[&index[&b]]))
                })
                .collect();
            layered::place(&items, &links, graph.options.aspect, deadline)
        };
        let mut extent = (0.0f64, 0.0f64);
        for (place, (i, (w, h))) in found.iter().zip(part.members.iter().zip(&sizes)) {
            places[*i] = *place;
            extent = (extent.0.max(place.x + w), extent.1.max(place.y + h));
        }
        part_sizes.push(extent);
    }
    let corners = pack::shelves(&part_sizes, graph.options.aspect, PART_GAP);
    for (part, corner) in parts.iter().zip(corners) {
        for &i in &part.members {
            let rect = &mut rects[children[i]];
            rect.x = (corner.x + places[i].x).round();
            rect.y = (corner.y + places[i].y).round();
        }
    }
}

fn link(wires: &Wires, rects: &[Rect], a: usize, b: usize, edge: usize, (la, lb): (usize, usize)) -> Link {
    let (tree, wanted) = (&wires.tree, &wires.graph.edges[edge]);
    Link {
        a: la,
        b: lb,
        offset_a: offset(tree, rects, a, wanted.source),
        offset_b: offset(tree, rects, b, wanted.target),
        key: wires.keys[edge],
        label: wanted.label.map_or(0.0, |label| label.0),
    }
}

/// How far the middle of `node` stands below the middle of the frame `top` that holds it (or is it).
fn offset(tree: &Tree, rects: &[Rect], top: usize, node: usize) -> f64 {
    let mut y = rects[node].h / 2.0;
    let mut at = node;
    while at != top {
        y += rects[at].y;
        let Some(parent) = tree.parent[at] else { break };
        at = parent;
    }
    y - rects[top].h / 2.0
}

/// Children connected with each other, as positions among the children, and their links as positions in `lifted`.
struct Part {
    members: Vec<usize>,
    links: Vec<usize>,
}

/// Connected parts, largest first; all children without links form one part of their own.
fn parts(count: usize, lifted: &[(usize, usize, usize)], index: &HashMap<usize, usize>) -> Vec<Part> {
    let mut root: Vec<usize> = (0..count).collect();
    for (a, b, _) in lifted {
        let (a, b) = (find(&mut root, index[a]), find(&mut root, index[b]));
        root[a.max(b)] = a.min(b);
    }
    let mut linked = vec![false; count];
    for (a, b, _) in lifted {
        linked[index[a]] = true;
        linked[index[b]] = true;
    }
    let mut by_root: HashMap<usize, usize> = HashMap::new();
    let mut parts: Vec<Part> = Vec::new();
    for (i, linked) in linked.into_iter().enumerate() {
        let key = if linked { find(&mut root, i) } else { usize::MAX };
        let part = *by_root.entry(key).or_insert_with(|| {
            parts.push(Part { members: Vec::new(), links: Vec::new() });
            parts.len() - 1
        });
        parts[part].members.push(i);
    }
    for (at, (a, _, _)) in lifted.iter().enumerate() {
        let key = find(&mut root, index[a]);
        if let Some(part) = by_root.get(&key) {
            parts[*part].links.push(at);
        }
    }
    parts
}

fn find(root: &mut [usize], mut v: usize) -> usize {
    while root[v] != v {
        root[v] = root[root[v]];
        v = root[v];
    }
    v
}
