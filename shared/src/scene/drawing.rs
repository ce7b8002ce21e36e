//! The drawing primitives that the window renders as SVG nodes and the export writes as text.

use serde::{Deserialize, Serialize};

use super::{Point, Rect};

/// A scene turned into shapes; groups are listed back to front.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// Name of the view.
    pub title: String,
    /// One sentence on what is shown.
    pub description: String,
    /// Area to show, margin included: the SVG's `viewBox`.
    pub view_box: Rect,
    /// Frames, then edges, then cards, then edge labels.
    pub groups: Vec<Group>,
}

/// The shapes of one node or edge: an SVG `<g>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Id of the element or relation: the `data-id` attribute.
    pub id: String,
    /// What the group stands for.
    pub role: Role,
    /// CSS classes, separated by blanks; always start with the role's.
    pub class: String,
    /// Accessible name: the `<title>` of the group.
    pub title: String,
    /// Shapes back to front.
    pub shapes: Vec<Shape>,
}

/// What a group of shapes stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An element drawn around others (class `gp-frame`).
    Frame,
    /// A relation's line and arrowhead (class `gp-edge`).
    Edge,
    /// An element drawn as a card (class `gp-node`).
    Node,
    /// A relation's label (class `gp-label`), above all cards; its id is the relation's.
    Label,
}

/// One SVG shape. Colours come from the class alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "kebab-case")]
pub enum Shape {
    /// `<rect>`.
    Rect {
        /// Position and size.
        rect: Rect,
        /// Corner radius.
        radius: f64,
        /// CSS classes.
        class: String,
    },
    /// `<path>`.
    Path {
        /// Path data.
        d: String,
        /// Moves the path (`transform="translate(x y)"`); `None` when its data is absolute.
        at: Option<Point>,
        /// CSS classes.
        class: String,
    },
    /// `<circle>`.
    Circle {
        /// Middle.
        center: Point,
        /// Radius.
        radius: f64,
        /// CSS classes.
        class: String,
    },
    /// `<text>`; `at` is on the baseline.
    Text {
        /// Anchor point on the baseline.
        at: Point,
        /// Text, unescaped.
        text: String,
        /// Which part of the text stands at the point.
        anchor: Anchor,
        /// CSS classes; the class decides size and weight.
        class: String,
    },
}

/// Horizontal anchor of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
}

impl Anchor {
    /// Value of SVG's `text-anchor`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
        }
    }
}
