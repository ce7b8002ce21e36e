//! From elements and relations to a drawn scene: sizes, folding of relations, layout, scene. Decides no contents.

use std::collections::{HashMap, HashSet};

use groundplan_shared::scene::{Interaction, Point, Rect, Scene, SceneEdge, SceneLabel, SceneNode, metrics};

use crate::deadline::Deadline;
use crate::engine::LayoutEngine;
use crate::graph::{Direction, Layout, LayoutEdge, LayoutError, LayoutGraph, LayoutNode, LayoutOptions};
use crate::text::{fit, measure};

/// Widest text on a card.
const NAME_MAX: f64 = 208.0;
/// Narrowest card.
const CARD_MIN: f64 = 120.0;
/// Cards are as wide as the next multiple of this, so that columns look even.
const CARD_STEP: f64 = 24.0;
/// Widest label on an edge.
const LABEL_MAX: f64 = 132.0;
/// A text on more edges than this is not drawn beside each of them.
const REPEATED: usize = 12;
/// Widest name on a frame.
const FRAME_NAME_MAX: f64 = 320.0;

/// An element to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramElement {
    /// Id of the element.
    pub id: String,
    /// Kind of the element.
    pub kind: String,
    /// Full name.
    pub name: String,
    /// Technology, for the card's second line.
    pub technology: Option<String>,
    /// Id of the element it is part of; ignored when that is not drawn.
    pub parent: Option<String>,
    /// True for what others run.
    pub external: bool,
    /// Stored position of the card's upper left corner.
    pub position: Option<Point>,
}

/// A relation to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramRelation {
    /// Id of the relation.
    pub id: String,
    /// Kind of the relation.
    pub kind: String,
    /// Id of the element it leaves.
    pub source: String,
    /// Id of the element it enters.
    pub target: String,
    /// What it says.
    pub label: Option<String>,
    /// Whether the source waits.
    pub interaction: Interaction,
}

/// A scene and what to store so that it stays.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What to draw.
    pub scene: Scene,
    /// Positions of the cards that had none, by element id: to be stored in the view.
    pub placed: Vec<(String, Point)>,
    /// Elements for which no free place was left; a new layout of the whole view helps.
    pub crowded: Vec<String>,
    /// True when the deadline passed and cruder means finished the work.
    pub degraded: bool,
}

/// Why there is no scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SceneError {
    /// Two elements have one id.
    #[error("element {id} is listed twice; list each element once")]
    DuplicateElement {
        /// Id of the element.
        id: String,
    },
    /// A relation ends at something that is not drawn.
    #[error("relation {id} ends at an element that is not on the diagram; leave it out or add the element")]
    MissingEnd {
        /// Id of the relation.
        id: String,
    },
    /// The layout failed.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Lays elements and relations out and returns the scene.
///
/// Relations of one kind between one pair in one direction are folded into one edge; relations of an element with
/// itself are not drawn. Elements with a position keep it.
///
/// # Errors
/// [`SceneError`] for input that is no diagram, or a cancelled layout.
pub fn scene_from(
    engine: &dyn LayoutEngine,
    title: &str,
    elements: &[DiagramElement],
    relations: &[DiagramRelation],
    deadline: &Deadline,
) -> Result<Drawn, SceneError> {
    scene_flowing(engine, title, elements, relations, Direction::Auto, deadline)
}

/// As [`scene_from`], with relations leading where they are wanted to.
///
/// # Errors
/// As [`scene_from`].
pub fn scene_flowing(
    engine: &dyn LayoutEngine,
    title: &str,
    elements: &[DiagramElement],
    relations: &[DiagramRelation],
    direction: Direction,
    deadline: &Deadline,
) -> Result<Drawn, SceneError> {
    let (mut graph, edges) = layout_graph(elements, relations)?;
    graph.options.direction = direction;
    let layout = engine.layout(&graph, deadline)?;
    let placed = elements
        .iter()
        .zip(&layout.rects)
        .enumerate()
        .filter(|(index, (element, _))| {
            element.position.is_none() && !graph.nodes.iter().any(|node| node.parent == Some(*index))
        })
        .map(|(_, (element, rect))| (element.id.clone(), Point::new(rect.x, rect.y)))
        .collect();
    let crowded = layout.crowded.iter().map(|node| elements[*node].id.clone()).collect();
    let degraded = layout.degraded;
    let scene = scene(title, elements, edges, &graph, layout);
    Ok(Drawn { scene, placed, crowded, degraded })
}

/// The graph to lay out, with one folded scene edge (still without a course) for each of its edges.
///
/// # Errors
/// [`SceneError::DuplicateElement`] and [`SceneError::MissingEnd`].
pub fn layout_graph(
    elements: &[DiagramElement],
    relations: &[DiagramRelation],
) -> Result<(LayoutGraph, Vec<SceneEdge>), SceneError> {
    let mut index = HashMap::new();
    for (position, element) in elements.iter().enumerate() {
        if index.insert(element.id.as_str(), position).is_some() {
            return Err(SceneError::DuplicateElement { id: element.id.clone() });
        }
    }
    let parents: Vec<Option<usize>> =
        elements.iter().map(|e| e.parent.as_deref().and_then(|parent| index.get(parent).copied())).collect();
    let nodes =
        elements.iter().zip(&parents).map(|(element, parent)| layout_node(element, *parent)).collect();
    let edges = fold(relations, &index)?;
    let quiet = repeated(&edges);
    let layout_edges = edges
        .iter()
        .map(|edge| LayoutEdge {
            source: index[edge.source.as_str()],
            target: index[edge.target.as_str()],
            label: edge.text.as_deref().filter(|text| !quiet.contains(text)).map(|text| {
                let text = fit(text, metrics::LABEL_SIZE, 400, LABEL_MAX);
                let width = measure(&text, metrics::LABEL_SIZE, 400) + 2.0 * metrics::LABEL_PADDING;
                (width.ceil(), metrics::LABEL_HEIGHT)
            }),
            style: u32::from(edge.interaction == Interaction::Async),
        })
        .collect();
    Ok((LayoutGraph { nodes, edges: layout_edges, options: LayoutOptions::default() }, edges))
}

/// Texts on so many edges that their plates would say nothing: they stay in the edges' titles.
fn repeated(edges: &[SceneEdge]) -> HashSet<&str> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for text in edges.iter().filter_map(|edge| edge.text.as_deref()) {
        *count.entry(text).or_default() += 1;
    }
    count.into_iter().filter(|(_, edges)| *edges > REPEATED).map(|(text, _)| text).collect()
}

fn layout_node(element: &DiagramElement, parent: Option<usize>) -> LayoutNode {
    let name = fit(&element.name, metrics::NAME_SIZE, metrics::NAME_WEIGHT, NAME_MAX);
    let mut text = measure(&name, metrics::NAME_SIZE, metrics::NAME_WEIGHT);
    if let Some(technology) = technology(element) {
        text = text.max(measure(&technology, metrics::TECHNOLOGY_SIZE, 400));
    }
    let around = 2.0 * metrics::CARD_PADDING + metrics::ICON + metrics::ICON_GAP;
    let extra = if element.kind == "channel" { 8.0 } else { 0.0 };
    let width = ((text + around + extra) / CARD_STEP).ceil() * CARD_STEP;
    let frame_name = fit(&element.name, metrics::FRAME_SIZE, metrics::NAME_WEIGHT, FRAME_NAME_MAX);
    let header = measure(&frame_name, metrics::FRAME_SIZE, metrics::NAME_WEIGHT);
    LayoutNode {
        parent,
        width: width.max(CARD_MIN),
        height: if element.technology.is_some() { metrics::CARD_HEIGHT } else { metrics::CARD_HEIGHT_SHORT },
        header_width: (header + 2.0 * metrics::CARD_PADDING + metrics::ICON + 30.0).ceil(),
        fixed: element.position,
    }
}

fn technology(element: &DiagramElement) -> Option<String> {
    element.technology.as_deref().map(|text| fit(text, metrics::TECHNOLOGY_SIZE, 400, NAME_MAX))
}

/// Folds relations of one kind, pair and direction into one edge with a count.
fn fold(relations: &[DiagramRelation], index: &HashMap<&str, usize>) -> Result<Vec<SceneEdge>, SceneError> {
    let mut edges: Vec<SceneEdge> = Vec::new();
    let mut known: HashMap<(&str, &str, &str, Interaction), usize> = HashMap::new();
    for relation in relations {
        let ends = [relation.source.as_str(), relation.target.as_str()];
        if !ends.iter().all(|end| index.contains_key(end)) {
            return Err(SceneError::MissingEnd { id: relation.id.clone() });
        }
        if relation.source == relation.target {
            continue;
        }
        let key = (ends[0], ends[1], relation.kind.as_str(), relation.interaction);
        if let Some(at) = known.get(&key) {
            let edge = &mut edges[*at];
            edge.count += 1;
            edge.relations.push(relation.id.clone());
            if let Some(label) = &relation.label {
                match &mut edge.text {
                    Some(text) => {
                        text.push_str(", ");
                        text.push_str(label);
                    }
                    None => edge.text = Some(label.clone()),
                }
            }
            continue;
        }
        known.insert(key, edges.len());
        edges.push(SceneEdge {
            id: relation.id.clone(),
            kind: relation.kind.clone(),
            source: relation.source.clone(),
            target: relation.target.clone(),
            points: Vec::new(),
            text: relation.label.clone().filter(|label| !label.trim().is_empty()),
            label: None,
            interaction: relation.interaction,
            count: 1,
            relations: vec![relation.id.clone()],
        });
    }
    Ok(edges)
}

fn scene(
    title: &str,
    elements: &[DiagramElement],
    mut edges: Vec<SceneEdge>,
    graph: &LayoutGraph,
    layout: Layout,
) -> Scene {
    let mut group = vec![false; elements.len()];
    let mut depth = vec![0u32; elements.len()];
    for node in &graph.nodes {
        if let Some(parent) = node.parent {
            group[parent] = true;
        }
    }
    for (index, depth) in depth.iter_mut().enumerate() {
        let mut at = graph.nodes[index].parent;
        while let Some(parent) = at {
            *depth += 1;
            at = graph.nodes[parent].parent;
        }
    }
    let mut order: Vec<usize> = (0..elements.len()).collect();
    order.sort_by_key(|node| (depth[*node], *node));
    let nodes = order
        .into_iter()
        .map(|index| {
            let element = &elements[index];
            let (size, max) = if group[index] {
                (metrics::FRAME_SIZE, FRAME_NAME_MAX)
            } else {
                (metrics::NAME_SIZE, NAME_MAX)
            };
            SceneNode {
                id: element.id.clone(),
                kind: element.kind.clone(),
                name: element.name.clone(),
                label: fit(&element.name, size, metrics::NAME_WEIGHT, max),
                technology: technology(element),
                is_group: group[index],
                parent: graph.nodes[index].parent.map(|parent| elements[parent].id.clone()),
                rect: rounded(layout.rects[index]),
                external: element.external,
                depth: depth[index],
                status: None,
                findings: 0,
            }
        })
        .collect();
    for (edge, route) in edges.iter_mut().zip(layout.routes) {
        edge.points = route.points;
        edge.label = route
            .label
            .zip(edge.text.as_deref())
            .map(|(rect, text)| SceneLabel { text: fit(text, metrics::LABEL_SIZE, 400, LABEL_MAX), rect });
    }
    Scene { title: title.to_owned(), bounds: rounded(layout.bounds), nodes, edges }
}

fn rounded(rect: Rect) -> Rect {
    let half = |v: f64| (v * 2.0).round() / 2.0;
    Rect::new(half(rect.x), half(rect.y), half(rect.w), half(rect.h))
}
