//! YAML as a tree of nodes with positions, bounded in every direction.
//!
//! Lives here: the node type and typed access. Not here: composing nodes from events (`compose`).

mod compose;
mod merge;

pub(crate) use compose::load;

use std::rc::Rc;

use crate::ImportError;
use crate::error::Mark;

/// A composed node. Aliases share the node that they name.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) mark: Mark,
    size: Size,
}

/// How large a node is with its aliases expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Size {
    fn add_child(&mut self, child: Size) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.bytes = self.bytes.saturating_add(child.bytes);
        self.height = self.height.max(child.height.saturating_add(1));
    }
}

/// What a node holds.
#[derive(Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Any other scalar, as text.
    Scalar(String),
    /// A sequence.
    Sequence(Vec<Rc<Node>>),
    /// A mapping in the order of the source, merges applied.
    Mapping(Vec<Pair>),
}

/// A key of a mapping with its value.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) key: Rc<str>,
    pub(crate) mark: Mark,
    pub(crate) value: Rc<Node>,
}

impl Node {
    /// Returns the value of a key; `None` where there is none, or this is no mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.pairs().iter().find(|pair| &*pair.key == key).map(|pair| &pair.value)
    }

    /// Returns the pairs of a mapping; none where this is none.
    pub(crate) fn pairs(&self) -> &[Pair] {
        match &self.value {
            Value::Mapping(pairs) => pairs,
            _ => &[],
        }
    }

    /// Returns the text of a scalar; `None` for null and collections.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the text of a key's scalar.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|node| node.text())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// Refuses the file at this node.
    pub(crate) fn refuse(
        &self,
        file: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ImportError {
        ImportError::at(file, self.mark, reason, remedy)
    }

    /// Returns the pairs of a mapping, none of null; refuses anything else.
    pub(crate) fn mapping(&self, file: &str, name: &str) -> Result<&[Pair], ImportError> {
        match &self.value {
            Value::Mapping(pairs) => Ok(pairs),
            Value::Null => Ok(&[]),
            _ => Err(self.wrong(file, name, "a mapping (`key: value`)")),
        }
    }

    /// Returns the items of a sequence, none of null; refuses anything else.
    pub(crate) fn sequence(&self, file: &str, name: &str) -> Result<&[Rc<Node>], ImportError> {
        match &self.value {
            Value::Sequence(items) => Ok(items),
            Value::Null => Ok(&[]),
            _ => Err(self.wrong(file, name, "a list (`- item`)")),
        }
    }

    /// Returns the text of a scalar, empty for null; refuses collections.
    pub(crate) fn scalar(&self, file: &str, name: &str) -> Result<&str, ImportError> {
        match &self.value {
            Value::Scalar(text) => Ok(text),
            Value::Null => Ok(""),
            _ => Err(self.wrong(file, name, "a single value")),
        }
    }

    /// Refuses the node because of its shape.
    pub(crate) fn wrong(&self, file: &str, name: &str, wanted: &str) -> ImportError {
        self.refuse(file, format!("`{name}` is {}", self.what()), format!("Make it {wanted}."))
    }
}
