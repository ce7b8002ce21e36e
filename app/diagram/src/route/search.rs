//! Cheapest ways from a star's root to all its leaves: one search over openings for the whole bundle, so that the
//! ways form a tree and lines to (or from) one box join by themselves.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use groundplan_shared::scene::Rect;

use super::Side;
use super::bundle::Bundle;
use super::cells::{Cells, Contact};
use crate::deadline::Deadline;
use crate::graph::LayoutGraph;
use crate::tree::Tree;
use crate::wires::Wires;

/// Price of a corner, in pixels of detour.
const BEND: f64 = 22.0;
/// Price of leaving a box to the left or entering it from the right: lines flow rightwards.
const AGAINST: f64 = 160.0;
/// Price of turning back within one cell.
const TURN_BACK: f64 = 30.0;
/// Height a line takes up in an opening.
const LANE: f64 = 5.0;
/// Width a turn takes up in a cell.
const TRACK: f64 = 5.0;
/// How often one cell is passed in one search, from each side.
const PASSES: u8 = 2;
/// More sources than this are searched without looking ahead.
const AIM: usize = 4;
/// Price of each pixel that an opening lacks for its lines.
const FULL: f64 = 12.0;
/// Least height in which a line goes straight on.
const STRAIGHT: f64 = 14.0;

/// One step of a way, read from the root: through an opening into a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Names the step within its bundle; equal names are one step of the tree.
    pub(super) name: u32,
    /// The cell entered.
    pub(super) cell: u32,
    /// Side of the cell through which it is entered.
    pub(super) entry: Side,
    /// Heights at which it can be entered.
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A way from root to leaf; the first step starts at the root's rim, `last` is the leaf's.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) steps: Vec<Step>,
    pub(super) last: Contact,
}

#[derive(Clone, Copy)]
struct Label {
    cost: f64,
    /// Heights reachable without another corner.
    low: f64,
    high: f64,
    /// Those of them that the cost so far pays for.
    near: (f64, f64),
    previous: u32,
    stamp: u32,
    done: bool,
}

const NOWHERE: Label =
    Label { cost: 0.0, low: 0.0, high: 0.0, near: (0.0, 0.0), previous: u32::MAX, stamp: 0, done: false };

struct Queued {
    estimate: f64,
    cost: f64,
    name: u32,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        other.estimate.total_cmp(&self.estimate).then(other.name.cmp(&self.name))
    }
}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Queued {}

/// Memory of searches, reused from bundle to bundle.
pub(super) struct Search {
    labels: Vec<Label>,
    stamp: u32,
    passes: Vec<[(u32, u8); 2]>,
    /// Bundles through each opening so far.
    used: Vec<u16>,
    /// Turns in each cell so far.
    turned: Vec<u16>,
    queue: BinaryHeap<Queued>,
}

/// What one search wants to reach.
struct Goals {
    /// By cell: source position in `sources`, contact and price of its side.
    by_cell: HashMap<u32, Vec<(usize, Contact, f64)>>,
    rects: Vec<Rect>,
    /// Cheapest arrival by source: cost, step before, contact.
    best: Vec<Option<(f64, u32, Contact)>>,
}

impl Search {
    pub(super) fn new(cells: &Cells) -> Self {
        let none = NOWHERE;
        Self {
            // Two names per opening, one for each direction; starts are added behind them.
            labels: vec![none; 2 * cells.openings.len() + 64],
            stamp: 0,
            passes: vec![[(0, 0); 2]; cells.cells.len()],
            used: vec![0; cells.openings.len()],
            turned: vec![0; cells.cells.len()],
            queue: BinaryHeap::new(),
        }
    }

    /// Finds the ways of one bundle, in the order of its edges; edges without a way are left out.
    pub(super) fn ways(
        &mut self,
        cells: &Cells,
        wires: &Wires,
        rects: &[Rect],
        bundle: &Bundle,
        deadline: &Deadline,
    ) -> Vec<(usize, Way)> {
        let (tree, graph) = (&wires.tree, &wires.graph);
        self.stamp += 1;
        self.queue.clear();
        let starts = starts(cells, bundle);
        let base = 2 * cells.openings.len();
        self.labels.resize(self.labels.len().max(base + starts.len()), NOWHERE);
        let mut goals = goals(cells, tree, graph, rects, bundle);
        let allowed = Allowed::of(tree, graph, bundle);
        for (index, (contact, price)) in starts.iter().enumerate() {
            let name = u32::try_from(base + index).expect("invariant: far fewer names than u32 holds");
            let rim = (contact.low, contact.high);
            self.reach(name, *price, rim, rim, u32::MAX, 0.0);
        }
        let mut work = 0u64;
        while let Some(Queued { cost, estimate, name }) = self.queue.pop() {
            let label = &mut self.labels[name as usize];
            if label.done || cost > label.cost {
                continue;
            }
            label.done = true;
            if goals.best.iter().all(|best| best.is_some_and(|(found, _, _)| found <= estimate)) {
                break;
            }
            let (cell, entry, x) = place_of(cells, &starts, base, name);
            let (stamp, count) = &mut self.passes[cell as usize][entry as usize];
            if *stamp != self.stamp {
                (*stamp, *count) = (self.stamp, 0);
            }
            if *count >= PASSES {
                continue;
            }
            *count += 1;
            work += self.expand(cells, &allowed, &mut goals, name, cell, entry, x);
        }
        deadline.spend(work + 1);
        self.collect(cells, bundle, &starts, base, &goals)
    }

    /// Records a cheaper way to a step.
    fn reach(
        &mut self,
        name: u32,
        cost: f64,
        (low, high): (f64, f64),
        near: (f64, f64),
        previous: u32,
        ahead: f64,
    ) {
        let label = &mut self.labels[name as usize];
        if label.stamp == self.stamp && label.cost <= cost {
            return;
        }
        *label = Label { cost, low, high, near, previous, stamp: self.stamp, done: false };
        self.queue.push(Queued { estimate: cost + ahead, cost, name });
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the search needs all of its place")]
    fn expand(
        &mut self,
        cells: &Cells,
        allowed: &Allowed<'_>,
        goals: &mut Goals,
        name: u32,
        cell: u32,
        entry: Side,
        x: f64,
    ) -> u64 {
        let label = self.labels[name as usize];
        let here = &cells.cells[cell as usize];
        // Turning where many turn already gets dear before the tracks run out.
        let crowd = ((f64::from(self.turned[cell as usize]) + 1.0) * TRACK - here.rect.w).max(0.0) * 2.0;
        if let Some(arrivals) = goals.by_cell.get(&cell) {
            for (source, contact, price) in arrivals {
                let rim = if contact.side == Side::Left { here.rect.x } else { here.rect.right() };
                let (step, ..) =
                    step_cost(&label, entry, x, contact.side, rim, (contact.low, contact.high), crowd);
                let cost = label.cost + step + price;
                if goals.best[*source].is_none_or(|(least, _, _)| cost < least) {
                    goals.best[*source] = Some((cost, name, *contact));
                }
            }
        }
        let mut work = 0;
        for side in Side::BOTH {
            for &index in &here.openings[side as usize] {
                let next_name = index * 2 + side as u32;
                if next_name ^ 1 == name {
                    continue;
                }
                work += 1;
                let opening = cells.openings[index as usize];
                let next = cells.behind(index, side);
                if !allowed.pass(here.container, cells.cells[next as usize].container) {
                    continue;
                }
                let (step, range, near) =
                    step_cost(&label, entry, x, side, opening.x, (opening.low, opening.high), crowd);
                let lanes = f64::from(self.used[index as usize]);
                let full = ((lanes + 1.0) * LANE - (opening.high - opening.low)).max(0.0);
                let cost = label.cost + step + lanes * 0.5 + full * FULL;
                let ahead = goals.ahead(opening.x, near.0, near.1);
                self.reach(next_name, cost, range, near, name, ahead);
            }
        }
        work
    }

    fn collect(
        &mut self,
        cells: &Cells,
        bundle: &Bundle,
        starts: &[(Contact, f64)],
        base: usize,
        goals: &Goals,
    ) -> Vec<(usize, Way)> {
        let mut ways = Vec::new();
        let mut passed = std::collections::BTreeSet::new();
        for (edge, best) in bundle.edges.iter().zip(&goals.best) {
            let Some((_, name, last)) = best else { continue };
            let mut steps = Vec::new();
            let mut at = *name;
            while at != u32::MAX {
                let (cell, entry, _) = place_of(cells, starts, base, at);
                let (low, high) = match (at as usize).checked_sub(base) {
                    Some(start) => (starts[start].0.low, starts[start].0.high),
                    None => {
                        passed.insert(at / 2);
                        let opening = cells.openings[at as usize / 2];
                        (opening.low, opening.high)
                    }
                };
                steps.push(Step { name: at, cell, entry, low, high });
                at = self.labels[at as usize].previous;
            }
            steps.reverse();
            ways.push((*edge, Way { steps, last: *last }));
        }
        let mut turned = std::collections::BTreeSet::new();
        for (_, way) in &ways {
            for pair in way.steps.windows(2) {
                let [before, after] =
                    [&self.labels[pair[0].name as usize], &self.labels[pair[1].name as usize]];
                if after.low < before.low || before.high < after.high {
                    turned.insert((pair[0].cell, pair[0].name));
                }
            }
        }
        for (cell, _) in turned {
            self.turned[cell as usize] = self.turned[cell as usize].saturating_add(1);
        }
        for opening in passed {
            self.used[opening as usize] = self.used[opening as usize].saturating_add(1);
        }
        // Long ways first: they become the trunk that others join.
        ways.sort_by_key(|(edge, way)| (std::cmp::Reverse(way.steps.len()), *edge));
        ways
    }
}

/// Cell entered by a step, the side it is entered through, and where.
fn place_of(cells: &Cells, starts: &[(Contact, f64)], base: usize, name: u32) -> (u32, Side, f64) {
    if let Some(start) = (name as usize).checked_sub(base) {
        let contact = starts[start].0;
        let rect = cells.cells[contact.cell as usize].rect;
        let x = if contact.side == Side::Left { rect.x } else { rect.right() };
        return (contact.cell, contact.side, x);
    }
    let towards = if name.is_multiple_of(2) { Side::Left } else { Side::Right };
    let index = name / 2;
    (cells.behind(index, towards), towards.opposite(), cells.openings[index as usize].x)
}

/// Price of crossing a cell, the heights at which it is left without another corner, and those the price pays for.
fn step_cost(
    label: &Label,
    entry: Side,
    x: f64,
    exit: Side,
    to: f64,
    (low, high): (f64, f64),
    crowd: f64,
) -> (f64, (f64, f64), (f64, f64)) {
    let (both_low, both_high) = (label.low.max(low), label.high.min(high));
    let across = (to - x).abs();
    if entry != exit && both_high - both_low >= STRAIGHT {
        let (apart, near) = nearest(label.near, (both_low, both_high));
        return (across + apart, (both_low, both_high), near);
    }
    let (apart, near) = nearest(label.near, (low, high));
    let back = if entry == exit { TURN_BACK + 2.0 * LANE } else { 0.0 };
    (across + apart + 2.0 * BEND + back + crowd, (low, high), near)
}

/// How far apart two ranges of heights are, and what of the second is that near to the first.
fn nearest(from: (f64, f64), to: (f64, f64)) -> (f64, (f64, f64)) {
    let (low, high) = (from.0.max(to.0), from.1.min(to.1));
    if low <= high {
        (0.0, (low, high))
    } else if from.1 < to.0 {
        (to.0 - from.1, (to.0, to.0))
    } else {
        (from.0 - to.1, (to.1, to.1))
    }
}

/// Where a bundle's ways start: the root's rim, with the price of each side.
fn starts(cells: &Cells, bundle: &Bundle) -> Vec<(Contact, f64)> {
    let mut starts = Vec::new();
    for side in Side::BOTH {
        // Seen from within, a line that flows rightwards arrives at the right rim.
        let star = &bundle.star;
        let natural = if star.from_within != star.outward { Side::Right } else { Side::Left };
        let price = if side == natural { 0.0 } else { AGAINST };
        starts.extend(cells.contacts(star.root, side, star.from_within).iter().map(|c| (*c, price)));
    }
    starts
}

fn goals(cells: &Cells, tree: &Tree, graph: &LayoutGraph, rects: &[Rect], bundle: &Bundle) -> Goals {
    let mut by_cell: HashMap<u32, Vec<(usize, Contact, f64)>> = HashMap::new();
    let mut boxes = Vec::new();
    for (position, edge) in bundle.edges.iter().enumerate() {
        let leaf = bundle.star.leaf(graph, *edge);
        let within = tree.holds(leaf, bundle.star.root);
        for side in Side::BOTH {
            let natural = if within != bundle.star.outward { Side::Left } else { Side::Right };
            let price = if side == natural { 0.0 } else { AGAINST };
            for contact in cells.contacts(leaf, side, within) {
                by_cell.entry(contact.cell).or_default().push((position, *contact, price));
            }
        }
        boxes.push(rects[leaf]);
    }
    Goals { by_cell, rects: boxes, best: vec![None; bundle.edges.len()] }
}

impl Goals {
    /// Least distance still to go, where few sources make looking ahead worth it.
    fn ahead(&self, x: f64, low: f64, high: f64) -> f64 {
        if self.rects.len() > AIM {
            return 0.0;
        }
        self.rects
            .iter()
            .map(|r| (r.x - x).max(x - r.right()).max(0.0) + (r.y - high).max(low - r.bottom()).max(0.0))
            .fold(f64::INFINITY, f64::min)
    }
}

/// Which rims of groups a bundle may cross: out of the root's, into the leaves'.
struct Allowed<'a> {
    tree: &'a Tree,
    leave: Vec<usize>,
    enter: Vec<usize>,
}

impl<'a> Allowed<'a> {
    fn of(tree: &'a Tree, graph: &LayoutGraph, bundle: &Bundle) -> Self {
        let ancestors = |node: usize| std::iter::successors(tree.parent[node], |at| tree.parent[*at]);
        let leave: Vec<usize> =
            if bundle.star.from_within { Vec::new() } else { ancestors(bundle.star.root).collect() };
        let mut enter: Vec<usize> = Vec::new();
        for edge in &bundle.edges {
            for group in ancestors(bundle.star.leaf(graph, *edge)) {
                if tree.holds(group, bundle.star.root) {
                    break;
                }
                enter.push(group);
            }
        }
        enter.sort_unstable();
        enter.dedup();
        Self { tree, leave, enter }
    }

    fn pass(&self, from: Option<usize>, to: Option<usize>) -> bool {
        if from == to {
            return true;
        }
        match (from, to) {
            (Some(inner), outer) if self.tree.parent[inner] == outer => self.leave.contains(&inner),
            (_, Some(inner)) => self.enter.binary_search(&inner).is_ok(),
            (_, None) => false,
        }
    }
}
