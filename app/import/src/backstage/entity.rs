//! An entity as its file describes it.

use std::rc::Rc;

use super::reference::Reference;
use crate::ImportError;
use crate::error::Mark;
use crate::yaml::{Node, Value};

/// An entity.
pub(super) struct Entity {
    pub(super) file: String,
    pub(super) mark: Mark,
    /// Kind in lower case.
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) metadata: Rc<Node>,
    spec: Option<Rc<Node>>,
}

impl Entity {
    /// Reads a document; `None` for an empty one and for those of other programs.
    pub(super) fn read(file: &str, document: Rc<Node>) -> Result<Option<Self>, ImportError> {
        if document.is_null() {
            return Ok(None);
        }
        document.mapping(file, "the document")?;
        if !document.text_of("apiVersion").is_some_and(|version| version.starts_with("backstage.io/")) {
            return Ok(None);
        }
        let Some(kind) = document.text_of("kind").map(str::to_lowercase) else {
            return Err(document.refuse(
                file,
                "has an entity without `kind`",
                "Add `kind:`, such as `kind: Component`.",
            ));
        };
        let metadata = document.get("metadata").cloned();
        let name = metadata.as_ref().and_then(|metadata| metadata.text_of("name")).map(str::to_owned);
        let (Some(metadata), Some(name)) = (metadata, name) else {
            let reason = format!("has an entity of the kind {kind} without `metadata.name`");
            return Err(document.refuse(file, reason, "Add a name below `metadata:`."));
        };
        if name.len() > 200
            || name.contains(['/', ':', '#'])
            || name.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(metadata.refuse(
                file,
                "has an entity whose name is no name of a catalogue",
                "Use letters, digits, `-`, `_` and `.`.",
            ));
        }
        let namespace = metadata.text_of("namespace").unwrap_or("default").to_lowercase();
        let spec = document.get("spec").cloned();
        if let Some(spec) = &spec {
            spec.mapping(file, "spec")?;
        }
        Ok(Some(Self { file: file.to_owned(), mark: document.mark, kind, namespace, name, metadata, spec }))
    }

    /// Returns its key: kind, namespace and name.
    pub(super) fn key(&self) -> String {
        format!("{}:{}/{}", self.kind, self.namespace, self.name)
    }

    /// Returns how others refer to it, in lower case as references ignore case.
    pub(super) fn reference(&self) -> Reference {
        Reference {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.to_lowercase(),
        }
    }

    /// Returns a text of its `spec`.
    pub(super) fn spec_text(&self, name: &str) -> Option<&str> {
        self.spec.as_ref()?.text_of(name).filter(|text| !text.is_empty())
    }

    /// Returns a text deeper in its `spec`.
    pub(super) fn spec_text_in(&self, outer: &str, name: &str) -> Option<&str> {
        self.spec.as_ref()?.get(outer)?.text_of(name).filter(|text| !text.is_empty())
    }

    /// Returns the texts of a list in its `spec` (or a single text) with their lines.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<(String, u32)>, ImportError> {
        let Some(node) = self.spec.as_ref().and_then(|spec| spec.get(name)) else { return Ok(Vec::new()) };
        if let Value::Scalar(text) = &node.value {
            return Ok(vec![(text.clone(), node.mark.line)]);
        }
        let items = node.sequence(&self.file, name)?;
        items.iter().map(|item| Ok((item.scalar(&self.file, name)?.to_owned(), item.mark.line))).collect()
    }
}
