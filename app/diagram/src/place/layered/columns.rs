//! Which column each box stands in: longest path, then tightened so that links get short, then tall columns split.

use super::{Item, ROW_GAP};
use crate::deadline::Deadline;

/// A drawing this many times wider than wanted is a ribbon.
const RIBBON: f64 = 2.4;
/// A narrower drawing is never one: short chains read best in a row.
const RIBBON_WIDTH: f64 = 2200.0;
/// Joined columns must come out at most this wide, compared to before.
const WORTH: f64 = 0.62;
/// Rounds of tightening.
const ROUNDS: usize = 12;

/// Columns such that every link leads to a later one.
pub(super) fn assign(count: usize, links: &[(usize, usize)], deadline: &Deadline) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut into: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(a, b) in links {
        out[a].push(b);
        into[b].push(a);
    }
    let mut open: Vec<usize> = into.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..count).filter(|v| open[*v] == 0).collect();
    let mut column = vec![0usize; count];
    let mut next = 0;
    while let Some(&v) = order.get(next) {
        next += 1;
        for &to in &out[v] {
            column[to] = column[to].max(column[v] + 1);
            open[to] -= 1;
            if open[to] == 0 {
                order.push(to);
            }
        }
    }
    for round in 0..ROUNDS {
        if deadline.spend((count + links.len()) as u64) {
            break;
        }
        let mut moved = false;
        for step in 0..order.len() {
            let v = if round % 2 == 0 { order[order.len() - 1 - step] } else { order[step] };
            moved |= tighten(v, &out, &into, &mut column);
        }
        if !moved {
            break;
        }
    }
    let least = column.iter().copied().min().unwrap_or(0);
    column.iter_mut().for_each(|c| *c -= least);
    column
}

/// Moves one box to where the sum of its links' lengths is least; true when it moved.
fn tighten(v: usize, out: &[Vec<usize>], into: &[Vec<usize>], column: &mut [usize]) -> bool {
    let low = into[v].iter().map(|a| column[*a] + 1).max();
    let high = out[v].iter().map(|b| column[*b] - 1).min();
    let wanted = match (low, high) {
        (Some(low), Some(high)) if out[v].len() > into[v].len() => high.max(low),
        (Some(low), _) => low,
        (None, Some(high)) => high,
        (None, None) => column[v],
    };
    let moved = wanted != column[v];
    column[v] = wanted;
    moved
}

/// Joins neighbouring columns of a drawing that would be a ribbon. Links within a joined column run upright.
pub(super) fn join_short(column: &mut [usize], items: &[Item], aspect: f64) {
    let count = column.iter().copied().max().map_or(0, |c| c + 1);
    let (mut width, mut height) = (vec![0.0f64; count], vec![0.0f64; count]);
    for (v, &c) in column.iter().enumerate() {
        width[c] = width[c].max(items[v].width + 90.0);
        height[c] += items[v].height + ROW_GAP;
    }
    let total: f64 = width.iter().sum();
    let tallest = height.iter().copied().fold(0.0, f64::max);
    if total < RIBBON_WIDTH || total < RIBBON * aspect * tallest {
        return;
    }
    let area: f64 = width.iter().zip(&height).map(|(w, h)| w * h).sum();
    let limit = (area / (1.4 * aspect)).sqrt().max(tallest);
    let (mut joined, mut filled) = (0, 0.0);
    let target: Vec<usize> = height
        .iter()
        .map(|h| {
            if filled > 0.0 && filled + h > limit {
                (joined, filled) = (joined + 1, 0.0);
            }
            filled += h;
            joined
        })
        .collect();
    let mut narrower = vec![0.0f64; joined + 1];
    for (c, target) in target.iter().enumerate() {
        narrower[*target] = narrower[*target].max(width[c]);
    }
    // Giving up the flow from left to right must be worth it.
    if narrower.iter().sum::<f64>() < WORTH * total {
        column.iter_mut().for_each(|c| *c = target[*c]);
    }
}

/// Splits columns so tall that the drawing would be a ribbon. Boxes of one column have no links between them, so
/// any split is valid.
pub(super) fn split_tall(column: &mut [usize], items: &[Item], links: &[(usize, usize)], aspect: f64) {
    let count = column.iter().copied().max().map_or(0, |c| c + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (v, &c) in column.iter().enumerate() {
        members[c].push(v);
    }
    let area: f64 = items.iter().map(|item| (item.width + 90.0) * (item.height + ROW_GAP)).sum();
    let tallest = items.iter().map(|item| item.height).fold(0.0, f64::max);
    let limit = ((area / aspect).sqrt() * 1.15).max(tallest + ROW_GAP).max(6.0 * 64.0);
    let mut degree = vec![(0usize, 0usize); column.len()];
    for &(a, b) in links {
        degree[a].1 += 1;
        degree[b].0 += 1;
    }
    let mut shift = 0;
    for (c, mut inside) in members.into_iter().enumerate() {
        let height: f64 = inside.iter().map(|v| items[*v].height + ROW_GAP).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive ratio")]
        let parts = ((height / limit).ceil() as usize).max(1);
        // What has much to the left stays left, what has much to the right goes right; ties by index.
        inside.sort_by_key(|v| (degree[*v].1.cmp(&degree[*v].0), degree[*v].1, *v));
        let share = height / parts as f64;
        let mut filled = 0.0;
        for v in inside {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `parts`")]
            let part = ((filled / share) as usize).min(parts - 1);
            column[v] = c + shift + part;
            filled += items[v].height + ROW_GAP;
        }
        shift += parts - 1;
    }
}
