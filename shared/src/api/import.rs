//! Commands of import and export.

use serde::{Deserialize, Serialize};

use crate::model::{DocumentId, SourceId};

/// A file handed over by a browser, which has no path to give.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadedFile {
    /// Relative path with `/`.
    pub path: String,
    /// Content in base64.
    pub base64: String,
}

impl std::fmt::Debug for UploadedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UploadedFile({} base64 characters)", self.base64.len())
    }
}

/// What to import: a path on this machine, or uploaded files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportInput {
    /// `compose`, `backstage`, `markdown`; found out if none.
    #[serde(default)]
    pub format: Option<String>,
    /// A file or folder.
    #[serde(default)]
    pub path: Option<String>,
    /// Uploaded files instead.
    #[serde(default)]
    pub files: Vec<UploadedFile>,
    /// The source imported before that this is a new state of; matched by path if none.
    #[serde(default)]
    pub source: Option<SourceId>,
}

/// Reads a source and compares it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportPreviewParams {
    /// What to import.
    pub input: ImportInput,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// What would happen to one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// `added`, `changed`, `removed` or `drift` (people changed it; theirs is kept).
    pub change: String,
    /// `element`, `relation`, `page` or `attachment`.
    pub document: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Fields that change.
    pub fields: Vec<String>,
    /// What exists already.
    pub id: Option<DocumentId>,
}

/// What importing would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPreview {
    /// The format found.
    pub format: String,
    /// Title of the source.
    pub title: String,
    /// The source, if it was imported before.
    pub source: Option<SourceId>,
    /// Counts.
    pub counts: ImportCounts,
    /// The rows, at most 2,000.
    pub rows: Vec<ImportRow>,
    /// References that lead nowhere: `from → to`, with file and line.
    pub dangling: Vec<String>,
    /// Remarks of the reader, with file and line.
    pub notes: Vec<String>,
}

/// Counts of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Elements in the source.
    pub elements: u64,
    /// Relations in the source.
    pub relations: u64,
    /// Pages in the source.
    pub pages: u64,
    /// Attachments in the source.
    pub attachments: u64,
    /// Things that are new.
    pub added: u64,
    /// Things that change.
    pub changed: u64,
    /// Things that are no longer in the source; imported ones without edits are deleted, others kept and marked.
    pub removed: u64,
    /// Things already as the source says.
    pub unchanged: u64,
    /// Fields that people changed and that stay theirs.
    pub drift: u64,
}

/// Imports a source.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportApplyParams {
    /// What to import.
    pub input: ImportInput,
    /// Name for progress events and `job/cancel`.
    #[serde(default)]
    pub job: Option<String>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportApplied {
    /// The source.
    pub source: SourceId,
    /// Counts.
    pub counts: ImportCounts,
    /// The diagram made or extended, if the source has elements.
    pub view: Option<DocumentId>,
    /// References that lead nowhere.
    pub dangling: Vec<String>,
}

/// Lists import sources.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportListParams {}

/// A source imported before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSource {
    /// Its id.
    pub id: SourceId,
    /// Its title.
    pub title: String,
    /// Its format.
    pub format: String,
    /// Path at the last import, on the device that did it.
    pub path: String,
    /// When, in milliseconds since 1970.
    pub imported_ms: u64,
}

/// A list of sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSources {
    /// The rows, newest first.
    pub items: Vec<ImportSource>,
}

/// Exports.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportParams {
    /// `json` (everything), `markdown` (the pages as a vault) or `svg` (one diagram).
    pub format: String,
    /// The diagram, for `svg`; none draws the whole workspace.
    #[serde(default)]
    pub view: Option<DocumentId>,
    /// The inside of this element instead, for `svg`.
    #[serde(default)]
    pub scope: Option<DocumentId>,
    /// Only this element and its neighbours up to `focus_depth` relations away, for `svg`.
    #[serde(default)]
    pub focus: Option<DocumentId>,
    /// 1 to 5; 0 means 1.
    #[serde(default)]
    pub focus_depth: u8,
    /// Where to write: a file, or a new or empty folder for `markdown`. None answers with the text.
    #[serde(default)]
    pub path: Option<String>,
    /// As it was at this date, in milliseconds since 1970; not for `svg`. Attached files are left out of a vault then.
    #[serde(default)]
    pub at_ms: Option<u64>,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
    /// The text, if no path was given.
    pub text: Option<String>,
    /// What the workspace's policy does not let out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A level that an export leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The level.
    pub level: String,
    /// How many elements, pages and diagrams it is.
    pub documents: u64,
    /// Why.
    pub reason: String,
}
