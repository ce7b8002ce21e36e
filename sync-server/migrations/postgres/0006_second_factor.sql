-- The authenticator of an account: one, which counts once a code of it was given back. The secret is sealed with a key
-- of this server. `last_step`: codes up to there were used.
CREATE TABLE second_factors (
    account_id BYTEA PRIMARY KEY REFERENCES accounts (account_id),
    secret_sealed BYTEA NOT NULL,
    last_step BIGINT NOT NULL DEFAULT 0,
    created_at_ms BIGINT NOT NULL,
    confirmed_at_ms BIGINT
);
-- 1: the sign-in that began the family brought a code, or needs none because it is by key alone.
ALTER TABLE refresh_families ADD COLUMN second_factor BIGINT NOT NULL DEFAULT 0;
