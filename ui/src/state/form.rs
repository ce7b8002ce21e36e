//! What forms offer and how they read what was typed, through the same validation as everywhere.

use groundplan_shared::api::ElementSummary;
use groundplan_shared::model::{
    DocumentId, ElementKind, PropertySpec, PropertyValue, RelationKind, Shape, relation_allowed,
};
use groundplan_shared::validate::{self, FieldError};

use super::Index;

/// Deepest nesting of parents.
const LEVELS: usize = 64;

/// Reads the text of a property; empty takes the property away.
///
/// # Errors
/// As `validate::parse_property`.
pub fn read_property(spec: &PropertySpec, text: &str) -> Result<Option<PropertyValue>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let text = match spec.shape {
        Shape::Duration => text.chars().filter(|c| !c.is_whitespace()).collect(),
        _ => text.trim().to_owned(),
    };
    validate::parse_property(spec, &text).map(Some)
}

/// Reads tags separated by commas or white space, with or without `#`.
///
/// # Errors
/// As `validate::check_tag`.
pub fn read_tags(text: &str) -> Result<Vec<String>, FieldError> {
    let mut tags = Vec::new();
    for part in text.split(|c: char| c == ',' || c.is_whitespace()) {
        let tag = part.trim_start_matches('#');
        if !tag.is_empty() {
            validate::check_tag(tag)?;
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}

/// Kinds of relations that people choose by name; parents and owners have fields of their own.
fn by_name(kind: RelationKind) -> bool {
    !matches!(kind, RelationKind::PartOf | RelationKind::OwnedBy)
}

/// The kinds of relations that may lead from a kind of element to another (none: to a page).
pub fn relation_kinds(source: ElementKind, target: Option<ElementKind>) -> Vec<RelationKind> {
    RelationKind::ALL
        .iter()
        .copied()
        .filter(|kind| by_name(*kind) && relation_allowed(*kind, source, target))
        .collect()
}

/// The kinds of relations that may lead from a kind of element to anything.
pub fn relation_kinds_from(source: ElementKind) -> Vec<RelationKind> {
    let any = |kind: &RelationKind| {
        relation_allowed(*kind, source, None)
            || ElementKind::ALL.iter().any(|target| relation_allowed(*kind, source, Some(*target)))
    };
    RelationKind::ALL.iter().copied().filter(|kind| by_name(*kind)).filter(any).collect()
}

/// The elements that may be the parent of an element of this kind; `child` is none for a new one.
pub fn parents(index: &Index, kind: ElementKind, child: Option<DocumentId>) -> Vec<&ElementSummary> {
    let parent_of = |id| index.element(id).and_then(|element| element.parent);
    index
        .elements
        .iter()
        .filter(|parent| relation_allowed(RelationKind::PartOf, kind, Some(parent.kind)))
        .filter(|parent| {
            child.is_none_or(|child| validate::check_parent(child, parent.id, parent_of, LEVELS).is_ok())
        })
        .collect()
}

/// The name of an unlabelled new thing must be something; says what is wrong with it.
///
/// # Errors
/// As `validate::check_name`.
pub fn read_name(text: &str) -> Result<String, FieldError> {
    let name = text.trim();
    validate::check_name("name", name)?;
    Ok(name.to_owned())
}

/// Completes the address of a server: without a scheme it is `https`, on this machine `http`.
pub fn read_server(text: &str) -> String {
    let text = text.trim().trim_end_matches('/');
    if text.is_empty() || text.contains("://") {
        return text.to_owned();
    }
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let scheme = if matches!(host, "localhost" | "127.0.0.1") { "http" } else { "https" };
    format!("{scheme}://{text}")
}

#[cfg(test)]
mod tests {
    use groundplan_shared::model::element_property;

    use super::*;

    fn read(name: &str, text: &str) -> Result<Option<PropertyValue>, FieldError> {
        read_property(element_property(ElementKind::Component, name).unwrap(), text)
    }

    #[test]
    fn properties_are_read_as_their_table_wants() {
        assert_eq!(read("instances", " 3 "), Ok(Some(PropertyValue::Integer(3))));
        assert_eq!(read("instances", "  "), Ok(None));
        assert_eq!(read("rto", "15 m"), Ok(Some(PropertyValue::Text("15m".to_owned()))));
        assert!(read("instances", "many").is_err());
        assert!(read("lifecycle", "dead").unwrap_err().remedy.contains("production"));
    }

    #[test]
    fn tags_are_read_however_they_are_written() {
        assert_eq!(read_tags("#pci, eu-west  core").unwrap(), ["pci", "eu-west", "core"]);
        assert!(read_tags(&"x".repeat(200)).is_err());
        assert!(read_tags(" ,").unwrap().is_empty());
    }

    #[test]
    fn relations_offer_only_what_makes_sense() {
        use RelationKind as R;
        assert_eq!(
            relation_kinds(ElementKind::Component, Some(ElementKind::Channel)),
            [R::Uses, R::Publishes, R::Subscribes]
        );
        assert_eq!(relation_kinds(ElementKind::Actor, Some(ElementKind::Team)), []);
        assert!(relation_kinds(ElementKind::Component, None).contains(&R::HandledBy));
        assert!(!relation_kinds_from(ElementKind::Component).contains(&R::PartOf));
    }

    #[test]
    fn servers_get_a_scheme() {
        assert_eq!(read_server(" plan.example.org/ "), "https://plan.example.org");
        assert_eq!(read_server("localhost:8080"), "http://localhost:8080");
        assert_eq!(read_server("http://127.0.0.1:1"), "http://127.0.0.1:1");
        assert_eq!(read_server(""), "");
    }
}
