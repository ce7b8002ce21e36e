//! P11: time to lay out 150 and 1,000 nodes, flat and grouped, and to add one node to a stored layout; before
//! that, what the drawings are like, printed for comparison with another engine on the same graphs.

#[path = "../tests/graphs/mod.rs"]
mod graphs;

use criterion::{Criterion, criterion_group, criterion_main};
use groundplan_diagram::{
    Deadline, Layout, LayoutEngine, LayoutGraph, LayoutNode, NestedLayers, inspect, layout_graph,
};
use groundplan_shared::scene::Point;

/// Name, nodes, relations, groups.
const GRAPHS: [(&str, usize, usize, usize); 4] = [
    ("150_flat", 150, 450, 0),
    ("150_grouped", 150, 450, 12),
    ("1000_flat", 1_000, 3_000, 0),
    ("1000_grouped", 1_000, 3_000, 40),
];

fn graph(count: usize, relations: usize, groups: usize) -> LayoutGraph {
    let service = graphs::services(count, relations, groups, 7);
    layout_graph(&service.elements, &service.relations).expect("a valid diagram").0
}

fn lay_out(graph: &LayoutGraph) -> Layout {
    NestedLayers.layout(graph, &Deadline::unlimited()).expect("a valid graph")
}

/// The graph with all cards stored and one more that has no place yet.
fn one_more(mut graph: LayoutGraph) -> LayoutGraph {
    let stored = lay_out(&graph);
    for (node, rect) in graph.nodes.iter_mut().zip(&stored.rects) {
        node.fixed = Some(Point::new(rect.x, rect.y));
    }
    graph.nodes.push(LayoutNode { width: 144.0, height: 44.0, header_width: 90.0, ..LayoutNode::default() });
    graph
}

#[expect(clippy::print_stdout, reason = "a bench reports what it measured")]
fn report(name: &str, graph: &LayoutGraph) {
    let layout = lay_out(graph);
    let found = inspect(graph, &layout).expect("a valid graph");
    println!(
        "{name}: {} crossings, {} overlaps, {} lines through boxes, {} misleading stretches, {:.0} x {:.0}",
        found.crossings,
        found.overlaps,
        found.through_boxes,
        found.coincident,
        layout.bounds.w,
        layout.bounds.h
    );
}

fn layout(c: &mut Criterion) {
    let mut group = c.benchmark_group("layout");
    group.sample_size(10);
    for (name, count, relations, groups) in GRAPHS {
        let graph = graph(count, relations, groups);
        report(name, &graph);
        group.bench_function(name, |b| b.iter(|| lay_out(&graph)));
        let grown = one_more(graph);
        group.bench_function(format!("{name}_add_one"), |b| b.iter(|| lay_out(&grown)));
    }
    group.finish();
}

criterion_group!(benches, layout);
criterion_main!(benches);
