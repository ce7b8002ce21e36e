//! The height of every run: ends spread over the rims of boxes, lines side by side kept apart where there is room.

use std::collections::BTreeMap;
use std::rc::Rc;

use groundplan_shared::scene::Rect;

use super::Side;
use super::cells::Cells;
use super::runs::{Run, Runs};
use crate::wires::Wires;

/// Wanted distances between lines, tried in turn.
const GAPS: [f64; 5] = [8.0, 6.0, 4.0, 2.5, 1.5];
/// Smaller distances are for crowded places.
const CLOSE: f64 = 5.0;
/// Distance kept from boxes and frames where there is room.
const MARGIN: f64 = 7.0;
/// More ends than this on one rim: what leaves it starts as one line.
const CROWDED: usize = 2;
/// Widest distance between two ends on one rim.
const SPREAD: f64 = 14.0;
/// Places further from the wish are not tried.
const FAR: f64 = 400.0;
/// Height of a bucket of the occupancy index.
const BUCKET: f64 = 16.0;

pub(super) fn assign(runs: &mut Runs, cells: &Cells, rects: &[Rect], wires: &Wires) {
    let (wishes, stubs) = port_wishes(runs, rects, wires);
    let mut order: Vec<usize> = (0..runs.runs.len()).collect();
    order.sort_by(|a, b| rank(&runs.runs[*a]).total_cmp(&rank(&runs.runs[*b])).then(a.cmp(b)));
    let mut taken = Taken::default();
    // Lines pass a joint through its middle.
    for index in 0..runs.runs.len() {
        let joint = runs.runs[index].ports.iter().map(|port| port.0).find(|node| wires.is_joint(*node));
        if let Some(joint) = joint {
            let (from, to) = span(runs, cells, &runs.runs[index]);
            let y = rects[joint].center().y;
            taken.insert(y, from, to);
            runs.runs[index].y = y;
        }
    }
    for index in order {
        if runs.runs[index].y.is_finite() {
            continue;
        }
        if let Some(stub) = &stubs[index] {
            settle_stub(runs, cells, stub, &wishes, &mut taken);
            continue;
        }
        let run = &runs.runs[index];
        let wish = wishes[index].unwrap_or_else(|| inner_wish(runs, run, rects));
        let (from, to) = span(runs, cells, run);
        let y = taken.find(wish, (run.low, run.high), from, to);
        taken.insert(y, from, to);
        runs.runs[index].y = y;
    }
}

/// Runs that leave one rim as one line.
type Stub = Rc<[usize]>;

/// Gives all lines that leave one rim together one height.
fn settle_stub(runs: &mut Runs, cells: &Cells, stub: &[usize], wishes: &[Option<f64>], taken: &mut Taken) {
    let members = || stub.iter().map(|index| &runs.runs[*index]);
    let low = members().map(|run| run.low).fold(f64::NEG_INFINITY, f64::max);
    let high = members().map(|run| run.high).fold(f64::INFINITY, f64::min);
    let (from, to) = members()
        .map(|run| span(runs, cells, run))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (from, to)| (a.min(from), b.max(to)));
    let wish = stub.iter().find_map(|index| wishes[*index]).unwrap_or(f64::midpoint(low, high));
    let y = taken.find(wish, (low, high), from, to);
    taken.insert(y, from, to);
    for index in stub {
        runs.runs[*index].y = y;
    }
}

/// Straight runs from box to box come first, then runs with an end at a box, then those in narrow places.
fn rank(run: &Run) -> f64 {
    let ports = match run.ports.len() {
        0 => 2e7,
        1 => 1e7,
        _ => 0.0,
    };
    ports + (run.high - run.low)
}

/// For each run that ends at a box: its place among the ends on that rim, in the order of where they lead, and the
/// runs it shares its end with where a rim is crowded.
fn port_wishes(runs: &Runs, rects: &[Rect], wires: &Wires) -> (Vec<Option<f64>>, Vec<Option<Stub>>) {
    let mut rims: BTreeMap<(usize, Side), Vec<(f64, usize)>> = BTreeMap::new();
    for (index, run) in runs.runs.iter().enumerate() {
        let key = leads_to(runs, index, rects);
        let mut seen: Vec<(usize, Side)> = run.ports.iter().map(|port| (port.0, port.1)).collect();
        seen.sort_unstable();
        seen.dedup();
        for rim in seen {
            rims.entry(rim).or_default().push((key, index));
        }
    }
    let mut sums: Vec<(f64, f64)> = vec![(0.0, 0.0); runs.runs.len()];
    let mut stubs: Vec<Option<Stub>> = vec![None; runs.runs.len()];
    for ((node, _), mut ends) in rims {
        if wires.graph.options.merge && ends.len() > CROWDED {
            share(runs, &mut ends, &mut stubs);
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rect = rects[node];
        let count = ends.len() as f64;
        let gap = SPREAD.min((rect.h - 2.0 * MARGIN).max(0.0) / count.max(1.0));
        // On a frame the ends gather where they come from; so they do on a long side of a card, but not at its
        // corners, and around the middle of a short one.
        let reach = if wires.tree.is_group(node) { 0.5 } else { 0.3 } * rect.h;
        let tall = rect.h > 80.0;
        for (place, (key, index)) in ends.into_iter().enumerate() {
            let spread = rect.center().y + (place as f64 - (count - 1.0) / 2.0) * gap;
            let gathered = key.clamp(rect.center().y - reach, rect.center().y + reach);
            let wish = if tall { gathered } else { spread };
            sums[index].0 += wish;
            sums[index].1 += 1.0;
        }
    }
    (sums.into_iter().map(|(sum, count)| (count > 0.0).then(|| sum / count)).collect(), stubs)
}

/// Lets all lines that leave a crowded rim start as one; only one of them keeps a place in `ends`.
fn share(runs: &Runs, ends: &mut Vec<(f64, usize)>, stubs: &mut [Option<Stub>]) {
    let leaving: Vec<(f64, usize)> =
        ends.iter().copied().filter(|(_, index)| runs.runs[*index].leaving).collect();
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut members = Vec::new();
    for (_, index) in &leaving {
        let run = &runs.runs[*index];
        if run.high.min(high) - run.low.max(low) >= MARGIN {
            (low, high) = (run.low.max(low), run.high.min(high));
            members.push(*index);
        }
    }
    let Some(first) = members.first().copied() else { return };
    let members: Stub = members.into();
    if members.len() < 2 {
        return;
    }
    let mean = leaving.iter().map(|end| end.0).sum::<f64>() / leaving.len() as f64;
    ends.retain(|(_, index)| *index == first || !members.contains(index));
    for end in ends.iter_mut().filter(|end| end.1 == first) {
        end.0 = mean;
    }
    for index in members.iter() {
        stubs[*index] = Some(Rc::clone(&members));
    }
}

/// Roughly at which height a run goes on behind its turn.
fn leads_to(runs: &Runs, index: usize, rects: &[Rect]) -> f64 {
    let run = &runs.runs[index];
    let far = run.towards.iter().map(|node| rects[*node].center().y).sum::<f64>()
        / (run.towards.len().max(1) as f64);
    let next = run.turns.iter().flat_map(|turn| &runs.turns[*turn].runs).find(|(other, _)| *other != index);
    next.map_or(far, |(other, _)| far.clamp(runs.runs[*other].low, runs.runs[*other].high))
}

/// A run between turns wants the height of a neighbour, so that it needs no turn at all, or lies between them.
fn inner_wish(runs: &Runs, run: &Run, rects: &[Rect]) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for (other, _) in run.turns.iter().flat_map(|turn| &runs.turns[*turn].runs) {
        let other = &runs.runs[*other];
        if other.y.is_finite() {
            if (run.low..=run.high).contains(&other.y) {
                return other.y;
            }
            sum += other.y;
            count += 1.0;
        } else if !other.ports.is_empty() {
            sum += other.ports.iter().map(|port| rects[port.0].center().y).sum::<f64>()
                / other.ports.len() as f64;
            count += 1.0;
        }
    }
    if count > 0.0 { sum / count } else { f64::midpoint(run.low, run.high) }
}

/// From where to where a run may reach: turns may come to stand anywhere in their cells.
fn span(runs: &Runs, cells: &Cells, run: &Run) -> (f64, f64) {
    let turns = run.turns.iter().map(|turn| cells.cells[runs.turns[*turn].cell as usize].rect);
    let ports = run.ports.iter().map(|port| port.2);
    turns
        .flat_map(|cell| [cell.x, cell.right()])
        .chain(ports)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), x| (from.min(x), to.max(x)))
}

/// Heights already taken, by bucket.
#[derive(Default)]
struct Taken(std::collections::HashMap<i64, Vec<(f64, f64, f64)>>);

impl Taken {
    fn bucket(y: f64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "positions are within ±10 million")]
        let bucket = (y / BUCKET).floor() as i64;
        bucket
    }

    fn insert(&mut self, y: f64, from: f64, to: f64) {
        self.0.entry(Self::bucket(y)).or_default().push((y, from, to));
    }

    fn is_free(&self, y: f64, gap: f64, from: f64, to: f64) -> bool {
        (Self::bucket(y - gap)..=Self::bucket(y + gap))
            .filter_map(|bucket| self.0.get(&bucket))
            .flatten()
            .all(|(other, a, b)| (other - y).abs() >= gap - 0.01 || *b <= from || to <= *a)
    }

    /// The free height nearest to the wish; where all are taken at every distance, the wish itself.
    fn find(&self, wish: f64, (least, most): (f64, f64), from: f64, to: f64) -> f64 {
        let (mut low, mut high, mut wish) = (least, most, wish);
        let mut near: Option<Vec<f64>> = None;
        for gap in GAPS {
            // Where lines stand close, they stand close to boxes too.
            let margin = MARGIN.min((most - least) * if gap > CLOSE { 0.33 } else { 0.1 });
            (low, high) = (least + margin, most - margin);
            wish = wish.clamp(low, high);
            if near.is_none() && self.is_free(wish, gap, from, to) {
                return wish;
            }
            let near =
                near.get_or_insert_with(|| self.beside(wish - FAR, wish + FAR, (least, most), from, to));
            let free = |y: f64| {
                let above = near.partition_point(|other| *other <= y - gap + 0.01);
                near.get(above).is_none_or(|other| *other >= y + gap - 0.01)
            };
            let mut offset = 0.0;
            while wish - offset >= low || wish + offset <= high {
                for y in [wish + offset, wish - offset] {
                    if (low..=high).contains(&y) && free(y) {
                        return y;
                    }
                }
                offset += gap / 2.0;
                if offset > FAR {
                    break;
                }
            }
        }
        wish.clamp(low, high)
    }

    /// Heights taken beside a run, ascending.
    fn beside(&self, low: f64, high: f64, (least, most): (f64, f64), from: f64, to: f64) -> Vec<f64> {
        let widest = GAPS[0];
        let (low, high) = (low.max(least) - widest, high.min(most) + widest);
        let mut found: Vec<f64> = (Self::bucket(low)..=Self::bucket(high))
            .filter_map(|bucket| self.0.get(&bucket))
            .flatten()
            .filter(|(_, a, b)| *b > from && to > *a)
            .map(|(y, _, _)| *y)
            .collect();
        found.sort_by(f64::total_cmp);
        found
    }
}
