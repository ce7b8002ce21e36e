//! The layout engine behind its trait: tries plans, keeps the best drawing. The steps live in modules of their own.

use groundplan_shared::scene::Rect;

use crate::deadline::Deadline;
use crate::graph::{Direction, Layout, LayoutError, LayoutGraph};
use crate::inspect::crossings;
use crate::orient::{exchanged, flows_down, oriented, restored};
use crate::tree::Tree;
use crate::wires::{self, Joint, Wires};
use crate::{place, route};

/// Work after which no other plan is tried.
const EFFORT: u64 = 1_000_000;
/// Share of the width that open side panels leave.
const BESIDE_PANELS: f64 = 0.62;
/// What flowing downwards must bring: names are wide, so drawings that flow rightwards read better.
const DOWN_PRICE: f64 = 0.1;

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

/// One way to draw a graph.
#[derive(Debug, Clone, Copy)]
struct Plan {
    down: bool,
    style: place::Style,
}

impl LayoutEngine for NestedLayers {
    fn layout(&self, graph: &LayoutGraph, deadline: &Deadline) -> Result<Layout, LayoutError> {
        let tree = Tree::of(graph)?;
        let began = deadline.spent();
        let stopped = || if deadline.is_cancelled() { Err(LayoutError::Cancelled) } else { Ok(()) };
        stopped()?;
        let joints = wires::find(graph, &tree, deadline);
        let stored = (0..graph.nodes.len()).any(|v| !tree.is_group(v) && graph.nodes[v].fixed.is_some());
        let mut best: Option<(f64, Layout)> = None;
        let mut seen: Vec<Vec<Rect>> = Vec::new();
        for plan in if stored { vec![kept(graph, &tree)] } else { plans(graph, &tree) } {
            if best.is_some() && (deadline.is_past() || deadline.spent() - began > EFFORT) {
                break;
            }
            let placed = placed(graph, &tree, plan, &joints, stored, deadline)?;
            stopped()?;
            // Many plans come to the same.
            if seen.contains(&placed.rects) {
                continue;
            }
            seen.push(placed.rects.clone());
            let layout = routed(graph, &tree, placed, &joints, deadline)?;
            stopped()?;
            // A plan that the deadline cut short is no match for one that was finished.
            if best.is_some() && layout.degraded {
                break;
            }
            if best.is_none() && deadline.spent() - began > EFFORT {
                return Ok(layout);
            }
            let card = |v: usize| (!tree.is_group(v)).then(|| layout.rects[v]);
            let unlike = match graph.options.direction {
                Direction::Auto => plan.down,
                wanted => flows_down(graph, card) != (wanted == Direction::Down),
            };
            let score = score(graph, &layout) + if unlike { DOWN_PRICE } else { 0.0 };
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                best = Some((score, layout));
            }
        }
        Ok(best.map(|(_, layout)| layout).unwrap_or_default())
    }
}

/// How a drawing with stored cards goes on.
fn kept(graph: &LayoutGraph, tree: &Tree) -> Plan {
    let card = |v: usize| {
        let node = &graph.nodes[v];
        let at = node.fixed.filter(|_| !tree.is_group(v))?;
        Some(Rect::new(at.x, at.y, node.width.max(1.0), node.height.max(1.0)))
    };
    Plan { down: direction(graph, card), style: place::Style::default() }
}

/// Whether lines flow downwards: as asked for, or as boxes whose place is known stand. Whoever placed them.
fn direction(graph: &LayoutGraph, place: impl Fn(usize) -> Option<Rect>) -> bool {
    match graph.options.direction {
        Direction::Auto => flows_down(graph, place),
        Direction::Across => false,
        Direction::Down => true,
    }
}

/// Plans worth trying, the safest first.
fn plans(graph: &LayoutGraph, tree: &Tree) -> Vec<Plan> {
    let ways: &[bool] = match graph.options.direction {
        Direction::Auto => &[false, true],
        Direction::Across => &[false],
        Direction::Down => &[true],
    };
    let mut plans = Vec::new();
    let nested = (0..graph.nodes.len()).any(|v| tree.is_group(v));
    for shape in [1.0, 0.7, 1.4] {
        for &down in ways {
            for outward in [false, true].into_iter().filter(|outward| nested || !outward) {
                plans.push(Plan { down, style: place::Style { outward, shape } });
            }
        }
    }
    plans
}

/// Boxes of a drawing, those for which there was no free place, and whether the deadline passed.
struct Placed {
    rects: Vec<Rect>,
    crowded: Vec<usize>,
    degraded: bool,
}

fn placed(
    graph: &LayoutGraph,
    tree: &Tree,
    plan: Plan,
    joints: &[Joint],
    stored: bool,
    deadline: &Deadline,
) -> Result<Placed, LayoutError> {
    let graph = &oriented(graph, plan.down);
    let mut rects: Vec<Rect> = graph
        .nodes
        .iter()
        .map(|node| {
            let corner = node.fixed.unwrap_or_default();
            Rect::new(corner.x, corner.y, node.width.max(1.0), node.height.max(1.0))
        })
        .collect();
    let mut crowded = Vec::new();
    if stored {
        let plain = Wires::of(graph, &[])?;
        crowded = place::place_beside(&plain, &place::Blocks::of(&plain), &mut rects, deadline);
    } else {
        place::place_all(&Wires::of(graph, joints)?, plan.style, &mut rects, deadline);
    }
    place::frames(graph, tree, &mut rects);
    if plan.down {
        rects.iter_mut().for_each(|rect| *rect = exchanged(*rect));
    }
    Ok(Placed { rects, crowded, degraded: deadline.is_past() })
}

fn routed(
    graph: &LayoutGraph,
    tree: &Tree,
    placed: Placed,
    joints: &[Joint],
    deadline: &Deadline,
) -> Result<Layout, LayoutError> {
    let down = direction(graph, |v| (!tree.is_group(v)).then(|| placed.rects[v]));
    let graph = &oriented(graph, down);
    let mut rects = placed.rects;
    if down {
        rects.iter_mut().for_each(|rect| *rect = exchanged(*rect));
    }
    let (joints, spots): (Vec<Joint>, Vec<Rect>) =
        wires::locate(graph, tree, &rects, joints).into_iter().unzip();
    let wires = Wires::of(graph, &joints)?;
    let with_joints: Vec<Rect> = rects.iter().copied().chain(spots).collect();
    let (routes, crude) = route::route(&wires, &with_joints, deadline);
    let routes = wires.compose(&with_joints, routes);
    let bounds = bounds(&rects, &routes);
    let degraded = placed.degraded || crude;
    Ok(restored(Layout { rects, routes, bounds, crowded: placed.crowded, degraded }, down))
}

/// What a drawing costs its reader: room on the screen above all, then crossings, then length. Differences in the
/// logarithm, so that neither unit nor size of the graph matter.
fn score(graph: &LayoutGraph, layout: &Layout) -> f64 {
    let length: f64 = layout
        .routes
        .iter()
        .flat_map(|route| route.points.windows(2))
        .map(|pair| (pair[0].x - pair[1].x).abs() + (pair[0].y - pair[1].y).abs())
        .sum();
    // On the wanted shape, and beside open side panels.
    let (w, h) = (layout.bounds.w, layout.bounds.h);
    let needs = |part: f64| (w / (graph.options.aspect * part)).max(h);
    let room = (2.0 * needs(1.0) + needs(BESIDE_PANELS)) / 3.0;
    let crossed = crossings(graph, layout) as f64 + graph.edges.len() as f64 / 4.0 + 2.0;
    (room + 200.0).ln() + 0.5 * crossed.ln() + 0.25 * (length + 1.0).ln()
}

fn bounds(rects: &[Rect], routes: &[crate::graph::Route]) -> Rect {
    let points = routes.iter().flat_map(|route| &route.points).map(|p| Rect::new(p.x, p.y, 0.0, 0.0));
    let labels = routes.iter().filter_map(|route| route.label);
    rects.iter().copied().chain(points).chain(labels).reduce(|a, b| a.union(&b)).unwrap_or_default()
}
