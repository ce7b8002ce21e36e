//! What a source says about a thing, field by field, and the three-way decision between it, what it said last time,
//! and what stands in the workspace now.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_import::{ImportElement, ImportPage, ImportRelation};
use groundplan_shared::model::{Element, Page, Relation};
use ring::digest;

/// Fields of a thing as texts. Names with `#` are not fields that people see.
pub(super) type Fields = BTreeMap<String, String>;

/// What to do about one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing.
    Keep,
    /// The source changed it and people did not.
    Take,
    /// People changed it; theirs stays.
    Drift,
}

/// Decides about a field: `said` now, `base` last time, `now` in the workspace.
pub(super) fn decide(said: Option<&String>, base: Option<&String>, now: Option<&String>) -> Decision {
    if said == now {
        Decision::Keep
    } else if base == now {
        Decision::Take
    } else {
        Decision::Drift
    }
}

pub(super) fn of_element(element: &ImportElement) -> Fields {
    let mut fields = element.fields.clone();
    fields.insert("name".to_owned(), element.name.clone());
    fields.insert("#kind".to_owned(), element.kind.as_str().to_owned());
    if !element.description.is_empty() {
        fields.insert("description".to_owned(), element.description.clone());
    }
    for tag in &element.tags {
        fields.insert(format!("#tag {tag}"), String::new());
    }
    for link in &element.links {
        fields.insert(format!("#link {}", link.url), link.title.clone());
    }
    fields
}

/// The present state of an element, seen through the fields that its source knows or knew.
pub(super) fn of_present(element: &Element, wanted: &BTreeSet<String>) -> Fields {
    let mut fields = Fields::new();
    for field in wanted {
        let value = if field == "name" {
            Some(element.name.clone())
        } else if field == "description" {
            Some(element.description.clone()).filter(|text| !text.is_empty())
        } else if field == "#kind" {
            Some(element.kind.as_str().to_owned())
        } else if let Some(tag) = field.strip_prefix("#tag ") {
            element.tags.contains(tag).then(String::new)
        } else if let Some(url) = field.strip_prefix("#link ") {
            element.links.iter().find(|link| link.url == url).map(|link| link.title.clone())
        } else {
            element.property(field)
        };
        if let Some(value) = value {
            fields.insert(field.clone(), value);
        }
    }
    fields
}

pub(super) fn of_relation(relation: &ImportRelation, target: &str) -> Fields {
    let mut fields = relation.fields.clone();
    fields.insert("#kind".to_owned(), relation.kind.as_str().to_owned());
    fields.insert("#target".to_owned(), target.to_owned());
    fields
}

pub(super) fn of_present_relation(relation: &Relation) -> Fields {
    let mut fields: Fields =
        relation.properties.iter().map(|(name, value)| (name.clone(), value.to_text())).collect();
    fields.insert("#kind".to_owned(), relation.kind.as_str().to_owned());
    fields.insert("#target".to_owned(), relation.target.to_string());
    fields
}

pub(super) fn of_page(page: &ImportPage) -> Fields {
    Fields::from([
        ("title".to_owned(), page.title.clone()),
        ("#kind".to_owned(), page.kind.as_str().to_owned()),
        ("path".to_owned(), page.path.clone()),
        ("#front".to_owned(), fingerprint(&page.text.front_matter)),
        ("#body".to_owned(), fingerprint(&page.text.body)),
        ("#form".to_owned(), form(&page.text.eol, page.text.bom)),
    ])
}

pub(super) fn of_present_page(page: &Page) -> Fields {
    Fields::from([
        ("title".to_owned(), page.title.clone()),
        ("#kind".to_owned(), page.kind.as_str().to_owned()),
        ("path".to_owned(), page.path.clone()),
        ("#front".to_owned(), fingerprint(&page.front_matter)),
        ("#body".to_owned(), fingerprint(&page.body)),
        ("#form".to_owned(), form(&page.eol, page.bom)),
    ])
}

fn form(eol: &groundplan_shared::model::Eol, bom: bool) -> String {
    format!("{} {bom}", serde_json::to_string(eol).expect("line ends are JSON"))
}

/// A text's SHA-256: the base need not hold long texts twice.
fn fingerprint(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name under which people see a field.
pub(super) fn shown(field: &str) -> String {
    match field {
        "#kind" => "kind".to_owned(),
        "#target" => "target".to_owned(),
        "#body" => "body".to_owned(),
        "#front" => "front matter".to_owned(),
        "#form" => "line ends".to_owned(),
        other => match other.strip_prefix("#tag ") {
            Some(tag) => format!("tag {tag}"),
            None => other.trim_start_matches('#').to_owned(),
        },
    }
}
