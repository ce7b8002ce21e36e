//! Tables of the second schema version: what makes search, counts and the explorer cheap on a large workspace.
//!
//! Not here: the projections of the first version (`store::schema`) and who writes them (`project`).

/// Statements of the workspace database's second migration. Every document is marked to be projected again.
///
/// - `search` has no size column per word: a facet word per kind and tag lets a filter be one more word of the query.
/// - `names` holds names alone, so that a word that every text holds is still found fast where names hold it.
/// - A leaf of the index fits a page of SQLCipher (4,096 bytes less 80), so that reading it decrypts one page.
/// - `counted` is kept by triggers: whoever writes the tables, the counts are right.
/// - `element.up` is the parent if it is here and closes no circle: children of null are the roots of the explorer.
pub(crate) const PROJECTIONS_2: &str = "
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(
    name, body, tags, properties, facet,
    tokenize = \"unicode61 remove_diacritics 2\", prefix = '1 2 3'
);
INSERT INTO search(search, rank) VALUES ('pgsz', 3960);
CREATE VIRTUAL TABLE search_word USING fts5vocab(search, instance);
CREATE VIRTUAL TABLE names USING fts5(
    name, facet, content = '', contentless_delete = 1,
    tokenize = \"unicode61 remove_diacritics 2\", prefix = '1 2 3'
);
INSERT INTO names(names, rank) VALUES ('pgsz', 3960);

ALTER TABLE element ADD COLUMN up BLOB;
ALTER TABLE element ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
UPDATE element SET up = parent WHERE parent IN (SELECT id FROM element);
DROP INDEX element_parent;
CREATE INDEX element_parent ON element(parent, up);
CREATE INDEX element_loose ON element(row) WHERE up IS NULL AND parent IS NOT NULL;
CREATE INDEX element_up ON element(up, rank, name COLLATE NOCASE, id);
CREATE INDEX element_kind ON element(kind, name COLLATE NOCASE, id);
ALTER TABLE page ADD COLUMN folder TEXT NOT NULL DEFAULT '';
CREATE INDEX page_folder ON page(folder, path COLLATE NOCASE, id);
CREATE INDEX page_kind ON page(kind, title COLLATE NOCASE, id);
CREATE INDEX page_title ON page(title COLLATE NOCASE, id);
CREATE TABLE folder (
    path TEXT PRIMARY KEY,
    up TEXT NOT NULL,
    pages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX folder_up ON folder(up, path);

CREATE TABLE counted (
    what TEXT NOT NULL,
    kind TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (what, kind)
) WITHOUT ROWID;
INSERT INTO counted SELECT 'element', kind, count(*) FROM element GROUP BY kind;
INSERT INTO counted SELECT 'relation', kind, count(*) FROM relation GROUP BY kind;
INSERT INTO counted SELECT 'page', kind, count(*) FROM page GROUP BY kind;
INSERT INTO counted SELECT 'view', kind, count(*) FROM view GROUP BY kind;
INSERT INTO counted SELECT 'dangling', '', count(*) FROM relation r
    WHERE NOT EXISTS (SELECT 1 FROM element e WHERE e.id = r.target)
      AND NOT EXISTS (SELECT 1 FROM page p WHERE p.id = r.target);

CREATE TRIGGER element_made AFTER INSERT ON element BEGIN
    INSERT INTO counted VALUES ('element', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    UPDATE counted SET n = n - (SELECT count(*) FROM relation WHERE target = new.id) WHERE what = 'dangling';
END;
CREATE TRIGGER element_gone AFTER DELETE ON element BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'element' AND kind = old.kind;
    UPDATE counted SET n = n + (SELECT count(*) FROM relation WHERE target = old.id) WHERE what = 'dangling';
    UPDATE element SET up = NULL WHERE up = old.id;
END;
CREATE TRIGGER element_kind_changed AFTER UPDATE OF kind ON element WHEN new.kind <> old.kind BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'element' AND kind = old.kind;
    INSERT INTO counted VALUES ('element', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER page_made AFTER INSERT ON page BEGIN
    INSERT INTO counted VALUES ('page', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    UPDATE counted SET n = n - (SELECT count(*) FROM relation WHERE target = new.id) WHERE what = 'dangling';
END;
CREATE TRIGGER page_gone AFTER DELETE ON page BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'page' AND kind = old.kind;
    UPDATE counted SET n = n + (SELECT count(*) FROM relation WHERE target = old.id) WHERE what = 'dangling';
END;
CREATE TRIGGER page_kind_changed AFTER UPDATE OF kind ON page WHEN new.kind <> old.kind BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'page' AND kind = old.kind;
    INSERT INTO counted VALUES ('page', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER view_made AFTER INSERT ON view BEGIN
    INSERT INTO counted VALUES ('view', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER view_gone AFTER DELETE ON view BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'view' AND kind = old.kind;
END;
CREATE TRIGGER relation_made AFTER INSERT ON relation BEGIN
    INSERT INTO counted VALUES ('relation', new.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    UPDATE counted SET n = n + 1 WHERE what = 'dangling'
        AND NOT EXISTS (SELECT 1 FROM element WHERE id = new.target)
        AND NOT EXISTS (SELECT 1 FROM page WHERE id = new.target);
END;
CREATE TRIGGER relation_gone AFTER DELETE ON relation BEGIN
    UPDATE counted SET n = n - 1 WHERE what = 'relation' AND kind = old.kind;
    UPDATE counted SET n = n - 1 WHERE what = 'dangling'
        AND NOT EXISTS (SELECT 1 FROM element WHERE id = old.target)
        AND NOT EXISTS (SELECT 1 FROM page WHERE id = old.target);
END;

INSERT OR IGNORE INTO stale SELECT row FROM document;
";
