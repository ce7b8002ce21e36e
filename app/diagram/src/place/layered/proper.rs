//! The layered graph in which every segment joins neighbouring columns: long links get dummy vertices.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::ItemRole;
use super::lanes::Lanes;

/// A piece of one or more links between a vertex and one in the next column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) offset_from: f64,
    pub(super) offset_to: f64,
    /// Lines with one key may share a track.
    pub(super) key: usize,
}

/// Boxes and dummies in columns. Vertices below `boxes` are the items.
#[derive(Debug)]
pub(super) struct Proper {
    pub(super) boxes: usize,
    /// Half heights, by vertex.
    pub(super) half: Vec<f64>,
    /// Column by vertex.
    pub(super) column: Vec<usize>,
    /// Vertices of each column, from top to bottom.
    pub(super) columns: Vec<Vec<usize>>,
    /// Segments, each between one column and the next.
    pub(super) segments: Vec<Segment>,
    /// Columns whose order is given.
    pub(super) given: Vec<bool>,
    /// Indices of segments that leave a vertex to the right.
    pub(super) right: Vec<Vec<usize>>,
    /// Indices of segments that enter a vertex from the left.
    pub(super) left: Vec<Vec<usize>>,
}

/// Height kept free for a dummy: a line with some air.
const DUMMY_HEIGHT: f64 = 2.0;

pub(super) fn build(lanes: &Lanes) -> Proper {
    let Lanes { items, links, column, .. } = lanes;
    let mut graph = Proper {
        boxes: items.len(),
        half: items.iter().map(|item| item.height / 2.0).collect(),
        column: column.clone(),
        columns: Vec::new(),
        given: Vec::new(),
        segments: Vec::new(),
        right: Vec::new(),
        left: Vec::new(),
    };
    let mut dummies: HashMap<(usize, bool, usize), usize> = HashMap::new();
    let mut known: HashMap<(usize, usize), ()> = HashMap::new();
    for link in links {
        let reversed = column[link.a] > column[link.b];
        let (from, to) = if reversed { (link.b, link.a) } else { (link.a, link.b) };
        let (first, last) = (column[from], column[to]);
        let (offset_from, offset_to) =
            if reversed { (link.offset_b, link.offset_a) } else { (link.offset_a, link.offset_b) };
        let mut before = from;
        for c in first + 1..=last {
            let vertex = if c == last {
                to
            } else {
                *dummies.entry((link.key, reversed, c)).or_insert_with(|| {
                    graph.half.push(DUMMY_HEIGHT / 2.0);
                    graph.column.push(c);
                    graph.half.len() - 1
                })
            };
            if known.insert((before, vertex), ()).is_none() {
                graph.segments.push(Segment {
                    from: before,
                    to: vertex,
                    offset_from: if before == from { offset_from } else { 0.0 },
                    offset_to: if c == last { offset_to } else { 0.0 },
                    key: link.key,
                });
            }
            before = vertex;
        }
    }
    let count = graph.half.len();
    graph.right = vec![Vec::new(); count];
    graph.left = vec![Vec::new(); count];
    for (index, segment) in graph.segments.iter().enumerate() {
        graph.right[segment.from].push(index);
        graph.left[segment.to].push(index);
    }
    graph.columns = initial_order(&graph);
    graph.given = vec![false; graph.columns.len()];
    let height = |v: usize| match items.get(v).map(|item| item.role) {
        Some(ItemRole::Left(y) | ItemRole::Right(y)) => Some(y),
        _ => None,
    };
    for (column, given) in graph.columns.iter_mut().zip(&mut graph.given) {
        if column.iter().any(|v| height(*v).is_some()) {
            *given = true;
            column.sort_by(|a, b| {
                height(*a).partial_cmp(&height(*b)).unwrap_or(Ordering::Equal).then(a.cmp(b))
            });
        }
    }
    graph
}

/// First order: depth first from the left, so that what belongs together starts together.
fn initial_order(graph: &Proper) -> Vec<Vec<usize>> {
    let width = graph.column.iter().copied().max().map_or(0, |c| c + 1);
    let mut columns = vec![Vec::new(); width];
    let mut seen = vec![false; graph.half.len()];
    let mut starts: Vec<usize> = (0..graph.half.len()).collect();
    starts.sort_by_key(|v| (graph.column[*v], *v));
    for start in starts {
        let mut stack = vec![start];
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut seen[v], true) {
                continue;
            }
            columns[graph.column[v]].push(v);
            stack.extend(graph.left[v].iter().rev().map(|s| graph.segments[*s].from).filter(|v| !seen[*v]));
            stack.extend(graph.right[v].iter().rev().map(|s| graph.segments[*s].to).filter(|v| !seen[*v]));
        }
    }
    columns
}
