//! Commands of what is new: what others changed and said since this device's person looked.
//!
//! What was looked at is kept on this device alone: no other device and no server learns of it.

use serde::{Deserialize, Serialize};

use super::{Person, Reference};
use crate::model::{CommentId, DocumentId, RelationId};

/// Lists what is new, and where one was mentioned.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesListParams {}

/// Something that others changed or talked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The element, page or diagram; `missing`, with its last name, if it is deleted.
    pub item: Reference,
    /// `created`, `changed`, `deleted`, `restored`, or empty if there was only talk about it.
    pub what: String,
    /// Who did, the latest first.
    pub by: Vec<Person>,
    /// How many changes arrived.
    pub changes: u64,
    /// Threads about it with something new in them.
    pub threads: Vec<DocumentId>,
    /// When the latest of it arrived here, in milliseconds since 1970.
    pub at_ms: u64,
}

/// A comment that mentions the person of this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionView {
    /// The thread.
    pub thread: DocumentId,
    /// The comment.
    pub comment: CommentId,
    /// What the thread is about.
    pub item: Reference,
    /// The relation of it, if not the whole.
    pub relation: Option<RelationId>,
    /// Who says so.
    pub by: Person,
    /// When, by their clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// The text as Markdown.
    pub text: String,
    /// Whether the thread was not looked at since something in it is new.
    pub unread: bool,
    /// Whether the thread is resolved.
    pub resolved: bool,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    /// By thing, the latest first.
    pub items: Vec<ChangeView>,
    /// Mentions, unread ones first, then the latest.
    pub mentions: Vec<MentionView>,
    /// How far this list goes; marking it as seen leaves what arrived since.
    pub until: u64,
}

/// Marks what is new as seen: everything, or what concerns one thing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesSeenParams {
    /// An element, page or diagram, with what was said about it; or one thread. Everything if none.
    #[serde(default)]
    pub document: Option<DocumentId>,
    /// Only what a list that goes so far has shown.
    #[serde(default)]
    pub until: Option<u64>,
}
