//! A scene made ready for the canvas: drawn, indexed by id and by place, with its neighbourhoods.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use groundplan_shared::scene::{Group, Point, Rect, Role, Scene, SceneEdge, SceneNode, draw};

use super::far::{self, Merged};
use super::grid::Grid;

/// Scenes with at most so many groups are drawn whole; larger ones only where they are visible.
pub const WHOLE: usize = 1_400;

/// One group of shapes with the area it covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Changes whenever the group's content does, so that a list keyed by it redraws only what changed.
    pub serial: u64,
    /// Area covered.
    pub bounds: Rect,
    /// What to draw.
    pub group: Group,
}

/// A scene with everything the canvas asks about it.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The scene.
    pub scene: Scene,
    /// Groups back to front.
    pub groups: Vec<Arc<Placed>>,
    /// One sentence on what is shown.
    pub description: String,
    group_grid: Grid,
    node_grid: Grid,
    by_id: HashMap<String, usize>,
    edge_by_id: HashMap<String, usize>,
    touching: HashMap<String, Vec<usize>>,
    children: HashMap<String, Vec<usize>>,
    merged: OnceLock<Arc<Vec<Merged>>>,
    next_serial: u64,
}

impl Picture {
    /// Draws and indexes a scene. Groups equal to those of `before` keep their serials.
    #[must_use]
    pub fn new(scene: Scene, before: Option<&Self>) -> Self {
        let drawing = draw(&scene);
        let old: HashMap<(Rank, &str), &Arc<Placed>> = before
            .map(|picture| picture.groups.iter().map(|placed| (key(&placed.group), placed)).collect())
            .unwrap_or_default();
        let mut next_serial = before.map_or(0, |picture| picture.next_serial);
        let areas = Areas::of(&scene);
        let groups: Vec<Arc<Placed>> = drawing
            .groups
            .into_iter()
            .map(|group| {
                let bounds = areas.area(&group);
                let kept = old.get(&key(&group)).copied();
                match kept {
                    Some(placed) if placed.group == group && placed.bounds == bounds => Arc::clone(placed),
                    _ => {
                        next_serial += 1;
                        Arc::new(Placed { serial: next_serial, bounds, group })
                    }
                }
            })
            .collect();
        let mut touching: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, edge) in scene.edges.iter().enumerate() {
            touching.entry(edge.source.clone()).or_default().push(number);
            if edge.target != edge.source {
                touching.entry(edge.target.clone()).or_default().push(number);
            }
        }
        let mut children: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, node) in scene.nodes.iter().enumerate() {
            if let Some(parent) = &node.parent {
                children.entry(parent.clone()).or_default().push(number);
            }
        }
        Self {
            children,
            merged: OnceLock::new(),
            group_grid: Grid::new(groups.iter().map(|placed| placed.bounds)),
            node_grid: Grid::new(scene.nodes.iter().map(|node| node.rect)),
            by_id: scene.nodes.iter().enumerate().map(|(number, node)| (node.id.clone(), number)).collect(),
            edge_by_id: scene
                .edges
                .iter()
                .enumerate()
                .map(|(number, edge)| (edge.id.clone(), number))
                .collect(),
            description: drawing.description,
            groups,
            touching,
            next_serial,
            scene,
        }
    }

    /// True when there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scene.nodes.is_empty()
    }

    /// Node of an id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&SceneNode> {
        self.scene.nodes.get(*self.by_id.get(id)?)
    }

    /// Edge of a relation's id.
    #[must_use]
    pub fn edge(&self, id: &str) -> Option<&SceneEdge> {
        self.scene.edges.get(*self.edge_by_id.get(id)?)
    }

    /// Edge that a group draws, if it draws one.
    #[must_use]
    pub fn edge_of(&self, group: &Group) -> Option<&SceneEdge> {
        matches!(group.role, Role::Edge | Role::Label).then(|| self.edge(&group.id)).flatten()
    }

    /// Edges that start or end at a node.
    pub fn edges_at<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a SceneEdge> {
        self.touching.get(id).into_iter().flatten().filter_map(|number| self.scene.edges.get(*number))
    }

    /// Numbers of the nodes that lie in or touch an area.
    #[must_use]
    pub fn nodes_within(&self, area: Rect) -> Vec<usize> {
        self.node_grid.within(area)
    }

    /// Nodes drawn directly inside a frame.
    pub fn children<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a SceneNode> {
        self.children.get(id).into_iter().flatten().filter_map(|number| self.scene.nodes.get(*number))
    }

    /// Groups whose area touches an area, back to front.
    pub fn groups_touching(&self, area: Rect) -> impl Iterator<Item = &Placed> {
        self.group_grid.within(area).into_iter().filter_map(|number| self.groups.get(number)).map(Arc::as_ref)
    }

    /// Groups to draw while `area` is visible, back to front.
    #[must_use]
    pub fn groups_within(&self, area: Rect) -> Vec<Arc<Placed>> {
        if self.groups.len() <= WHOLE {
            return self.groups.clone();
        }
        self.group_grid.within(area).into_iter().map(|number| Arc::clone(&self.groups[number])).collect()
    }

    /// Cards and relations as a few paths, made when first asked for.
    #[must_use]
    pub fn merged(&self) -> Arc<Vec<Merged>> {
        Arc::clone(self.merged.get_or_init(|| Arc::new(far::merge(&self.scene))))
    }

    /// Ids of a node and of everything drawn inside it.
    #[must_use]
    pub fn with_content(&self, id: &str) -> HashSet<String> {
        let mut ids = HashSet::new();
        let mut open = vec![id.to_owned()];
        while let Some(next) = open.pop() {
            open.extend(
                self.children(&next).filter(|node| !ids.contains(&node.id)).map(|node| node.id.clone()),
            );
            ids.insert(next);
        }
        ids
    }

    /// Ids of the frames around a node, the innermost first.
    #[must_use]
    pub fn frames_around(&self, id: &str) -> Vec<String> {
        let mut frames = Vec::new();
        let mut inner = self.node(id);
        while let Some(parent) = inner.and_then(|node| node.parent.as_deref()) {
            if frames.len() > self.scene.nodes.len() {
                break;
            }
            frames.push(parent.to_owned());
            inner = self.node(parent);
        }
        frames
    }
}

/// A role as part of a key.
pub type Rank = u8;

/// Number of a role, in the order of drawing.
#[must_use]
pub const fn rank(role: Role) -> Rank {
    match role {
        Role::Frame => 0,
        Role::Edge => 1,
        Role::Node => 2,
        Role::Label => 3,
    }
}

fn key(group: &Group) -> (Rank, &str) {
    (rank(group.role), group.id.as_str())
}

/// Areas of nodes and edges by id.
struct Areas {
    nodes: HashMap<String, Rect>,
    edges: HashMap<String, (Rect, Rect)>,
}

impl Areas {
    fn of(scene: &Scene) -> Self {
        Self {
            // Status dots and badges stand out a little over the rim.
            nodes: scene.nodes.iter().map(|node| (node.id.clone(), node.rect.grown(8.0))).collect(),
            edges: scene
                .edges
                .iter()
                .map(|edge| {
                    let label = edge.label.as_ref().map(|label| label.rect).unwrap_or_default();
                    (edge.id.clone(), (around(&edge.points).grown(6.0), label))
                })
                .collect(),
        }
    }

    fn area(&self, group: &Group) -> Rect {
        match group.role {
            Role::Frame | Role::Node => self.nodes.get(&group.id).copied(),
            Role::Edge => self.edges.get(&group.id).map(|areas| areas.0),
            Role::Label => self.edges.get(&group.id).map(|areas| areas.1),
        }
        .unwrap_or_default()
    }
}

/// Smallest rectangle around points.
#[must_use]
pub fn around(points: &[Point]) -> Rect {
    let mut rects = points.iter().map(|point| Rect::new(point.x, point.y, 0.0, 0.0));
    let Some(first) = rects.next() else { return Rect::default() };
    rects.fold(first, |all, rect| all.union(&rect))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{big, small};
    use super::*;

    #[test]
    fn unchanged_groups_keep_their_serials() {
        let before = Picture::new(small(), None);
        let mut scene = small();
        scene.nodes[1].name = "Renamed".to_owned();
        scene.nodes[1].label = "Renamed".to_owned();
        let after = Picture::new(scene, Some(&before));
        let serials = |picture: &Picture| -> HashMap<(u8, String), u64> {
            picture
                .groups
                .iter()
                .map(|placed| ((rank(placed.group.role), placed.group.id.clone()), placed.serial))
                .collect()
        };
        let (before, after) = (serials(&before), serials(&after));
        let changed: Vec<&(u8, String)> =
            after.iter().filter(|(key, serial)| before[*key] != **serial).map(|(key, _)| key).collect();
        // The card, and the edges whose titles name it.
        assert!(changed.contains(&&(2, "web".to_owned())));
        assert!(!changed.contains(&&(2, "db".to_owned())));
        assert!(!changed.contains(&&(0, "shop".to_owned())));
        assert_eq!(before.len(), after.len());
    }

    #[test]
    fn large_scenes_are_drawn_only_where_they_are_visible() {
        let picture = Picture::new(big(5_000), None);
        let area = Rect::new(0.0, 0.0, 1_600.0, 900.0);
        let groups = picture.groups_within(area);
        assert!(groups.len() < 200, "{}", groups.len());
        for placed in &picture.groups {
            let drawn = groups.iter().any(|other| other.serial == placed.serial);
            assert!(drawn || !placed.bounds.overlaps(&area));
        }
        assert!(groups.is_sorted_by_key(|placed| placed.serial), "back to front");
        let few = Picture::new(small(), None);
        assert_eq!(few.groups_within(Rect::new(1e5, 1e5, 1.0, 1.0)).len(), few.groups.len());
    }

    #[test]
    fn content_and_frames() {
        let picture = Picture::new(small(), None);
        let content = picture.with_content("shop");
        assert!(content.contains("web") && content.contains("db") && !content.contains("user"));
        assert_eq!(picture.frames_around("web"), vec!["shop".to_owned()]);
        assert_eq!(picture.edges_at("web").count(), 2);
    }
}
