//! Places a container and all it holds from the inside out.

use std::collections::HashMap;

use groundplan_shared::scene::{Point, Rect};

use super::layered::{self, Item, ItemRole, Link};
use super::{BOX_GAP, Style, pack};
use crate::deadline::Deadline;
use crate::orient::frame_around;
use crate::tree::Tree;
use crate::wires::{JOINT, Wires};

/// Space between parts of a container that have no relations with each other.
const PART_GAP: f64 = 32.0;

/// Relations seen from the containers they concern.
pub(crate) struct Blocks {
    /// By container in which the ends meet: `(child, child, edge)`.
    lifted: HashMap<Option<usize>, Vec<(usize, usize, usize)>>,
    /// By group that an edge leaves or enters: `(child, end outside, edge)`.
    outer: HashMap<usize, Vec<(usize, usize, usize)>>,
}

impl Blocks {
    /// Lifts every edge.
    pub(crate) fn of(wires: &Wires) -> Self {
        let tree = &wires.tree;
        let mut lifted: HashMap<Option<usize>, Vec<_>> = HashMap::new();
        let mut outer: HashMap<usize, Vec<_>> = HashMap::new();
        for (index, edge) in wires.graph.edges.iter().enumerate() {
            let Some((container, a, b)) = tree.meet(edge.source, edge.target) else { continue };
            lifted.entry(container).or_default().push((a, b, index));
            for (end, other, top) in [(edge.source, edge.target, a), (edge.target, edge.source, b)] {
                let mut child = end;
                while child != top {
                    let Some(group) = tree.parent[child] else { break };
                    outer.entry(group).or_default().push((child, other, index));
                    child = group;
                }
            }
        }
        Self { lifted, outer }
    }
}

/// Places everything; fills the first of `rects`, which are as many as there are nodes that are no joints.
pub(crate) fn place_all(wires: &Wires, style: Style, rects: &mut [Rect], deadline: &Deadline) {
    let blocks = Blocks::of(wires);
    let aspect = wires.graph.options.aspect * style.shape;
    let mut all = absolute(wires, &blocks, (aspect, None), rects, deadline);
    // Groups are placed from the inside out. Once it is known where everything else stands, what leads out of a group
    // can have its say in the group's inside.
    if style.outward && !blocks.outer.is_empty() && !deadline.is_past() {
        all = absolute(wires, &blocks, (aspect, Some(&all)), rects, deadline);
    }
    rects.copy_from_slice(&all[..rects.len()]);
}

/// One placement of everything, joints included, in absolute positions.
fn absolute(
    wires: &Wires,
    blocks: &Blocks,
    (aspect, hints): (f64, Option<&[Rect]>),
    rects: &[Rect],
    deadline: &Deadline,
) -> Vec<Rect> {
    let mut all = rects.to_vec();
    all.resize(wires.graph.nodes.len(), Rect::new(0.0, 0.0, JOINT, JOINT));
    place_block(wires, blocks, None, (aspect, hints), &mut all, deadline);
    for &node in &wires.tree.order {
        if let Some(parent) = wires.tree.parent[node] {
            all[node].x += all[parent].x;
            all[node].y += all[parent].y;
        }
    }
    all
}

/// Places what `container` holds, and all below, relative to the container's own origin; cards keep their sizes.
///
/// `hints` are absolute positions of an earlier placement, for what leads out of groups.
///
/// Fills `rects` of everything below the container with positions relative to its frame's upper left corner (or to
/// the drawing's for the root) and returns the enclosing rectangle of its children.
pub(super) fn place_block(
    wires: &Wires,
    blocks: &Blocks,
    container: Option<usize>,
    (aspect, hints): (f64, Option<&[Rect]>),
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
        place_children(wires, blocks, at, (aspect, hints), rects, deadline);
        let cards = tree.held_by(at).iter().filter(|c| !wires.is_joint(**c));
        bounds = cards.map(|c| rects[*c]).reduce(|a, b| a.union(&b)).unwrap_or_default();
        if let Some(group) = at.filter(|_| at != container) {
            let frame = frame_around(&graph.options, bounds, graph.nodes[group].header_width);
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
    (aspect, hints): (f64, Option<&[Rect]>),
    rects: &mut [Rect],
    deadline: &Deadline,
) {
    let tree = &wires.tree;
    let children = tree.held_by(container);
    let cards = children.iter().filter(|c| !wires.is_joint(**c)).count();
    let index: HashMap<usize, usize> = children.iter().enumerate().map(|(i, child)| (*child, i)).collect();
    let own = blocks.lifted.get(&container).map_or(&[][..], Vec::as_slice);
    let mut links: Vec<Link> =
        own.iter().map(|(a, b, edge)| link(wires, rects, *a, *b, *edge, (index[a], index[b]))).collect();
    let ports = match (container, hints) {
        (Some(group), Some(hints)) => {
            let outer = blocks.outer.get(&group).map_or(&[][..], Vec::as_slice);
            ports(wires, rects, hints, group, outer, (&index, &mut links))
        }
        _ => Vec::new(),
    };
    let parts = parts(children.len() + ports.len(), &links);
    let mut places = vec![Point::default(); children.len()];
    let item = |i: usize| match children.get(i) {
        Some(&child) => Item {
            width: rects[child].w,
            height: rects[child].h,
            role: if wires.is_joint(child) { ItemRole::Joint } else { ItemRole::Box },
        },
        None => Item { width: 0.0, height: 0.0, role: ports[i - children.len()] },
    };
    let mut part_sizes = Vec::new();
    for part in &parts {
        // Boxes first, then ports, then joints.
        let mut members = part.members.clone();
        members.sort_by_key(|i| (*i < children.len() && *i >= cards, *i >= children.len(), *i));
        let items: Vec<Item> = members.iter().map(|i| item(*i)).collect();
        let found = if part.links.is_empty() || deadline.is_past() {
            let sizes: Vec<(f64, f64)> = items.iter().map(|item| (item.width, item.height)).collect();
            if members.iter().all(|i| children.get(*i).is_none_or(|child| !tree.is_group(*child))) {
                pack::grid(&sizes, aspect, BOX_GAP + 12.0, BOX_GAP)
            } else {
                pack::shelves(&sizes, aspect, PART_GAP)
            }
        } else {
            let local: HashMap<usize, usize> = members.iter().enumerate().map(|(l, i)| (*i, l)).collect();
            let links: Vec<Link> = part
                .links
                .iter()
                .map(|at| Link { a: local[&links[*at].a], b: local[&links[*at].b], ..links[*at] })
                .collect();
            layered::place(&items, &links, aspect, deadline)
        };
        let mut extent = (0.0f64, 0.0f64);
        for (place, (i, item)) in found.iter().zip(members.iter().zip(&items)) {
            if let Some(own) = places.get_mut(*i) {
                *own = *place;
            }
            if matches!(item.role, ItemRole::Box) {
                extent = (extent.0.max(place.x + item.width), extent.1.max(place.y + item.height));
            }
        }
        part_sizes.push(extent);
    }
    let corners = pack::shelves(&part_sizes, aspect, PART_GAP);
    for (part, corner) in parts.iter().zip(corners) {
        for &i in part.members.iter().filter(|i| **i < children.len()) {
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

/// Stand-ins, in order, for what a group's inside relates to outside, at the sides where that stands; their links
/// are added to `links` as if they were further children.
fn ports(
    wires: &Wires,
    rects: &[Rect],
    hints: &[Rect],
    group: usize,
    outer: &[(usize, usize, usize)],
    (index, links): (&HashMap<usize, usize>, &mut Vec<Link>),
) -> Vec<ItemRole> {
    let middle = hints[group].center().x;
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut ports = Vec::new();
    for &(child, other, edge) in outer {
        let at = hints[other].center();
        let left = at.x < middle;
        let number = *numbers.entry(other).or_insert_with(|| {
            ports.push(if left { ItemRole::Left(at.y) } else { ItemRole::Right(at.y) });
            index.len() + ports.len() - 1
        });
        let end = if wires.graph.edges[edge].source == other {
            wires.graph.edges[edge].target
        } else {
            wires.graph.edges[edge].source
        };
        let inner = (index[&child], offset(&wires.tree, rects, child, end));
        let (a, b) = if left { ((number, 0.0), inner) } else { (inner, (number, 0.0)) };
        let key = wires.keys[edge];
        links.push(Link { a: a.0, b: b.0, offset_a: a.1, offset_b: b.1, key, label: 0.0 });
    }
    ports
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
fn parts(count: usize, links: &[Link]) -> Vec<Part> {
    let mut root: Vec<usize> = (0..count).collect();
    let mut linked = vec![false; count];
    for link in links {
        let (a, b) = (find(&mut root, link.a), find(&mut root, link.b));
        root[a.max(b)] = a.min(b);
        linked[link.a] = true;
        linked[link.b] = true;
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
    for (at, link) in links.iter().enumerate() {
        let key = find(&mut root, link.a);
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
