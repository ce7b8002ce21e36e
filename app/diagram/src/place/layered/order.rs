//! Order within columns: barycentre sweeps, then swaps of neighbours; the best order seen is kept.

use super::proper::Proper;
use crate::deadline::Deadline;

/// Sweeps without improvement before giving up.
const PATIENCE: usize = 4;
/// Sweeps at most.
const SWEEPS: usize = 24;
/// Rounds of neighbour swaps at the end of a start.
const ROUNDS: usize = 8;
/// Orders to start from.
const STARTS: usize = 9;
/// Work after which no other start is tried.
const EFFORT: u64 = 400_000;
/// Neighbour swaps are tried in columns up to this long.
const SWAP_LIMIT: usize = 400;

/// Finds an order with few crossings; starts over from other orders as long as the effort allows.
pub(super) fn minimise_crossings(graph: &mut Proper, deadline: &Deadline) {
    let mut position = vec![0usize; graph.half.len()];
    number(&graph.columns, &mut position);
    let first = graph.columns.clone();
    let mut best = first.clone();
    let mut fewest = crossings(graph, &position);
    let began = deadline.spent();
    for start in 0..STARTS {
        if fewest == 0 || deadline.is_past() || (start > 0 && deadline.spent() - began > EFFORT) {
            break;
        }
        graph.columns.clone_from(&first);
        rearrange(graph, start);
        number(&graph.columns, &mut position);
        let (found, columns) = settle(graph, &mut position, start % 2 == 0, deadline);
        if found < fewest {
            (fewest, best) = (found, columns);
        }
    }
    graph.columns = best;
}

/// Another order to start from: reversed, then shuffled by a fixed rule that differs from start to start.
fn rearrange(graph: &mut Proper, start: usize) {
    let given = &graph.given;
    let free = graph.columns.iter_mut().zip(given).filter(|(_, given)| !**given);
    match start {
        0 => {}
        1 => free.for_each(|(column, _)| column.reverse()),
        _ => free.for_each(|(column, _)| {
            column.sort_by_key(|v| {
                (*v as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(start as u32 * 7)
            });
        }),
    }
}

/// Sweeps from one start until nothing improves; returns the fewest crossings seen and their order.
fn settle(
    graph: &mut Proper,
    position: &mut [usize],
    mut forward: bool,
    deadline: &Deadline,
) -> (usize, Vec<Vec<usize>>) {
    let cost = (graph.half.len() + graph.segments.len()) as u64;
    let mut best = graph.columns.clone();
    let mut fewest = crossings(graph, position);
    let mut stale = 0;
    for sweep in 0..SWEEPS {
        if fewest == 0 || stale >= PATIENCE || deadline.spend(cost * 4) {
            break;
        }
        one_sweep(graph, position, forward);
        forward = !forward;
        if sweep % 4 >= 2 {
            swap_neighbours(graph, position, deadline);
        }
        let now = crossings(graph, position);
        if now < fewest {
            fewest = now;
            best.clone_from(&graph.columns);
            stale = 0;
        } else {
            stale += 1;
        }
    }
    graph.columns = best;
    number(&graph.columns, position);
    for _ in 0..ROUNDS {
        if deadline.is_past() || !swap_neighbours(graph, position, deadline) {
            break;
        }
    }
    (crossings(graph, position), graph.columns.clone())
}

fn number(columns: &[Vec<usize>], position: &mut [usize]) {
    for column in columns {
        for (place, v) in column.iter().enumerate() {
            position[*v] = place;
        }
    }
}

/// Lets boxes of columns that were joined follow each other as they did when they stood side by side, unless that
/// costs many crossings.
pub(super) fn keep_flow(graph: &mut Proper, flow: &[usize]) {
    let mut position = vec![0usize; graph.half.len()];
    number(&graph.columns, &mut position);
    let before = crossings(graph, &position);
    let columns = graph.columns.clone();
    for column in &mut graph.columns {
        let mut boxes: Vec<usize> = column.iter().copied().filter(|v| *v < flow.len()).collect();
        boxes.sort_by_key(|v| flow[*v]);
        let mut next = boxes.into_iter();
        for v in column.iter_mut().filter(|v| **v < flow.len()) {
            *v = next.next().unwrap_or(*v);
        }
    }
    number(&graph.columns, &mut position);
    if crossings(graph, &position) > before + before / 10 + 1 {
        graph.columns = columns;
    }
}

/// Orders each column by the mean position of its neighbours in the column before (or after).
fn one_sweep(graph: &mut Proper, position: &mut [usize], forward: bool) {
    let count = graph.columns.len();
    let mut mean = vec![0.0f64; graph.half.len()];
    for step in 1..count {
        let c = if forward { step } else { count - 1 - step };
        if graph.given[c] {
            continue;
        }
        let mut column = std::mem::take(&mut graph.columns[c]);
        for &v in &column {
            // Where within a frame a link ends counts as part of a place.
            let segments = if forward { &graph.left[v] } else { &graph.right[v] };
            let place = |s: &usize| {
                let s = &graph.segments[*s];
                let (end, offset) = if forward { (s.from, s.offset_from) } else { (s.to, s.offset_to) };
                position[end] as f64 + offset / (2.0 * graph.half[end] + 1.0)
            };
            mean[v] = if segments.is_empty() {
                f64::NAN
            } else {
                segments.iter().map(place).sum::<f64>() / segments.len() as f64
            };
        }
        // What has no neighbours there keeps its place: it takes the mean of whoever stands before it.
        let mut last = -1.0;
        for &v in &column {
            if mean[v].is_nan() {
                mean[v] = last;
            }
            last = mean[v];
        }
        column.sort_by(|a, b| mean[*a].total_cmp(&mean[*b]).then(position[*a].cmp(&position[*b])));
        for (place, v) in column.iter().enumerate() {
            position[*v] = place;
        }
        graph.columns[c] = column;
    }
}

/// Swaps neighbours where that removes crossings; true when something was swapped.
fn swap_neighbours(graph: &mut Proper, position: &mut [usize], deadline: &Deadline) -> bool {
    let mut swapped = false;
    for c in 0..graph.columns.len() {
        if graph.columns[c].len() > SWAP_LIMIT || graph.given[c] {
            continue;
        }
        for upper in 0..graph.columns[c].len().saturating_sub(1) {
            let (a, b) = (graph.columns[c][upper], graph.columns[c][upper + 1]);
            let work =
                graph.left[a].len() + graph.left[b].len() + graph.right[a].len() + graph.right[b].len();
            if deadline.spend(work as u64) {
                return swapped;
            }
            let (now, then) = pair_crossings(graph, position, a, b);
            if then < now {
                graph.columns[c].swap(upper, upper + 1);
                position.swap(a, b);
                swapped = true;
            }
        }
    }
    swapped
}

/// Crossings between the segments of two neighbours, as they stand and swapped.
fn pair_crossings(graph: &Proper, position: &[usize], a: usize, b: usize) -> (usize, usize) {
    let (mut now, mut then) = (0, 0);
    let left = |v: usize| graph.left[v].iter().map(|s| position[graph.segments[*s].from]);
    let right = |v: usize| graph.right[v].iter().map(|s| position[graph.segments[*s].to]);
    let mut count = |xs: &mut Vec<usize>, ys: &mut Vec<usize>| {
        xs.sort_unstable();
        ys.sort_unstable();
        now += pairs_above(xs, ys);
        then += pairs_above(ys, xs);
    };
    count(&mut left(a).collect(), &mut left(b).collect());
    count(&mut right(a).collect(), &mut right(b).collect());
    (now, then)
}

/// Pairs with an element of `xs` greater than one of `ys`; both sorted.
fn pairs_above(xs: &[usize], ys: &[usize]) -> usize {
    let mut below = 0;
    let mut pairs = 0;
    for x in xs {
        while ys.get(below).is_some_and(|y| y < x) {
            below += 1;
        }
        pairs += below;
    }
    pairs
}

/// All crossings of segments, counted with a Fenwick tree per pair of columns (Barth, Mutzel, Jünger 2004).
fn crossings(graph: &Proper, position: &[usize]) -> usize {
    let mut total = 0;
    for (c, column) in graph.columns.iter().enumerate() {
        let Some(next) = graph.columns.get(c + 1) else { break };
        let mut tree = vec![0usize; next.len() + 1];
        let mut seen = 0;
        for &v in column {
            let mut ends: Vec<usize> =
                graph.right[v].iter().map(|s| position[graph.segments[*s].to]).collect();
            ends.sort_unstable();
            for end in &ends {
                total += seen - prefix(&tree, *end + 1);
            }
            for end in ends {
                seen += 1;
                let mut i = end + 1;
                while i < tree.len() {
                    tree[i] += 1;
                    i += i & i.wrapping_neg();
                }
            }
        }
    }
    total
}

/// Sum of the first `count` entries.
fn prefix(tree: &[usize], count: usize) -> usize {
    let (mut i, mut sum) = (count, 0);
    while i > 0 {
        sum += tree[i];
        i &= i - 1;
    }
    sum
}
