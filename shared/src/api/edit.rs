//! Commands of long texts, undo and redo.
//!
//! An editor works against a version it knows. It sends one batch at a time and gets back the changes of others
//! that it has to apply on top; offsets are UTF-16 code units, as editors in web views count.

use serde::{Deserialize, Serialize};

use crate::model::DocumentId;

/// Which long text of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// Description of an element.
    Description,
    /// Body of a page.
    Body,
}

/// Opens a text for editing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextOpenParams {
    /// The document.
    pub document: DocumentId,
    /// The text.
    pub field: TextField,
}

/// A text at a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextState {
    /// The text.
    pub text: String,
    /// Opaque name of the version.
    pub version: String,
}

/// Replaces `delete` units at `at` by `insert`. Changes of one batch apply one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextChange {
    /// Offset in UTF-16 code units.
    pub at: u32,
    /// How many UTF-16 code units go.
    pub delete: u32,
    /// What comes.
    pub insert: String,
}

/// Edits a text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEditParams {
    /// The document.
    pub document: DocumentId,
    /// The text.
    pub field: TextField,
    /// The version that the editor knows.
    pub version: String,
    /// What was typed since; may be empty, to fetch what others did.
    pub changes: Vec<TextChange>,
}

/// What an editor does after an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdited {
    /// The version after the edit and everything else known.
    pub version: String,
    /// Changes of others, to be applied after the editor's own.
    pub changes: Vec<TextChange>,
}

/// Takes the latest edit back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditUndoParams {}

/// Repeats the edit taken back last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRedoParams {}

/// Asks what undo and redo would do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditStateParams {}

/// What undo and redo would do, and what they just did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EditState {
    /// Label of what undo would take back.
    pub undo: Option<String>,
    /// Label of what redo would repeat.
    pub redo: Option<String>,
    /// Label of what was just done.
    pub done: Option<String>,
    /// The document that was changed most.
    pub document: Option<DocumentId>,
}
