//! Checks of a relation against the kinds at its two ends and against the tree of parents.

use super::FieldError;
use crate::model::{DocumentId, ElementKind, RelationKind, relation_allowed};

/// Checks that a relation of this kind may lead from `source` to `target` (`None`: a page).
pub fn check_relation(
    kind: RelationKind,
    source: ElementKind,
    target: Option<ElementKind>,
) -> Result<(), FieldError> {
    if relation_allowed(kind, source, target) {
        return Ok(());
    }
    let to = target.map_or("a page", ElementKind::as_str);
    let fitting: Vec<&str> = RelationKind::ALL
        .iter()
        .filter(|kind| relation_allowed(**kind, source, target))
        .map(|kind| kind.as_str())
        .collect();
    let remedy = if fitting.is_empty() {
        "These two cannot be related.".to_owned()
    } else {
        format!("Between these two use {}.", fitting.join(", "))
    };
    Err(FieldError::new("relations.kind", format!("{kind} cannot lead from {source} to {to}"), remedy))
}

/// Checks that making `parent` the parent of `child` closes no circle.
///
/// `parent_of` returns the present parent of an element. Takes at most `limit` steps upwards, so that a circle
/// made by two concurrent edits elsewhere ends the walk too.
pub fn check_parent(
    child: DocumentId,
    parent: DocumentId,
    parent_of: impl Fn(DocumentId) -> Option<DocumentId>,
    limit: usize,
) -> Result<(), FieldError> {
    let mut at = Some(parent);
    for _ in 0..limit {
        match at {
            Some(id) if id == child => {
                return Err(FieldError::new(
                    "relations.part_of",
                    "would make the element a part of itself",
                    "Choose a parent that is not inside this element.",
                ));
            }
            Some(id) => at = parent_of(id),
            None => return Ok(()),
        }
    }
    Err(FieldError::new(
        "relations.part_of",
        format!("has more than {limit} levels above it"),
        "Choose a parent nearer to the top.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_pair_names_the_right_kinds() {
        let error = check_relation(RelationKind::Publishes, ElementKind::Component, Some(ElementKind::Api));
        assert!(error.unwrap_err().remedy.contains("provides"));
    }

    #[test]
    fn a_circle_of_parents_is_refused() {
        let id = |n| DocumentId::from_bytes([n; 16]);
        // 3 is in 2 is in 1.
        let parent_of = |at: DocumentId| match at.to_bytes()[0] {
            3 => Some(id(2)),
            2 => Some(id(1)),
            _ => None,
        };
        assert!(check_parent(id(1), id(3), parent_of, 10).is_err());
        assert!(check_parent(id(3), id(1), parent_of, 10).is_ok());
        assert!(check_parent(id(9), id(3), parent_of, 2).is_err());
    }
}
