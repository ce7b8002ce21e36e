//! Rows of elements and their relations.

use groundplan_import::links::lookup_key;
use groundplan_shared::model::{Element, PropertyValue, RelationKind};
use rusqlite::Transaction;

use super::{index, shown, tag};
use crate::core::CoreError;

pub(super) fn write(sql: &Transaction<'_>, row: i64, element: &Element) -> Result<(), CoreError> {
    let target = |kind| element.relations.iter().find(|r| r.kind == kind).map(|r| r.target.to_bytes());
    let subtype =
        ["type", "store_type", "channel_type", "format"].iter().find_map(|name| element.property(name));
    let external = element.properties.get("external") == Some(&PropertyValue::Bool(true));
    sql.prepare_cached(
        "INSERT INTO element(row, id, kind, name, technology, subtype, lifecycle, external, parent, owner, lookup)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
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
        target(RelationKind::PartOf),
        target(RelationKind::OwnedBy),
        lookup_key(&element.name),
    ))?;
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
    let tags = element.tags.iter().cloned().collect::<Vec<_>>().join(" ");
    let mut properties: Vec<String> = vec![element.kind.as_str().replace('_', " ")];
    properties.extend(element.properties.values().filter_map(|value| match value {
        PropertyValue::Text(text) => Some(text.clone()),
        PropertyValue::Bool(_) | PropertyValue::Integer(_) => None,
    }));
    properties.extend(element.links.iter().map(|link| link.title.clone()));
    properties
        .extend(element.endpoints.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)));
    index(sql, row, &element.name, &element.description, &tags, &properties.join(" "))
}
