//! Turns a scene into shapes: the one place that decides how a kind looks. Colours are the theme's.

use super::path::{ARROW_LENGTH, arrowhead, dog_ear, drum, lid, octagon, rounded, sheet};
use super::{
    Anchor, Drawing, Group, Interaction, NodeStatus, Point, Rect, Role, Scene, SceneEdge, SceneNode, Shape,
    icon, metrics,
};

/// Free space around everything.
const MARGIN: f64 = 24.0;
/// Radius of an edge's corners.
const CORNER: f64 = 6.0;
/// Half the height of a datastore's lid.
const LID: f64 = 4.0;

/// Draws a scene. Deterministic: the window and the export call this and nothing else.
#[must_use]
pub fn draw(scene: &Scene) -> Drawing {
    let mut groups = Vec::with_capacity(scene.nodes.len() + 2 * scene.edges.len());
    groups.extend(scene.nodes.iter().filter(|node| node.is_group).map(frame));
    let names = Names::of(scene);
    groups.extend(scene.edges.iter().map(|edge| line(edge, &names)));
    groups.extend(scene.nodes.iter().filter(|node| !node.is_group).map(card));
    groups.extend(scene.edges.iter().filter_map(|edge| label(edge, &names)));
    let cards = scene.nodes.iter().filter(|node| !node.is_group).count();
    let frames = scene.nodes.len() - cards;
    let description = format!(
        "{}, {}, {}",
        counted(scene.nodes.len(), "element"),
        counted(frames, "group"),
        counted(scene.edges.iter().map(|edge| edge.count as usize).sum(), "relation")
    );
    Drawing { title: scene.title.clone(), description, view_box: scene.bounds.grown(MARGIN), groups }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Names of nodes by id, for edge titles.
struct Names<'a>(std::collections::HashMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn of(scene: &'a Scene) -> Self {
        Self(scene.nodes.iter().map(|node| (node.id.as_str(), node.name.as_str())).collect())
    }

    fn title(&self, edge: &SceneEdge) -> String {
        let source = self.0.get(edge.source.as_str()).copied().unwrap_or(&edge.source);
        let target = self.0.get(edge.target.as_str()).copied().unwrap_or(&edge.target);
        let verb = edge.kind.replace('_', " ");
        let mut title = format!("{source} {verb} {target}");
        if let Some(text) = &edge.text {
            title.push_str(": ");
            title.push_str(text);
        }
        if edge.count > 1 {
            title.push_str(&format!(" ({})", counted(edge.count as usize, "relation")));
        }
        title
    }
}

fn node_class(role: &str, node: &SceneNode) -> String {
    let mut class = format!("{role} gp-kind-{}", token(&node.kind));
    if node.external {
        class.push_str(" gp-external");
    }
    if let Some(status) = node.status {
        class.push_str(" gp-status-");
        class.push_str(status_name(status));
    }
    class
}

/// A kind as part of a class name: letters, digits and hyphens only.
fn token(kind: &str) -> String {
    kind.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

const fn status_name(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Healthy => "healthy",
        NodeStatus::Degraded => "degraded",
        NodeStatus::Failing => "failing",
        NodeStatus::Unknown => "unknown",
    }
}

fn node_title(node: &SceneNode) -> String {
    let mut title = format!("{} ({}", node.name, node.kind.replace('_', " "));
    if node.external {
        title.push_str(", external");
    }
    if let Some(technology) = &node.technology {
        title.push_str(", ");
        title.push_str(technology);
    }
    if let Some(status) = node.status {
        title.push_str(", ");
        title.push_str(status_name(status));
    }
    if node.findings > 0 {
        title.push_str(", ");
        title.push_str(&counted(node.findings as usize, "finding"));
    }
    title.push(')');
    title
}

fn text(at: Point, text: &str, anchor: Anchor, class: &str) -> Shape {
    Shape::Text { at, text: text.to_owned(), anchor, class: class.to_owned() }
}

fn path(d: String, class: &str) -> Shape {
    Shape::Path { d, at: None, class: class.to_owned() }
}

fn box_of(rect: Rect, radius: f64, class: &str) -> Shape {
    Shape::Rect { rect, radius, class: class.to_owned() }
}

fn icon_at(kind: &str, at: Point) -> Shape {
    Shape::Path { d: icon(kind).to_owned(), at: Some(at), class: "gp-icon".to_owned() }
}

fn frame(node: &SceneNode) -> Group {
    let rect = node.rect;
    let middle = rect.y + metrics::FRAME_HEADER / 2.0 + 1.0;
    let left = rect.x + metrics::CARD_PADDING;
    let mut shapes = vec![
        box_of(rect, 8.0, "gp-frame-box"),
        icon_at(&node.kind, Point::new(left, middle - metrics::ICON / 2.0)),
        text(
            Point::new(left + metrics::ICON + 6.0, middle + 4.0),
            &node.label,
            Anchor::Start,
            "gp-frame-name",
        ),
    ];
    shapes.extend(marks(node, Point::new(rect.right() - 14.0, middle)));
    Group {
        id: node.id.clone(),
        role: Role::Frame,
        class: format!("{} gp-depth-{}", node_class("gp-frame", node), node.depth % 4),
        title: node_title(node),
        shapes,
    }
}

fn card(node: &SceneNode) -> Group {
    let rect = node.rect;
    let mut shapes = outline(node);
    // A drum's lid takes height from above, so its text stands a little lower.
    let shift = if node.kind == "datastore" { LID - 1.0 } else { 0.0 };
    let middle = rect.center().y + shift;
    let inset = if node.kind == "channel" { 4.0 } else { 0.0 };
    let left = rect.x + metrics::CARD_PADDING + inset;
    shapes.push(icon_at(&node.kind, Point::new(left, middle - metrics::ICON / 2.0)));
    let x = left + metrics::ICON + metrics::ICON_GAP;
    if let Some(technology) = &node.technology {
        shapes.push(text(Point::new(x, middle - 3.0), &node.label, Anchor::Start, "gp-name"));
        shapes.push(text(Point::new(x, middle + 12.0), technology, Anchor::Start, "gp-technology"));
    } else {
        shapes.push(text(Point::new(x, middle + 4.5), &node.label, Anchor::Start, "gp-name"));
    }
    shapes.extend(marks(node, Point::new(rect.right() - 2.0, rect.y + 2.0)));
    Group {
        id: node.id.clone(),
        role: Role::Node,
        class: node_class("gp-node", node),
        title: node_title(node),
        shapes,
    }
}

/// The card's outline, which tells kinds apart before any colour does.
fn outline(node: &SceneNode) -> Vec<Shape> {
    let rect = node.rect;
    match node.kind.as_str() {
        "datastore" => vec![path(drum(rect, LID), "gp-card"), path(lid(rect, LID), "gp-rim")],
        "channel" => vec![box_of(rect, rect.h / 2.0, "gp-card")],
        "actor" | "team" => vec![box_of(rect, 14.0, "gp-card")],
        "api" => vec![path(octagon(rect, 8.0), "gp-card")],
        "data_asset" | "doc" | "adr" | "runbook" | "postmortem" => {
            vec![path(sheet(rect, 9.0), "gp-card"), path(dog_ear(rect, 9.0), "gp-rim")]
        }
        "system" | "domain" => vec![
            box_of(rect, 6.0, "gp-card"),
            box_of(Rect::new(rect.x + 3.0, rect.y + 3.0, rect.w - 6.0, rect.h - 6.0), 4.0, "gp-rim"),
        ],
        "node" | "environment" => vec![box_of(rect, 1.0, "gp-card")],
        _ => vec![box_of(rect, 6.0, "gp-card")],
    }
}

/// Status dot and findings badge, the badge left of the dot.
fn marks(node: &SceneNode, at: Point) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut x = at.x;
    if node.status.is_some() {
        shapes.push(Shape::Circle {
            center: Point::new(x, at.y),
            radius: 4.5,
            class: "gp-status".to_owned(),
        });
        x -= 14.0;
    }
    if node.findings > 0 {
        let shown = if node.findings > 99 { "99+".to_owned() } else { node.findings.to_string() };
        #[expect(clippy::cast_precision_loss, reason = "at most three characters")]
        let width = 9.0 + 6.0 * shown.len() as f64;
        shapes.push(box_of(Rect::new(x + 6.0 - width, at.y - 7.5, width, 15.0), 7.5, "gp-badge"));
        shapes.push(text(
            Point::new(x + 6.0 - width / 2.0, at.y + 3.5),
            &shown,
            Anchor::Middle,
            "gp-badge-text",
        ));
    }
    shapes
}

fn edge_class(role: &str, edge: &SceneEdge) -> String {
    let mut class = format!("{role} gp-kind-{}", token(&edge.kind));
    if edge.interaction == Interaction::Async {
        class.push_str(" gp-async");
    }
    if edge.count > 1 {
        class.push_str(" gp-many");
    }
    class
}

fn line(edge: &SceneEdge, names: &Names<'_>) -> Group {
    let d = rounded(&edge.points, CORNER, ARROW_LENGTH);
    Group {
        id: edge.id.clone(),
        role: Role::Edge,
        class: edge_class("gp-edge", edge),
        title: names.title(edge),
        shapes: vec![
            path(d.clone(), "gp-hit"),
            path(d, "gp-line"),
            path(arrowhead(&edge.points), "gp-arrow"),
        ],
    }
}

fn label(edge: &SceneEdge, names: &Names<'_>) -> Option<Group> {
    let label = edge.label.as_ref()?;
    let middle = label.rect.center();
    Some(Group {
        id: edge.id.clone(),
        role: Role::Label,
        class: edge_class("gp-label", edge),
        title: names.title(edge),
        shapes: vec![
            box_of(label.rect, 3.0, "gp-plate"),
            text(Point::new(middle.x, middle.y + 4.0), &label.text, Anchor::Middle, "gp-label-text"),
        ],
    })
}
