//! Ways turned into horizontal runs joined by turns. Heights and tracks are chosen elsewhere.

use std::collections::HashMap;

use groundplan_shared::scene::{Point, Rect};

use super::Side;
use super::cells::Cells;
use super::search::Way;
use crate::wires::drop_collinear;

/// Least height a run keeps when it goes straight through another opening.
const STRAIGHT: f64 = 14.0;

/// A horizontal stretch at one height.
#[derive(Debug)]
pub(super) struct Run {
    /// Heights at which it is free.
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) y: f64,
    /// Box rims it ends at: node, side of the node (seen from outside), x.
    pub(super) ports: Vec<(usize, Side, f64)>,
    /// True when it only leads away from its source's rim and no label needs it alone.
    pub(super) leaving: bool,
    /// Turns on it.
    pub(super) turns: Vec<usize>,
    /// Cells it passes through from side to side.
    pub(super) through: Vec<u32>,
    /// Boxes it leads to on its far side, for ordering: the other ends of its edges.
    pub(super) towards: Vec<usize>,
}

/// A vertical stretch within one cell that joins runs.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) cell: u32,
    pub(super) x: f64,
    /// Runs it joins and on which side of it they lie.
    pub(super) runs: Vec<(usize, Side)>,
}

/// All runs and turns, and how edges string them together.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) runs: Vec<Run>,
    pub(super) turns: Vec<Turn>,
    /// By edge, from root to leaf: runs with the turns between them.
    paths: Vec<Option<Path>>,
    /// Of the bundle being built: run by step, turn by cell and run.
    by_step: HashMap<u32, usize>,
    by_turn: HashMap<(u32, usize), usize>,
}

#[derive(Debug, Clone)]
struct Path {
    start: f64,
    end: f64,
    first: usize,
    /// Turn taken and run that follows.
    hops: Vec<(usize, usize)>,
    /// True when it leads from source to target.
    outward: bool,
}

/// What is known of an edge besides its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) edge: usize,
    pub(super) root: usize,
    pub(super) leaf: usize,
    /// True when the root is the source.
    pub(super) outward: bool,
    pub(super) labelled: bool,
    /// True when it shares nothing with other edges.
    pub(super) alone: bool,
}

impl Runs {
    pub(super) fn new(edges: usize) -> Self {
        Self { paths: vec![None; edges], ..Self::default() }
    }

    /// Forgets the steps of the bundle: what follows shares nothing with it.
    pub(super) fn close_bundle(&mut self) {
        self.by_step.clear();
        self.by_turn.clear();
    }

    /// Adds one edge's way. Steps known from other edges of its bundle are shared.
    pub(super) fn add(&mut self, cells: &Cells, rects: &[Rect], ends: Ends, way: &Way) {
        let Ends { edge, root, leaf, outward, .. } = ends;
        if ends.alone {
            self.close_bundle();
        }
        let Some(first_step) = way.steps.first().copied() else { return };
        let start = rim(cells, rects, root, first_step.cell, first_step.entry);
        let first = match self.by_step.get(&first_step.name) {
            Some(run) => *run,
            None => {
                let run = self.fresh(first_step.low, first_step.high);
                self.runs[run].ports.push((root, first_step.entry.opposite(), start));
                self.runs[run].leaving = outward && !ends.labelled;
                self.by_step.insert(first_step.name, run);
                run
            }
        };
        self.runs[first].towards.push(leaf);
        let mut path = Path { start, end: 0.0, first, hops: Vec::new(), outward };
        let (mut run, mut cell, mut entry) = (first, first_step.cell, first_step.entry);
        for step in way.steps.iter().skip(1) {
            let exit = step.entry.opposite();
            let known = self.by_step.get(&step.name).copied();
            let next = match known {
                Some(next) => next,
                None if entry != exit && self.narrow(run, cell, step.low, step.high) => run,
                None => self.fresh(step.low, step.high),
            };
            if next != run {
                let turn = self.turn(cell, run, entry, next, exit);
                path.hops.push((turn, next));
            }
            self.by_step.insert(step.name, next);
            (run, cell, entry) = (next, step.cell, step.entry);
        }
        let last = way.last;
        path.end = rim(cells, rects, leaf, cell, last.side);
        if entry != last.side && self.narrow(run, cell, last.low, last.high) {
        } else {
            let next = self.fresh(last.low, last.high);
            let turn = self.turn(cell, run, entry, next, last.side);
            path.hops.push((turn, next));
            run = next;
        }
        self.runs[run].ports.push((leaf, last.side.opposite(), path.end));
        self.runs[run].leaving = self.runs[run].ports.len() == 1 && !ends.labelled && !outward;
        self.runs[run].towards.push(root);
        self.paths[edge] = Some(path);
    }

    fn fresh(&mut self, low: f64, high: f64) -> usize {
        self.runs.push(Run {
            low,
            high,
            y: f64::NAN,
            ports: Vec::new(),
            leaving: false,
            turns: Vec::new(),
            through: Vec::new(),
            towards: Vec::new(),
        });
        self.runs.len() - 1
    }

    /// Lets a run go on straight through a cell where it ends so far; false when it cannot.
    fn narrow(&mut self, run: usize, cell: u32, low: f64, high: f64) -> bool {
        let run = &mut self.runs[run];
        let (low, high) = (run.low.max(low), run.high.min(high));
        if high - low < STRAIGHT || run.through.contains(&cell) {
            return false;
        }
        run.through.push(cell);
        (run.low, run.high) = (low, high);
        true
    }

    fn turn(&mut self, cell: u32, from: usize, entry: Side, to: usize, exit: Side) -> usize {
        let turn = match self.by_turn.get(&(cell, from)) {
            Some(turn) => *turn,
            None => {
                self.turns.push(Turn { cell, x: f64::NAN, runs: vec![(from, entry)] });
                let turn = self.turns.len() - 1;
                self.runs[from].turns.push(turn);
                self.by_turn.insert((cell, from), turn);
                turn
            }
        };
        if !self.turns[turn].runs.iter().any(|(run, _)| *run == to) {
            self.turns[turn].runs.push((to, exit));
            self.runs[to].turns.push(turn);
        }
        turn
    }

    /// The polyline of an edge from source to target, once heights and tracks are known.
    pub(super) fn points(&self, edge: usize) -> Option<Vec<Point>> {
        let path = self.paths.get(edge)?.as_ref()?;
        let mut points = vec![Point::new(path.start, self.runs[path.first].y)];
        let mut y = self.runs[path.first].y;
        for (turn, run) in &path.hops {
            let x = self.turns[*turn].x;
            let next = self.runs[*run].y;
            points.push(Point::new(x, y));
            points.push(Point::new(x, next));
            y = next;
        }
        points.push(Point::new(path.end, y));
        if !path.outward {
            points.reverse();
        }
        for point in &mut points {
            *point = Point::new(half(point.x), half(point.y));
        }
        drop_collinear(&mut points);
        Some(points)
    }
}

/// Where a box's rim really is, seen from a cell beside (or within) it.
fn rim(cells: &Cells, rects: &[Rect], node: usize, cell: u32, side: Side) -> f64 {
    let (cell, node) = (cells.cells[cell as usize].rect, rects[node]);
    match side {
        Side::Left if cell.x == node.x => node.x,
        Side::Left => node.right(),
        Side::Right if cell.right() == node.right() => node.right(),
        Side::Right => node.x,
    }
}

fn half(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}
