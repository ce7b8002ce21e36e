//! The text editor, bound to a long text of a document.

use groundplan_shared::api::TextField;
use groundplan_shared::model::DocumentId;
use leptos::prelude::*;

/// An editor of one text.
#[component]
pub fn TextEditor(
    /// The document.
    document: DocumentId,
    /// The text.
    field: TextField,
) -> impl IntoView {
    let _ = (document, field);
}
