//! What a diagram shows once it has been laid out, and how that is drawn.
//!
//! The window and the command line's SVG export both draw a [`Scene`] through [`draw`], so that they
//! cannot differ. Layout, routing and text measurement live in the client core (`groundplan-diagram`);
//! nothing here chooses a position.

mod draw;
mod drawing;
mod geometry;
mod icons;
mod outline;
mod path;
mod svg;
#[cfg(test)]
mod tests;

pub use draw::draw;
pub use drawing::{Anchor, Drawing, Group, Role, Shape};
pub use geometry::{Point, Rect};
pub use icons::icon;
pub use outline::{OutlineItem, OutlineLink, outline, outline_text};
pub use path::{decimals, number};
pub use svg::{escape, to_svg};

use serde::{Deserialize, Serialize};

/// Text sizes of a card, a frame and an edge label, in CSS pixels: layout measures with what is drawn.
pub mod metrics {
    /// Size of a card's name.
    pub const NAME_SIZE: f64 = 13.0;
    /// Weight of a card's name and of a frame's label.
    pub const NAME_WEIGHT: u16 = 600;
    /// Size of a card's technology line.
    pub const TECHNOLOGY_SIZE: f64 = 11.0;
    /// Size of a frame's label.
    pub const FRAME_SIZE: f64 = 12.0;
    /// Size of an edge's label.
    pub const LABEL_SIZE: f64 = 11.0;
    /// Side of a kind's icon.
    pub const ICON: f64 = 16.0;
    /// Space between a card's left edge and its icon, and after its text.
    pub const CARD_PADDING: f64 = 10.0;
    /// Space between icon and text.
    pub const ICON_GAP: f64 = 8.0;
    /// Height of a card with a technology line.
    pub const CARD_HEIGHT: f64 = 44.0;
    /// Height of a card with a name only.
    pub const CARD_HEIGHT_SHORT: f64 = 36.0;
    /// Height kept free below a frame's top edge for its label.
    pub const FRAME_HEADER: f64 = 28.0;
    /// Space between a frame's edge and what it holds.
    pub const FRAME_PADDING: f64 = 16.0;
    /// Space between an edge label's text and the rim of its plate, left and right.
    pub const LABEL_PADDING: f64 = 4.0;
    /// Height of an edge label's plate.
    pub const LABEL_HEIGHT: f64 = 16.0;
}

/// A drawn diagram: every position is final, in CSS pixels, y pointing down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scene {
    /// Name of the view, read out as the drawing's title.
    pub title: String,
    /// Encloses every node, edge and label; zero-sized when the scene is empty.
    pub bounds: Rect,
    /// Parents come before their children.
    pub nodes: Vec<SceneNode>,
    /// Relations as drawn; several relations may be folded into one edge.
    pub edges: Vec<SceneEdge>,
}

/// One element as a card or, when it holds others, as a frame around them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneNode {
    /// Id of the element.
    pub id: String,
    /// Kind of the element: `component`, `datastore`, `channel`, …
    pub kind: String,
    /// Full name.
    pub name: String,
    /// Name as it fits the card, ended with an ellipsis where it did not.
    pub label: String,
    /// Technology line as it fits the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology: Option<String>,
    /// True when drawn as a frame around its children.
    #[serde(default)]
    pub is_group: bool,
    /// Id of the frame that holds this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where it stands, rounded to half pixels.
    pub rect: Rect,
    /// True for what others run.
    #[serde(default)]
    pub external: bool,
    /// Number of frames around this node.
    #[serde(default)]
    pub depth: u32,
    /// Health, where something observes it; the caller fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<NodeStatus>,
    /// Number of findings to show as a badge; the caller fills it in.
    #[serde(default)]
    pub findings: u32,
}

/// Health of an element as its status dot shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeStatus {
    /// Checks pass.
    Healthy,
    /// Some checks fail.
    Degraded,
    /// Down.
    Failing,
    /// Nothing has been heard for too long.
    Unknown,
}

/// One drawn relation, from source to target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneEdge {
    /// Id of the relation, or of the first of those folded into this edge.
    pub id: String,
    /// Kind of the relation: `uses`, `publishes`, …
    pub kind: String,
    /// Id of the node it leaves.
    pub source: String,
    /// Id of the node its arrowhead points at.
    pub target: String,
    /// Polyline of horizontal and vertical segments, from the source's rim to the target's.
    pub points: Vec<Point>,
    /// What the relation says, in full; drawn as `label` where there is room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Label and where it stands; absent where it would have covered a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<SceneLabel>,
    /// Whether the source waits for the target.
    #[serde(default)]
    pub interaction: Interaction,
    /// How many relations this edge stands for, at least one.
    pub count: u32,
    /// Ids of every relation this edge stands for.
    #[serde(default)]
    pub relations: Vec<String>,
}

/// Text beside an edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneLabel {
    /// Text as it fits, ended with an ellipsis where it did not.
    pub text: String,
    /// Plate behind the text; overlaps no card.
    pub rect: Rect,
}

/// Whether the source of a relation waits for its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interaction {
    /// Waits; drawn solid.
    #[default]
    Sync,
    /// Does not wait; drawn dashed.
    Async,
}
