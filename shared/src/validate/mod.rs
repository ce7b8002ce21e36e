//! Validation at the edge: the same code checks what people type, what imports bring and what peers send.
//!
//! Lives here: lengths, characters, enumerations, relation pairs. Not here: the design rules (findings about a
//! valid model) and checks that need the rest of the workspace beyond a parent lookup.

mod comment;
mod field;
mod graph;

pub use comment::check_comment;
pub use field::{
    DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, PAGE_MAX_CHARS, TAG_MAX_CHARS, check_line, check_name, check_path,
    check_properties, check_property, check_relation_properties, check_tag, check_text, check_url,
    parse_property,
};
pub use graph::{check_parent, check_relation};

use serde::{Deserialize, Serialize};

/// Says which field is wrong, how, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field}: {message}. {remedy}")]
pub struct FieldError {
    /// The field, in the stored spelling (`name`, `properties.rto`, `relations.kind`).
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it, as a sentence.
    pub remedy: String,
}

impl FieldError {
    /// Makes an error of its three parts.
    pub fn new(field: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), remedy: remedy.into() }
    }
}
