//! Lists of elements, relations and diagrams, and counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundplan_shared::api::{
    ElementList, ElementListParams, ElementSummary, RelationListParams, RelationView, ViewSummary,
};
use groundplan_shared::model::{DocumentId, RelationId};
use rusqlite::{Row, named_params};

use super::like;
use crate::core::{CoreError, Tx};

/// Lists elements, ordered by name.
pub fn elements(tx: &Tx<'_>, params: &ElementListParams) -> Result<ElementList, CoreError> {
    let limit = if params.limit == 0 { 100_000 } else { params.limit };
    let mut statement = tx.sql().prepare_cached(
        "SELECT row, id, kind, name, technology, subtype, lifecycle, external, parent, owner
         FROM element
         WHERE (:kind IS NULL OR kind = :kind)
           AND (:parent IS NULL OR parent = :parent)
           AND (:tag IS NULL OR row IN (SELECT row FROM tag WHERE tag = :tag))
           AND (:filter IS NULL OR name LIKE :filter ESCAPE '\\')
         ORDER BY name COLLATE NOCASE, id",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":kind": params.kind.map(|kind| kind.as_str()),
            ":parent": params.parent.map(DocumentId::to_bytes),
            ":tag": params.tag,
            ":filter": params.filter.as_deref().map(like),
        },
        |row| Ok((row.get::<_, i64>(0)?, element(row)?)),
    )?;
    let mut tags = tags_by_row(tx)?;
    let mut items = Vec::new();
    let mut total = 0;
    for row in rows {
        let (key, item) = row?;
        total += 1;
        if let (true, Some(mut item)) = (items.len() < limit as usize, item) {
            item.tags = tags.remove(&key).unwrap_or_default();
            items.push(item);
        }
    }
    Ok(ElementList { items, total })
}

fn element(row: &Row<'_>) -> rusqlite::Result<Option<ElementSummary>> {
    let kind: String = row.get(2)?;
    let Ok(kind) = kind.parse() else { return Ok(None) };
    Ok(Some(ElementSummary {
        id: DocumentId::from_bytes(row.get(1)?),
        kind,
        name: row.get(3)?,
        technology: row.get(4)?,
        subtype: row.get(5)?,
        lifecycle: row.get(6)?,
        external: row.get(7)?,
        parent: row.get::<_, Option<[u8; 16]>>(8)?.map(DocumentId::from_bytes),
        owner: row.get::<_, Option<[u8; 16]>>(9)?.map(DocumentId::from_bytes),
        tags: BTreeSet::new(),
    }))
}

pub(super) fn tags_by_row(tx: &Tx<'_>) -> Result<HashMap<i64, BTreeSet<String>>, CoreError> {
    let mut found: HashMap<i64, BTreeSet<String>> = HashMap::new();
    let mut statement = tx.sql().prepare_cached("SELECT row, tag FROM tag")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.entry(row.get(0)?).or_default().insert(row.get(1)?);
    }
    Ok(found)
}

/// Lists relations, ordered by source name, kind and target name.
pub fn relations(tx: &Tx<'_>, params: &RelationListParams) -> Result<Vec<RelationView>, CoreError> {
    let mut statement = tx.sql().prepare_cached(
        "SELECT r.id, r.kind, r.source, coalesce(s.name, ''), r.target,
                coalesce(t.name, p.title, ''), coalesce(t.kind, p.kind, ''), r.properties, r.imported
         FROM relation r
         LEFT JOIN element s ON s.id = r.source
         LEFT JOIN element t ON t.id = r.target
         LEFT JOIN page p ON p.id = r.target
         WHERE (:kind IS NULL OR r.kind = :kind)
           AND (:element IS NULL OR r.source = :element OR r.target = :element)
         ORDER BY 4 COLLATE NOCASE, r.kind, 6 COLLATE NOCASE, r.id",
    )?;
    let mut rows = statement.query(named_params! {
        ":kind": params.kind.map(|kind| kind.as_str()),
        ":element": params.element.map(DocumentId::to_bytes),
    })?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let Ok(kind) = kind.parse() else { continue };
        let properties: String = row.get(7)?;
        items.push(RelationView {
            id: RelationId::from_bytes(row.get(0)?),
            kind,
            source: DocumentId::from_bytes(row.get(2)?),
            source_name: row.get(3)?,
            target: DocumentId::from_bytes(row.get(4)?),
            target_name: row.get(5)?,
            target_kind: row.get(6)?,
            properties: serde_json::from_str(&properties).unwrap_or_default(),
            imported: row.get(8)?,
        });
    }
    Ok(items)
}

/// Lists diagrams, ordered by name.
pub fn views(tx: &Tx<'_>) -> Result<Vec<ViewSummary>, CoreError> {
    let mut statement = tx
        .sql()
        .prepare_cached("SELECT id, kind, name, scope, filter FROM view ORDER BY name COLLATE NOCASE, id")?;
    let mut rows = statement.query([])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        let Ok(kind) = kind.parse() else { continue };
        let filter: String = row.get(4)?;
        items.push(ViewSummary {
            id: DocumentId::from_bytes(row.get(0)?),
            kind,
            name: row.get(2)?,
            scope: row.get::<_, Option<[u8; 16]>>(3)?.map(DocumentId::from_bytes),
            filter: serde_json::from_str(&filter).unwrap_or_default(),
        });
    }
    Ok(items)
}

/// Counts elements, relations and pages by kind, then diagrams and relations whose target is missing.
pub fn summary(tx: &Tx<'_>) -> Result<Counts, CoreError> {
    let by_kind = |sql: &str| -> Result<BTreeMap<String, u64>, CoreError> {
        let mut statement = tx.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let one = |sql: &str| -> Result<u64, CoreError> {
        Ok(tx.sql().prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? as u64)
    };
    Ok(Counts {
        elements: by_kind("SELECT kind, count(*) FROM element GROUP BY kind")?,
        relations: by_kind("SELECT kind, count(*) FROM relation GROUP BY kind")?,
        pages: by_kind("SELECT kind, count(*) FROM page GROUP BY kind")?,
        views: one("SELECT count(*) FROM view")?,
        dangling: one("SELECT count(*) FROM relation r
             WHERE NOT EXISTS (SELECT 1 FROM element e WHERE e.id = r.target)
               AND NOT EXISTS (SELECT 1 FROM page p WHERE p.id = r.target)")?,
    })
}

/// Counts of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Elements by kind.
    pub elements: BTreeMap<String, u64>,
    /// Relations by kind.
    pub relations: BTreeMap<String, u64>,
    /// Pages by kind.
    pub pages: BTreeMap<String, u64>,
    /// Diagrams.
    pub views: u64,
    /// Relations whose target is missing.
    pub dangling: u64,
}
