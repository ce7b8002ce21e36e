-- Hand-over of sealed messages between a device that is not yet known and one that is. Everything expires.
CREATE TABLE mailboxes (
    mailbox_id BYTEA PRIMARY KEY CHECK (length(mailbox_id) = 16),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX mailboxes_expiry ON mailboxes (expires_at_ms);

CREATE TABLE mailbox_messages (
    mailbox_id BYTEA NOT NULL REFERENCES mailboxes (mailbox_id) ON DELETE CASCADE,
    side BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    message BYTEA NOT NULL,
    PRIMARY KEY (mailbox_id, side, sequence)
);
