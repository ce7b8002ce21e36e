-- Hand-over of sealed messages between a device that is not yet known and one that is. Everything expires.
CREATE TABLE mailboxes (
    mailbox_id BLOB PRIMARY KEY CHECK (length(mailbox_id) = 16),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX mailboxes_expiry ON mailboxes (expires_at_ms);

CREATE TABLE mailbox_messages (
    mailbox_id BLOB NOT NULL REFERENCES mailboxes (mailbox_id) ON DELETE CASCADE,
    side INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, side, sequence)
) STRICT, WITHOUT ROWID;
