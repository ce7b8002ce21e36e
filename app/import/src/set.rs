//! The neutral result of an import: what a source says, keyed by the source's own stable keys.
//!
//! Not here: random ids, comparison with the workspace, applying. Those are the client core's.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::model::{ElementKind, PageKind, RelationKind};

use crate::links::PageLink;
use crate::markdown::PageText;

/// Everything a source says. Every relation's kind fits its ends, every field fits the model's tables, and every
/// key is unique, or extraction would have dropped it with a note or failed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportSet {
    /// Name of the source for people: project, folder or file.
    pub source_title: String,
    /// Elements, in the order of the source.
    pub elements: Vec<ImportElement>,
    /// Pages, ordered by path.
    pub pages: Vec<ImportPage>,
    /// Files to attach, ordered by path. Their bytes are read from the tree when they are applied.
    pub attachments: Vec<ImportAttachment>,
    /// References whose target the source does not hold.
    pub dangling: Vec<Dangling>,
    /// What a person should know about the import.
    pub notes: Vec<ImportNote>,
}

/// An element of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportElement {
    /// Stable key inside the source (`service:web`, `component:default/agent`).
    pub key: String,
    /// Kind of element.
    pub kind: ElementKind,
    /// Name, valid as it is.
    pub name: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Properties by their names in the model, as text that `parse_property` accepts.
    pub fields: BTreeMap<String, String>,
    /// Tags without `#`.
    pub tags: BTreeSet<String>,
    /// Links for people.
    pub links: Vec<ImportLink>,
    /// Key of the element that this one is a part of (`part_of`).
    pub parent: Option<String>,
    /// Outgoing relations except `part_of`.
    pub relations: Vec<ImportRelation>,
    /// File that says so.
    pub file: String,
    /// Line where it begins, counted from 1.
    pub line: u32,
}

impl ImportElement {
    /// Makes an element with nothing but its identity and place.
    pub fn new(key: impl Into<String>, kind: ElementKind, name: &str, file: &str, line: u32) -> Self {
        Self {
            key: key.into(),
            kind,
            name: name.to_owned(),
            description: String::new(),
            fields: BTreeMap::new(),
            tags: BTreeSet::new(),
            links: Vec::new(),
            parent: None,
            relations: Vec::new(),
            file: file.to_owned(),
            line,
        }
    }

    /// Sets a property, unless the value is empty.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.fields.insert(name.to_owned(), value);
        }
    }
}

/// A link to something outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLink {
    /// What to show.
    pub title: String,
    /// `https`, `http` or `mailto` address.
    pub url: String,
}

/// A relation of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRelation {
    /// Stable key inside the source (`depends_on:service:web>service:redis`).
    pub key: String,
    /// Kind of relation.
    pub kind: RelationKind,
    /// Key of the target element.
    pub target: String,
    /// Properties by their names in the model; `origin` says which part of the source it came from.
    pub fields: BTreeMap<String, String>,
    /// Line that says so, counted from 1.
    pub line: u32,
}

impl ImportRelation {
    /// Makes a relation whose key is made of its origin and both ends.
    pub fn new(kind: RelationKind, origin: &str, source: &str, target: &str, line: u32) -> Self {
        Self {
            key: format!("{origin}:{source}>{target}"),
            kind,
            target: target.to_owned(),
            fields: BTreeMap::from([("origin".to_owned(), origin.to_owned())]),
            line,
        }
    }

    /// Sets a property, unless the value is empty.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.fields.insert(name.to_owned(), value);
        }
    }

    /// Returns the part of the source it came from (`depends_on`, `environment`, `owner`, …).
    pub fn origin(&self) -> &str {
        self.fields.get("origin").map_or("", String::as_str)
    }
}

/// A page of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportPage {
    /// Stable key inside the source: `page:` and the path.
    pub key: String,
    /// Path inside the source, with `/`.
    pub path: String,
    /// Title: front matter, first heading or file name.
    pub title: String,
    /// Kind, from front matter, folders and headings.
    pub kind: PageKind,
    /// What else was understood of it (`status` of a decision).
    pub fields: BTreeMap<String, String>,
    /// The text, in the parts that reproduce the file's bytes.
    pub text: PageText,
    /// Tags of the front matter and the body, without `#`.
    pub tags: BTreeSet<String>,
    /// Further names from the front matter.
    pub aliases: BTreeSet<String>,
    /// Links to other pages and files of the source, resolved where possible.
    pub links: Vec<PageLink>,
}

/// A file to attach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportAttachment {
    /// Stable key inside the source: `file:` and the path.
    pub key: String,
    /// Path inside the source; `FileTree::read` gives its bytes.
    pub path: String,
    /// Its size in bytes when it was listed.
    pub len: u64,
}

/// A reference whose target the source does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// Key of the item that refers.
    pub from: String,
    /// What it refers to, as written.
    pub to: String,
    /// What the reference is (`owner`, `depends_on`, `wiki-link`, …).
    pub what: String,
    /// Why it leads nowhere.
    pub reason: String,
    /// File that says so.
    pub file: String,
    /// Line that says so, counted from 1.
    pub line: u32,
}

/// Something a person should know about an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportNote {
    /// File it is about; empty for the whole source.
    pub file: String,
    /// Line, counted from 1, where it is known.
    pub line: Option<u32>,
    /// A sentence.
    pub message: String,
}

impl ImportSet {
    pub(crate) fn note(&mut self, file: &str, line: Option<u32>, message: impl Into<String>) {
        self.notes.push(ImportNote { file: file.to_owned(), line, message: message.into() });
    }

    /// Returns all relations with the key of their source element.
    pub fn relations(&self) -> impl Iterator<Item = (&str, &ImportRelation)> {
        self.elements.iter().flat_map(|e| e.relations.iter().map(move |r| (e.key.as_str(), r)))
    }

    /// Finds an element by key.
    pub fn element(&self, key: &str) -> Option<&ImportElement> {
        self.elements.iter().find(|element| element.key == key)
    }

    /// Finds a page by path.
    pub fn page(&self, path: &str) -> Option<&ImportPage> {
        self.pages.iter().find(|page| page.path == path)
    }
}
