//! Commands of history: what happened to one thing, two versions side by side, bringing one back, and the workspace as
//! it was at a date.
//!
//! Times are what the clocks of the devices said: good to find something by, proof of nothing.

use serde::{Deserialize, Serialize};

use super::{Cursor, Reference};
use crate::model::DocumentId;

/// Lists the versions of an element, page or diagram, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryListParams {
    /// Which.
    pub document: DocumentId,
    /// At most so many; 0 means 50.
    #[serde(default)]
    pub limit: u32,
    /// Only what is older than this; the `next` of the answer before.
    #[serde(default)]
    pub after: Option<String>,
    /// List every single change, instead of joining what was typed within a minute.
    #[serde(default)]
    pub every: bool,
}

impl HistoryListParams {
    /// Asks for the newest versions.
    pub fn of(document: DocumentId) -> Self {
        Self { document, limit: 0, after: None, every: false }
    }
}

/// Who made a change: signed by the device, so that nobody else can have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryAuthor {
    /// The device's id.
    pub device: String,
    /// The device's name, or the beginning of its id.
    pub device_name: String,
    /// The member's name; empty if it cannot be read here.
    pub member: String,
    /// Whether it is this device.
    pub this: bool,
}

/// What happened to a thing in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryStep {
    /// It came to be.
    Created,
    /// Something about it changed.
    Changed,
    /// It was deleted.
    Deleted,
    /// It came back after it had been deleted.
    Restored,
}

/// What a piece of a compared text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// In both versions.
    Same,
    /// In the later one only.
    Added,
    /// In the earlier one only.
    Removed,
    /// In both, and left out because nothing near it changed.
    Skipped,
}

/// A piece of a compared text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPiece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text; empty if skipped.
    pub text: String,
}

/// What happened to one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryChange {
    /// The field, as `history/restore` takes it.
    pub field: String,
    /// Its name for people.
    pub label: String,
    /// What it was, shortened; none if it was not set. Long texts have `pieces` or counts instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it became, shortened; none if it is no longer set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether it is a long text.
    #[serde(default)]
    pub text: bool,
    /// Words that came into a long text.
    #[serde(default)]
    pub added: u32,
    /// Words that went out of it.
    #[serde(default)]
    pub removed: u32,
    /// The long text word by word; only where two versions are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<TextPiece>,
}

/// A version, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Opaque name of the version; a beginning that no other version has is enough.
    pub version: String,
    /// The version before it; empty if there is none.
    pub before_version: String,
    /// When it was made, by the author's clock.
    pub made_ms: u64,
    /// Who made it.
    pub author: HistoryAuthor,
    /// How many single changes it joins.
    pub edits: u32,
    /// What happened.
    pub step: HistoryStep,
    /// Fields that changed.
    pub changes: Vec<HistoryChange>,
}

/// Versions of something, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryList {
    /// What it is now.
    pub document: Reference,
    /// Whether it is deleted now.
    pub deleted: bool,
    /// The versions.
    pub items: Vec<HistoryEntry>,
    /// Where the list goes on, if it does.
    #[serde(default)]
    pub next: Option<String>,
}

/// Compares two versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryCompareParams {
    /// Which element, page or diagram.
    pub document: DocumentId,
    /// The earlier version; empty: before there was anything, so that all of the later one is shown.
    pub from: String,
    /// The later version; none: as it is now.
    #[serde(default)]
    pub to: Option<String>,
}

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryComparison {
    /// What was compared.
    pub document: Reference,
    /// Fields that differ.
    pub changes: Vec<HistoryChange>,
}

/// Brings a version back as a new edit, which can be undone. Everything since stays in the history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryRestoreParams {
    /// Which element, page or diagram.
    pub document: DocumentId,
    /// The version.
    pub version: String,
    /// Only this field, as [`HistoryChange::field`] names it.
    #[serde(default)]
    pub field: Option<String>,
}

/// What was brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRestored {
    /// What was done, as undo calls it; empty if nothing had to be done.
    pub label: String,
    /// Elements, pages and diagrams that were brought back or changed.
    pub documents: u32,
    /// Relations of others that lead to them again.
    pub relations: u32,
}

/// What became of something that was there at a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It is as it was.
    Same,
    /// It was changed since.
    Changed,
    /// It was deleted since.
    Deleted,
}

/// Looks at the workspace as it was at a date.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryAtParams {
    /// The date, in milliseconds since 1970.
    pub at_ms: u64,
    /// List only what became this; none lists all.
    #[serde(default)]
    pub became: Option<Became>,
    /// At most so many; 0 means all.
    #[serde(default)]
    pub limit: u32,
    /// Only what comes after this; the `next` of the answer before.
    #[serde(default)]
    pub after: Option<Cursor>,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryCounts {
    /// Elements.
    pub elements: u64,
    /// Relations.
    pub relations: u64,
    /// Pages.
    pub pages: u64,
    /// Diagrams.
    pub views: u64,
}

/// Something that was there at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryThing {
    /// What it was called then.
    pub item: Reference,
    /// What became of it.
    pub became: Became,
}

/// The workspace as it was at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryAt {
    /// The date asked for.
    pub at_ms: u64,
    /// How much there was.
    pub then: HistoryCounts,
    /// How much there is now.
    pub now: HistoryCounts,
    /// Elements, pages and diagrams made since and still there.
    pub created: u64,
    /// Those that were changed since.
    pub changed: u64,
    /// Those that were deleted since.
    pub deleted: u64,
    /// What was there, by name.
    pub items: Vec<HistoryThing>,
    /// Where the list goes on, if it does.
    #[serde(default)]
    pub next: Option<Cursor>,
}

/// Brings back what was there at a date and was deleted since, with the relations that led to it; one edit for undo.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryRecoverParams {
    /// The date, in milliseconds since 1970.
    pub at_ms: u64,
    /// Only these; all if empty.
    #[serde(default)]
    pub ids: Vec<DocumentId>,
}
