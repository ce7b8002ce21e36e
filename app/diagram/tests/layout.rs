//! What must hold for every layout: no overlaps, no line through a foreign box, nothing fixed moves, the deadline is
//! kept, the same input gives the same output. How it looks is judged by eye, not here.
#![cfg(test)]

mod graphs;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use graphs::services;
use groundplan_diagram::{
    Deadline, Direction, Inspection, Layout, LayoutEdge, LayoutEngine, LayoutError, LayoutGraph, LayoutNode,
    NestedLayers, inspect, layout_graph,
};
use groundplan_shared::scene::{Point, Rect};
use proptest::prelude::*;

fn lay_out(graph: &LayoutGraph) -> Layout {
    NestedLayers.layout(graph, &Deadline::unlimited()).expect("a valid graph")
}

fn graph_of(count: usize, relations: usize, groups: usize, seed: u64) -> LayoutGraph {
    let service = services(count, relations, groups, seed);
    layout_graph(&service.elements, &service.relations).expect("a valid diagram").0
}

/// Checks what must be zero and that every edge joins its ends; returns the figures.
fn assert_valid(graph: &LayoutGraph, layout: &Layout) -> Inspection {
    let found = inspect(graph, layout).expect("a valid graph");
    let must = (found.overlaps, found.escaped, found.through_boxes, found.slanted, found.covering_labels);
    assert_eq!(must, (0, 0, 0, 0, 0), "{found:?}");
    for (index, (edge, route)) in graph.edges.iter().zip(&layout.routes).enumerate() {
        if edge.source == edge.target {
            assert!(route.points.is_empty());
            continue;
        }
        let (first, last) = (route.points[0], route.points[route.points.len() - 1]);
        assert!(on_side(first, &layout.rects[edge.source]), "edge {index} starts at {first:?}");
        assert!(on_side(last, &layout.rects[edge.target]), "edge {index} ends at {last:?}");
    }
    found
}

fn on_side(point: Point, rect: &Rect) -> bool {
    let level =
        (point.x == rect.x || point.x == rect.right()) && rect.y <= point.y && point.y <= rect.bottom();
    let upright =
        (point.y == rect.y || point.y == rect.bottom()) && rect.x <= point.x && point.x <= rect.right();
    level || upright
}

/// The graph with every card fixed where the layout put it.
fn fixed(graph: &LayoutGraph, layout: &Layout) -> LayoutGraph {
    let mut graph = graph.clone();
    for (node, rect) in graph.nodes.iter_mut().zip(&layout.rects) {
        node.fixed = Some(Point::new(rect.x, rect.y));
    }
    graph
}

fn card(parent: Option<usize>) -> LayoutNode {
    LayoutNode { parent, width: 144.0, height: 44.0, header_width: 90.0, fixed: None }
}

fn edge(source: usize, target: usize) -> LayoutEdge {
    LayoutEdge { source, target, label: None, style: 0 }
}

#[test]
fn a_product_of_57_services_is_drawn_cleanly() {
    // About the size of a large self-hosted product.
    let service = services(57, 236, 6, 57);
    let (graph, _) = layout_graph(&service.elements, &service.relations).expect("a valid diagram");
    assert_eq!(graph.edges.len(), 236);
    let layout = lay_out(&graph);
    assert_valid(&graph, &layout);
    let ratio = layout.bounds.w / layout.bounds.h;
    assert!((0.5..5.0).contains(&ratio), "{ratio}");
}

#[test]
fn nothing_moves_when_everything_is_stored() {
    let graph = graph_of(80, 200, 8, 3);
    let first = lay_out(&graph);
    let again = lay_out(&fixed(&graph, &first));
    assert_eq!(first, again);
}

#[test]
fn a_new_card_stands_near_its_neighbours_and_moves_nobody() {
    let graph = graph_of(60, 150, 6, 11);
    let first = lay_out(&graph);
    let mut more = fixed(&graph, &first);
    // Into a group, next to a card of that group.
    let neighbour = (0..graph.nodes.len())
        .find(|v| graph.nodes[*v].parent.is_some() && graph.nodes.iter().all(|n| n.parent != Some(*v)))
        .expect("a card in a group");
    more.nodes.push(card(graph.nodes[neighbour].parent));
    more.nodes.push(card(None));
    let (inner, outer) = (graph.nodes.len(), graph.nodes.len() + 1);
    more.edges.push(edge(neighbour, inner));
    more.edges.push(edge(inner, outer));
    let layout = lay_out(&more);
    if layout.crowded.is_empty() {
        assert_valid(&more, &layout);
    }
    for (v, rect) in first.rects.iter().enumerate() {
        let is_group = graph.nodes.iter().any(|node| node.parent == Some(v));
        assert!(
            if is_group { layout.rects[v].contains(rect) } else { layout.rects[v] == *rect },
            "{v} moved"
        );
    }
    let (a, b) = (layout.rects[neighbour].center(), layout.rects[inner].center());
    assert!((a.x - b.x).hypot(a.y - b.y) < 900.0, "{a:?} {b:?}");
}

#[test]
fn a_new_group_arrives_whole() {
    let graph = graph_of(30, 60, 3, 5);
    let mut more = fixed(&graph, &lay_out(&graph));
    let group = more.nodes.len();
    more.nodes.extend([card(None), card(Some(group)), card(Some(group))]);
    more.edges.extend([edge(group + 1, group + 2), edge(group + 2, group - 1)]);
    let layout = lay_out(&more);
    assert!(layout.crowded.is_empty());
    assert_valid(&more, &layout);
}

#[test]
fn groups_may_be_ends_even_of_what_they_hold() {
    let nodes = vec![card(None), card(Some(0)), card(Some(0)), card(None), card(Some(3)), card(Some(4))];
    let edges = [(0, 1), (2, 0), (0, 3), (5, 0), (1, 5), (3, 5), (5, 3), (4, 1), (1, 1), (3, 0)]
        .into_iter()
        .map(|(source, target)| edge(source, target))
        .collect();
    let graph = LayoutGraph { nodes, edges, ..LayoutGraph::default() };
    assert_valid(&graph, &lay_out(&graph));
}

#[test]
fn a_passed_deadline_gives_a_crude_but_valid_drawing() {
    let graph = graph_of(120, 360, 9, 21);
    let whole = Deadline::unlimited();
    NestedLayers.layout(&graph, &whole).expect("a valid graph");
    for budget in [0, 100, 1_000, 5_000, 20_000, 60_000] {
        let deadline = Deadline::work(budget);
        let layout = NestedLayers.layout(&graph, &deadline).expect("a valid graph");
        assert_valid(&graph, &layout);
        // The first plan may have been finished in time, and be what is shown.
        assert!(!layout.degraded || whole.spent() > budget, "{budget} of {}", whole.spent());
        assert!(layout.degraded || budget > 1_000, "{budget}");
        // One step may run past the end; none is started after it.
        let slack = 12 * (graph.nodes.len() + graph.edges.len()) as u64;
        assert!(deadline.spent() <= budget + slack, "{} of {budget}", deadline.spent());
    }
}

#[test]
fn drawings_flow_the_way_that_is_asked_for() {
    let mut graph = LayoutGraph {
        nodes: vec![card(None); 9],
        edges: (0..8).map(|v| edge(v, v + 1)).chain([edge(0, 4), edge(2, 7)]).collect(),
        ..LayoutGraph::default()
    };
    for (direction, wide) in [(Direction::Across, true), (Direction::Down, false)] {
        graph.options.direction = direction;
        let layout = lay_out(&graph);
        assert_valid(&graph, &layout);
        assert_eq!(layout.bounds.w > layout.bounds.h, wide, "{:?}", layout.bounds);
    }
}

#[test]
fn a_long_chain_is_no_ribbon() {
    let graph = LayoutGraph {
        nodes: vec![card(None); 12],
        edges: (0..11).map(|v| edge(v, v + 1)).collect(),
        ..LayoutGraph::default()
    };
    let layout = lay_out(&graph);
    assert_valid(&graph, &layout);
    assert!(layout.bounds.w < 1_900.0, "{:?}", layout.bounds);
    assert_eq!(layout, lay_out(&fixed(&graph, &layout)), "what is stored keeps its direction");
}

#[test]
fn many_that_use_the_same_few_hardly_cross() {
    // Twenty consumers of three brokers: sixty relations, drawn as twenty-three lines.
    let edges = (0..20).flat_map(|source| (20..23).map(move |target| edge(source, target))).collect();
    let graph = LayoutGraph { nodes: vec![card(None); 23], edges, ..LayoutGraph::default() };
    let layout = lay_out(&graph);
    let found = assert_valid(&graph, &layout);
    assert!(found.crossings <= 3 && found.coincident == 0, "{found:?}");
}

#[test]
fn cancelling_stops() {
    let flag = Arc::new(AtomicBool::new(true));
    let deadline = Deadline::unlimited().with_cancel(flag);
    assert_eq!(NestedLayers.layout(&graph_of(20, 30, 2, 1), &deadline), Err(LayoutError::Cancelled));
}

#[test]
fn what_is_no_graph_is_refused() {
    let check = |nodes: Vec<LayoutNode>, edges: Vec<LayoutEdge>, expected: LayoutError| {
        let graph = LayoutGraph { nodes, edges, ..LayoutGraph::default() };
        assert_eq!(NestedLayers.layout(&graph, &Deadline::unlimited()), Err(expected));
    };
    check(vec![card(Some(1)), card(Some(0))], vec![], LayoutError::ParentCycle { index: 0 });
    check(vec![card(Some(7))], vec![], LayoutError::OutOfRange { what: "node", index: 0 });
    check(vec![card(None)], vec![edge(0, 1)], LayoutError::OutOfRange { what: "edge", index: 0 });
    let bad = LayoutNode { width: f64::NAN, ..card(None) };
    check(vec![card(None), bad], vec![], LayoutError::BadNumber { index: 1 });
}

#[test]
fn nothing_is_a_layout_too() {
    assert_eq!(lay_out(&LayoutGraph::default()), Layout::default());
}

#[test]
fn cards_dragged_onto_each_other_still_get_a_drawing() {
    let nodes = (0..4).map(|_| LayoutNode { fixed: Some(Point::new(10.0, 10.0)), ..card(None) }).collect();
    let edges = vec![edge(0, 1), edge(2, 3), edge(3, 0)];
    let graph = LayoutGraph { nodes, edges, ..LayoutGraph::default() };
    let layout = lay_out(&graph);
    assert!(layout.routes.iter().all(|route| route.points.len() >= 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_layout_is_valid(count in 1usize..70, density in 0usize..5, groups in 0usize..9, seed in any::<u64>()) {
        let graph = graph_of(count, count * density, groups, seed);
        let layout = lay_out(&graph);
        assert_valid(&graph, &layout);
        prop_assert_eq!(layout, lay_out(&graph));
    }

    #[test]
    fn deeply_nested_graphs_are_valid(
        parents in proptest::collection::vec(any::<prop::sample::Index>(), 2..40),
        links in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..80),
    ) {
        // Each node lies in an earlier one or, one time in three, in none.
        let nodes = parents.iter().enumerate().map(|(v, parent)| {
            let parent = parent.index(v * 3 / 2 + 1);
            card((parent < v).then_some(parent))
        }).collect::<Vec<_>>();
        let count = nodes.len();
        let edges = links.iter().map(|(a, b)| edge(a.index(count), b.index(count))).collect();
        let graph = LayoutGraph { nodes, edges, ..LayoutGraph::default() };
        assert_valid(&graph, &lay_out(&graph));
    }

    #[test]
    fn fixed_cards_never_move(
        spots in proptest::collection::vec((0i32..40, 0i32..40, any::<bool>()), 1..40),
        links in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..60),
        seed in any::<u64>(),
    ) {
        let mut numbers = graphs::Numbers::new(seed);
        let mut taken = std::collections::BTreeSet::new();
        let nodes: Vec<LayoutNode> = spots.iter().map(|(x, y, keep)| {
            let fixed = (*keep && taken.insert((*x, *y)))
                .then(|| Point::new(f64::from(*x) * 170.0, f64::from(*y) * 60.0 + numbers.below(10) as f64));
            LayoutNode { fixed, ..card(None) }
        }).collect();
        let count = nodes.len();
        let edges = links.iter().map(|(a, b)| edge(a.index(count), b.index(count))).collect();
        let graph = LayoutGraph { nodes, edges, ..LayoutGraph::default() };
        let layout = lay_out(&graph);
        prop_assert!(layout.crowded.is_empty());
        assert_valid(&graph, &layout);
        for (node, rect) in graph.nodes.iter().zip(&layout.rects) {
            if let Some(fixed) = node.fixed {
                prop_assert_eq!(fixed, Point::new(rect.x, rect.y));
            }
        }
    }
}
