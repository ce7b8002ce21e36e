//! The search command.

use serde::{Deserialize, Serialize};

use super::Reference;

/// Searches. Words are prefixes and all must occur; `"a phrase"` keeps its order; `kind:`, `tag:` narrow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchParams {
    /// What was typed, at most 1,000 characters.
    pub text: String,
    /// At most so many; 0 means 50, at most 500.
    #[serde(default)]
    pub limit: u32,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchHit {
    /// What was found.
    pub item: Reference,
    /// Where it stands: path of a page, or ancestors of an element.
    pub context: String,
    /// A piece of the text around the match; matches between U+E000 and U+E001.
    pub snippet: String,
}

/// Hits, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// The hits.
    pub hits: Vec<SearchHit>,
    /// Whether there are more.
    pub more: bool,
}
