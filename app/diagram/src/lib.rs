//! Diagram layout: nested placement, routed edges, text measurement, and the way from elements to a drawn scene.
//!
//! Not here: what belongs on a diagram (the client core decides), how a scene is drawn (`groundplan_shared::scene`),
//! and any clock: a [`Deadline`] is counted work or whatever the caller injects.

mod deadline;
mod engine;
mod graph;
mod inspect;
mod orient;
mod place;
mod route;
mod text;
mod tree;
mod view;
mod wires;

pub use deadline::Deadline;
pub use engine::{LayoutEngine, NestedLayers};
pub use graph::{Direction, Layout, LayoutEdge, LayoutError, LayoutGraph, LayoutNode, LayoutOptions, Route};
pub use inspect::{Inspection, inspect};
pub use text::{fit, measure};
pub use view::{DiagramElement, DiagramRelation, Drawn, SceneError, layout_graph, scene_flowing, scene_from};
