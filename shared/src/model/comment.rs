//! Comments as plain values: threads about an element, a page, a diagram or a relation.
//!
//! Not here: who a device belongs to, which the membership log says.

use serde::{Deserialize, Serialize};

use super::{CommentId, DocumentId, RelationId};

/// Longest comment, in characters.
pub const COMMENT_MAX_CHARS: usize = 10_000;
/// Most comments in a thread; a longer talk is continued in another.
pub const COMMENTS_PER_THREAD: usize = 1_000;
/// Most members that one comment mentions.
pub const MENTIONS_MAX: usize = 50;

/// What somebody said, as a whole: text and mentions change together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// Markdown.
    pub text: String,
    /// When it was written by its author's clock, in milliseconds since 1970; for display only.
    pub at_ms: u64,
    /// Ids of the members mentioned, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
}

/// One version of a comment, with the device that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The device in hexadecimal, as the signed change says.
    pub device: String,
    /// What it wrote.
    #[serde(flatten)]
    pub said: Said,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Its place among those of its thread: what was made after seeing another has a higher one.
    pub place: u64,
    /// The device of its author in hexadecimal, as the comment says; its words are those of each version's device.
    pub device: String,
    /// When it was made by its author's clock, in milliseconds since 1970; for display only.
    pub at_ms: u64,
    /// What it says: one version, or several if it was edited in several places at once, the shown one first. None if
    /// its author took it away.
    pub versions: Vec<Version>,
}

/// That a thread is resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The device that did it, in hexadecimal, as the signed change says.
    pub device: String,
    /// When, by its clock, in milliseconds since 1970; for display only.
    pub at_ms: u64,
}

/// A thread of comments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its id.
    pub id: DocumentId,
    /// What it is about; may be deleted since.
    pub subject: DocumentId,
    /// The relation of the subject that it is about, if not the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationId>,
    /// Who resolved it, if it is resolved; reopening beats resolving at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// Comments in the order in which they were made.
    pub comments: Vec<Comment>,
}
