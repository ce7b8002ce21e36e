//! The nesting of a graph: children, depth, common ancestors. Checks that the nesting is one.

use crate::graph::{LayoutError, LayoutGraph};

/// Who holds whom. The root container has no index of its own and is written `None`.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Parent by node.
    pub(crate) parent: Vec<Option<usize>>,
    /// Children by node, ascending.
    pub(crate) children: Vec<Vec<usize>>,
    /// Nodes without a parent, ascending.
    pub(crate) roots: Vec<usize>,
    /// Number of frames around a node.
    pub(crate) depth: Vec<usize>,
    /// Every node after its parent.
    pub(crate) order: Vec<usize>,
}

impl Tree {
    /// Reads the nesting and checks indices and numbers on the way.
    pub(crate) fn of(graph: &LayoutGraph) -> Result<Self, LayoutError> {
        let count = graph.nodes.len();
        let mut children = vec![Vec::new(); count];
        let mut roots = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            let sizes = [node.width, node.height, node.header_width];
            let corner = node.fixed.map_or([0.0, 0.0], |point| [point.x, point.y]);
            if !sizes.iter().all(|v| (0.0..=1e5).contains(v)) || !corner.iter().all(|v| v.abs() <= 1e7) {
                return Err(LayoutError::BadNumber { index });
            }
            match node.parent {
                None => roots.push(index),
                Some(parent) if parent >= count => {
                    return Err(LayoutError::OutOfRange { what: "node", index });
                }
                Some(parent) => children[parent].push(index),
            }
        }
        for (index, edge) in graph.edges.iter().enumerate() {
            if edge.source >= count || edge.target >= count {
                return Err(LayoutError::OutOfRange { what: "edge", index });
            }
        }
        let mut depth = vec![usize::MAX; count];
        let mut order = roots.clone();
        for &root in &roots {
            depth[root] = 0;
        }
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            next += 1;
            for &child in &children[node] {
                depth[child] = depth[node] + 1;
                order.push(child);
            }
        }
        if let Some(index) = depth.iter().position(|depth| *depth == usize::MAX) {
            return Err(LayoutError::ParentCycle { index });
        }
        Ok(Self {
            parent: graph.nodes.iter().map(|node| node.parent).collect(),
            children,
            roots,
            depth,
            order,
        })
    }

    /// True when the node is drawn as a frame.
    pub(crate) fn is_group(&self, node: usize) -> bool {
        !self.children[node].is_empty()
    }

    /// What a container holds; `None` is the root.
    pub(crate) fn held_by(&self, container: Option<usize>) -> &[usize] {
        container.map_or(&self.roots, |node| &self.children[node])
    }

    /// Container that holds both, and the two of its children that stand for `a` and `b`.
    ///
    /// `None` when one holds the other or both are the same.
    pub(crate) fn meet(&self, a: usize, b: usize) -> Option<(Option<usize>, usize, usize)> {
        let (mut a, mut b) = (a, b);
        while self.depth[a] > self.depth[b] {
            a = self.parent[a]?;
        }
        while self.depth[b] > self.depth[a] {
            b = self.parent[b]?;
        }
        if a == b {
            return None;
        }
        while self.parent[a] != self.parent[b] {
            a = self.parent[a]?;
            b = self.parent[b]?;
        }
        Some((self.parent[a], a, b))
    }

    /// True when `ancestor` holds `node`, directly or not, or is it.
    pub(crate) fn holds(&self, ancestor: usize, node: usize) -> bool {
        let mut at = Some(node);
        while let Some(current) = at {
            if current == ancestor {
                return true;
            }
            at = self.parent[current];
        }
        false
    }
}
