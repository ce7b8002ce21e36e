//! Hard limits of every message, the same on both sides. Rates and quotas are the server's settings, not here.

/// Largest envelope of kind genesis, change or tombstone, in bytes.
pub const ENVELOPE_BYTES: usize = 256 * 1024;
/// Largest snapshot envelope, in bytes.
pub const SNAPSHOT_BYTES: usize = 16 * 1024 * 1024;
/// Most envelopes in one push.
pub const PUSH_ENVELOPES: usize = 64;
/// Most bytes of envelopes in one push.
pub const PUSH_BYTES: usize = 512 * 1024;
/// Largest WebSocket frame, in bytes.
pub const FRAME_BYTES: usize = 1024 * 1024;
/// Largest membership log entry, in bytes; a rotation for 2,000 devices fits, and the entry fits a frame.
pub const ENTRY_BYTES: usize = 960 * 1024;
/// Most items in any list of a frame.
pub const FRAME_ITEMS: usize = 4096;
/// Largest sealed presence message, in bytes.
pub const PRESENCE_BYTES: usize = 4 * 1024;
/// Largest signed opinion about a snapshot, in bytes.
pub const ACK_BYTES: usize = 1024;
/// Largest message in a pairing mailbox, in bytes.
pub const MAILBOX_MESSAGE_BYTES: usize = 64 * 1024;
/// Most messages in a pairing mailbox.
pub const MAILBOX_MESSAGES: usize = 8;
/// Longest access token, in bytes.
pub const TOKEN_BYTES: usize = 4 * 1024;
/// Largest list of changes in one envelope.
pub const CHANGES_PER_ENVELOPE: usize = 4096;
/// Content of a chunk of an attachment, in bytes; the last one of a file may be shorter.
pub const CHUNK_BYTES: usize = 1 << 20;
/// Largest sealed chunk, in bytes: a full one needs no padding.
pub const BLOB_BYTES: usize = CHUNK_BYTES + 81;
/// Most blobs asked for at once.
pub const BLOBS_ASKED: usize = 1024;
