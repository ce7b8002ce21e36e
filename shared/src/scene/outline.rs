//! A scene as nested text with the same content, for screen readers and terminals.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Interaction, Scene, SceneEdge, SceneNode};

/// One element with its relations and what it holds, in drawing order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineItem {
    /// Id of the element.
    pub id: String,
    /// Kind of the element.
    pub kind: String,
    /// Full name.
    pub name: String,
    /// Technology line as drawn.
    pub technology: Option<String>,
    /// True for what others run.
    pub external: bool,
    /// Number of findings.
    pub findings: u32,
    /// Relations that start here.
    pub outgoing: Vec<OutlineLink>,
    /// Relations that end here.
    pub incoming: Vec<OutlineLink>,
    /// Elements drawn within this one.
    pub children: Vec<OutlineItem>,
}

/// One relation seen from one of its ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineLink {
    /// Id of the edge.
    pub id: String,
    /// Kind of the relation.
    pub kind: String,
    /// Id of the element at the other end.
    pub other: String,
    /// Name of the element at the other end.
    pub other_name: String,
    /// What the relation says, in full.
    pub label: Option<String>,
    /// Whether the source waits.
    pub interaction: Interaction,
    /// How many relations the edge stands for.
    pub count: u32,
}

/// Builds the outline of a scene. A node whose parent is not in the scene stands at the top.
#[must_use]
pub fn outline(scene: &Scene) -> Vec<OutlineItem> {
    let index: HashMap<&str, usize> =
        scene.nodes.iter().enumerate().map(|(i, node)| (node.id.as_str(), i)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); scene.nodes.len()];
    let mut roots = Vec::new();
    for (i, node) in scene.nodes.iter().enumerate() {
        // Parents come first, so anything else cannot be a parent and no cycle can form.
        match node.parent.as_deref().and_then(|parent| index.get(parent)).filter(|parent| **parent < i) {
            Some(parent) => children[*parent].push(i),
            None => roots.push(i),
        }
    }
    let mut ends: HashMap<&str, (Vec<OutlineLink>, Vec<OutlineLink>)> = HashMap::new();
    let name = |id: &str| index.get(id).map_or_else(|| id.to_owned(), |i| scene.nodes[*i].name.clone());
    for edge in &scene.edges {
        ends.entry(&edge.source).or_default().0.push(link(edge, &edge.target, name(&edge.target)));
        ends.entry(&edge.target).or_default().1.push(link(edge, &edge.source, name(&edge.source)));
    }
    let mut items: Vec<Option<OutlineItem>> = scene
        .nodes
        .iter()
        .map(|node| {
            let (outgoing, incoming) = ends.remove(node.id.as_str()).unwrap_or_default();
            Some(item(node, outgoing, incoming))
        })
        .collect();
    // Children have larger indices than their parents: filling from the back needs no recursion.
    for i in (0..items.len()).rev() {
        let own: Vec<OutlineItem> = children[i].iter().filter_map(|child| items[*child].take()).collect();
        if let Some(item) = items[i].as_mut() {
            item.children = own;
        }
    }
    roots.into_iter().filter_map(|root| items[root].take()).collect()
}

/// Writes an outline as indented lines.
#[must_use]
pub fn outline_text(items: &[OutlineItem]) -> String {
    let mut out = String::new();
    let mut stack: Vec<(usize, &OutlineItem)> = items.iter().rev().map(|item| (0, item)).collect();
    while let Some((depth, item)) = stack.pop() {
        let indent = "  ".repeat(depth);
        let _ = write!(out, "{indent}{} ({}", item.name, item.kind.replace('_', " "));
        if let Some(technology) = &item.technology {
            let _ = write!(out, ", {technology}");
        }
        let external = if item.external { ", external" } else { "" };
        let _ = writeln!(out, "{external})");
        for link in &item.outgoing {
            let _ = write!(out, "{indent}  {} {}", link.kind.replace('_', " "), link.other_name);
            if let Some(label) = &link.label {
                let _ = write!(out, ": {label}");
            }
            if link.count > 1 {
                let _ = write!(out, " ({} relations)", link.count);
            }
            out.push('\n');
        }
        stack.extend(item.children.iter().rev().map(|child| (depth + 1, child)));
    }
    out
}

fn item(node: &SceneNode, outgoing: Vec<OutlineLink>, incoming: Vec<OutlineLink>) -> OutlineItem {
    OutlineItem {
        id: node.id.clone(),
        kind: node.kind.clone(),
        name: node.name.clone(),
        technology: node.technology.clone(),
        external: node.external,
        findings: node.findings,
        outgoing,
        incoming,
        children: Vec::new(),
    }
}

fn link(edge: &SceneEdge, other: &str, other_name: String) -> OutlineLink {
    OutlineLink {
        id: edge.id.clone(),
        kind: edge.kind.clone(),
        other: other.to_owned(),
        other_name,
        label: edge.text.clone(),
        interaction: edge.interaction,
        count: edge.count,
    }
}
