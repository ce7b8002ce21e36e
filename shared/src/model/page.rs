//! A page as a plain value.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{DocumentId, PageKind, Source};

/// How the lines of an imported page end, so that an export gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eol {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n` throughout.
    Crlf,
    /// `\n`, but `\r\n` on these lines (counted from 0).
    Mixed(Vec<u32>),
}

/// A page: text, decision, runbook or postmortem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its random id.
    pub id: DocumentId,
    /// What it is.
    pub kind: PageKind,
    /// Its title, 1 to 200 characters on one line.
    pub title: String,
    /// Folder and file name inside the vault, with `/`; empty for a page made here outside any folder.
    #[serde(default)]
    pub path: String,
    /// Front matter as written, with its `---` lines; empty where there is none.
    #[serde(default)]
    pub front_matter: String,
    /// Markdown after the front matter, with `\n` line ends.
    #[serde(default)]
    pub body: String,
    /// Tags of the front matter and the body, without `#`.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// Further names under which wiki-links find it.
    #[serde(default)]
    pub aliases: BTreeSet<String>,
    /// Line ends of the imported file.
    #[serde(default)]
    pub eol: Eol,
    /// Whether the imported file began with a byte order mark.
    #[serde(default)]
    pub bom: bool,
    /// Where it came from, if imported.
    #[serde(default)]
    pub source: Option<Source>,
}
