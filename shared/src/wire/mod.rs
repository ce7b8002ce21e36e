//! Messages between client and server: ids, limits, CBOR frames of the WebSocket, JSON bodies of REST, problems.
//!
//! Nothing here does I/O or cryptography; sealed and signed things travel as opaque bytes. Compiles to wasm.

pub mod cbor;
pub mod frames;
pub mod ids;
pub mod limits;
pub mod pairing;
pub mod payload;
pub mod problem;
pub mod rest;

pub use cbor::{Blob, CodecError};
pub use frames::{ClientFrame, ServerFrame};
pub use ids::{
    AccountId, BlobId, DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, InviteId, MailboxId, MemberId,
    Nonce, PublicKey, RoleId, ServerId, Signature, StreamId, WorkspaceId,
};
pub use problem::{Problem, ProblemCode};
