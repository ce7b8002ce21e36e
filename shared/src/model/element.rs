//! An element as a plain value, with its links, endpoints and provenance.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DocumentId, ElementKind, EndpointId, LinkId, PropertyValue, Relation, SourceId};

/// A link to something outside the workspace. Nothing is fetched from it without a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id inside the element.
    pub id: LinkId,
    /// What to show.
    pub title: String,
    /// `https`, `http` or `mailto` address.
    pub url: String,
}

/// An endpoint of an API element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id inside the API.
    pub id: EndpointId,
    /// HTTP method, or the operation type of another protocol.
    pub method: String,
    /// Path or address.
    pub path: String,
    /// Operation name.
    #[serde(default)]
    pub operation: String,
    /// One of the authentication spellings of a relation.
    #[serde(default)]
    pub authentication: String,
    /// Names of the data carried.
    #[serde(default)]
    pub data: String,
}

/// Where an element, relation or page was imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The import source.
    pub source: SourceId,
    /// The key inside the source, stable across imports.
    pub key: String,
    /// What the source last said, field by field, so that the next import can tell its changes from people's.
    #[serde(default)]
    pub base: BTreeMap<String, String>,
}

/// An element of the architecture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Its random id.
    pub id: DocumentId,
    /// What it is.
    pub kind: ElementKind,
    /// Its name, 1 to 200 characters on one line.
    pub name: String,
    /// Markdown.
    #[serde(default)]
    pub description: String,
    /// Values of the properties in `element_properties`.
    #[serde(default)]
    pub properties: BTreeMap<String, PropertyValue>,
    /// Tags without `#`.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// Links, ordered by id.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Outgoing relations, ordered by id.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Endpoints, ordered by id; only on APIs.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Where it came from, if imported.
    #[serde(default)]
    pub source: Option<Source>,
}

impl Element {
    /// Returns the text of a property, if set.
    pub fn property(&self, name: &str) -> Option<String> {
        self.properties.get(name).map(PropertyValue::to_text)
    }
}
