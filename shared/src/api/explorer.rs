//! The explorer's tree, a piece at a time: interfaces ask for the rows they show.

use serde::{Deserialize, Serialize};

use crate::model::DocumentId;

/// The three parts of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplorerPart {
    /// Diagrams, by name.
    Views,
    /// Elements below their parents, by kind and name.
    Elements,
    /// Folders and pages, by path.
    Pages,
}

/// Lists what lies directly below one row, or what a filter finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplorerListParams {
    /// The part.
    pub part: ExplorerPart,
    /// Below this element; none for the roots.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Below this folder; empty for the outermost.
    #[serde(default)]
    pub folder: String,
    /// Instead: everything in the part whose name, kind, technology or path contains this text, with what it lies
    /// below. At most 200 are found.
    #[serde(default)]
    pub filter: String,
    /// Instead: the rows around this one, among its siblings.
    #[serde(default)]
    pub around: Option<DocumentId>,
    /// Rows left out at the beginning.
    #[serde(default)]
    pub offset: u32,
    /// At most so many rows; 0 means 100, at most 500.
    #[serde(default)]
    pub limit: u32,
}

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplorerRow {
    /// `element`, `page`, `view` or `folder`.
    pub document: String,
    /// Its id; none for folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DocumentId>,
    /// Its kind; empty for folders.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Path of a folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How many rows lie directly below it.
    #[serde(default)]
    pub parts: u64,
    /// How far in it stands in what a filter found, from 0.
    #[serde(default)]
    pub depth: u16,
}

/// A piece of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplorerList {
    /// The rows.
    pub rows: Vec<ExplorerRow>,
    /// Place of the first row among its siblings, from 0.
    pub offset: u64,
    /// How many siblings there are; with a filter, how many things were found.
    pub total: u64,
    /// How many things the part holds in all.
    pub all: u64,
    /// With a filter: whether there are more than were found.
    #[serde(default)]
    pub more: bool,
    /// With `around`: what the rows lie below, the outermost first.
    #[serde(default)]
    pub path: Vec<ExplorerRow>,
}
