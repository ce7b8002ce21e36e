//! Commands of comments: threads about elements, pages, diagrams and relations.
//!
//! Not here: what is unread, which is nobody's business but this device's (`changes`).

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::model::{CommentId, DocumentId, RelationId};

/// Lists threads: of one thing, one of them, or all; open ones first, then the newest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentListParams {
    /// Only about this element, page or diagram and its relations; it may be deleted.
    #[serde(default)]
    pub subject: Option<DocumentId>,
    /// Only about this relation of the subject.
    #[serde(default)]
    pub relation: Option<RelationId>,
    /// Only this thread.
    #[serde(default)]
    pub thread: Option<DocumentId>,
    /// Only threads that are not resolved.
    #[serde(default)]
    pub open: bool,
}

/// A member as comments name one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its id in hexadecimal; empty for a device that no member has.
    pub id: String,
    /// Its name; the start of the id if unknown here.
    pub name: String,
    /// Whether it is the person of this device.
    pub you: bool,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentView {
    /// Its id.
    pub id: CommentId,
    /// Who made it, as the signed change says.
    pub author: Person,
    /// When, by its author's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// When it was changed since, if it was.
    pub edited_ms: Option<u64>,
    /// Who wrote the present text, if not the author.
    pub changed_by: Option<Person>,
    /// The text as Markdown.
    pub text: String,
    /// The text as harmless HTML.
    pub html: String,
    /// Members mentioned.
    pub mentions: Vec<Person>,
    /// Other texts that were written at the same moment in another place.
    pub others: Vec<String>,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadView {
    /// Its id.
    pub id: DocumentId,
    /// What it is about; `missing`, with its last name, once that was deleted.
    pub subject: Reference,
    /// The relation of the subject that it is about, if not the whole.
    pub relation: Option<RelationId>,
    /// Who resolved it, if it is resolved.
    pub resolved_by: Option<Person>,
    /// When, by their clock, in milliseconds since 1970.
    pub resolved_ms: Option<u64>,
    /// Whether something in it was not looked at on this device.
    pub unread: bool,
    /// Comments in the order in which they were made, without those taken away.
    pub comments: Vec<CommentView>,
}

/// Threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadList {
    /// The threads.
    pub items: Vec<ThreadView>,
}

/// Begins a thread about something, or replies in a thread. `@Name` mentions a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentAddParams {
    /// The thread to reply in.
    #[serde(default)]
    pub thread: Option<DocumentId>,
    /// Instead, the element, page or diagram to begin one about.
    #[serde(default)]
    pub subject: Option<DocumentId>,
    /// The relation of that element, if not the whole.
    #[serde(default)]
    pub relation: Option<RelationId>,
    /// Markdown.
    pub text: String,
}

/// Changes a comment of one's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentEditParams {
    /// The thread.
    pub thread: DocumentId,
    /// The comment.
    pub comment: CommentId,
    /// Markdown.
    pub text: String,
}

/// Takes a comment of one's own away; undo brings it back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentRemoveParams {
    /// The thread.
    pub thread: DocumentId,
    /// The comment.
    pub comment: CommentId,
}

/// Resolves a thread, or opens it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommentResolveParams {
    /// The thread.
    pub thread: DocumentId,
    /// Whether it is resolved from now on.
    pub resolved: bool,
}
