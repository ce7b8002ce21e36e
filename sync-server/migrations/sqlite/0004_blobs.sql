-- Sealed chunks of attachments. Their bytes lie in the object store; every object has a row before it is written.
ALTER TABLE workspaces ADD COLUMN blob_bytes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE blobs (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    blob_id BLOB NOT NULL CHECK (length(blob_id) = 32),
    compartment INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    -- Names the object; new with every writing, so that deleting an old one never meets a new one.
    object_id BLOB NOT NULL CHECK (length(object_id) = 16),
    size_bytes INTEGER NOT NULL,
    -- 0: its object is being written; 1: it is there.
    stored INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- When a member declared it unused; deleted some time later unless somebody asks for it.
    unused_at_ms INTEGER,
    PRIMARY KEY (workspace_id, blob_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_unused ON blobs (unused_at_ms);
CREATE INDEX blobs_unfinished ON blobs (stored, received_at_ms);
