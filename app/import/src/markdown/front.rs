//! What front matter says about a page. The text itself is kept as written.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::page::PageText;
use crate::yaml::{self, Node, Value};
use crate::{ImportError, Limits};

/// What front matter says.
#[derive(Debug, Default)]
pub(super) struct Front {
    pub(super) title: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) tags: BTreeSet<String>,
    pub(super) aliases: BTreeSet<String>,
}

/// Reads front matter. An error means that it could not be understood; the page is imported all the same.
pub(super) fn read(path: &str, text: &PageText, limits: &Limits) -> Result<Front, ImportError> {
    let Some(yaml) = text.yaml() else { return Ok(Front::default()) };
    // The opening line counts, so that positions are those of the file.
    let documents = yaml::load(path, &format!("\n{yaml}"), limits)?;
    let Some(root) = documents.first() else { return Ok(Front::default()) };
    root.mapping(path, "front matter")?;
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| root.text_of(name));
        found.map(|found| found.trim().to_owned()).filter(|found| !found.is_empty())
    };
    Ok(Front {
        title: text(&["title"]),
        kind: text(&["type", "kind"]),
        status: text(&["status"]),
        tags: words(root, &["tags", "tag"], true),
        aliases: words(root, &["aliases", "alias"], false),
    })
}

fn words(root: &Rc<Node>, names: &[&str], split: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for node in names.iter().filter_map(|name| root.get(name)) {
        match &node.value {
            Value::Scalar(text) if split => {
                found.extend(text.split([',', ' ', '\n']).map(clean));
            }
            Value::Scalar(text) => {
                found.insert(clean(text));
            }
            Value::Sequence(items) => found.extend(items.iter().filter_map(|item| item.text()).map(clean)),
            Value::Null | Value::Mapping(_) => {}
        }
    }
    found.remove("");
    found
}

fn clean(word: &str) -> String {
    word.trim().trim_start_matches('#').to_owned()
}
