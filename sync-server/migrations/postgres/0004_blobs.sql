-- Sealed chunks of attachments. Their bytes lie in the object store; every object has a row before it is written.
ALTER TABLE workspaces ADD COLUMN blob_bytes BIGINT NOT NULL DEFAULT 0;

CREATE TABLE blobs (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    blob_id BYTEA NOT NULL CHECK (length(blob_id) = 32),
    compartment BIGINT NOT NULL,
    sha256 BYTEA NOT NULL CHECK (length(sha256) = 32),
    -- Names the object; new with every writing, so that deleting an old one never meets a new one.
    object_id BYTEA NOT NULL CHECK (length(object_id) = 16),
    size_bytes BIGINT NOT NULL,
    -- 0: its object is being written; 1: it is there.
    stored BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    -- When a member declared it unused; deleted some time later unless somebody asks for it.
    unused_at_ms BIGINT,
    PRIMARY KEY (workspace_id, blob_id)
);
CREATE INDEX blobs_unused ON blobs (unused_at_ms);
CREATE INDEX blobs_unfinished ON blobs (stored, received_at_ms);
