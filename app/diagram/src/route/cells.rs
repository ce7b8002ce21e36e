//! The free space of every container, cut by vertical lines into cells, and the openings between them.

use std::collections::HashMap;

use groundplan_shared::scene::{Rect, metrics};

use super::Side;
use crate::graph::LayoutGraph;
use crate::orient::header;
use crate::tree::Tree;

/// Free space around the drawing that routes may use.
const OUTSIDE: f64 = 48.0;
/// Ragged edges are evened out up to this width.
const EVEN: f64 = 160.0;
/// Lower openings are not used.
const LEAST: f64 = 2.0;

/// A free rectangle of a container, as high as possible.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) rect: Rect,
    /// Group whose inside this is part of; `None` outside all groups.
    pub(crate) container: Option<usize>,
    /// Openings to the left and to the right.
    pub(crate) openings: [Vec<u32>; 2],
}

/// A vertical line that two cells share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) x: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Cells to the left and to the right.
    pub(crate) cells: [u32; 2],
}

/// Where a box's side touches a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contact {
    pub(crate) cell: u32,
    /// Side of the cell on which the box's rim lies.
    pub(crate) side: Side,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// All cells of a placement.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    pub(crate) cells: Vec<Cell>,
    pub(crate) openings: Vec<Opening>,
    /// Cells outside each node's left and right rim.
    outer: Vec<[Vec<Contact>; 2]>,
    /// Cells inside each group's left and right rim.
    inner: Vec<[Vec<Contact>; 2]>,
}

/// Boxes with the ragged right edges of columns evened out, so that the gap behind a column is one cell.
///
/// A card is taken to be as wide as the widest one with the same left edge in its container, where nothing stands in
/// the way; its lines cross the strip between in its own height.
fn evened(tree: &Tree, rects: &[Rect]) -> Vec<Rect> {
    let mut even = rects.to_vec();
    let containers =
        std::iter::once(None).chain(tree.order.iter().copied().filter(|v| tree.is_group(*v)).map(Some));
    for container in containers {
        let children = tree.held_by(container);
        let mut columns: HashMap<u64, (f64, usize)> = HashMap::new();
        for &v in children {
            let column = columns.entry(rects[v].x.to_bits()).or_insert((0.0, 0));
            *column = (column.0.max(rects[v].right()), column.1 + 1);
        }
        for &v in children.iter().filter(|v| !tree.is_group(**v)) {
            let rect = rects[v];
            let Some(&(right, members)) = columns.get(&rect.x.to_bits()) else { continue };
            let strip = Rect::new(rect.right(), rect.y, right - rect.right(), rect.h);
            let in_frame = container.is_none_or(|group| strip.right() < rects[group].right());
            if members > 1
                && strip.w > 0.0
                && strip.w <= EVEN
                && in_frame
                && !children.iter().any(|o| *o != v && rects[*o].overlaps(&strip))
            {
                even[v].w = right - rect.x;
            }
        }
    }
    even
}

impl Cells {
    pub(crate) fn build(graph: &LayoutGraph, tree: &Tree, rects: &[Rect]) -> Self {
        let mut all = Self {
            outer: (0..rects.len()).map(|_| Default::default()).collect(),
            inner: (0..rects.len()).map(|_| Default::default()).collect(),
            ..Self::default()
        };
        let rects = &evened(tree, rects);
        let bounds = tree.roots.iter().map(|v| rects[*v]).reduce(|a, b| a.union(&b)).unwrap_or_default();
        all.cut(graph, tree, rects, None, bounds.grown(OUTSIDE));
        for &group in tree.order.iter().filter(|v| tree.is_group(**v)) {
            all.cut(graph, tree, rects, Some(group), rects[group]);
        }
        // Openings through the rims of groups.
        for &group in tree.order.iter().filter(|v| tree.is_group(**v)) {
            for side in Side::BOTH {
                all.open_rim(group, side, rects[group]);
            }
        }
        all
    }

    /// Contacts of a node's rim with the cells around it, or within it.
    pub(crate) fn contacts(&self, node: usize, side: Side, inside: bool) -> &[Contact] {
        if inside { &self.inner[node][side as usize] } else { &self.outer[node][side as usize] }
    }

    /// The cell behind an opening, seen from the other side.
    pub(crate) fn behind(&self, opening: u32, towards: Side) -> u32 {
        self.openings[opening as usize].cells[towards as usize]
    }

    fn open_rim(&mut self, group: usize, side: Side, rect: Rect) {
        let x = if side == Side::Left { rect.x } else { rect.right() };
        let mut found = Vec::new();
        for out in &self.outer[group][side as usize] {
            for within in &self.inner[group][side as usize] {
                let (low, high) = (out.low.max(within.low), out.high.min(within.high));
                if high - low >= LEAST {
                    let cells =
                        if side == Side::Left { [out.cell, within.cell] } else { [within.cell, out.cell] };
                    found.push(Opening { x, low, high, cells });
                }
            }
        }
        found.into_iter().for_each(|opening| self.push(opening));
    }

    fn push(&mut self, opening: Opening) {
        let index = u32::try_from(self.openings.len()).expect("invariant: far fewer openings than u32 holds");
        self.cells[opening.cells[0] as usize].openings[Side::Right as usize].push(index);
        self.cells[opening.cells[1] as usize].openings[Side::Left as usize].push(index);
        self.openings.push(opening);
    }

    /// Cuts the inside of one container.
    fn cut(
        &mut self,
        graph: &LayoutGraph,
        tree: &Tree,
        rects: &[Rect],
        container: Option<usize>,
        region: Rect,
    ) {
        let children = tree.held_by(container);
        let mut blocks: Vec<Rect> = children.iter().map(|v| rects[*v]).collect();
        if let Some(group) = container {
            // No line through the frame's own label.
            let width = graph.nodes[group].header_width;
            blocks.push(header(&graph.options, region, width, metrics::FRAME_HEADER - 4.0));
        }
        let mut lines: Vec<f64> = vec![region.x, region.right()];
        for block in &blocks {
            lines.extend(
                [block.x, block.right()].into_iter().filter(|x| region.x < *x && *x < region.right()),
            );
        }
        lines.sort_by(f64::total_cmp);
        lines.dedup();
        let mut starts: Vec<usize> = (0..blocks.len()).collect();
        starts.sort_by(|a, b| blocks[*a].x.total_cmp(&blocks[*b].x).then(a.cmp(b)));
        let mut coming = starts.into_iter().peekable();
        let mut active: Vec<Rect> = Vec::new();
        // Cells of the strip before, as (low, high, cell).
        let mut open: Vec<(f64, f64, u32)> = Vec::new();
        let mut starting: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut ending: HashMap<u64, Vec<u32>> = HashMap::new();
        for strip in lines.windows(2) {
            let (from, to) = (strip[0], strip[1]);
            active.retain(|block| block.right() > from);
            while let Some(index) = coming.next_if(|index| blocks[*index].x <= from) {
                if blocks[index].right() > from {
                    let at = active.partition_point(|block| block.y <= blocks[index].y);
                    active.insert(at, blocks[index]);
                }
            }
            let mut now = Vec::new();
            let mut low = region.y;
            for block in &active {
                if block.y - low >= LEAST {
                    now.push((low, block.y));
                }
                low = low.max(block.bottom());
            }
            if region.bottom() - low >= LEAST {
                now.push((low, region.bottom()));
            }
            let mut next = Vec::with_capacity(now.len());
            let mut fresh = Vec::new();
            for (low, high) in now {
                if let Some(same) = open.iter().find(|(l, h, _)| *l == low && *h == high) {
                    let rect = &mut self.cells[same.2 as usize].rect;
                    rect.w = to - rect.x;
                    next.push(*same);
                } else {
                    let cell =
                        u32::try_from(self.cells.len()).expect("invariant: far fewer cells than u32 holds");
                    self.cells.push(Cell {
                        rect: Rect::new(from, low, to - from, high - low),
                        container,
                        openings: Default::default(),
                    });
                    starting.entry(from.to_bits()).or_default().push(cell);
                    next.push((low, high, cell));
                    fresh.push((low, high, cell));
                }
            }
            for &(l, h, closed) in open.iter().filter(|(_, _, cell)| !next.iter().any(|n| n.2 == *cell)) {
                ending.entry(from.to_bits()).or_default().push(closed);
                for &(low, high, cell) in &fresh {
                    let (low, high) = (low.max(l), high.min(h));
                    if high - low >= LEAST {
                        self.push(Opening { x: from, low, high, cells: [closed, cell] });
                    }
                }
            }
            open = next;
        }
        ending.entry(region.right().to_bits()).or_default().extend(open.iter().map(|cell| cell.2));
        for &child in children {
            let rect = rects[child];
            self.touch(child, rect, Side::Left, ending.get(&rect.x.to_bits()), false);
            self.touch(child, rect, Side::Right, starting.get(&rect.right().to_bits()), false);
        }
        if let Some(group) = container {
            self.touch(group, region, Side::Left, starting.get(&region.x.to_bits()), true);
            self.touch(group, region, Side::Right, ending.get(&region.right().to_bits()), true);
        }
    }

    fn touch(&mut self, node: usize, rect: Rect, side: Side, cells: Option<&Vec<u32>>, inside: bool) {
        let found = cells.into_iter().flatten().filter_map(|&cell| {
            let other = self.cells[cell as usize].rect;
            let (low, high) = (rect.y.max(other.y), rect.bottom().min(other.bottom()));
            let facing = if inside { side } else { side.opposite() };
            (high - low >= LEAST).then_some(Contact { cell, side: facing, low, high })
        });
        let found = found.collect();
        if inside {
            self.inner[node][side as usize] = found;
        } else {
            self.outer[node][side as usize] = found;
        }
    }
}
