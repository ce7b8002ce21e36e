//! Rows of elements and their relations.

use groundplan_import::links::lookup_key;
use groundplan_shared::model::{DocumentId, Element, PropertyValue, RelationKind};
use rusqlite::{OptionalExtension, Transaction};

use super::index::{self, Words, kind_facet, tag_facet};
use super::{shown, tag};
use crate::core::CoreError;

/// Deepest nesting that the explorer shows.
const DEPTH_MAX: usize = 64;
/// Elements looked at again when one moved; more than a few only while much has not arrived yet.
const LOOSE_MAX: i64 = 256;

pub(super) fn write(sql: &Transaction<'_>, row: i64, element: &Element) -> Result<(), CoreError> {
    let target = |kind| element.relations.iter().find(|r| r.kind == kind).map(|r| r.target);
    let subtype =
        ["type", "store_type", "channel_type", "format"].iter().find_map(|name| element.property(name));
    let external = element.properties.get("external") == Some(&PropertyValue::Bool(true));
    let parent = target(RelationKind::PartOf);
    let before: Option<Option<[u8; 16]>> = sql
        .prepare_cached("SELECT parent FROM element WHERE row = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    let up = match parent {
        Some(parent) if may_hang(sql, element.id, parent)? => Some(parent),
        _ => None,
    };
    // An upsert: what leads to the element is counted anew only when it comes and goes.
    sql.prepare_cached(
        "INSERT INTO element(row, id, kind, name, technology, subtype, lifecycle, external, parent, owner, lookup,
                             up, rank)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT(row) DO UPDATE SET kind = excluded.kind, name = excluded.name,
             technology = excluded.technology, subtype = excluded.subtype, lifecycle = excluded.lifecycle,
             external = excluded.external, parent = excluded.parent, owner = excluded.owner,
             lookup = excluded.lookup, up = excluded.up, rank = excluded.rank",
    )?
    .execute((
        row,
        element.id.to_bytes(),
        element.kind.as_str(),
        shown(&element.name),
        element.property("technology"),
        subtype,
        element.property("lifecycle"),
        external,
        parent.map(DocumentId::to_bytes),
        target(RelationKind::OwnedBy).map(DocumentId::to_bytes),
        lookup_key(&element.name),
        up.map(DocumentId::to_bytes),
        element.kind as i64,
    ))?;
    match before {
        None => adopt(
            sql,
            "SELECT id, parent FROM element WHERE parent = ?1 AND up IS NULL",
            [element.id.to_bytes()],
        )?,
        // What hung in a circle that this move opened.
        Some(before) if before.map(DocumentId::from_bytes) != parent => adopt(
            sql,
            "SELECT id, parent FROM element WHERE up IS NULL AND parent IS NOT NULL LIMIT ?1",
            [LOOSE_MAX],
        )?,
        Some(_) => {}
    }
    sql.prepare_cached("DELETE FROM relation WHERE row = ?1")?.execute([row])?;
    let mut statement = sql.prepare_cached(
        "INSERT INTO relation(id, row, source, kind, target, properties, imported)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for relation in &element.relations {
        let properties = serde_json::to_string(&relation.properties).expect("properties are JSON");
        statement.execute((
            relation.id.to_bytes(),
            row,
            element.id.to_bytes(),
            relation.kind.as_str(),
            relation.target.to_bytes(),
            properties,
            relation.source.is_some(),
        ))?;
    }
    tag(sql, row, &element.tags)?;
    let mut properties: Vec<String> = vec![element.kind.as_str().replace('_', " ")];
    properties.extend(element.properties.values().filter_map(|value| match value {
        PropertyValue::Text(text) => Some(text.clone()),
        PropertyValue::Bool(_) | PropertyValue::Integer(_) => None,
    }));
    properties.extend(element.links.iter().map(|link| link.title.clone()));
    properties
        .extend(element.endpoints.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)));
    let mut facet = kind_facet(element.kind.as_str());
    for tag in &element.tags {
        facet.push(' ');
        facet.push_str(&tag_facet(tag));
    }
    let words = Words {
        name: element.name.clone(),
        aliases: String::new(),
        body: element.description.clone(),
        tags: element.tags.iter().cloned().collect::<Vec<_>>().join(" "),
        properties: properties.join(" "),
        facet,
    };
    index::write(sql, row, &words)
}

/// Says whether an element may be shown below a parent: it is here, and does not itself hang below the element.
fn may_hang(sql: &Transaction<'_>, id: DocumentId, parent: DocumentId) -> Result<bool, CoreError> {
    let mut at = parent;
    for _ in 0..DEPTH_MAX {
        if at == id {
            return Ok(false);
        }
        let above: Option<Option<[u8; 16]>> = sql
            .prepare_cached("SELECT up FROM element WHERE id = ?1")?
            .query_row([at.to_bytes()], |row| row.get(0))
            .optional()?;
        match above {
            None => return Ok(false),
            Some(None) => return Ok(true),
            Some(Some(above)) => at = DocumentId::from_bytes(above),
        }
    }
    Ok(false)
}

/// Hangs elements below their parents where that is possible now.
fn adopt(sql: &Transaction<'_>, which: &str, parameters: impl rusqlite::Params) -> Result<(), CoreError> {
    let loose: Vec<([u8; 16], [u8; 16])> = {
        let mut statement = sql.prepare_cached(which)?;
        let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (id, parent) in loose {
        if may_hang(sql, DocumentId::from_bytes(id), DocumentId::from_bytes(parent))? {
            sql.prepare_cached("UPDATE element SET up = ?2 WHERE id = ?1")?.execute((id, parent))?;
        }
    }
    Ok(())
}
