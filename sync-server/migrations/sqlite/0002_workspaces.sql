-- The counters that order everything live in this row; whoever appends locks it first.
CREATE TABLE workspaces (
    workspace_id BLOB PRIMARY KEY CHECK (length(workspace_id) = 16),
    owner_account BLOB NOT NULL REFERENCES accounts (account_id),
    incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
    created_at_ms INTEGER NOT NULL,
    log_length INTEGER NOT NULL,
    log_head BLOB NOT NULL,
    last_ws_seq INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX workspaces_owner ON workspaces (owner_account);

-- Devices active at the head of the membership log: derived from it, replaced with every entry.
CREATE TABLE workspace_devices (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    device_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX workspace_devices_device ON workspace_devices (device_id);

CREATE TABLE log_entries (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    log_index INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    entry BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, log_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    document_id BLOB NOT NULL CHECK (length(document_id) = 16),
    doc_seq INTEGER NOT NULL,
    link BLOB NOT NULL CHECK (length(link) = 32),
    compartment INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, document_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE author_streams (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    device_id BLOB NOT NULL,
    stream BLOB NOT NULL,
    last_dev_seq INTEGER NOT NULL,
    last_env_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, device_id, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE envelopes (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    ws_seq INTEGER NOT NULL,
    document_id BLOB NOT NULL,
    doc_seq INTEGER NOT NULL,
    link BLOB NOT NULL CHECK (length(link) = 32),
    env_id BLOB NOT NULL CHECK (length(env_id) = 32),
    log_index INTEGER NOT NULL,
    compartment INTEGER NOT NULL,
    envelope BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, ws_seq)
) STRICT;
CREATE UNIQUE INDEX envelopes_env_id ON envelopes (workspace_id, env_id);
CREATE UNIQUE INDEX envelopes_document ON envelopes (workspace_id, document_id, doc_seq);
