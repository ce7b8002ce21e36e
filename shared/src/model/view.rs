//! A view (diagram) as a plain value: what it shows and where things stand.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DocumentId, ElementKind, ViewKind};

/// Where the top left corner of a card stands, in diagram units (1 unit = 1 CSS pixel at 100 %).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Rightwards.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

/// What a view leaves out. Empty lists leave nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ViewFilter {
    /// Only these kinds.
    #[serde(default)]
    pub kinds: BTreeSet<ElementKind>,
    /// Only elements with one of these tags.
    #[serde(default)]
    pub tags: BTreeSet<String>,
}

/// A diagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its random id.
    pub id: DocumentId,
    /// What it shows.
    pub kind: ViewKind,
    /// Its name, 1 to 200 characters on one line.
    pub name: String,
    /// The element whose inside it shows; the whole workspace if none.
    #[serde(default)]
    pub scope: Option<DocumentId>,
    /// What it leaves out.
    #[serde(default)]
    pub filter: ViewFilter,
    /// Stored positions of cards (not of frames, which follow their content).
    #[serde(default)]
    pub positions: BTreeMap<DocumentId, Position>,
}
