//! History: the versions of a document, what changed between them, bringing one back, and the workspace at a date.
//!
//! Everything is read from Automerge's own history, which every device holds: it works offline and without a server.
//! Not here: the commands (`ops::history`) and undo of one's own latest edits (`core`).

pub(crate) mod at;
mod author;
mod changes;
pub(crate) mod restore;
mod state;
mod timeline;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use author::name_authors;
pub(crate) use changes::{Detail, changes};
pub(crate) use state::{State, at_version, read, reference, step};
pub(crate) use timeline::{Timeline, Version};
