//! Lists of elements, relations and diagrams, and counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundplan_shared::api::{
    Cursor, ElementList, ElementListParams, ElementSummary, RelationList, RelationListParams, RelationView,
    ViewSummary,
};
use groundplan_shared::model::{DocumentId, RelationId};
use rusqlite::{Row, named_params};

use super::{hidden_of, like};
use crate::core::{CoreError, Tx};

/// What hides what it is has no place in a list by kind or name.
const SHOWN: &str = "kind <> 'hidden'";
/// Above so many rows, tags are read all at once.
const TAGS_SINGLY: usize = 1_000;

/// The rows of a limited list, and where it goes on.
pub(super) fn page_of<T>(
    mut items: Vec<T>,
    limit: usize,
    cursor: impl Fn(&T) -> Cursor,
) -> (Vec<T>, Option<Cursor>) {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(cursor) } else { None };
    (items, next)
}

/// Lists elements, ordered by name.
pub fn elements(tx: &Tx<'_>, params: &ElementListParams) -> Result<ElementList, CoreError> {
    let limit = if params.limit == 0 { 100_000 } else { params.limit as usize };
    let kind = params.kind.map(|kind| kind.as_str());
    let parent = params.parent.map(DocumentId::to_bytes);
    let filter = params.filter.as_deref().map(like);
    // Each condition only where it is asked for, so that the database finds the index that fits.
    let mut narrow = String::from(SHOWN);
    for (asked, condition) in [
        (kind.is_some(), "kind = :kind"),
        (parent.is_some(), "parent = :parent"),
        (params.tag.is_some(), "row IN (SELECT row FROM tag WHERE tag = :tag)"),
        (filter.is_some(), "name LIKE :filter ESCAPE '\\'"),
    ] {
        if asked {
            narrow = format!("{narrow} AND {condition}");
        }
    }
    let after = if params.after.is_some() {
        "AND name >= :name COLLATE NOCASE AND (name > :name COLLATE NOCASE OR id > :id)"
    } else {
        ""
    };
    let named = |sql: &str| -> Vec<(&'static str, Box<dyn rusqlite::ToSql>)> {
        let name = params.after.as_ref().map(|after| after.name.clone());
        let id = params.after.as_ref().map(|after| after.id.to_bytes());
        let all: Vec<(&'static str, Box<dyn rusqlite::ToSql>)> = vec![
            (":kind", Box::new(kind)),
            (":parent", Box::new(parent)),
            (":tag", Box::new(params.tag.clone())),
            (":filter", Box::new(filter.clone())),
            (":name", Box::new(name)),
            (":id", Box::new(id)),
            (":limit", Box::new(limit as i64 + 1)),
        ];
        all.into_iter().filter(|(name, _)| sql.contains(*name)).collect()
    };
    let sql = format!(
        "SELECT row, id, kind, name, technology, subtype, lifecycle, external, parent, owner
         FROM element WHERE {narrow} {after} ORDER BY name COLLATE NOCASE, id LIMIT :limit"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let values = named(&sql);
    let values: Vec<(&str, &dyn rusqlite::ToSql)> =
        values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let rows = statement.query_map(values.as_slice(), |row| Ok((row.get::<_, i64>(0)?, element(row)?)))?;
    let rows: Vec<(i64, Option<ElementSummary>)> = rows.collect::<Result<_, _>>()?;
    let rows: Vec<(i64, ElementSummary)> =
        rows.into_iter().filter_map(|(row, item)| Some((row, item?))).collect();
    let (rows, next) = page_of(rows, limit, |(_, item)| Cursor { name: item.name.clone(), id: item.id });
    let total = if next.is_none() && params.after.is_none() {
        rows.len() as u64
    } else if narrow == SHOWN {
        tx.sql()
            .prepare_cached(
                "SELECT coalesce(sum(n), 0) FROM counted WHERE what = 'element' AND kind <> 'hidden'",
            )?
            .query_row([], |row| row.get::<_, i64>(0))? as u64
    } else {
        let sql = format!("SELECT count(*) FROM element WHERE {narrow}");
        let values = named(&sql);
        let values: Vec<(&str, &dyn rusqlite::ToSql)> =
            values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        tx.sql().prepare_cached(&sql)?.query_row(values.as_slice(), |row| row.get::<_, i64>(0))? as u64
    };
    let mut tags = tags_of(tx, rows.iter().map(|(row, _)| *row))?;
    let items = rows
        .into_iter()
        .map(|(row, item)| ElementSummary { tags: tags.remove(&row).unwrap_or_default(), ..item })
        .collect();
    let all = narrow == SHOWN && params.after.is_none();
    let hidden = if all { hidden_of(tx, "element")? } else { Vec::new() };
    Ok(ElementList { items, total, next, hidden })
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

/// Reads the tags of rows.
pub(super) fn tags_of(
    tx: &Tx<'_>,
    rows: impl ExactSizeIterator<Item = i64>,
) -> Result<HashMap<i64, BTreeSet<String>>, CoreError> {
    let mut found: HashMap<i64, BTreeSet<String>> = HashMap::new();
    if rows.len() > TAGS_SINGLY {
        let mut statement = tx.sql().prepare_cached("SELECT row, tag FROM tag")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        return Ok(found);
    }
    let mut statement = tx.sql().prepare_cached("SELECT tag FROM tag WHERE row = ?1")?;
    for row in rows {
        let tags = statement.query_map([row], |row| row.get(0))?.collect::<Result<_, _>>()?;
        found.insert(row, tags);
    }
    Ok(found)
}

/// Lists relations, ordered by source name, kind and target name.
pub fn relations(tx: &Tx<'_>, params: &RelationListParams) -> Result<RelationList, CoreError> {
    let of_element = match params.element {
        Some(_) => "AND (r.source = :element OR r.target = :element)",
        None => "AND :element IS NULL",
    };
    let after = match params.after {
        Some(_) => "AND s.name >= :name COLLATE NOCASE AND (s.name > :name COLLATE NOCASE OR s.id > :id)",
        None => "AND :name IS NULL AND :id IS NULL",
    };
    // With a limit the sources are walked in their order; without one, or for one element, that would be a detour.
    let from = if params.limit > 0 && params.element.is_none() {
        "element s CROSS JOIN relation r ON r.row = s.row"
    } else {
        "relation r JOIN element s ON s.row = r.row"
    };
    let sql = format!(
        "SELECT r.id, r.kind, r.source, s.name, r.target,
                coalesce(t.name, p.title, ''), coalesce(t.kind, p.kind, ''), coalesce(m.properties, r.properties),
                coalesce(m.imported, r.imported)
         FROM {from}
         LEFT JOIN relation_more m ON m.id = r.id
         LEFT JOIN element t ON t.id = r.target
         LEFT JOIN page p ON p.id = r.target
         WHERE (:kind IS NULL OR r.kind = :kind) {of_element} {after}
         ORDER BY s.name COLLATE NOCASE, s.id, r.kind, 6 COLLATE NOCASE, r.id"
    );
    let mut statement = tx.sql().prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":kind": params.kind.map(|kind| kind.as_str()),
        ":element": params.element.map(DocumentId::to_bytes),
        ":name": params.after.as_ref().map(|after| &after.name),
        ":id": params.after.as_ref().map(|after| after.id.to_bytes()),
    })?;
    let mut items: Vec<RelationView> = Vec::new();
    let mut next = None;
    while let Some(row) = rows.next()? {
        let source = DocumentId::from_bytes(row.get(2)?);
        if params.limit > 0
            && items.len() >= params.limit as usize
            && let Some(last) = items.last().filter(|last| last.source != source)
        {
            next = Some(Cursor { name: last.source_name.clone(), id: last.source });
            break;
        }
        let kind: String = row.get(1)?;
        let Ok(kind) = kind.parse() else { continue };
        let properties: String = row.get(7)?;
        items.push(RelationView {
            id: RelationId::from_bytes(row.get(0)?),
            kind,
            source,
            source_name: row.get(3)?,
            target: DocumentId::from_bytes(row.get(4)?),
            target_name: row.get(5)?,
            target_kind: row.get(6)?,
            properties: serde_json::from_str(&properties).unwrap_or_default(),
            imported: row.get(8)?,
        });
    }
    Ok(RelationList { items, next })
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

/// Returns the counts, which the projections keep: as many rows are read as there are kinds.
pub fn summary(tx: &Tx<'_>) -> Result<Counts, CoreError> {
    let mut counts = Counts::default();
    let mut statement = tx.sql().prepare_cached("SELECT what, kind, n FROM counted WHERE n > 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (what, kind, n): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let n = u64::try_from(n).unwrap_or(0);
        match what.as_str() {
            "element" => drop(counts.elements.insert(kind, n)),
            "relation" => drop(counts.relations.insert(kind, n)),
            "page" => drop(counts.pages.insert(kind, n)),
            "view" => counts.views += n,
            "dangling" => counts.dangling = n,
            _ => {}
        }
    }
    Ok(counts)
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
