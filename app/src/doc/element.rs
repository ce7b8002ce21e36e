//! Elements in documents: fields at the root, properties, tags, links, relations and endpoints as maps by key or id,
//! so that edits of different ones merge.

use std::collections::BTreeMap;

use automerge::{AutoCommit, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value, transaction::Transactable};
use groundplan_shared::api::FieldConflict;
use groundplan_shared::model::{
    DocumentId, Element, ElementKind, Endpoint, Link, PropertyValue, Relation, Source,
};

use super::read::property;
use super::{DocError, ensure_map, long, map, map_entries, put, remove, string, strings};

/// Writes a whole new element into an empty document.
pub fn write(doc: &mut AutoCommit, element: &Element) -> Result<(), DocError> {
    put(doc, &ROOT, "kind", element.kind.as_str())?;
    put(doc, &ROOT, "name", element.name.as_str())?;
    let text = doc.put_object(ROOT, "description", ObjType::Text)?;
    long::insert(doc, &text, 0, &element.description)?;
    for key in ["properties", "tags", "links", "relations", "endpoints"] {
        doc.put_object(ROOT, key, ObjType::Map)?;
    }
    for (name, value) in &element.properties {
        set_property(doc, name, Some(value))?;
    }
    for tag in &element.tags {
        add_tag(doc, tag)?;
    }
    for link in &element.links {
        set_link(doc, link)?;
    }
    for relation in &element.relations {
        set_relation(doc, relation)?;
    }
    for endpoint in &element.endpoints {
        set_endpoint(doc, endpoint)?;
    }
    if let Some(source) = &element.source {
        set_source(doc, &ROOT, source)?;
    }
    Ok(())
}

/// Reads the element. `None` if its kind is not known to this program.
pub fn read(doc: &AutoCommit, id: DocumentId) -> Option<Element> {
    let kind = string(doc, &ROOT, "kind")?.parse().ok()?;
    Some(Element {
        id,
        kind,
        name: string(doc, &ROOT, "name").unwrap_or_default(),
        description: string(doc, &ROOT, "description").unwrap_or_default(),
        properties: properties(doc, &ROOT, "properties"),
        tags: strings(doc, &ROOT, "tags"),
        links: map_entries(doc, &ROOT, "links")
            .into_iter()
            .filter_map(|(key, at)| {
                Some(Link {
                    id: super::key_id(&key)?,
                    title: string(doc, &at, "title").unwrap_or_default(),
                    url: string(doc, &at, "url")?,
                })
            })
            .collect(),
        relations: map_entries(doc, &ROOT, "relations")
            .into_iter()
            .filter_map(|(key, at)| {
                Some(Relation {
                    id: super::key_id(&key)?,
                    kind: string(doc, &at, "kind")?.parse().ok()?,
                    target: string(doc, &at, "target")?.parse().ok()?,
                    properties: properties(doc, &at, "properties"),
                    source: source(doc, &at),
                })
            })
            .collect(),
        endpoints: map_entries(doc, &ROOT, "endpoints")
            .into_iter()
            .filter_map(|(key, at)| {
                let field = |name| string(doc, &at, name).unwrap_or_default();
                Some(Endpoint {
                    id: super::key_id(&key)?,
                    method: field("method"),
                    path: field("path"),
                    operation: field("operation"),
                    authentication: field("authentication"),
                    data: field("data"),
                })
            })
            .collect(),
        source: source(doc, &ROOT),
    })
}

/// Returns the scalar fields that several devices set at the same time.
pub fn field_conflicts(doc: &AutoCommit) -> Vec<FieldConflict> {
    let mut found = Vec::new();
    for field in ["name", "kind"] {
        let values = super::conflicts(doc, &ROOT, field);
        if !values.is_empty() {
            found.push(FieldConflict { field: field.to_owned(), values });
        }
    }
    if let Some(at) = map(doc, &ROOT, "properties") {
        let names: Vec<String> = doc.keys(&at).collect();
        for name in names {
            let values = super::conflicts(doc, &at, &name);
            if !values.is_empty() {
                found.push(FieldConflict { field: format!("properties.{name}"), values });
            }
        }
    }
    found
}

/// Sets the name.
pub fn set_name(doc: &mut AutoCommit, name: &str) -> Result<(), DocError> {
    put(doc, &ROOT, "name", name)
}

/// Sets the kind.
pub fn set_kind(doc: &mut AutoCommit, kind: ElementKind) -> Result<(), DocError> {
    put(doc, &ROOT, "kind", kind.as_str())
}

/// Sets or removes a property.
pub fn set_property(doc: &mut AutoCommit, name: &str, value: Option<&PropertyValue>) -> Result<(), DocError> {
    let at = ensure_map(doc, &ROOT, "properties")?;
    put_property(doc, &at, name, value)
}

/// Adds a tag.
pub fn add_tag(doc: &mut AutoCommit, tag: &str) -> Result<(), DocError> {
    let at = ensure_map(doc, &ROOT, "tags")?;
    put(doc, &at, tag, true)
}

/// Removes a tag.
pub fn remove_tag(doc: &mut AutoCommit, tag: &str) -> Result<(), DocError> {
    let at = ensure_map(doc, &ROOT, "tags")?;
    remove(doc, &at, tag)
}

/// Adds or changes a link.
pub fn set_link(doc: &mut AutoCommit, link: &Link) -> Result<(), DocError> {
    let links = ensure_map(doc, &ROOT, "links")?;
    let at = ensure_map(doc, &links, &link.id.to_string())?;
    put(doc, &at, "title", link.title.as_str())?;
    put(doc, &at, "url", link.url.as_str())
}

/// Removes the entry `id` of the map `list` (`links`, `relations`, `endpoints`).
pub fn remove_entry(doc: &mut AutoCommit, list: &str, id: &str) -> Result<(), DocError> {
    let at = ensure_map(doc, &ROOT, list)?;
    remove(doc, &at, id)
}

/// Adds a relation, or changes one to be exactly this.
pub fn set_relation(doc: &mut AutoCommit, relation: &Relation) -> Result<(), DocError> {
    let relations = ensure_map(doc, &ROOT, "relations")?;
    let at = ensure_map(doc, &relations, &relation.id.to_string())?;
    put(doc, &at, "kind", relation.kind.as_str())?;
    put(doc, &at, "target", relation.target.to_string())?;
    let held = ensure_map(doc, &at, "properties")?;
    let gone: Vec<String> = doc.keys(&held).filter(|name| !relation.properties.contains_key(name)).collect();
    for name in gone {
        put_property(doc, &held, &name, None)?;
    }
    for (name, value) in &relation.properties {
        put_property(doc, &held, name, Some(value))?;
    }
    match &relation.source {
        Some(source) => set_source(doc, &at, source),
        None => remove(doc, &at, "source"),
    }
}

/// Adds or changes an endpoint.
pub fn set_endpoint(doc: &mut AutoCommit, endpoint: &Endpoint) -> Result<(), DocError> {
    let endpoints = ensure_map(doc, &ROOT, "endpoints")?;
    let at = ensure_map(doc, &endpoints, &endpoint.id.to_string())?;
    put(doc, &at, "method", endpoint.method.as_str())?;
    put(doc, &at, "path", endpoint.path.as_str())?;
    put(doc, &at, "operation", endpoint.operation.as_str())?;
    put(doc, &at, "authentication", endpoint.authentication.as_str())?;
    put(doc, &at, "data", endpoint.data.as_str())
}

/// Writes where something was imported from. `base` is one scalar, so that two imports do not mix.
pub fn set_source(doc: &mut AutoCommit, parent: &ObjId, source: &Source) -> Result<(), DocError> {
    let at = ensure_map(doc, parent, "source")?;
    let base = serde_json::to_string(&source.base).expect("a map of texts is JSON");
    put(doc, &at, "source", source.source.to_string())?;
    put(doc, &at, "key", source.key.as_str())?;
    put(doc, &at, "base", base)
}

/// Reads where something was imported from.
pub fn source(doc: &AutoCommit, parent: &ObjId) -> Option<Source> {
    let at = map(doc, parent, "source")?;
    Some(Source {
        source: string(doc, &at, "source")?.parse().ok()?,
        key: string(doc, &at, "key")?,
        base: string(doc, &at, "base").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
    })
}

fn put_property(
    doc: &mut AutoCommit,
    at: &ObjId,
    name: &str,
    value: Option<&PropertyValue>,
) -> Result<(), DocError> {
    match value {
        None => remove(doc, at, name),
        Some(PropertyValue::Bool(value)) => put(doc, at, name, *value),
        Some(PropertyValue::Integer(value)) => put(doc, at, name, *value),
        Some(PropertyValue::Text(value)) => put(doc, at, name, ScalarValue::Str(value.as_str().into())),
    }
}

fn properties(doc: &AutoCommit, parent: &ObjId, key: &str) -> BTreeMap<String, PropertyValue> {
    let Some(at) = map(doc, parent, key) else { return BTreeMap::new() };
    doc.keys(&at)
        .filter_map(|name| match doc.get(&at, name.as_str()) {
            Ok(Some((Value::Scalar(scalar), _))) => property(&scalar).map(|value| (name, value)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;
    use groundplan_shared::model::{DocumentKind, LinkId, RelationId, RelationKind, SourceId};

    #[test]
    fn an_id_in_another_spelling_is_no_second_entry() {
        let mut doc = super::super::create(automerge::ActorId::from([1; 24]), DocumentKind::Element).unwrap();
        doc.put(ROOT, "kind", "component").unwrap();
        let links = doc.put_object(ROOT, "links", ObjType::Map).unwrap();
        let id = LinkId::from_bytes([0xab; 16]).to_string();
        for (key, url) in [(id.clone(), "https://one.example"), (id.to_uppercase(), "https://two.example")] {
            let entry = doc.put_object(&links, key, ObjType::Map).unwrap();
            doc.put(&entry, "url", url).unwrap();
        }
        let read = read(&doc, DocumentId::from_bytes([9; 16])).unwrap();
        let urls: Vec<&str> = read.links.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(urls, ["https://one.example"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut doc = super::super::create(automerge::ActorId::from([1; 24]), DocumentKind::Element).unwrap();
        let id = DocumentId::new(env::make_uuid());
        let source = Source {
            source: SourceId::new(env::make_uuid()),
            key: "service:web".into(),
            base: BTreeMap::new(),
        };
        let element = Element {
            id,
            kind: ElementKind::Component,
            name: "Ordering".into(),
            description: "Takes *orders*.\n".into(),
            properties: BTreeMap::from([
                ("instances".into(), PropertyValue::Integer(3)),
                ("redundant".into(), PropertyValue::Bool(true)),
                ("technology".into(), PropertyValue::Text("Rust".into())),
            ]),
            tags: ["core".to_owned()].into(),
            links: vec![Link {
                id: LinkId::new(env::make_uuid()),
                title: "Code".into(),
                url: "https://example.org".into(),
            }],
            relations: vec![Relation {
                id: RelationId::new(env::make_uuid()),
                kind: RelationKind::Uses,
                target: id,
                properties: BTreeMap::from([("vpn".into(), PropertyValue::Bool(false))]),
                source: Some(source.clone()),
            }],
            endpoints: Vec::new(),
            source: Some(source),
        };
        write(&mut doc, &element).unwrap();
        assert_eq!(read(&doc, id), Some(element.clone()));
        remove_entry(&mut doc, "relations", &element.relations[0].id.to_string()).unwrap();
        assert!(read(&doc, id).unwrap().relations.is_empty());
    }
}
