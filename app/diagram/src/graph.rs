//! What a layout starts from and what it returns. No algorithm.

use groundplan_shared::scene::{Point, Rect};

/// Nested boxes and the relations between them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutGraph {
    /// Boxes; one that is the parent of another is drawn as a frame around it.
    pub nodes: Vec<LayoutNode>,
    /// Relations.
    pub edges: Vec<LayoutEdge>,
    /// Wishes.
    pub options: LayoutOptions,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutNode {
    /// Index of the frame that holds this box.
    pub parent: Option<usize>,
    /// Width of the card in CSS pixels; ignored for frames.
    pub width: f64,
    /// Height of the card in CSS pixels; ignored for frames.
    pub height: f64,
    /// Width that a frame's label needs, icon included.
    pub header_width: f64,
    /// Top left corner that must not change; ignored for frames, which follow what they hold.
    pub fixed: Option<Point>,
}

/// One relation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutEdge {
    /// Index of the box it leaves.
    pub source: usize,
    /// Index of the box it enters.
    pub target: usize,
    /// Width and height of its label's plate.
    pub label: Option<(f64, f64)>,
    /// Edges to one target with the same style may share their last stretch; others may not.
    pub style: u32,
}

/// Which way relations lead, as far as they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Whichever makes the better drawing; a drawing with stored positions goes on as it began.
    #[default]
    Auto,
    /// To the right.
    Across,
    /// Downwards.
    Down,
}

/// Wishes for a layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayoutOptions {
    /// Width ÷ height to aim at.
    pub aspect: f64,
    /// Which way relations lead.
    pub direction: Direction,
    /// Let edges of one style join on the way to one target, and leave a crowded rim as one line.
    pub merge: bool,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self { aspect: 1.6, direction: Direction::Auto, merge: true }
    }
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// One rectangle for each node, in the graph's order.
    pub rects: Vec<Rect>,
    /// One route for each edge, in the graph's order.
    pub routes: Vec<Route>,
    /// Encloses everything.
    pub bounds: Rect,
    /// Nodes for which no free place was left without moving others: they overlap something.
    pub crowded: Vec<usize>,
    /// True when the deadline passed and cruder means finished the work.
    pub degraded: bool,
}

/// The course of one edge.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Route {
    /// Horizontal and vertical segments from the source's rim to the target's; empty for an edge from a box to itself.
    pub points: Vec<Point>,
    /// Where the label stands; `None` where it would have covered a card.
    pub label: Option<Rect>,
}

/// Why there is no layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The caller set the cancel flag.
    #[error("the layout was cancelled; start it again to see the diagram")]
    Cancelled,
    /// A node names a parent or an edge names an end that does not exist.
    #[error("{what} {index} points outside the graph; remove it or add what it points at")]
    OutOfRange {
        /// `node` or `edge`.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// Nodes hold each other.
    #[error("node {index} holds itself through its parents; break the cycle")]
    ParentCycle {
        /// Index of a node on the cycle.
        index: usize,
    },
    /// A size or position is not a number that can be drawn.
    #[error(
        "node {index} has a size or position out of range; sizes are 0 to 100000, positions within ±10 million"
    )]
    BadNumber {
        /// Index of the node.
        index: usize,
    },
}
