//! The domain model: what a workspace consists of, in the words of the field.
//!
//! Lives here: identifiers, kinds, the tables of properties, and the plain values that describe elements,
//! relations, pages and views. Not here: how they are stored (Automerge documents, in `app`), how they are
//! checked (`validate`) and how they travel (`api`).

mod attachment;
mod comment;
mod element;
mod id;
mod kind;
mod page;
mod property;
mod relation;
mod view;

pub use attachment::{
    ATTACHMENT_MAX_BYTES, ATTACHMENTS_MAX_BYTES, ATTACHMENTS_PER_DOCUMENT, Attachment, CHUNK_BYTES,
    ContentHash, NoHash,
};
pub use comment::{
    COMMENT_MAX_CHARS, COMMENTS_PER_THREAD, Comment, MENTIONS_MAX, Resolved, Said, Thread, Version,
};
pub use element::{Element, Endpoint, Link, Source};
pub use id::{
    AttachmentId, CommentId, DocumentId, EndpointId, IdError, LinkId, ProfileId, RelationId, SourceId,
    WorkspaceId,
};
pub use kind::{DocumentKind, ElementKind, PageKind, RelationKind, UnknownKind, ViewKind};
pub use page::{Eol, Page};
pub use property::{
    PropertySpec, PropertyValue, Shape, element_properties, element_property, relation_properties,
    relation_property,
};
pub use relation::{Relation, relation_allowed};
pub use view::{Position, View, ViewFilter};
