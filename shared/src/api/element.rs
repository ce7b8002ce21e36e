//! Commands of elements, relations and endpoints.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    DocumentId, Element, ElementKind, Endpoint, EndpointId, Link, PropertyValue, RelationId, RelationKind,
};

/// Creates an element.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementCreateParams {
    /// What it is.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// Markdown.
    #[serde(default)]
    pub description: String,
    /// Initial properties.
    #[serde(default)]
    pub properties: BTreeMap<String, PropertyValue>,
    /// Initial tags.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// The element it is a part of.
    #[serde(default)]
    pub parent: Option<DocumentId>,
}

/// Asks for an element.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementGetParams {
    /// Which.
    pub id: DocumentId,
}

/// A short reference to an element or page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its id.
    pub id: DocumentId,
    /// `element`, `page` or `missing`.
    pub document: String,
    /// Kind of the element or page; empty if missing, `hidden` if it may not be known to whoever asks.
    pub kind: String,
    /// Name or title; empty if missing.
    pub name: String,
}

/// A relation, seen from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelationView {
    /// Its id.
    pub id: RelationId,
    /// What it says.
    pub kind: RelationKind,
    /// Id of the element it leads from.
    pub source: DocumentId,
    /// Name of that element.
    pub source_name: String,
    /// Id of what it leads to.
    pub target: DocumentId,
    /// Name of that; empty if it does not exist (any more).
    pub target_name: String,
    /// Kind of that; empty if it does not exist (any more).
    pub target_kind: String,
    /// Its properties.
    pub properties: BTreeMap<String, PropertyValue>,
    /// Whether it was imported.
    pub imported: bool,
}

/// A scalar field that two devices set at the same time: every value, the shown one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldConflict {
    /// The field (`name`, `properties.lifecycle`).
    pub field: String,
    /// The values as text.
    pub values: Vec<String>,
}

/// An element with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementView {
    /// The element itself with its outgoing relations.
    pub element: Element,
    /// The element it is a part of.
    pub parent: Option<Reference>,
    /// The ancestors, the outermost first.
    pub path: Vec<Reference>,
    /// Its parts.
    pub children: Vec<Reference>,
    /// Outgoing relations except `part_of`.
    pub outgoing: Vec<RelationView>,
    /// Incoming relations except `part_of`.
    pub incoming: Vec<RelationView>,
    /// Pages that link to it or that it names.
    pub pages: Vec<Reference>,
    /// Diagrams whose scope it is.
    pub views: Vec<Reference>,
    /// Fields set differently on two devices.
    pub conflicts: Vec<FieldConflict>,
    /// Name of the import source, if imported.
    pub source_title: Option<String>,
    /// Fields in which it differs from its import source.
    pub drift: Vec<String>,
}

/// Lists elements.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementListParams {
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<ElementKind>,
    /// Only parts of this element.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Only with this tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// Only names that contain this text, without regard to case.
    #[serde(default)]
    pub filter: Option<String>,
    /// At most so many; 0 means 100,000.
    #[serde(default)]
    pub limit: u32,
    /// Only what comes after this; the `next` of the answer before.
    #[serde(default)]
    pub after: Option<Cursor>,
}

/// Where a list goes on: the sort key of its last row. Rows that come or go meanwhile shift nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Name or path of the row.
    pub name: String,
    /// Its id.
    pub id: DocumentId,
}

/// An element in lists. Lists are long: what is not set is left out of their text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementSummary {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// Its technology, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology: Option<String>,
    /// Its subtype (`type`, `store_type`, `channel_type`, `format`), if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Its lifecycle, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// The element it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<DocumentId>,
    /// The team it is owned by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<DocumentId>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Whether it belongs to others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
}

/// A list of elements, ordered by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementList {
    /// The rows.
    pub items: Vec<ElementSummary>,
    /// How many there are in all.
    pub total: u64,
    /// Where the list goes on, if it does.
    #[serde(default)]
    pub next: Option<Cursor>,
    /// What is there and may not be known to whoever asks; only in a list of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Reference>,
}

/// Changes an element; absent fields stay as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementUpdateParams {
    /// Which.
    pub id: DocumentId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Another kind.
    #[serde(default)]
    pub kind: Option<ElementKind>,
    /// Properties to set; a null removes.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<PropertyValue>>,
    /// Tags to add.
    #[serde(default)]
    pub add_tags: BTreeSet<String>,
    /// Tags to remove.
    #[serde(default)]
    pub remove_tags: BTreeSet<String>,
    /// Links to add or change by id.
    #[serde(default)]
    pub set_links: Vec<Link>,
    /// Links to remove.
    #[serde(default)]
    pub remove_links: Vec<crate::model::LinkId>,
    /// The new parent.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Whether to take it out of its parent.
    #[serde(default)]
    pub clear_parent: bool,
    /// The new owner (a team).
    #[serde(default)]
    pub owner: Option<DocumentId>,
    /// Whether to take the owner away.
    #[serde(default)]
    pub clear_owner: bool,
}

impl ElementUpdateParams {
    /// Makes an update of this element that changes nothing yet.
    pub fn of(id: DocumentId) -> Self {
        Self {
            id,
            name: None,
            kind: None,
            properties: BTreeMap::new(),
            add_tags: BTreeSet::new(),
            remove_tags: BTreeSet::new(),
            set_links: Vec::new(),
            remove_links: Vec::new(),
            parent: None,
            clear_parent: false,
            owner: None,
            clear_owner: false,
        }
    }
}

/// Deletes elements.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementDeleteParams {
    /// Which; parts of them move up to their parent.
    pub ids: Vec<DocumentId>,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Documents deleted.
    pub documents: u64,
    /// Relations deleted with them.
    pub relations: u64,
    /// A short sentence for the undo toast, with the name.
    pub label: String,
}

/// Relates two elements, or an element and a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationCreateParams {
    /// What it says.
    pub kind: RelationKind,
    /// The element it leads from.
    pub source: DocumentId,
    /// The element or page it leads to.
    pub target: DocumentId,
    /// Its properties.
    #[serde(default)]
    pub properties: BTreeMap<String, PropertyValue>,
}

/// Changes a relation; absent fields stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationUpdateParams {
    /// The element it leads from.
    pub source: DocumentId,
    /// Which.
    pub id: RelationId,
    /// Another kind.
    #[serde(default)]
    pub kind: Option<RelationKind>,
    /// Another target.
    #[serde(default)]
    pub target: Option<DocumentId>,
    /// Properties to set; a null removes.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<PropertyValue>>,
}

/// Deletes a relation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationDeleteParams {
    /// The element it leads from.
    pub source: DocumentId,
    /// Which.
    pub id: RelationId,
}

/// Lists relations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationListParams {
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<RelationKind>,
    /// Only from or to this element.
    #[serde(default)]
    pub element: Option<DocumentId>,
    /// At least so many, then whatever else leads from the last one's source; 0 means all.
    #[serde(default)]
    pub limit: u32,
    /// Only from sources after this; the `next` of the answer before.
    #[serde(default)]
    pub after: Option<Cursor>,
}

/// A list of relations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelationList {
    /// The rows, ordered by source name, kind, target name.
    pub items: Vec<RelationView>,
    /// Where the list goes on, if it does.
    #[serde(default)]
    pub next: Option<Cursor>,
}

/// Adds or changes an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSetParams {
    /// The API element.
    pub api: DocumentId,
    /// The endpoint; one with a new id is added.
    pub endpoint: Endpoint,
}

/// Removes an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointRemoveParams {
    /// The API element.
    pub api: DocumentId,
    /// The endpoint.
    pub id: EndpointId,
}
