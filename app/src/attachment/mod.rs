//! Attached files: their bytes in chunks inside the encrypted database, and their way to the server and back.
//!
//! The record of an attachment (name, size, hashes) lies in the document that it belongs to (`doc::attachment`) and
//! merges and synchronises with it. Bytes are kept once each under their SHA-256, in the same database as everything
//! else: one transaction covers record and bytes, nothing ever lies on the disk in the clear, and backups are whole.
//! Not here: the commands (`ops::attachment`).

pub mod chunks;
pub mod courier;
pub mod find;
pub mod gc;
mod media;
pub mod schema;
mod trip;
mod work;

pub use media::media_type;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::model::{ATTACHMENT_MAX_BYTES, ATTACHMENTS_MAX_BYTES, ATTACHMENTS_PER_DOCUMENT};

use crate::core::CoreError;

/// Why bytes were not kept or not given.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The file is too large.
    #[error("{name} is larger than {} MiB", ATTACHMENT_MAX_BYTES >> 20)]
    TooLarge {
        /// The file.
        name: String,
    },
    /// The document has as many as it may.
    #[error("a page or element can have {ATTACHMENTS_PER_DOCUMENT} attachments, and this one has them")]
    TooMany,
    /// The workspace has as many bytes as it may.
    #[error("the attachments of a workspace can have {} GiB in all", ATTACHMENTS_MAX_BYTES >> 30)]
    Quota,
    /// The file cannot be read.
    #[error("{name} cannot be read: {source}")]
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not all of the bytes are on this device.
    #[error("{name} is not on this device yet")]
    NotHere {
        /// The attachment.
        name: String,
    },
    /// The bytes are not those that the record names.
    #[error("the bytes of {name} are not those that were attached")]
    Damaged {
        /// The attachment.
        name: String,
    },
}

impl From<AttachmentError> for ApiError {
    fn from(error: AttachmentError) -> Self {
        let (code, hint) = match &error {
            AttachmentError::TooLarge { .. } => {
                (ErrorCode::InvalidInput, "Make it smaller, or link to it where it lies.")
            }
            AttachmentError::TooMany => {
                (ErrorCode::InvalidInput, "Attach it to another page, or take some away first.")
            }
            AttachmentError::Quota => (
                ErrorCode::InvalidInput,
                "Take large attachments away (`groundplan attachment list`), or link to files where they lie.",
            ),
            AttachmentError::Unreadable { .. } => {
                (ErrorCode::InvalidInput, "Check its path and that you may read it.")
            }
            AttachmentError::NotHere { .. } => (
                ErrorCode::Offline,
                "Synchronise with `groundplan sync`; it comes from the server or another device.",
            ),
            AttachmentError::Damaged { .. } => (
                ErrorCode::StoreCorrupt,
                "Run `groundplan doctor`; a synchronised attachment can be fetched again.",
            ),
        };
        let message = error.to_string();
        let mut letters = message.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        Self::new(code, format!("{first}{}.", letters.as_str()), hint)
    }
}

impl From<AttachmentError> for CoreError {
    fn from(error: AttachmentError) -> Self {
        Self::Api(error.into())
    }
}
