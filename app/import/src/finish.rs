//! The last step of every extraction: values are cut to what the model takes, and what does not fit it is taken
//! out and said, so that an `ImportSet` always passes validation.

use std::collections::{HashMap, HashSet};

use groundplan_shared::model::{
    ElementKind, RelationKind, element_property, relation_allowed, relation_property,
};
use groundplan_shared::validate::{DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, check_url, parse_property};

use crate::set::{Dangling, ImportElement, ImportSet};

/// Makes one line of at most `max` characters, without control characters.
pub(crate) fn line_text(text: &str, max: usize) -> String {
    let visible = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let line: String = text.chars().map(visible).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let mut cut: String = line.chars().take(max.saturating_sub(1)).collect();
    cut.push('\u{2026}');
    cut
}

/// Makes a tag: no white space, comma or `#`, at most 100 characters; `None` where nothing is left.
pub(crate) fn tag_text(text: &str) -> Option<String> {
    let dash = |c: char| if c.is_whitespace() || c.is_control() || matches!(c, ',' | '#') { '-' } else { c };
    let tag: String = text.trim().trim_start_matches('#').chars().map(dash).take(100).collect();
    Some(tag).filter(|tag| tag.chars().any(char::is_alphanumeric))
}

/// Fits a set to the model.
pub(crate) fn finish(set: &mut ImportSet) {
    let kinds: HashMap<String, ElementKind> = set.elements.iter().map(|e| (e.key.clone(), e.kind)).collect();
    let mut elements = std::mem::take(&mut set.elements);
    for element in &mut elements {
        fit_texts(element, set);
        fit_parent(element, &kinds, set);
        fit_relations(element, &kinds, set);
    }
    cut_circles(&mut elements, set);
    set.elements = elements;
    set.source_title = line_text(&set.source_title, NAME_MAX_CHARS);
}

fn fit_texts(element: &mut ImportElement, set: &mut ImportSet) {
    element.name = Some(line_text(&element.name, NAME_MAX_CHARS))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Unnamed".to_owned());
    if element.description.chars().count() > DESCRIPTION_MAX_CHARS {
        element.description = element.description.chars().take(DESCRIPTION_MAX_CHARS).collect();
        let message =
            format!("The description of `{}` was cut to {DESCRIPTION_MAX_CHARS} characters.", element.name);
        set.note(&element.file, Some(element.line), message);
    }
    let (kind, file, line) = (element.kind, element.file.clone(), element.line);
    element.fields.retain(|name, value| {
        let fits = element_property(kind, name).map(|spec| parse_property(spec, value));
        let why = match fits {
            Some(Ok(_)) => return true,
            Some(Err(error)) => error.to_string(),
            None => format!("a {kind} has no such property."),
        };
        set.note(&file, Some(line), format!("`{name}` was left out: {why}"));
        false
    });
    element.tags = element.tags.iter().filter_map(|tag| tag_text(tag)).collect();
    element.links.retain_mut(|link| {
        link.title = line_text(&link.title, NAME_MAX_CHARS);
        let fits = check_url("url", &link.url).is_ok();
        if !fits {
            set.note(
                &file,
                Some(line),
                format!("The link `{}` was left out: it has no web address.", link.title),
            );
        }
        fits
    });
}

fn fit_parent(element: &mut ImportElement, kinds: &HashMap<String, ElementKind>, set: &mut ImportSet) {
    let Some(parent) = element.parent.clone() else { return };
    let reason = match kinds.get(&parent) {
        Some(kind) if relation_allowed(RelationKind::PartOf, element.kind, Some(*kind)) => return,
        Some(kind) => format!("A {} cannot be a part of a {kind}.", element.kind),
        None => "The source does not hold it.".to_owned(),
    };
    element.parent = None;
    set.dangling.push(dangling(element, &parent, "part_of", reason, element.line));
}

/// A chain of parents that comes back to its element is cut there.
fn cut_circles(elements: &mut [ImportElement], set: &mut ImportSet) {
    let parents: HashMap<String, String> =
        elements.iter().filter_map(|e| e.parent.clone().map(|parent| (e.key.clone(), parent))).collect();
    let mut safe: HashSet<String> = HashSet::new();
    let mut cut: HashSet<String> = HashSet::new();
    for element in elements.iter() {
        let mut chain: Vec<&String> = Vec::new();
        let mut on_chain: HashSet<&String> = HashSet::new();
        let mut at = &element.key;
        while !safe.contains(at) {
            chain.push(at);
            on_chain.insert(at);
            let Some(next) = parents.get(at).filter(|_| !cut.contains(at)) else { break };
            if on_chain.contains(next) {
                cut.insert(at.clone());
                break;
            }
            at = next;
        }
        safe.extend(chain.into_iter().cloned());
    }
    for element in elements.iter_mut().filter(|element| cut.contains(&element.key)) {
        if let Some(parent) = element.parent.take() {
            let reason = "It is itself a part of this element.".to_owned();
            set.dangling.push(dangling(element, &parent, "part_of", reason, element.line));
        }
    }
}

fn fit_relations(element: &mut ImportElement, kinds: &HashMap<String, ElementKind>, set: &mut ImportSet) {
    let mut seen = HashSet::new();
    for mut relation in std::mem::take(&mut element.relations) {
        relation.fields.retain(|name, value| match relation_property(name) {
            Some(spec) => parse_property(spec, value).is_ok(),
            None => false,
        });
        let reason = match kinds.get(&relation.target) {
            _ if relation.target == element.key => "It names itself.".to_owned(),
            Some(kind) if relation_allowed(relation.kind, element.kind, Some(*kind)) => {
                if seen.insert(relation.key.clone()) {
                    element.relations.push(relation);
                }
                continue;
            }
            Some(kind) => format!("`{}` does not lead from a {} to a {kind}.", relation.kind, element.kind),
            None => "The source does not hold it.".to_owned(),
        };
        let what = relation.origin().to_owned();
        set.dangling.push(dangling(element, &relation.target, &what, reason, relation.line));
    }
}

fn dangling(element: &ImportElement, to: &str, what: &str, reason: String, line: u32) -> Dangling {
    Dangling {
        from: element.key.clone(),
        to: to.to_owned(),
        what: what.to_owned(),
        reason,
        file: element.file.clone(),
        line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_to_fit() {
        assert_eq!(line_text(" a\n b\tc ", 20), "a b c");
        assert_eq!(line_text("abcdef", 4), "abc\u{2026}");
        assert_eq!(tag_text("#a b,c").as_deref(), Some("a-b-c"));
        assert_eq!(tag_text(" # "), None);
    }
}
