//! What a wiki-link can lead to: pages by title, elements by name. Natively tested.

use groundplan_shared::model::DocumentId;

use crate::state::{Index, Route};

/// How many are offered while typing.
const OFFERED: usize = 24;

/// Pages and elements whose name contains what was typed, those beginning with it first: name and kind.
pub(super) fn complete(index: &Index, typed: &str) -> Vec<(String, &'static str)> {
    let typed = typed.trim().to_lowercase();
    let pages = index.pages.iter().map(|page| (page.title.as_str(), page.kind.as_str()));
    let elements = index.elements.iter().map(|element| (element.name.as_str(), element.kind.as_str()));
    let mut found: Vec<(usize, usize, &str, &'static str)> = pages
        .chain(elements)
        // These characters end a link's target.
        .filter(|(name, _)| !name.contains(['[', ']', '|', '#']))
        .filter_map(|(name, kind)| {
            let lower = name.to_lowercase();
            let at = lower.find(&typed)?;
            let before = lower.get(..at).and_then(|before| before.chars().next_back());
            let rank = match before {
                None => 0,
                Some(before) if !before.is_alphanumeric() => 1,
                Some(_) => 2,
            };
            Some((rank, name.len(), name, kind))
        })
        .collect();
    crate::state::order::by(&mut found, |a, b| a < b);
    found.dedup_by(|a, b| a.2 == b.2 && a.3 == b.3);
    found.into_iter().take(OFFERED).map(|(_, _, name, kind)| (name.to_owned(), kind)).collect()
}

/// Where a link's target leads: a page by title or path, an element by name; letters' case does not matter.
pub(super) fn resolve(index: &Index, target: &str) -> Option<Route> {
    let target = target.trim();
    let same = |name: &str| name.to_lowercase() == target.to_lowercase();
    let path = |path: &str| {
        let path = path.strip_suffix(".md").unwrap_or(path);
        same(path) || path.rsplit('/').next().is_some_and(same)
    };
    let page = |id: DocumentId| Route::Page(id);
    index
        .pages
        .iter()
        .find(|each| same(&each.title))
        .or_else(|| index.pages.iter().find(|each| path(&each.path)))
        .map(|found| page(found.id))
        .or_else(|| index.elements.iter().find(|each| same(&each.name)).map(|found| Route::Element(found.id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_shared::api::{ElementSummary, PageSummary};
    use groundplan_shared::model::{ElementKind, PageKind};

    fn index() -> Index {
        let page = |n: u8, title: &str, path: &str| PageSummary {
            id: DocumentId::from_bytes([n; 16]),
            kind: PageKind::Doc,
            title: title.to_owned(),
            path: path.to_owned(),
            tags: Default::default(),
        };
        let element = |n: u8, name: &str| ElementSummary {
            id: DocumentId::from_bytes([n; 16]),
            kind: ElementKind::Component,
            name: name.to_owned(),
            technology: None,
            subtype: None,
            lifecycle: None,
            parent: None,
            owner: None,
            tags: Default::default(),
            external: false,
        };
        Index::new(
            vec![element(3, "Payment API"), element(4, "Repayment")],
            vec![page(1, "Payment down", "runbooks/payment.md"), page(2, "How to pay", "pay.md")],
            Vec::new(),
        )
    }

    #[test]
    fn the_beginning_of_a_name_comes_before_the_beginning_of_a_word_before_the_rest() {
        let names: Vec<String> = complete(&index(), "pay").into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["Payment API", "Payment down", "How to pay", "Repayment"]);
        assert_eq!(complete(&index(), "").len(), 4);
        assert!(complete(&index(), "nowhere").is_empty());
    }

    #[test]
    fn targets_are_found_by_title_path_and_name() {
        let page = |n| Some(Route::Page(DocumentId::from_bytes([n; 16])));
        for (target, expected) in [
            ("payment DOWN", page(1)),
            ("payment", page(1)),
            ("runbooks/payment", page(1)),
            ("pay", page(2)),
            ("Repayment", Some(Route::Element(DocumentId::from_bytes([4; 16])))),
            ("nothing", None),
        ] {
            assert_eq!(resolve(&index(), target), expected, "{target}");
        }
    }
}
