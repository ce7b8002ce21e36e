//! The operations behind the command table, one module per resource.
//!
//! Each checks its input with `shared::validate`, does one unit of work on the core, and answers. Not here:
//! authorisation (`dispatch`) and transports.

pub mod account;
pub mod app;
pub mod attachment;
pub mod backup;
pub mod changes;
pub mod comment;
pub mod device;
pub mod edit;
pub mod element;
pub mod endpoint;
pub mod explorer;
pub mod export;
pub mod history;
pub mod import;
pub mod member;
pub mod page;
pub mod presence;
pub mod profile;
pub mod recovery;
pub mod relation;
pub mod search;
pub mod sync;
pub mod text;
pub mod view;
pub mod workspace;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::auth::Compartment;
use groundplan_shared::model::{AttachmentId, DocumentId};
use groundplan_shared::validate::FieldError;

use crate::core::{CoreError, INTERNAL, Tx};
use crate::query;

/// Fails with a sentence about a thing that does not exist.
pub(crate) fn missing(what: &str, id: DocumentId) -> CoreError {
    CoreError::Api(ApiError::new(
        ErrorCode::NotFound,
        format!("There is no {what} with the id {id}."),
        "Look it up again; it may have been deleted.",
    ))
}

/// Fails unless the element exists; returns its kind.
pub(crate) fn require_element(
    tx: &Tx<'_>,
    id: DocumentId,
) -> Result<groundplan_shared::model::ElementKind, CoreError> {
    match query::element_kind(tx, id)? {
        Some(kind) => Ok(kind),
        None => Err(tx.document_of(id).err().unwrap_or_else(|| missing("element", id))),
    }
}

/// Fails unless the page exists.
pub(crate) fn require_page(tx: &Tx<'_>, id: DocumentId) -> Result<(), CoreError> {
    tx.document_of(id)?;
    if query::reference(tx, id)?.document == "page" { Ok(()) } else { Err(missing("page", id)) }
}

/// Reads a classification: the compartment in which a thing is to lie, `internal` unless it says otherwise.
pub(crate) fn compartment(field: &str, word: Option<&str>) -> Result<u8, CoreError> {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return Ok(INTERNAL) };
    let found = Compartment::from_word(word).map(Compartment::number).ok_or_else(|| {
        FieldError::new(field, "is no level", "Use public, internal, confidential or restricted.")
    });
    Ok(found?)
}

/// Fails with a sentence about an attachment that does not exist.
pub(crate) fn missing_attachment(id: AttachmentId) -> CoreError {
    CoreError::Api(ApiError::new(
        ErrorCode::NotFound,
        format!("There is no attachment with the id {id}."),
        "See which there are with `groundplan attachment list`; it may have been taken away.",
    ))
}
