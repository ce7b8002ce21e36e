-- Server identity and keys, one row each, written once at first start.
CREATE TABLE server_state (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE accounts (
    account_id BLOB PRIMARY KEY CHECK (length(account_id) = 16),
    name TEXT NOT NULL UNIQUE,
    opaque_record BLOB NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE invitations (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    role TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    created_by BLOB REFERENCES accounts (account_id),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_by BLOB REFERENCES accounts (account_id),
    used_at_ms INTEGER
) STRICT;

CREATE TABLE devices (
    device_id BLOB PRIMARY KEY CHECK (length(device_id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (account_id),
    signing_key BLOB NOT NULL UNIQUE CHECK (length(signing_key) = 32),
    sealing_key BLOB NOT NULL CHECK (length(sealing_key) = 32),
    created_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
) STRICT;
CREATE INDEX devices_account ON devices (account_id);

-- Refresh tokens are stored as hashes only. `successor_sealed` opens with the previous token alone, so a client that
-- lost the response gets the same successor again, and the database gives nobody a usable token.
CREATE TABLE refresh_families (
    family_id BLOB PRIMARY KEY CHECK (length(family_id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (account_id),
    device_id BLOB NOT NULL REFERENCES devices (device_id),
    current_hash BLOB NOT NULL,
    previous_hash BLOB,
    successor_sealed BLOB,
    rotated_at_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
) STRICT;
-- Every token of a family that is still remembered, so that the use of an old one is recognised.
CREATE TABLE refresh_tokens (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    family_id BLOB NOT NULL REFERENCES refresh_families (family_id),
    issued_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id, issued_at_ms);
CREATE INDEX refresh_families_device ON refresh_families (device_id);
CREATE INDEX refresh_families_account ON refresh_families (account_id);
