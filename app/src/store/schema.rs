//! The tables of both databases, by the migration that makes them. An applied migration never changes.

use super::Family;

/// Returns the scripts that lead to `version` of a database.
pub(super) fn scripts(family: Family, version: u32) -> &'static [&'static str] {
    match (family, version) {
        (Family::Profile, 1) => &[PROFILE_1, crate::identity::schema::SCHEMA],
        (Family::Workspace, 1) => &[DOCUMENTS_1, PROJECTIONS_1, crate::sync::schema::SCHEMA],
        (Family::Workspace, 2) => &[crate::project::PROJECTIONS_2],
        (Family::Workspace, 3) => &[crate::sync::schema::CUTS],
        (Family::Workspace, 4) => &[crate::core::TYPED],
        (Family::Workspace, 5) => &[crate::attachment::schema::SCHEMA],
        (Family::Workspace, 6) => &[crate::core::LINEAGE, crate::core::LOST],
        (Family::Workspace, 7) => &[crate::project::COMMENTS],
        (Family::Workspace, 8) => &[crate::sync::schema::RESTORE],
        _ => &[],
    }
}

const PROFILE_1: &str = "
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE workspace (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;
";

/// `document.save` is an Automerge save; `tail` holds the changes since, so that an edit writes only itself.
const DOCUMENTS_1: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    compartment INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    changed_ms INTEGER NOT NULL DEFAULT 0,
    save BLOB NOT NULL
);
CREATE TABLE tail (
    seq INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES document(row),
    change BLOB NOT NULL
);
CREATE INDEX tail_document ON tail(document);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,
    document BLOB NOT NULL,
    kind TEXT NOT NULL,
    compartment INTEGER NOT NULL,
    change BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    sealed_id BLOB NULL
);
CREATE INDEX outbox_sealed ON outbox(sealed_id);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stack TEXT NOT NULL,
    label TEXT NOT NULL,
    steps TEXT NOT NULL,
    made_ms INTEGER NOT NULL
);
CREATE INDEX journal_stack ON journal(stack, id);
";

/// Derived from the documents; may be dropped and made again.
const PROJECTIONS_1: &str = "
CREATE TABLE element (
    row INTEGER PRIMARY KEY REFERENCES document(row),
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    technology TEXT,
    subtype TEXT,
    lifecycle TEXT,
    external INTEGER NOT NULL,
    parent BLOB,
    owner BLOB,
    lookup TEXT NOT NULL
);
CREATE INDEX element_lookup ON element(lookup);
CREATE INDEX element_parent ON element(parent);
CREATE INDEX element_name ON element(name COLLATE NOCASE);
CREATE TABLE relation (
    id BLOB NOT NULL,
    row INTEGER NOT NULL REFERENCES document(row),
    source BLOB NOT NULL,
    kind TEXT NOT NULL,
    target BLOB NOT NULL,
    properties TEXT NOT NULL,
    imported INTEGER NOT NULL,
    PRIMARY KEY (row, id)
) WITHOUT ROWID;
CREATE INDEX relation_target ON relation(target, kind);
CREATE INDEX relation_source ON relation(source, kind);
CREATE TABLE page (
    row INTEGER PRIMARY KEY REFERENCES document(row),
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    path TEXT NOT NULL,
    lookup TEXT NOT NULL
);
CREATE INDEX page_lookup ON page(lookup);
CREATE INDEX page_path ON page(path COLLATE NOCASE);
CREATE TABLE view (
    row INTEGER PRIMARY KEY REFERENCES document(row),
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    scope BLOB,
    filter TEXT NOT NULL
);
CREATE TABLE tag (
    row INTEGER NOT NULL REFERENCES document(row),
    tag TEXT NOT NULL,
    PRIMARY KEY (row, tag)
) WITHOUT ROWID;
CREATE INDEX tag_tag ON tag(tag);
CREATE TABLE alias (
    row INTEGER NOT NULL REFERENCES document(row),
    alias TEXT NOT NULL,
    lookup TEXT NOT NULL,
    PRIMARY KEY (row, alias)
) WITHOUT ROWID;
CREATE INDEX alias_lookup ON alias(lookup);
CREATE TABLE page_link (
    row INTEGER NOT NULL REFERENCES document(row),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    lookup TEXT NOT NULL,
    PRIMARY KEY (row, position)
) WITHOUT ROWID;
CREATE INDEX page_link_lookup ON page_link(lookup);
CREATE TABLE origin (
    row INTEGER PRIMARY KEY REFERENCES document(row),
    source BLOB NOT NULL,
    key TEXT NOT NULL
);
CREATE INDEX origin_source ON origin(source, key);
CREATE TABLE stale (row INTEGER PRIMARY KEY REFERENCES document(row));
CREATE VIRTUAL TABLE search USING fts5(
    name, body, tags, properties,
    tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3'
);
";
