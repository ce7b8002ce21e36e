//! What a diagram looks like while cards are dragged, and the positions to store afterwards.
//!
//! A preview only: the client core lays frames and lines out properly once the cards are dropped.

use std::collections::{BTreeMap, HashMap, HashSet};

use groundplan_shared::model::{DocumentId, Position};
use groundplan_shared::scene::{Group, Rect, Role, Scene, SceneEdge, SceneNode, draw, metrics};

use super::picture::{Picture, Rank, rank};
use super::route::route;
use crate::state::order;

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

/// What a move changes: new rectangles of cards and frames, and their lines drawn simply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moved {
    /// Rectangles by id.
    pub rects: HashMap<String, Rect>,
    /// Edges that touch any of these.
    pub edges: Vec<SceneEdge>,
}

/// Moves cards; frames grow or shrink around them. Costs no more than what is affected.
#[must_use]
pub fn moved(picture: &Picture, cards: &HashSet<String>, dx: f64, dy: f64) -> Moved {
    let mut rects: HashMap<String, Rect> = cards
        .iter()
        .filter_map(|id| picture.node(id))
        .map(|node| {
            (node.id.clone(), Rect::new(node.rect.x + dx, node.rect.y + dy, node.rect.w, node.rect.h))
        })
        .collect();
    let mut frames: Vec<String> = cards.iter().flat_map(|id| picture.frames_around(id)).collect();
    order::by_key(&mut frames, |id| std::cmp::Reverse(picture.node(id).map_or(0, |node| node.depth)));
    frames.dedup();
    for frame in frames {
        if let Some(rect) = fitted(picture, &frame, &rects) {
            rects.insert(frame, rect);
        }
    }
    let mut touched: Vec<&SceneEdge> = rects.keys().flat_map(|id| picture.edges_at(id)).collect();
    order::by(&mut touched, |a, b| a.id < b.id);
    touched.dedup_by(|a, b| a.id == b.id);
    let edges = touched.iter().map(|edge| redrawn(picture, edge, cards, &rects, dx, dy)).collect();
    Moved { rects, edges }
}

fn fitted(picture: &Picture, frame: &str, rects: &HashMap<String, Rect>) -> Option<Rect> {
    let mut content = picture.children(frame).map(|node| rects.get(&node.id).copied().unwrap_or(node.rect));
    let first = content.next()?;
    let content = content.fold(first, |all, rect| all.union(&rect));
    let (pad, header) = (metrics::FRAME_PADDING, metrics::FRAME_HEADER + metrics::FRAME_PADDING / 2.0);
    Some(Rect::new(content.x - pad, content.y - header, content.w + 2.0 * pad, content.h + header + pad))
}

fn redrawn(
    picture: &Picture,
    edge: &SceneEdge,
    cards: &HashSet<String>,
    rects: &HashMap<String, Rect>,
    dx: f64,
    dy: f64,
) -> SceneEdge {
    let mut edge = edge.clone();
    let rect = |id: &str| rects.get(id).copied().or_else(|| picture.node(id).map(|node| node.rect));
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
    edge
}

impl Moved {
    /// The whole scene with the move in it.
    #[must_use]
    pub fn applied(&self, picture: &Picture) -> Scene {
        let mut scene = picture.scene.clone();
        for node in &mut scene.nodes {
            if let Some(rect) = self.rects.get(&node.id) {
                node.rect = *rect;
            }
        }
        let mut edges: HashMap<&str, &SceneEdge> =
            self.edges.iter().map(|edge| (edge.id.as_str(), edge)).collect();
        for edge in &mut scene.edges {
            if let Some(new) = edges.remove(edge.id.as_str()) {
                *edge = new.clone();
            }
        }
        scene.bounds = self.rects.values().fold(scene.bounds, |all, rect| all.union(rect));
        scene
    }

    /// The changed groups, drawn; `None` for one that disappears while dragging.
    #[must_use]
    pub fn drawn(&self, picture: &Picture) -> HashMap<(Rank, String), Option<Group>> {
        let mut ids: HashSet<&str> = self.rects.keys().map(String::as_str).collect();
        let changed = ids.clone();
        // The other ends are drawn along, for the names in the titles of the lines.
        ids.extend(self.edges.iter().flat_map(|edge| [edge.source.as_str(), edge.target.as_str()]));
        let nodes = ids.iter().filter_map(|id| picture.node(id)).map(|node| SceneNode {
            rect: self.rects.get(&node.id).copied().unwrap_or(node.rect),
            ..node.clone()
        });
        let part = Scene { nodes: nodes.collect(), edges: self.edges.clone(), ..Scene::default() };
        let labels = self.edges.iter().map(|edge| ((rank(Role::Label), edge.id.clone()), None));
        let mut groups: HashMap<(Rank, String), Option<Group>> = labels.collect();
        for group in draw(&part).groups {
            let is_node = matches!(group.role, Role::Frame | Role::Node);
            if !is_node || changed.contains(group.id.as_str()) {
                groups.insert((rank(group.role), group.id.clone()), Some(group));
            }
        }
        groups
    }
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
    let mut positions = BTreeMap::new();
    for id in cards {
        if let (Some(node), Ok(id)) = (picture.node(id), id.parse::<DocumentId>()) {
            positions.insert(id, Position { x: whole(node.rect.x + dx), y: whole(node.rect.y + dy) });
        }
    }
    positions
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
        let change = moved(&picture, &ids(&["web"]), 100.0, -60.0);
        let scene = change.applied(&picture);
        let rect = |id: &str| scene.nodes.iter().find(|node| node.id == id).map(|node| node.rect).unwrap();
        assert_eq!(rect("web"), Rect::new(320.0, -20.0, 120.0, 36.0));
        assert_eq!(rect("db"), Rect::new(220.0, 180.0, 120.0, 36.0));
        assert!(rect("shop").contains(&rect("web")) && rect("shop").contains(&rect("db")));
        for edge in &scene.edges {
            let (first, last) = (edge.points[0], edge.points[edge.points.len() - 1]);
            assert!(rect(&edge.source).contains_point(first) && rect(&edge.target).contains_point(last));
        }
        assert!(scene.bounds.contains(&rect("shop")));
        let drawn = change.drawn(&picture);
        assert_eq!(drawn.get(&(rank(Role::Label), "user-web".to_owned())), Some(&None));
        let whole = draw(&scene);
        for group in drawn.into_values().flatten() {
            assert!(whole.groups.contains(&group), "{group:?} differs from the same group of the whole");
        }
    }

    #[test]
    fn lines_between_moved_cards_keep_their_shape() {
        let picture = Picture::new(small(), None);
        let scene = moved(&picture, &ids(&["web", "db"]), 10.0, 20.0).applied(&picture);
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
