//! Tables of device identity and account in the profile's database.
//!
//! Not here: anything of one workspace (`sync::schema`). Secrets lie in the clear inside the encrypted database.

/// Statements that create the tables; part of the profile database's first migration.
pub const SCHEMA: &str = "
-- One row: this device's keys. Made once, at the first start.
CREATE TABLE device_identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 64),
    created_ms INTEGER NOT NULL
) STRICT;

-- One row: the account on a server. Signing out clears the tokens and keeps the rest.
CREATE TABLE account (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    server_url TEXT NOT NULL,
    server_id BLOB NOT NULL,
    server_fingerprint BLOB NOT NULL,
    name TEXT NOT NULL,
    account_id BLOB NOT NULL,
    access_token TEXT,
    access_expires_ms INTEGER NOT NULL DEFAULT 0,
    refresh_token TEXT
) STRICT;

-- OPAQUE keys of servers met before: another key needs a person's approval.
CREATE TABLE pinned_server (
    server_url TEXT PRIMARY KEY,
    server_id BLOB NOT NULL,
    fingerprint BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";
