//! Which column each box stands in: longest path, then tightened so that links get short, then tall columns split.

use std::collections::{BTreeSet, HashMap};

use super::{Item, ItemRole, ROW_GAP};
use crate::deadline::Deadline;

/// A drawing this many times wider than wanted is a ribbon.
const RIBBON: f64 = 2.4;
/// The same for a drawing without frames, where the flow matters more than the shape.
const RIBBON_OF_CARDS: f64 = 4.5;
/// Wider boxes are frames.
const FRAME_WIDTH: f64 = 320.0;
/// A narrower drawing is never one: short chains read best in a row.
const RIBBON_WIDTH: f64 = 2000.0;
/// What joining must bring: the larger of height and shaped width shrinks to this share.
const WORTH: f64 = 0.62;
/// More columns are not joined.
const JOIN_LIMIT: usize = 400;
/// Heights tried for joined columns.
const JOIN_STEPS: i32 = 14;
/// Parts into which the highest column is split at most.
const SPLIT_MOST: u32 = 40;
/// What splitting must bring: the larger of height and shaped width shrinks to this share.
const SPLIT_WORTH: f64 = 0.9;
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

/// Renumbers columns so that none is empty.
pub(super) fn close_ranks(column: &mut [usize]) {
    let used: BTreeSet<usize> = column.iter().copied().collect();
    let rank: HashMap<usize, usize> = used.into_iter().enumerate().map(|(rank, c)| (c, rank)).collect();
    column.iter_mut().for_each(|c| *c = rank[c]);
}

/// Gives what stands outside columns of its own before and behind all others.
pub(super) fn add_ports(column: &mut Vec<usize>, ports: &[Item]) {
    let shift = usize::from(ports.iter().any(|port| matches!(port.role, ItemRole::Left(_))));
    column.iter_mut().for_each(|c| *c += shift);
    let last = column.iter().copied().max().map_or(0, |c| c + 1);
    column.extend(ports.iter().map(|port| if matches!(port.role, ItemRole::Left(_)) { 0 } else { last }));
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
    let frames = items.iter().any(|item| item.width > FRAME_WIDTH);
    let ribbon = if frames { RIBBON } else { RIBBON_OF_CARDS };
    if total < RIBBON_WIDTH || total < ribbon * aspect * tallest {
        return;
    }
    if count > JOIN_LIMIT {
        return;
    }
    // Giving up the flow from left to right must be worth it.
    let shape = |w: f64, h: f64| (w / (1.4 * aspect)).max(h);
    let tries: Vec<(f64, Vec<usize>)> = (0..JOIN_STEPS)
        .map(|step| {
            let (wide, high, target) = narrowest(&width, &height, tallest * 1.25f64.powi(step));
            (shape(wide, high), target)
        })
        .collect();
    let best = tries.iter().map(|(shape, _)| *shape).fold(f64::INFINITY, f64::min);
    if best > WORTH * shape(total, tallest) {
        return;
    }
    // Lower limits come first: of nearly equal shapes, the one that joins least.
    if let Some((_, target)) = tries.into_iter().find(|(shape, _)| *shape <= 1.2 * best) {
        column.iter_mut().for_each(|c| *c = target[*c]);
    }
}

/// The partition into runs of neighbouring columns, none higher than the limit, that is narrowest in sum: its width,
/// its height and the run of each column.
fn narrowest(width: &[f64], height: &[f64], limit: f64) -> (f64, f64, Vec<usize>) {
    let count = width.len();
    // Least width of the first `end` columns, and where their last run starts.
    let mut least = vec![(0.0f64, 0usize); count + 1];
    for end in 1..=count {
        let (mut best, mut start, mut high, mut wide) = ((f64::INFINITY, 0), end, 0.0, 0.0f64);
        while start > 0 && (start == end || high + height[start - 1] <= limit) {
            start -= 1;
            high += height[start];
            wide = wide.max(width[start]);
            if least[start].0 + wide < best.0 {
                best = (least[start].0 + wide, start);
            }
        }
        least[end] = best;
    }
    let mut starts = Vec::new();
    let mut end = count;
    while end > 0 {
        starts.push(least[end].1);
        end = least[end].1;
    }
    let (mut target, mut high, mut tallest) = (Vec::with_capacity(count), 0.0f64, 0.0f64);
    let mut run = 0;
    for (c, h) in height.iter().enumerate() {
        if c > 0 && starts.contains(&c) {
            (run, high) = (run + 1, 0.0);
        }
        high += h;
        tallest = tallest.max(high);
        target.push(run);
    }
    (least[count].0, tallest, target)
}

/// Splits columns where that brings the drawing nearer to the wanted shape. Boxes of one column have no links between
/// them, so any split is valid.
pub(super) fn split_tall(column: &mut [usize], items: &[Item], links: &[(usize, usize)], aspect: f64) {
    let count = column.iter().copied().max().map_or(0, |c| c + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (v, &c) in column.iter().enumerate() {
        members[c].push(v);
    }
    let sizes: Vec<(f64, f64)> = members
        .iter()
        .map(|inside| {
            let height = inside.iter().map(|v| items[*v].height + ROW_GAP).sum();
            (inside.iter().map(|v| items[*v].width + 64.0).fold(0.0, f64::max), height)
        })
        .collect();
    let tallest = items.iter().map(|item| item.height).fold(0.0, f64::max);
    let Some(limit) = best_limit(&sizes, tallest + ROW_GAP, aspect) else { return };
    let mut degree = vec![(0usize, 0usize); column.len()];
    for &(a, b) in links {
        degree[a].1 += 1;
        degree[b].0 += 1;
    }
    let mut shift = 0;
    for (c, mut inside) in members.into_iter().enumerate() {
        let parts = parts(sizes[c].1, limit);
        // What has much to the left stays left, what has much to the right goes right; ties by index.
        inside.sort_by_key(|v| (degree[*v].1.cmp(&degree[*v].0), degree[*v].1, *v));
        let share = sizes[c].1 / parts as f64;
        let mut filled = 0.0;
        for v in inside {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `parts`")]
            let part = ((filled / share) as usize).min(parts - 1);
            column[v] = c + shift + part;
            filled += items[v].height + ROW_GAP;
        }
        shift += parts - 1;
    }
    draw_in(column, items, links);
}

/// Into how many columns one of this height is split.
fn parts(height: f64, limit: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive ratio")]
    let parts = (height / limit - 1e-6).ceil() as usize;
    parts.max(1)
}

/// The height at which columns are best split; `None` when they are best left alone.
fn best_limit(sizes: &[(f64, f64)], least: f64, aspect: f64) -> Option<f64> {
    let shape = |limit: f64| {
        let split = |(width, height): &(f64, f64)| (*width, *height, parts(*height, limit) as f64);
        let wide: f64 = sizes.iter().map(split).map(|(width, _, parts)| width * parts).sum();
        let high = sizes.iter().map(split).map(|(_, height, parts)| height / parts).fold(0.0, f64::max);
        (wide / aspect).max(high)
    };
    let highest = sizes.iter().map(|size| size.1).fold(0.0, f64::max);
    let whole = shape(highest + 1.0);
    let limits = (2..=SPLIT_MOST).map(|parts| (highest / f64::from(parts) + 1.0).max(least));
    let best = limits.map(|limit| (shape(limit), limit)).min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 < SPLIT_WORTH * whole).then_some(best.1)
}

/// Moves boxes with links to one side only next to the nearest of them, where that makes no column higher than the
/// highest.
fn draw_in(column: &mut [usize], items: &[Item], links: &[(usize, usize)]) {
    let count = column.iter().copied().max().map_or(0, |c| c + 1);
    let mut height = vec![0.0f64; count];
    for (v, &c) in column.iter().enumerate() {
        height[c] += items[v].height + ROW_GAP;
    }
    let highest = height.iter().copied().fold(0.0, f64::max);
    let mut near: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); column.len()];
    for &(a, b) in links {
        near[b].0 = near[b].0.max(Some(column[a]));
        near[a].1 = Some(near[a].1.map_or(column[b], |least| least.min(column[b])));
    }
    for v in 0..column.len() {
        let wanted = match near[v] {
            (Some(left), None) => left + 1,
            (None, Some(right)) if right > 0 => right - 1,
            _ => continue,
        };
        // Both ends of a link may be such boxes: only a move towards the other end is safe in any order.
        let towards = if near[v].1.is_none() { wanted < column[v] } else { wanted > column[v] };
        let own = items[v].height + ROW_GAP;
        if towards && height[wanted] + own <= highest {
            height[column[v]] -= own;
            height[wanted] += own;
            column[v] = wanted;
        }
    }
}
