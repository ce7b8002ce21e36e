//! Commands of attachments: files that belong to pages and elements.

use serde::{Deserialize, Serialize};

use crate::model::{AttachmentId, ContentHash, DocumentId};

/// Attaches a file to a page or an element.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentAddParams {
    /// The page or element.
    pub document: DocumentId,
    /// File name; the last part of `path` if none.
    #[serde(default)]
    pub name: Option<String>,
    /// A file on this machine.
    #[serde(default)]
    pub path: Option<String>,
    /// The content in base64, where there is no file to name.
    #[serde(default)]
    pub base64: Option<String>,
}

impl std::fmt::Debug for AttachmentAddParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentAddParams").field("document", &self.document).finish_non_exhaustive()
    }
}

/// Lists attachments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentListParams {
    /// Only those of this page or element.
    #[serde(default)]
    pub document: Option<DocumentId>,
    /// Instead, those that the links and embeds of this page lead to.
    #[serde(default)]
    pub linked_from: Option<DocumentId>,
}

/// An attachment as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    /// Its id.
    pub id: AttachmentId,
    /// The page or element that it belongs to.
    pub document: DocumentId,
    /// Its file name.
    pub name: String,
    /// Folder and file name inside the vault; empty for one that was added here.
    pub path: String,
    /// Media type; never trusted to be harmless.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the whole.
    pub hash: ContentHash,
    /// Whether all of its bytes are on this device.
    pub here: bool,
    /// Targets of links that lead to it, as written in the page that was asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// A list of attachments, ordered by path and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentList {
    /// The rows.
    pub items: Vec<AttachmentView>,
}

/// Reads an attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentGetParams {
    /// Which.
    pub id: AttachmentId,
    /// The file to write, which must not exist yet. None answers with the content, if it is small enough.
    #[serde(default)]
    pub path: Option<String>,
    /// Only sees to it that the content is on this device, and answers without it.
    #[serde(default)]
    pub only_fetch: bool,
}

/// What was read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentContent {
    /// The attachment.
    pub attachment: AttachmentView,
    /// The content in base64, if it was asked for and no file was named.
    pub base64: Option<String>,
}

impl std::fmt::Debug for AttachmentContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentContent").field("attachment", &self.attachment).finish_non_exhaustive()
    }
}

/// Takes an attachment away from its page or element.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRemoveParams {
    /// Which.
    pub id: AttachmentId,
}

/// How the bytes of attachments stand between this device and the server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttachmentSync {
    /// Chunks that the server does not have yet.
    pub to_send: u64,
    /// Chunks that are not on this device yet.
    pub to_fetch: u64,
    /// Why they do not move, and what to do.
    pub problem: Option<super::ApiError>,
}
