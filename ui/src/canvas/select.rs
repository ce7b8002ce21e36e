//! Sets of selected things: toggling, marquee, and what is lit while the rest is dimmed.

use std::collections::{BTreeSet, HashSet};

use groundplan_shared::scene::{Point, Rect};

use super::picture::Picture;

/// What is selected: ids of elements and relations.
pub type Selected = BTreeSet<String>;

/// Selection after a click on `id`; with Shift it is added or taken out.
#[must_use]
pub fn clicked(selected: &Selected, id: Option<&str>, shift: bool) -> Selected {
    match (id, shift) {
        (Some(id), false) => Selected::from([id.to_owned()]),
        (Some(id), true) => {
            let mut selected = selected.clone();
            if !selected.remove(id) {
                selected.insert(id.to_owned());
            }
            selected
        }
        (None, false) => Selected::new(),
        (None, true) => selected.clone(),
    }
}

/// Rectangle between two corners.
#[must_use]
pub fn between(a: Point, b: Point) -> Rect {
    Rect::new(a.x.min(b.x), a.y.min(b.y), (a.x - b.x).abs(), (a.y - b.y).abs())
}

/// Elements caught by a marquee: cards that it touches and frames that it holds whole.
#[must_use]
pub fn caught(picture: &Picture, area: Rect) -> Selected {
    picture
        .nodes_within(area)
        .into_iter()
        .filter_map(|number| picture.scene.nodes.get(number))
        .filter(|node| if node.is_group { area.contains(&node.rect) } else { area.overlaps(&node.rect) })
        .map(|node| node.id.clone())
        .collect()
}

/// Ids that stay lit while something is selected: it, its relations, their other ends, what it holds and the
/// frames around all of these.
#[must_use]
pub fn lit(picture: &Picture, selected: &Selected) -> HashSet<String> {
    let mut lit = HashSet::new();
    for id in selected {
        if let Some(edge) = picture.edge(id) {
            lit.extend([edge.id.clone(), edge.source.clone(), edge.target.clone()]);
            continue;
        }
        for inner in picture.with_content(id) {
            for edge in picture.edges_at(&inner) {
                lit.extend([edge.id.clone(), edge.source.clone(), edge.target.clone()]);
            }
            lit.insert(inner);
        }
    }
    let frames: Vec<String> = lit.iter().flat_map(|id| picture.frames_around(id)).collect();
    lit.extend(frames);
    lit
}

#[cfg(test)]
mod tests {
    use super::super::fixture::small;
    use super::*;

    fn set(ids: &[&str]) -> Selected {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn clicks_select_add_and_take_out() {
        assert_eq!(clicked(&set(&["a"]), Some("b"), false), set(&["b"]));
        assert_eq!(clicked(&set(&["a"]), Some("b"), true), set(&["a", "b"]));
        assert_eq!(clicked(&set(&["a", "b"]), Some("b"), true), set(&["a"]));
        assert_eq!(clicked(&set(&["a"]), None, false), set(&[]));
        assert_eq!(clicked(&set(&["a"]), None, true), set(&["a"]));
    }

    #[test]
    fn a_marquee_touches_cards_and_holds_frames() {
        let picture = Picture::new(small(), None);
        let area = between(Point::new(340.0, 60.0), Point::new(100.0, 30.0));
        assert_eq!(caught(&picture, area), set(&["user", "web"]));
        assert_eq!(caught(&picture, Rect::new(190.0, -10.0, 300.0, 300.0)), set(&["db", "shop", "web"]));
    }

    #[test]
    fn neighbours_stay_lit() {
        let picture = Picture::new(small(), None);
        let lit_by = |id: &str| {
            let mut ids: Vec<String> = lit(&picture, &set(&[id])).into_iter().collect();
            ids.sort();
            ids
        };
        assert_eq!(lit_by("user"), ["shop", "user", "user-web", "web"]);
        assert_eq!(lit_by("web-db"), ["db", "shop", "web", "web-db"]);
        assert_eq!(lit_by("shop"), ["db", "shop", "user", "user-web", "web", "web-db"]);
        assert!(lit(&picture, &Selected::new()).is_empty());
    }
}
