//! Walking with the arrow keys: along relations first, to whatever lies that way otherwise.

use groundplan_shared::scene::{Point, Rect, SceneNode};

use super::picture::Picture;

/// A direction of an arrow key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

impl Direction {
    /// Direction of a key as browsers name it.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            _ => return None,
        })
    }

    /// Unit step.
    #[must_use]
    pub const fn step(self) -> (f64, f64) {
        match self {
            Self::Left => (-1.0, 0.0),
            Self::Right => (1.0, 0.0),
            Self::Up => (0.0, -1.0),
            Self::Down => (0.0, 1.0),
        }
    }

    /// How unfit a target is, lower is better; none when it does not lie that way.
    fn cost(self, from: Rect, to: Rect) -> Option<f64> {
        let (dx, dy) = self.step();
        let gap = gap(from, to);
        let center = Point::new(to.center().x - from.center().x, to.center().y - from.center().y);
        let ahead = center.x * dx + center.y * dy;
        let aside = (center.x * dy).abs() + (center.y * dx).abs();
        if ahead <= 1.0 || ahead < aside * 0.5 {
            return None;
        }
        // What overlaps in the other direction lies straight ahead.
        let aside_gap = if dx == 0.0 { gap.x } else { gap.y };
        Some(ahead + 2.0 * aside_gap + 0.25 * aside)
    }
}

/// Empty space between two rectangles, 0 where they overlap.
fn gap(a: Rect, b: Rect) -> Point {
    Point::new(
        (a.x - b.right()).max(b.x - a.right()).max(0.0),
        (a.y - b.bottom()).max(b.y - a.bottom()).max(0.0),
    )
}

/// Id of the node one step away; without a starting point, the first card from the top left.
#[must_use]
pub fn walk(picture: &Picture, from: Option<&str>, direction: Direction) -> Option<String> {
    let Some(start) = from.and_then(|id| picture.node(id)) else { return first(picture) };
    let related = picture
        .edges_at(&start.id)
        .map(|edge| if edge.source == start.id { &edge.target } else { &edge.source })
        .filter_map(|id| picture.node(id));
    nearest(start, related, direction).or_else(|| {
        let inside = if start.is_group { picture.with_content(&start.id) } else { Default::default() };
        let around = picture.frames_around(&start.id);
        let cards = picture
            .scene
            .nodes
            .iter()
            .filter(|node| !node.is_group && !inside.contains(&node.id) && !around.contains(&node.id));
        nearest(start, cards, direction)
    })
}

fn nearest<'a>(
    start: &SceneNode,
    nodes: impl Iterator<Item = &'a SceneNode>,
    direction: Direction,
) -> Option<String> {
    nodes
        .filter(|node| node.id != start.id)
        .filter_map(|node| Some((direction.cost(start.rect, node.rect)?, node)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, node)| node.id.clone())
}

fn first(picture: &Picture) -> Option<String> {
    let nodes = &picture.scene.nodes;
    let cards = nodes.iter().filter(|node| !node.is_group);
    cards
        .min_by(|a, b| (a.rect.x + a.rect.y).total_cmp(&(b.rect.x + b.rect.y)))
        .or_else(|| nodes.first())
        .map(|node| node.id.clone())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{card, edge, small};
    use super::*;

    fn check(picture: &Picture, from: &str, direction: Direction, expected: Option<&str>) {
        assert_eq!(walk(picture, Some(from), direction).as_deref(), expected, "{from} {direction:?}");
    }

    #[test]
    fn arrows_follow_relations() {
        let picture = Picture::new(small(), None);
        check(&picture, "user", Direction::Right, Some("web"));
        check(&picture, "web", Direction::Down, Some("db"));
        check(&picture, "db", Direction::Up, Some("web"));
        check(&picture, "web", Direction::Left, Some("user"));
        check(&picture, "user", Direction::Up, None);
        assert_eq!(walk(&picture, None, Direction::Up).as_deref(), Some("user"));
        assert_eq!(walk(&Picture::default(), None, Direction::Up), None);
    }

    #[test]
    fn a_relation_beats_a_nearer_stranger_and_strangers_fill_in() {
        let mut scene = small();
        let (near, far) = (card("near", 400.0, 40.0, None), card("far", 900.0, 40.0, None));
        scene.edges.push(edge("web-far", &scene.nodes[1], &far));
        scene.nodes.extend([near, far]);
        let picture = Picture::new(scene, None);
        check(&picture, "web", Direction::Right, Some("far"));
        check(&picture, "near", Direction::Right, Some("far"));
        check(&picture, "near", Direction::Left, Some("web"));
    }
}
