//! Coordinates: columns side by side, and within each column the places nearest to what each vertex wants.
//!
//! A vertex wants the median of its neighbours' heights. Keeping order and distances while moving as little as
//! possible from what is wanted is isotonic regression, solved exactly in linear time (pool adjacent violators).

use std::collections::HashMap;

use groundplan_shared::scene::Point;

use super::lanes::Lanes;
use super::proper::Proper;
use super::{COLUMN_GAP, ItemRole, ROW_GAP};
use crate::deadline::Deadline;

/// Half the height of what is a line, a joint or a port and no box.
const THIN: f64 = 2.0;
/// Space between two lines.
const LINE_GAP: f64 = 8.0;
/// Space between a line and a box.
const BOX_LINE_GAP: f64 = 14.0;
/// Passes over all columns.
const PASSES: usize = 14;
/// How much higher than its highest column a drawing may get, so that lines can be straight.
const SLACK: f64 = 1.06;
/// Width of a track between two columns.
const TRACK: f64 = 9.0;
/// More tracks than this stand closer.
const CLOSER: usize = 14;
/// Least space before and behind a lane of joints.
const LANE_GAP: f64 = 24.0;
/// Widest gap between two columns.
const WIDEST_GAP: f64 = 360.0;

pub(super) fn assign(graph: &Proper, lanes: &Lanes, aspect: f64, deadline: &Deadline) -> Vec<Point> {
    let y = heights(graph, lanes, aspect, deadline);
    let x = columns(graph, lanes, &y);
    let top = (0..graph.boxes).map(|v| y[v] - graph.half[v]).fold(f64::INFINITY, f64::min);
    (0..graph.boxes).map(|v| Point::new(x[graph.column[v]], (y[v] - graph.half[v] - top).round())).collect()
}

/// Left edge of each column; busy gaps are wider, so that lines in them keep apart.
fn columns(graph: &Proper, lanes: &Lanes, y: &[f64]) -> Vec<f64> {
    let Lanes { items, links, .. } = lanes;
    let count = graph.columns.len();
    let mut width = vec![0.0f64; count];
    for (v, item) in items.iter().enumerate() {
        width[graph.column[v]] = width[graph.column[v]].max(item.width);
    }
    let mut label = vec![0.0f64; count];
    for link in links {
        // The label stands where the link starts.
        let c = graph.column[link.a].min(graph.column[link.b]);
        label[c] = label[c].max(link.label);
    }
    let mut lane = vec![false; count + 1];
    let joints = (0..items.len()).filter(|v| items[*v].role == ItemRole::Joint);
    joints.for_each(|v| lane[graph.column[v]] = true);
    let mut x = Vec::with_capacity(count);
    let mut at = 0.0;
    for c in 0..count {
        x.push(at);
        let least = if lane[c] || lane[c + 1] { LANE_GAP } else { COLUMN_GAP };
        let room = least.max(18.0 + room_for(tracks(graph, y, c))).max(label[c] + 36.0).min(WIDEST_GAP);
        at += width[c] + room.round();
    }
    x
}

/// Width that so many tracks take: many stand closer.
fn room_for(tracks: usize) -> f64 {
    TRACK * tracks.min(CLOSER) as f64 + TRACK / 2.0 * tracks.saturating_sub(CLOSER) as f64
}

/// Most lines that turn beside each other behind a column.
fn tracks(graph: &Proper, y: &[f64], column: usize) -> usize {
    let mut spans: HashMap<usize, (f64, f64)> = HashMap::new();
    for s in graph.columns[column].iter().flat_map(|v| &graph.right[*v]).map(|s| &graph.segments[*s]) {
        let (from, to) = (y[s.from] + s.offset_from, y[s.to] + s.offset_to);
        let span = spans.entry(s.key).or_insert((f64::INFINITY, f64::NEG_INFINITY));
        *span = (span.0.min(from).min(to), span.1.max(from).max(to));
    }
    let mut steps: Vec<(f64, i32)> = spans
        .into_values()
        .filter(|(low, high)| high - low > 4.0)
        .flat_map(|(low, high)| [(low, 1), (high, -1)])
        .collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut now, mut most) = (0, 0);
    for (_, step) in steps {
        now += step;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0)
}

/// Height that the drawing may take: what its highest column needs and some slack, or what its width allows.
fn window(graph: &Proper, y: &[f64], lanes: &Lanes, aspect: f64) -> f64 {
    let heights = graph.columns.iter().filter_map(|column| {
        let (first, last) = (*column.first()?, *column.last()?);
        Some(y[last] + graph.half[last] - y[first] + graph.half[first])
    });
    let highest = heights.fold(0.0, f64::max);
    let mut width = vec![0.0f64; graph.columns.len()];
    for (v, item) in lanes.items.iter().enumerate() {
        width[graph.column[v]] = width[graph.column[v]].max(item.width + 50.0);
    }
    (highest * SLACK).max(width.iter().sum::<f64>() / aspect)
}

/// Middle of each vertex.
fn heights(graph: &Proper, lanes: &Lanes, aspect: f64, deadline: &Deadline) -> Vec<f64> {
    let mut y = vec![0.0f64; graph.half.len()];
    for column in &graph.columns {
        let mut at = 0.0;
        for (place, &v) in column.iter().enumerate() {
            if place > 0 {
                at += distance(graph, column[place - 1], v);
            }
            y[v] = at;
        }
        let middle = at / 2.0;
        column.iter().for_each(|v| y[*v] -= middle);
    }
    let count = graph.columns.len();
    let window = window(graph, &y, lanes, aspect);
    for pass in 0..PASSES {
        if deadline.spend((graph.half.len() + graph.segments.len()) as u64) {
            break;
        }
        for step in 0..count {
            let c = if pass % 2 == 0 { step } else { count - 1 - step };
            let sides = if pass + 4 >= PASSES {
                Sides::Both
            } else if pass % 2 == 0 {
                Sides::Left
            } else {
                Sides::Right
            };
            settle(graph, &graph.columns[c], sides, window, &mut y);
        }
    }
    y
}

#[derive(Clone, Copy, PartialEq)]
enum Sides {
    Left,
    Right,
    Both,
}

fn distance(graph: &Proper, upper: usize, lower: usize) -> f64 {
    let gap = match (graph.half[upper] > THIN, graph.half[lower] > THIN) {
        (true, true) => ROW_GAP,
        (false, false) => LINE_GAP,
        _ => BOX_LINE_GAP,
    };
    graph.half[upper] + gap + graph.half[lower]
}

/// Moves one column to what its vertices want, as far as order and distances allow.
fn settle(graph: &Proper, column: &[usize], sides: Sides, window: f64, y: &mut [f64]) {
    // Blocks of vertices that move together: (sum of weights, weighted sum of wishes, number of vertices).
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(column.len());
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (place, &v) in column.iter().enumerate() {
        if place > 0 {
            offset += distance(graph, column[place - 1], v);
        }
        offsets.push(offset);
        let (wish, weight) = wish(graph, v, sides, y);
        blocks.push((weight, weight * (wish - offset), 1));
        while let [.., (w1, s1, n1), (w2, s2, n2)] = blocks.as_mut_slice() {
            if *s1 / *w1 <= *s2 / *w2 {
                break;
            }
            (*w1, *s1, *n1) = (*w1 + *w2, *s1 + *s2, *n1 + *n2);
            blocks.pop();
        }
    }
    // Staying within the window is a bound on what all blocks have in common: clamping keeps the solution exact.
    let (Some(first), Some(last)) = (column.first(), column.last()) else { return };
    let low = graph.half[*first] - window / 2.0;
    let high = (window / 2.0 - graph.half[*last] - offset).max(low);
    let mut place = 0;
    for (weight, sum, members) in blocks {
        for _ in 0..members {
            y[column[place]] = (sum / weight).clamp(low, high) + offsets[place];
            place += 1;
        }
    }
}

/// Where a vertex wants to be and how much it matters: lines want to be straight more than boxes want to be central.
fn wish(graph: &Proper, v: usize, sides: Sides, y: &[f64]) -> (f64, f64) {
    let mut wishes: Vec<f64> = Vec::new();
    let mut straight = 1.0f64;
    if sides != Sides::Right {
        for s in graph.left[v].iter().map(|s| graph.segments[*s]) {
            wishes.push(y[s.from] + s.offset_from - s.offset_to);
            if v >= graph.boxes && s.from >= graph.boxes {
                straight = 4.0;
            }
        }
    }
    if sides != Sides::Left {
        for s in graph.right[v].iter().map(|s| graph.segments[*s]) {
            wishes.push(y[s.to] + s.offset_to - s.offset_from);
            if v >= graph.boxes && s.to >= graph.boxes {
                straight = 4.0;
            }
        }
    }
    if wishes.is_empty() {
        return (y[v], 0.05);
    }
    wishes.sort_by(f64::total_cmp);
    let middle = wishes.len() / 2;
    let median =
        if wishes.len() % 2 == 1 { wishes[middle] } else { (wishes[middle - 1] + wishes[middle]) / 2.0 };
    (median, straight * (wishes.len() as f64).sqrt())
}
