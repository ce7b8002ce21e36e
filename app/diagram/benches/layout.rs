//! P11: time to lay out 150 and 1,000 nodes, flat and grouped, and to add one node to a stored layout.

#[path = "../tests/graphs/mod.rs"]
mod graphs;

use criterion::{Criterion, criterion_group, criterion_main};
use groundplan_diagram::{Deadline, LayoutEngine, LayoutGraph, LayoutNode, NestedLayers, layout_graph};
use groundplan_shared::scene::Point;

fn graph(count: usize, relations: usize, groups: usize) -> LayoutGraph {
    let service = graphs::services(count, relations, groups, 7);
    layout_graph(&service.elements, &service.relations).expect("a valid diagram").0
}

fn layout(c: &mut Criterion) {
    let mut group = c.benchmark_group("layout");
    group.sample_size(10);
    for (name, count, relations, groups) in [
        ("150_flat", 150, 450, 0),
        ("150_grouped", 150, 450, 12),
        ("1000_flat", 1_000, 3_000, 0),
        ("1000_grouped", 1_000, 3_000, 40),
    ] {
        let graph = graph(count, relations, groups);
        group.bench_function(name, |b| {
            b.iter(|| NestedLayers.layout(&graph, &Deadline::unlimited()).expect("a valid graph"));
        });
    }
    let mut grown = graph(1_000, 3_000, 40);
    let stored = NestedLayers.layout(&grown, &Deadline::unlimited()).expect("a valid graph");
    for (node, rect) in grown.nodes.iter_mut().zip(&stored.rects) {
        node.fixed = Some(Point::new(rect.x, rect.y));
    }
    grown.nodes.push(LayoutNode { width: 144.0, height: 44.0, header_width: 90.0, ..LayoutNode::default() });
    group.bench_function("1000_grouped_add_one", |b| {
        b.iter(|| NestedLayers.layout(&grown, &Deadline::unlimited()).expect("a valid graph"));
    });
    group.finish();
}

criterion_group!(benches, layout);
criterion_main!(benches);
