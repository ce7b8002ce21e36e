//! The place of every turn across its cell: an order with few crossings, then one track for each that needs it.

use super::Side;
use super::cells::Cells;
use super::runs::Runs;

/// Widest distance between two tracks.
const SPREAD: f64 = 14.0;
/// Lines nearer than this would run into each other.
const TOUCH: f64 = 3.0;
/// Price of two lines lying on each other, in crossings.
const CLASH: i64 = 40;
/// Neighbours that a turn moves past at most in one pass.
const REACH: usize = 64;
/// Cells with more turns are ordered by height alone.
const PAIRS_LIMIT: usize = 700;

/// A turn while its cell is being settled.
struct Bar {
    turn: usize,
    low: f64,
    high: f64,
    /// Heights at which runs leave to the left and to the right.
    left: Vec<f64>,
    right: Vec<f64>,
    /// True when the heights grow from left to right, roughly.
    middle: f64,
}

pub(super) fn assign(runs: &mut Runs, cells: &Cells) {
    let mut by_cell: Vec<Vec<usize>> = vec![Vec::new(); cells.cells.len()];
    for (index, turn) in runs.turns.iter().enumerate() {
        by_cell[turn.cell as usize].push(index);
    }
    for (cell, turns) in by_cell.into_iter().enumerate() {
        let rect = cells.cells[cell].rect;
        let middle = rect.center().x;
        let mut bars = Vec::new();
        for turn in turns {
            let bar = bar(runs, turn);
            if bar.high - bar.low < 0.25 {
                runs.turns[turn].x = middle;
            } else {
                bars.push(bar);
            }
        }
        let order = order(&bars);
        let (tracks, count) = tracks(&bars, &order);
        let gap = SPREAD.min(rect.w / (count as f64 + 1.0));
        for (bar, track) in bars.iter().zip(tracks) {
            runs.turns[bar.turn].x = middle + (track as f64 - (count as f64 - 1.0) / 2.0) * gap;
        }
    }
}

fn bar(runs: &Runs, index: usize) -> Bar {
    let turn = &runs.turns[index];
    let mut bar = Bar {
        turn: index,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        left: Vec::new(),
        right: Vec::new(),
        middle: 0.0,
    };
    for (run, side) in &turn.runs {
        let run = &runs.runs[*run];
        bar.low = bar.low.min(run.y);
        bar.high = bar.high.max(run.y);
        // What passes straight through is crossed wherever the turn stands.
        if !run.through.contains(&turn.cell) {
            if *side == Side::Left { bar.left.push(run.y) } else { bar.right.push(run.y) }
        }
    }
    bar.middle = f64::midpoint(bar.low, bar.high);
    bar
}

/// Crossings when `a` stands left of `b`.
fn price(a: &Bar, b: &Bar) -> i64 {
    let within = |y: &&f64, bar: &Bar| bar.low - TOUCH < **y && **y < bar.high + TOUCH;
    let mut price = 0;
    price += i64::try_from(a.right.iter().filter(|y| within(y, b)).count()).unwrap_or(0);
    price += i64::try_from(b.left.iter().filter(|y| within(y, a)).count()).unwrap_or(0);
    // A stub of `a` to the right and one of `b` to the left at one height would lie on each other.
    for y in &a.right {
        if b.left.iter().any(|other| (other - y).abs() < TOUCH) {
            price += CLASH;
        }
    }
    price
}

/// An order of the bars in which few pairs stand the wrong way round.
fn order(bars: &[Bar]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|a, b| bars[*a].middle.total_cmp(&bars[*b].middle).then(a.cmp(b)));
    if bars.len() > PAIRS_LIMIT || bars.len() < 2 {
        return order;
    }
    // How much better it is to stand left of all others.
    let mut pull = vec![0i64; bars.len()];
    for i in 0..bars.len() {
        for j in 0..i {
            if bars[i].high + TOUCH < bars[j].low || bars[j].high + TOUCH < bars[i].low {
                continue;
            }
            let gain = price(&bars[j], &bars[i]) - price(&bars[i], &bars[j]);
            pull[i] += gain;
            pull[j] -= gain;
        }
    }
    order.sort_by(|a, b| {
        pull[*b].cmp(&pull[*a]).then(bars[*a].middle.total_cmp(&bars[*b].middle)).then(a.cmp(b))
    });
    // Insertion passes: a bar moves left past neighbours as long as that removes crossings.
    for _ in 0..3 {
        let mut moved = false;
        for at in 1..order.len() {
            let mut place = at;
            let mut gain = 0;
            let mut best = (0, at);
            while place > 0 && at - place < REACH {
                let (before, me) = (&bars[order[place - 1]], &bars[order[at]]);
                gain += price(before, me) - price(me, before);
                place -= 1;
                if gain > best.0 {
                    best = (gain, place);
                }
            }
            if best.0 > 0 {
                let bar = order.remove(at);
                order.insert(best.1, bar);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    order
}

/// Leftmost track for each bar such that bars whose heights meet keep their order.
fn tracks(bars: &[Bar], order: &[usize]) -> (Vec<usize>, usize) {
    let mut tracks = vec![0; bars.len()];
    let mut count = 0;
    for (place, &index) in order.iter().enumerate() {
        let bar = &bars[index];
        let track = order[..place]
            .iter()
            .filter(|other| bars[**other].low - TOUCH < bar.high && bar.low - TOUCH < bars[**other].high)
            .map(|other| tracks[*other] + 1)
            .max()
            .unwrap_or(0);
        tracks[index] = track;
        count = count.max(track + 1);
    }
    (tracks, count)
}
