-- What devices signed after they compared a snapshot with what they had verified. Dropping goes by it; afterwards the
-- `envelope` of what was dropped holds a stub (links stay in their columns).
CREATE TABLE snapshot_acks (
    workspace_id BLOB NOT NULL REFERENCES workspaces (workspace_id),
    document_id BLOB NOT NULL CHECK (length(document_id) = 16),
    snapshot_id BLOB NOT NULL CHECK (length(snapshot_id) = 32),
    device_id BLOB NOT NULL CHECK (length(device_id) = 16),
    -- The last place that the snapshot covers.
    covers INTEGER NOT NULL,
    ack BLOB NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    -- 1: what it covers was dropped.
    done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, document_id, snapshot_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_acks_open ON snapshot_acks (done, stored_at_ms);
