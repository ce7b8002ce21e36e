//! Tables of attachments in a workspace's database.
//!
//! Not here: the records themselves, which lie in the documents; `attachment` and `attachment_chunk` are projections
//! of them.

/// Statements that create the tables; a migration of the workspace's database.
pub const SCHEMA: &str = "
-- What living documents say; `removed`: taken away by people, kept so that an import does not bring it back.
CREATE TABLE attachment (
    row INTEGER NOT NULL REFERENCES document(row),
    id BLOB NOT NULL,
    document BLOB NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    source BLOB,
    source_key TEXT,
    removed INTEGER NOT NULL,
    PRIMARY KEY (row, id)
) WITHOUT ROWID;
CREATE INDEX attachment_id ON attachment(id);
CREATE INDEX attachment_name ON attachment(name COLLATE NOCASE);
CREATE INDEX attachment_source ON attachment(source, source_key);

CREATE TABLE attachment_chunk (
    row INTEGER NOT NULL,
    attachment BLOB NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (row, attachment, position)
) WITHOUT ROWID;
CREATE INDEX attachment_chunk_hash ON attachment_chunk(hash);

-- Bytes on this device by their SHA-256. `unnamed_ms`: when it was first seen that no living record names them.
CREATE TABLE chunk (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    size INTEGER NOT NULL,
    unnamed_ms INTEGER,
    bytes BLOB NOT NULL
);
CREATE INDEX chunk_unnamed ON chunk(unnamed_ms) WHERE unnamed_ms IS NOT NULL;
CREATE INDEX chunk_size ON chunk(size);

-- Chunks that the server acknowledged, and under which key they were sealed.
CREATE TABLE chunk_sent (
    hash BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    blob BLOB NOT NULL,
    PRIMARY KEY (hash, compartment)
) WITHOUT ROWID;
";
