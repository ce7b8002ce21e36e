//! What an import does to documents, once compared.

use groundplan_import::{ImportElement, ImportPage};
use groundplan_shared::model::{
    DocumentId, DocumentKind, Element, ElementKind, Link, LinkId, Page, PropertyValue, Relation, RelationId,
    RelationKind, SourceId, element_property, relation_property,
};
use groundplan_shared::validate::{check_name, check_properties, check_relation_properties, parse_property};

use super::super::compartment;
use super::super::element::{CLASSIFICATION, CLASSIFICATION_FIELD, compartment_in};
use super::base::{self, Fields};
use super::compare::source;
use crate::core::{CoreError, Tx};
use crate::{doc, env};

/// One document's part of an import.
pub(super) enum Act {
    CreateElement {
        id: DocumentId,
        element: Box<ImportElement>,
        relations: Vec<(String, RelationKind, DocumentId, Fields)>,
    },
    EditElement {
        id: DocumentId,
        edits: Vec<Edit>,
    },
    CreatePage {
        id: DocumentId,
        page: Box<ImportPage>,
    },
    EditPage {
        id: DocumentId,
        page: Box<ImportPage>,
        fields: Vec<String>,
        base: Fields,
    },
    Delete(DocumentId),
}

/// One edit of an element.
pub(super) enum Edit {
    Field(String, Option<String>),
    Base(String, Fields),
    Relation(RelationId, String, RelationKind, DocumentId, Fields),
    RemoveRelation(RelationId),
}

impl Edit {
    pub(super) fn field(name: &str, value: Option<&String>) -> Self {
        Self::Field(name.to_owned(), value.cloned())
    }
}

pub(super) fn apply(tx: &mut Tx<'_>, from: SourceId, act: Act) -> Result<(), CoreError> {
    match act {
        Act::CreateElement { id, element, relations } => {
            let mut element = new_element(from, id, &element, relations)?;
            let within = compartment_in(&element.properties)?;
            let mut told = Vec::new();
            for relation in &mut element.relations {
                told.push((relation.target, relation.id, tx.split(within, relation)?));
            }
            tx.create_in(id, DocumentKind::Element, within, |doc| Ok(doc::element::write(doc, &element)?))?;
            told.retain(|(.., said)| said.is_some());
            told.into_iter().try_for_each(|(target, relation, said)| tx.tell(target, relation, said))
        }
        Act::EditElement { id, edits } => {
            let kind = tx.with(id, |doc| doc::element::read(doc, id).map(|element| element.kind))?;
            let kind = kind.ok_or(CoreError::NotFound(id))?;
            let (relations, others): (Vec<Edit>, Vec<Edit>) =
                edits.into_iter().partition(|edit| matches!(edit, Edit::Relation(..)));
            for edit in &others {
                if let Edit::Field(field, level) = edit
                    && field == CLASSIFICATION
                {
                    tx.reclassify(id, compartment(CLASSIFICATION_FIELD, level.as_deref())?)?;
                }
            }
            tx.edit(id, |doc| {
                others.into_iter().try_for_each(|edit| edit_element(doc, from, id, kind, edit))
            })?;
            relations.into_iter().try_for_each(|edit| match edit {
                Edit::Relation(relation_id, key, kind, target, fields) => {
                    tx.set_relation(id, &relation(from, relation_id, &key, kind, target, fields)?)
                }
                _ => Ok(()),
            })
        }
        Act::CreatePage { id, page } => {
            check_name("title", &page.title)?;
            let said = base::of_page(&page);
            let page = Page {
                id,
                kind: page.kind,
                title: page.title,
                path: page.path,
                front_matter: page.text.front_matter,
                body: page.text.body,
                tags: Default::default(),
                aliases: Default::default(),
                eol: page.text.eol,
                bom: page.text.bom,
                source: Some(source(from, &page.key, said)),
            };
            tx.create(id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?))
        }
        Act::EditPage { id, page, fields, base } => tx.edit(id, |doc| {
            for field in &fields {
                match field.as_str() {
                    "title" => doc::page::set_title(doc, &page.title)?,
                    "path" => doc::page::set_path(doc, &page.path)?,
                    "#kind" => doc::page::set_kind(doc, page.kind)?,
                    "#form" => doc::page::set_file_form(doc, &page.text.eol, page.text.bom)?,
                    "#front" | "#body" => {
                        let (key, text) = match field.as_str() {
                            "#front" => ("front", &page.text.front_matter),
                            _ => ("body", &page.text.body),
                        };
                        let at = doc::text::object(doc, key)?;
                        doc::long::replace(doc, &at, text)?;
                    }
                    _ => {}
                }
            }
            Ok(doc::element::set_source(doc, &automerge::ROOT, &source(from, &page.key, base))?)
        }),
        Act::Delete(id) => tx.delete(id),
    }
}

fn new_element(
    from: SourceId,
    id: DocumentId,
    said: &ImportElement,
    relations: Vec<(String, RelationKind, DocumentId, Fields)>,
) -> Result<Element, CoreError> {
    check_name("name", &said.name)?;
    let mut properties = std::collections::BTreeMap::new();
    for (name, text) in &said.fields {
        if let Some(spec) = element_property(said.kind, name) {
            properties.insert(name.clone(), parse_property(spec, text)?);
        }
    }
    check_properties(said.kind, &properties)?;
    let links = said
        .links
        .iter()
        .map(|link| Link {
            id: LinkId::new(env::make_uuid()),
            title: link.title.clone(),
            url: link.url.clone(),
        })
        .collect();
    let relations = relations
        .into_iter()
        .map(|(key, kind, target, fields)| {
            relation(from, RelationId::new(env::make_uuid()), &key, kind, target, fields)
        })
        .collect::<Result<_, _>>()?;
    Ok(Element {
        id,
        kind: said.kind,
        name: said.name.clone(),
        description: said.description.clone(),
        properties,
        tags: said.tags.clone(),
        links,
        relations,
        endpoints: Vec::new(),
        source: Some(source(from, &said.key, base::of_element(said))),
    })
}

fn relation(
    from: SourceId,
    id: RelationId,
    key: &str,
    kind: RelationKind,
    target: DocumentId,
    fields: Fields,
) -> Result<Relation, CoreError> {
    let mut properties = std::collections::BTreeMap::new();
    for (name, text) in &fields {
        if let Some(spec) = relation_property(name) {
            properties.insert(name.clone(), parse_property(spec, text)?);
        }
    }
    check_relation_properties(&properties)?;
    Ok(Relation { id, kind, target, properties, source: Some(source(from, key, fields)) })
}

fn edit_element(
    doc: &mut automerge::AutoCommit,
    from: SourceId,
    id: DocumentId,
    kind: ElementKind,
    edit: Edit,
) -> Result<(), CoreError> {
    match edit {
        Edit::Base(key, fields) => {
            doc::element::set_source(doc, &automerge::ROOT, &source(from, &key, fields))?;
        }
        // Set apart: what may be said about one depends on what it leads to.
        Edit::Relation(..) => {}
        Edit::RemoveRelation(relation) => {
            doc::element::remove_entry(doc, "relations", &relation.to_string())?;
        }
        Edit::Field(field, value) => edit_field(doc, id, kind, &field, value.as_deref())?,
    }
    Ok(())
}

fn edit_field(
    doc: &mut automerge::AutoCommit,
    id: DocumentId,
    kind: ElementKind,
    field: &str,
    value: Option<&str>,
) -> Result<(), CoreError> {
    if let Some(tag) = field.strip_prefix("#tag ") {
        match value {
            Some(_) => doc::element::add_tag(doc, tag)?,
            None => doc::element::remove_tag(doc, tag)?,
        }
        return Ok(());
    }
    if let Some(url) = field.strip_prefix("#link ") {
        let links = doc::element::read(doc, id).map(|element| element.links).unwrap_or_default();
        let held = links.iter().find(|link| link.url == url).map(|link| link.id);
        match (value, held) {
            (Some(title), held) => {
                let id = held.unwrap_or_else(|| LinkId::new(env::make_uuid()));
                doc::element::set_link(doc, &Link { id, title: title.to_owned(), url: url.to_owned() })?;
            }
            (None, Some(id)) => doc::element::remove_entry(doc, "links", &id.to_string())?,
            (None, None) => {}
        }
        return Ok(());
    }
    match (field, value) {
        ("name", Some(name)) => {
            check_name("name", name)?;
            doc::element::set_name(doc, name)?;
        }
        ("name", None) => {}
        ("description", text) => {
            let at = doc::text::object(doc, "description")?;
            doc::long::replace(doc, &at, text.unwrap_or_default())?;
        }
        ("#kind", Some(text)) => {
            if let Ok(kind) = text.parse() {
                doc::element::set_kind(doc, kind)?;
            }
        }
        (name, value) => {
            let Some(spec) = element_property(kind, name) else { return Ok(()) };
            let value: Option<PropertyValue> = match value {
                Some(text) => Some(parse_property(spec, text)?),
                None => None,
            };
            doc::element::set_property(doc, name, value.as_ref())?;
        }
    }
    Ok(())
}
