//! What lies under a point of the diagram.

use groundplan_shared::scene::{Point, Rect, metrics};

use super::picture::Picture;

/// What was hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// A card.
    Card(String),
    /// A relation's line or label.
    Edge(String),
    /// A frame's label or rim: what one grabs to move it.
    FrameHandle(String),
    /// The space inside a frame.
    Frame(String),
    /// Nothing.
    Background,
}

impl Hit {
    /// Id of the element hit, if it is one.
    #[must_use]
    pub fn element(&self) -> Option<&str> {
        match self {
            Self::Card(id) | Self::FrameHandle(id) | Self::Frame(id) => Some(id),
            Self::Edge(_) | Self::Background => None,
        }
    }

    /// True for what moves when it is dragged.
    #[must_use]
    pub const fn is_movable(&self) -> bool {
        matches!(self, Self::Card(_) | Self::FrameHandle(_))
    }
}

/// Finds the frontmost thing at a point; `slack` is how far beside a line still counts, in diagram units.
#[must_use]
pub fn hit(picture: &Picture, at: Point, slack: f64) -> Hit {
    let nodes = picture.nodes_within(Rect::new(at.x, at.y, 0.0, 0.0));
    let inside = || nodes.iter().rev().filter_map(|number| picture.scene.nodes.get(*number));
    if let Some(card) = inside().find(|node| !node.is_group) {
        return Hit::Card(card.id.clone());
    }
    if let Some(edge) = edge_at(picture, at, slack) {
        return Hit::Edge(edge);
    }
    // Parents come first, so the last frame found is the innermost.
    let Some(frame) = inside().find(|node| node.is_group) else { return Hit::Background };
    let on_header = at.y <= frame.rect.y + metrics::FRAME_HEADER;
    let core = frame.rect.grown(-slack.min(frame.rect.w / 4.0).min(frame.rect.h / 4.0));
    if on_header || !core.contains_point(at) {
        Hit::FrameHandle(frame.id.clone())
    } else {
        Hit::Frame(frame.id.clone())
    }
}

fn edge_at(picture: &Picture, at: Point, slack: f64) -> Option<String> {
    let mut best: Option<(f64, &str)> = None;
    for placed in picture.groups_touching(Rect::new(at.x - slack, at.y - slack, 2.0 * slack, 2.0 * slack)) {
        let Some(edge) = picture.edge_of(&placed.group) else { continue };
        if edge.label.as_ref().is_some_and(|label| label.rect.contains_point(at)) {
            return Some(edge.id.clone());
        }
        let distance = distance_to(&edge.points, at);
        if distance <= slack && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, &edge.id));
        }
    }
    best.map(|(_, id)| id.to_owned())
}

/// Distance from a point to a polyline.
#[must_use]
pub fn distance_to(points: &[Point], at: Point) -> f64 {
    points
        .windows(2)
        .filter_map(|pair| if let [a, b] = pair { Some(to_segment(*a, *b, at)) } else { None })
        .fold(f64::INFINITY, f64::min)
}

fn to_segment(a: Point, b: Point, at: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let t = if length <= f64::EPSILON {
        0.0
    } else {
        (((at.x - a.x) * dx + (at.y - a.y) * dy) / length).clamp(0.0, 1.0)
    };
    (a.x + t * dx - at.x).hypot(a.y + t * dy - at.y)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::small;
    use super::*;

    fn check(x: f64, y: f64, expected: Hit) {
        let picture = Picture::new(small(), None);
        assert_eq!(hit(&picture, Point::new(x, y), 4.0), expected, "at {x}, {y}");
    }

    #[test]
    fn the_frontmost_thing_is_hit() {
        check(260.0, 50.0, Hit::Card("web".into()));
        check(150.0, 60.0, Hit::Edge("user-web".into()));
        check(150.0, 28.0, Hit::Edge("user-web".into()));
        check(282.0, 120.0, Hit::Edge("web-db".into()));
        check(290.0, 120.0, Hit::Frame("shop".into()));
        check(300.0, 10.0, Hit::FrameHandle("shop".into()));
        check(201.0, 150.0, Hit::FrameHandle("shop".into()));
        check(100.0, 200.0, Hit::Background);
    }

    #[test]
    fn distances() {
        let line = [Point::new(0.0, 0.0), Point::new(10.0, 0.0), Point::new(10.0, 10.0)];
        assert_eq!(distance_to(&line, Point::new(5.0, 3.0)), 3.0);
        assert_eq!(distance_to(&line, Point::new(13.0, 14.0)), 5.0);
        assert_eq!(distance_to(&[], Point::default()), f64::INFINITY);
    }
}
