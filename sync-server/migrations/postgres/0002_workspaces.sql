-- The counters that order everything live in this row; whoever appends locks it first.
CREATE TABLE workspaces (
    workspace_id BYTEA PRIMARY KEY CHECK (length(workspace_id) = 16),
    owner_account BYTEA NOT NULL REFERENCES accounts (account_id),
    incarnation BYTEA NOT NULL CHECK (length(incarnation) = 16),
    created_at_ms BIGINT NOT NULL,
    log_length BIGINT NOT NULL,
    log_head BYTEA NOT NULL,
    last_ws_seq BIGINT NOT NULL,
    stored_bytes BIGINT NOT NULL
);
CREATE INDEX workspaces_owner ON workspaces (owner_account);

-- Devices active at the head of the membership log: derived from it, replaced with every entry.
CREATE TABLE workspace_devices (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    device_id BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, device_id)
);
CREATE INDEX workspace_devices_device ON workspace_devices (device_id);

CREATE TABLE log_entries (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    log_index BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    entry BYTEA NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, log_index)
);

CREATE TABLE documents (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    document_id BYTEA NOT NULL CHECK (length(document_id) = 16),
    doc_seq BIGINT NOT NULL,
    link BYTEA NOT NULL CHECK (length(link) = 32),
    compartment BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, document_id)
);

CREATE TABLE author_streams (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    device_id BYTEA NOT NULL,
    stream BYTEA NOT NULL,
    last_dev_seq BIGINT NOT NULL,
    last_env_id BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, device_id, stream)
);

CREATE TABLE envelopes (
    workspace_id BYTEA NOT NULL REFERENCES workspaces (workspace_id),
    ws_seq BIGINT NOT NULL,
    document_id BYTEA NOT NULL,
    doc_seq BIGINT NOT NULL,
    link BYTEA NOT NULL CHECK (length(link) = 32),
    env_id BYTEA NOT NULL CHECK (length(env_id) = 32),
    log_index BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    envelope BYTEA NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, ws_seq)
);
CREATE UNIQUE INDEX envelopes_env_id ON envelopes (workspace_id, env_id);
CREATE UNIQUE INDEX envelopes_document ON envelopes (workspace_id, document_id, doc_seq);
