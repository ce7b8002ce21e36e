//! Ways without any choice, for when the deadline has passed: along one spanning tree of all cells.
//!
//! The tree enters groups from outside only, so a way from box to box crosses no foreign group.

use std::collections::VecDeque;

use groundplan_shared::scene::Rect;

use super::Side;
use super::cells::{Cells, Contact};
use super::search::{Step, Way};
use crate::graph::LayoutGraph;
use crate::tree::Tree;

/// The spanning tree: by cell, the opening that leads towards the root and the cell behind it.
pub(super) struct Hub {
    up: Vec<Option<(u32, u32)>>,
    depth: Vec<u32>,
}

impl Hub {
    pub(super) fn build(cells: &Cells, tree: &Tree) -> Self {
        let count = cells.cells.len();
        let mut hub = Self { up: vec![None; count], depth: vec![u32::MAX; count] };
        let mut queue = VecDeque::new();
        if count > 0 {
            hub.depth[0] = 0;
            queue.push_back(0u32);
        }
        while let Some(cell) = queue.pop_front() {
            let here = &cells.cells[cell as usize];
            for side in Side::BOTH {
                for &opening in &here.openings[side as usize] {
                    let next = cells.behind(opening, side);
                    let there = cells.cells[next as usize].container;
                    let down = there.is_some_and(|group| tree.parent[group] == here.container);
                    if hub.depth[next as usize] == u32::MAX && (there == here.container || down) {
                        hub.depth[next as usize] = hub.depth[cell as usize] + 1;
                        hub.up[next as usize] = Some((opening, cell));
                        queue.push_back(next);
                    }
                }
            }
        }
        hub
    }

    /// The way of one edge along the tree; `None` where a box touches no free space.
    pub(super) fn way(
        &self,
        cells: &Cells,
        tree: &Tree,
        graph: &LayoutGraph,
        rects: &[Rect],
        edge: usize,
    ) -> Option<Way> {
        let (source, target) = (graph.edges[edge].source, graph.edges[edge].target);
        if source == target || rects[source] == rects[target] {
            return None;
        }
        let start = self.contact(cells, target, [Side::Left, Side::Right], tree.holds(target, source))?;
        let last = self.contact(cells, source, [Side::Right, Side::Left], tree.holds(source, target))?;
        let (mut a, mut b) = (start.cell, last.cell);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        while a != b {
            if self.depth[a as usize] >= self.depth[b as usize] {
                let (opening, next) = self.up[a as usize]?;
                up.push((opening, next));
                a = next;
            } else {
                let (opening, next) = self.up[b as usize]?;
                down.push((opening, b));
                b = next;
            }
        }
        let base = u32::try_from(2 * cells.openings.len()).ok()?;
        let mut steps =
            vec![Step { name: base, cell: start.cell, entry: start.side, low: start.low, high: start.high }];
        for (opening, cell) in up.into_iter().chain(down.into_iter().rev()) {
            let line = cells.openings[opening as usize];
            let towards = if line.cells[Side::Right as usize] == cell { Side::Right } else { Side::Left };
            steps.push(Step {
                name: opening * 2 + towards as u32,
                cell,
                entry: towards.opposite(),
                low: line.low,
                high: line.high,
            });
        }
        Some(Way { steps, last })
    }

    fn contact(&self, cells: &Cells, node: usize, sides: [Side; 2], inside: bool) -> Option<Contact> {
        sides
            .into_iter()
            .flat_map(|side| cells.contacts(node, side, inside))
            .find(|contact| self.depth[contact.cell as usize] != u32::MAX)
            .copied()
    }
}
