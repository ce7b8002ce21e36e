//! What a diagram looks like while cards are dragged, and the positions to store afterwards.
//!
//! A preview only: the client core lays frames and lines out properly once the cards are dropped.

use std::collections::{BTreeMap, HashSet};

use groundplan_shared::model::{DocumentId, Position};
use groundplan_shared::scene::{Rect, Scene, SceneNode, metrics};

use super::picture::Picture;
use super::route::route;

/// Ids of the cards that move when these elements are dragged: frames take their content along.
#[must_use]
pub fn movable(picture: &Picture, ids: &[String]) -> HashSet<String> {
    ids.iter()
        .flat_map(|id| picture.with_content(id))
        .filter(|id| picture.node(id).is_some_and(|node| !node.is_group))
        .collect()
}

/// Area of the cards that move.
#[must_use]
pub fn extent(picture: &Picture, cards: &HashSet<String>) -> Option<Rect> {
    let mut rects = cards.iter().filter_map(|id| picture.node(id)).map(|node| node.rect);
    let first = rects.next()?;
    Some(rects.fold(first, |all, rect| all.union(&rect)))
}

/// Rectangles to align with: cards near the dragged area that do not move themselves.
#[must_use]
pub fn surroundings(picture: &Picture, cards: &HashSet<String>, area: Rect, reach: f64) -> Vec<Rect> {
    picture
        .nodes_within(area.grown(reach))
        .into_iter()
        .filter_map(|number| picture.scene.nodes.get(number))
        .filter(|node| !node.is_group && !cards.contains(&node.id))
        .map(|node| node.rect)
        .collect()
}

/// The scene with the cards moved, frames grown or shrunk around them, and their lines drawn simply.
#[must_use]
pub fn moved(picture: &Picture, cards: &HashSet<String>, dx: f64, dy: f64) -> Scene {
    let mut scene = picture.scene.clone();
    for node in scene.nodes.iter_mut().filter(|node| cards.contains(&node.id)) {
        node.rect.x += dx;
        node.rect.y += dy;
    }
    let changed = refit(&mut scene.nodes, cards);
    for edge in &mut scene.edges {
        if !changed.contains(&edge.source) && !changed.contains(&edge.target) {
            continue;
        }
        let rect = |id: &str| scene.nodes.iter().find(|node| node.id == id).map(|node| node.rect);
        if cards.contains(&edge.source) && cards.contains(&edge.target) {
            for point in &mut edge.points {
                point.x += dx;
                point.y += dy;
            }
            if let Some(label) = &mut edge.label {
                label.rect.x += dx;
                label.rect.y += dy;
            }
        } else if let (Some(from), Some(to)) = (rect(&edge.source), rect(&edge.target)) {
            edge.points = route(from, to);
            edge.label = None;
        }
    }
    scene.bounds = scene.nodes.iter().map(|node| node.rect).fold(scene.bounds, |all, rect| all.union(&rect));
    scene
}

/// Fits the frames around moved cards; returns the ids of everything whose rectangle changed.
fn refit(nodes: &mut [SceneNode], cards: &HashSet<String>) -> HashSet<String> {
    let mut changed = cards.clone();
    // Children come after their parents: going backwards meets every frame after its content.
    for number in (0..nodes.len()).rev() {
        let (head, tail) = nodes.split_at_mut(number + 1);
        let Some(frame) = head.last_mut().filter(|node| node.is_group) else { continue };
        let mut held = tail.iter().filter(|node| node.parent.as_deref() == Some(frame.id.as_str()));
        if !held.clone().any(|node| changed.contains(&node.id)) {
            continue;
        }
        let Some(first) = held.next() else { continue };
        let content = held.fold(first.rect, |all, node| all.union(&node.rect));
        let pad = metrics::FRAME_PADDING;
        let fitted = Rect::new(
            content.x - pad,
            content.y - metrics::FRAME_HEADER - pad / 2.0,
            content.w + 2.0 * pad,
            content.h + metrics::FRAME_HEADER + 1.5 * pad,
        );
        if fitted != frame.rect {
            frame.rect = fitted;
            changed.insert(frame.id.clone());
        }
    }
    changed
}

/// Positions to store for the cards moved by so much. Ids that are no documents (placeholders) are left out.
#[must_use]
pub fn positions(
    picture: &Picture,
    cards: &HashSet<String>,
    dx: f64,
    dy: f64,
) -> BTreeMap<DocumentId, Position> {
    #[expect(clippy::cast_possible_truncation, reason = "rounded diagram units; casts saturate")]
    let whole = |value: f64| value.round() as i32;
    cards
        .iter()
        .filter_map(|id| {
            let node = picture.node(id)?;
            let position = Position { x: whole(node.rect.x + dx), y: whole(node.rect.y + dy) };
            Some((id.parse::<DocumentId>().ok()?, position))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::small;
    use super::*;

    fn ids(ids: &[&str]) -> HashSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn a_frame_takes_its_cards_along() {
        let picture = Picture::new(small(), None);
        assert_eq!(movable(&picture, &["shop".to_owned()]), ids(&["web", "db"]));
        assert_eq!(movable(&picture, &["user".to_owned()]), ids(&["user"]));
    }

    #[test]
    fn cards_move_frames_follow_and_lines_stay_attached() {
        let picture = Picture::new(small(), None);
        let scene = moved(&picture, &ids(&["web"]), 100.0, -60.0);
        let rect = |id: &str| scene.nodes.iter().find(|node| node.id == id).map(|node| node.rect).unwrap();
        assert_eq!(rect("web"), Rect::new(320.0, -20.0, 120.0, 36.0));
        assert_eq!(rect("db"), Rect::new(220.0, 180.0, 120.0, 36.0));
        assert!(rect("shop").contains(&rect("web")) && rect("shop").contains(&rect("db")));
        for edge in &scene.edges {
            let (first, last) = (edge.points[0], edge.points[edge.points.len() - 1]);
            assert!(rect(&edge.source).contains_point(first) && rect(&edge.target).contains_point(last));
        }
        assert!(scene.bounds.contains(&rect("shop")));
    }

    #[test]
    fn lines_between_moved_cards_keep_their_shape() {
        let picture = Picture::new(small(), None);
        let scene = moved(&picture, &ids(&["web", "db"]), 10.0, 20.0);
        let before = &picture.scene.edges[1].points;
        let after = &scene.edges[1].points;
        assert!(before.iter().zip(after).all(|(a, b)| b.x - a.x == 10.0 && b.y - a.y == 20.0));
    }

    #[test]
    fn only_documents_are_stored() {
        let mut scene = small();
        let id = DocumentId::from_bytes([9; 16]);
        scene.nodes[3].id = id.to_string();
        let picture = Picture::new(scene, None);
        let stored = positions(&picture, &ids(&["web", &id.to_string()]), 5.4, 0.0);
        assert_eq!(stored, BTreeMap::from([(id, Position { x: 5, y: 40 })]));
    }
}
