//! Commands of diagrams.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{DocumentId, Position, ViewFilter, ViewKind};
use crate::scene::Scene;

/// Creates a diagram.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewCreateParams {
    /// What it shows.
    pub kind: ViewKind,
    /// Its name.
    pub name: String,
    /// The element whose inside it shows.
    #[serde(default)]
    pub scope: Option<DocumentId>,
    /// What it leaves out.
    #[serde(default)]
    pub filter: ViewFilter,
}

/// Lists diagrams.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewListParams {}

/// A diagram in lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSummary {
    /// Its id.
    pub id: DocumentId,
    /// What it shows.
    pub kind: ViewKind,
    /// Its name.
    pub name: String,
    /// The element whose inside it shows.
    pub scope: Option<DocumentId>,
    /// What it leaves out.
    pub filter: ViewFilter,
}

/// A list of diagrams, ordered by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewList {
    /// The rows.
    pub items: Vec<ViewSummary>,
    /// What is there and may not be known to whoever asks; only in a list of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<super::Reference>,
}

/// Draws a diagram.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewSceneParams {
    /// A stored diagram; none draws the whole workspace (or `scope`) without storing anything.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Show the inside of this element instead (drill down).
    #[serde(default)]
    pub scope: Option<DocumentId>,
    /// Show only this element and its neighbours up to `focus_depth` relations away.
    #[serde(default)]
    pub focus: Option<DocumentId>,
    /// 1 to 5; 0 means 1.
    #[serde(default)]
    pub focus_depth: u8,
}

/// A drawn diagram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewScene {
    /// The stored diagram, if it is one.
    pub view: Option<ViewSummary>,
    /// Breadcrumb: the scope's ancestors and the scope.
    pub path: Vec<super::Reference>,
    /// What to draw.
    pub scene: Scene,
    /// Whether the layout had to stop early and is coarser than usual.
    pub coarse: bool,
}

/// Puts cards elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewMoveParams {
    /// The diagram.
    pub id: DocumentId,
    /// New top left corners.
    pub positions: BTreeMap<DocumentId, Position>,
}

/// Lays a diagram out anew; undo brings the old positions back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewLayoutParams {
    /// The diagram.
    pub id: DocumentId,
    /// Which way relations lead. Nothing stores it: a drawn diagram goes on as its cards stand.
    #[serde(default)]
    pub flow: ViewFlow,
}

/// Which way a diagram's relations lead, as far as they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewFlow {
    /// Whichever makes the better drawing.
    #[default]
    Auto,
    /// To the right.
    Across,
    /// Downwards.
    Down,
}

/// Changes a diagram; absent fields stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewUpdateParams {
    /// Which.
    pub id: DocumentId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Another scope.
    #[serde(default)]
    pub scope: Option<DocumentId>,
    /// Another filter.
    #[serde(default)]
    pub filter: Option<ViewFilter>,
}

/// Deletes a diagram; what it shows stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewDeleteParams {
    /// Which.
    pub id: DocumentId,
}
