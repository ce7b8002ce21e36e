//! Commands of pages.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cursor, FieldConflict, Reference};
use crate::model::{DocumentId, Page, PageKind};

/// Creates a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageCreateParams {
    /// What it is.
    pub kind: PageKind,
    /// Its title.
    pub title: String,
    /// Folder and file name; made from the title if empty.
    #[serde(default)]
    pub path: String,
    /// Markdown.
    #[serde(default)]
    pub body: String,
    /// An element to relate it to: `documented_by`, `decided_by` or `handled_by`, by the page's kind.
    #[serde(default)]
    pub about: Option<DocumentId>,
    /// Who may read it: `public`, `internal` (also if absent), `confidential` or `restricted`.
    #[serde(default)]
    pub classification: Option<String>,
}

/// Asks for a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageGetParams {
    /// Which.
    pub id: DocumentId,
}

/// A link out of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLinkView {
    /// The target as written.
    pub text: String,
    /// `wiki`, `embed` or `markdown`.
    pub kind: String,
    /// What it leads to; none if dangling.
    pub target: Option<Reference>,
}

/// A page with links and backlinks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageView {
    /// The page.
    pub page: Page,
    /// The level by which it is sealed.
    #[serde(default)]
    pub classification: String,
    /// Links out of it, in order.
    pub links: Vec<PageLinkView>,
    /// Pages and elements that lead here.
    pub backlinks: Vec<Reference>,
    /// Fields set differently on two devices.
    pub conflicts: Vec<FieldConflict>,
    /// The body as HTML that cannot do anything, with addresses of the interface as links. Empty where the page is
    /// the answer to a change of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub html: String,
}

/// Lists pages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageListParams {
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<PageKind>,
    /// Only titles or paths that contain this text, without regard to case.
    #[serde(default)]
    pub filter: Option<String>,
    /// At most so many; 0 means all.
    #[serde(default)]
    pub limit: u32,
    /// Only what comes after this; the `next` of the answer before.
    #[serde(default)]
    pub after: Option<Cursor>,
}

/// A page in lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSummary {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: PageKind,
    /// Its title.
    pub title: String,
    /// Folder and file name.
    pub path: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
}

/// A list of pages, ordered by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageList {
    /// The rows.
    pub items: Vec<PageSummary>,
    /// Where the list goes on, if it does.
    #[serde(default)]
    pub next: Option<Cursor>,
    /// What is there and may not be known to whoever asks; only in a list of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Reference>,
}

/// Changes a page; absent fields stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageUpdateParams {
    /// Which.
    pub id: DocumentId,
    /// The new title.
    #[serde(default)]
    pub title: Option<String>,
    /// Another kind.
    #[serde(default)]
    pub kind: Option<PageKind>,
    /// Another path.
    #[serde(default)]
    pub path: Option<String>,
    /// Other front matter, with its `---` lines, or empty.
    #[serde(default)]
    pub front_matter: Option<String>,
    /// Another classification: `public`, `internal`, `confidential` or `restricted`.
    #[serde(default)]
    pub classification: Option<String>,
}

/// Deletes a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageDeleteParams {
    /// Which.
    pub id: DocumentId,
}
