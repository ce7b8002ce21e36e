//! Tables of synchronisation in a workspace's database.
//!
//! Not here: documents, projections and the outbox (the core's), account and device keys (`identity::schema`, in the
//! profile's database). The key of every compartment lies here in the clear inside the encrypted database.

/// Statements that create the tables; part of the workspace database's first migration.
pub const SCHEMA: &str = "
-- The membership log, verified entry by entry before it is written.
CREATE TABLE membership_log (
    log_index INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    entry BLOB NOT NULL
) STRICT;

-- Content keys that this device was given, with the epochs before them.
CREATE TABLE compartment_key (
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    PRIMARY KEY (compartment, epoch)
) STRICT, WITHOUT ROWID;

-- Every envelope sent or received and what became of it:
-- sealed (ours, unacknowledged: sent again byte for byte), stored (ours, acknowledged, not yet read back),
-- applied, locked (content cannot be applied yet), waiting (author's chain or log has a gap), held (document has one),
-- broken (signature damaged on the way).
CREATE TABLE envelope (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    env_id BLOB NOT NULL UNIQUE CHECK (length(env_id) = 32),
    document BLOB NOT NULL CHECK (length(document) = 16),
    compartment INTEGER NOT NULL,
    author BLOB NOT NULL,
    stream BLOB NOT NULL,
    dev_seq INTEGER NOT NULL,
    previous BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sealed', 'stored', 'applied', 'locked', 'waiting', 'held', 'broken')),
    push INTEGER,
    ws_seq INTEGER,
    doc_seq INTEGER,
    link BLOB,
    log_index INTEGER,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX envelope_document ON envelope (document, doc_seq);
CREATE INDEX envelope_open ON envelope (state, id) WHERE state <> 'applied';
CREATE INDEX envelope_stream ON envelope (author, stream, dev_seq);

-- How far each author's chain is verified.
CREATE TABLE author_chain (
    author BLOB NOT NULL,
    stream BLOB NOT NULL,
    dev_seq INTEGER NOT NULL,
    env_id BLOB NOT NULL,
    PRIMARY KEY (author, stream)
) STRICT, WITHOUT ROWID;

-- This installation's stream in each compartment.
CREATE TABLE own_stream (
    compartment INTEGER PRIMARY KEY,
    stream BLOB NOT NULL
) STRICT;

-- The highest verified place of each document's log: lower or different is an alarm.
CREATE TABLE document_head (
    document BLOB PRIMARY KEY,
    doc_seq INTEGER NOT NULL,
    link BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Received items that fail a check, with the reason, for ever set aside.
CREATE TABLE quarantine (
    env_id BLOB PRIMARY KEY,
    document BLOB NOT NULL,
    ws_seq INTEGER NOT NULL,
    doc_seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents whose edits the server refuses for good; their rows stay in the outbox.
CREATE TABLE refused_document (
    document BLOB PRIMARY KEY,
    code TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Secrets of the invitations that this device made, until the newcomer is confirmed.
CREATE TABLE invite_secret (
    invite BLOB PRIMARY KEY,
    secret BLOB NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: what is known about the server and the feed.
CREATE TABLE sync_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    server_url TEXT,
    server_id BLOB,
    incarnation BLOB,
    uploaded INTEGER NOT NULL DEFAULT 0,
    feed_cursor INTEGER NOT NULL DEFAULT 0,
    synced_ms INTEGER NOT NULL DEFAULT 0,
    heard_device BLOB,
    heard_ms INTEGER NOT NULL DEFAULT 0,
    alarm TEXT
) STRICT;
INSERT INTO sync_state (one) VALUES (1);
";

/// Statements of the workspace database's third migration: what rotation cuts are computed from.
pub const CUTS: &str = "
-- The log index that the head's link covers, and the compartment of the document's first envelope.
ALTER TABLE document_head ADD COLUMN log_index INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document_head ADD COLUMN compartment INTEGER;
UPDATE document_head SET
    compartment = (SELECT compartment FROM envelope WHERE envelope.document = document_head.document
        ORDER BY id LIMIT 1),
    log_index = coalesce((SELECT max(log_index) FROM envelope WHERE envelope.document = document_head.document
        AND envelope.doc_seq <= document_head.doc_seq), 0);
CREATE INDEX document_head_compartment ON document_head (compartment, log_index);

-- Where a document stood when the membership log moved on under it: a rotation is signed over such places.
CREATE TABLE document_turn (
    document BLOB NOT NULL CHECK (length(document) = 16),
    log_index INTEGER NOT NULL,
    doc_seq INTEGER NOT NULL,
    link BLOB NOT NULL CHECK (length(link) = 32),
    PRIMARY KEY (document, log_index)
) STRICT, WITHOUT ROWID;

-- The newest epoch of each compartment whose rotation cut was verified here, by the index of its entry. What claims an
-- older place after that was put there later and is invalid for ever.
CREATE TABLE verified_cut (
    compartment INTEGER PRIMARY KEY,
    log_index INTEGER NOT NULL
) STRICT;
";

/// Statements of the migration that brought what follows a restored server.
pub const RESTORE: &str = "
-- The life that the server shows while no owner has signed it, and the one that this device's owner wants to sign.
ALTER TABLE sync_state ADD COLUMN found BLOB;
ALTER TABLE sync_state ADD COLUMN approved BLOB;
-- Whether everything is read anew, and what the server lost goes back.
ALTER TABLE sync_state ADD COLUMN resend INTEGER NOT NULL DEFAULT 0;
-- When everything that the server had was last read.
ALTER TABLE sync_state ADD COLUMN contact_ms INTEGER NOT NULL DEFAULT 0;
UPDATE sync_state SET contact_ms = synced_ms;

-- What other devices had seen when they wrote last.
CREATE TABLE peer (
    device BLOB PRIMARY KEY CHECK (length(device) = 16),
    heard_ms INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    ws_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Verified envelopes that wait until a person has decided about a mass deletion.
CREATE TABLE braked (
    env_id BLOB PRIMARY KEY CHECK (length(env_id) = 32),
    author BLOB NOT NULL CHECK (length(author) = 16),
    at_ms INTEGER NOT NULL,
    deletes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Deletes of a device that count as one change set.
CREATE TABLE delete_burst (
    author BLOB PRIMARY KEY CHECK (length(author) = 16),
    deleted INTEGER NOT NULL,
    living INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
