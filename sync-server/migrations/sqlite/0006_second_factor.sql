-- The authenticator of an account: one, which counts once a code of it was given back. The secret is sealed with a key
-- of this server. `last_step`: codes up to there were used.
CREATE TABLE second_factors (
    account_id BLOB PRIMARY KEY REFERENCES accounts (account_id),
    secret_sealed BLOB NOT NULL,
    last_step INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL,
    confirmed_at_ms INTEGER
) STRICT, WITHOUT ROWID;
-- 1: the sign-in that began the family brought a code, or needs none because it is by key alone.
ALTER TABLE refresh_families ADD COLUMN second_factor INTEGER NOT NULL DEFAULT 0;
