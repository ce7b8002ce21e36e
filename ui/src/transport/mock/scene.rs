//! A scene of the sample on a plain grid. Not a layout: the client core has that.

use std::collections::HashMap;

use groundplan_shared::api::ViewScene;
use groundplan_shared::model::{DocumentId, Element, RelationKind};
use groundplan_shared::scene::{Point, Rect, Scene, SceneEdge, SceneNode};

use super::store::Store;

const CARD: (f64, f64) = (180.0, 44.0);
const GAP: (f64, f64) = (60.0, 46.0);

pub(super) fn scene(store: &Store, id: Option<DocumentId>) -> ViewScene {
    let mut nodes = Vec::new();
    let mut places: HashMap<DocumentId, Rect> = HashMap::new();
    let parent = |element: &Element| store.parent(element.id);
    let drawn = |element: &&Element| {
        matches!(element.kind.as_str(), "system" | "component" | "datastore" | "channel" | "actor" | "api")
    };
    let roots: Vec<&Element> =
        store.all().filter(drawn).filter(|element| parent(element).is_none()).collect();
    let mut y = 0.0;
    for root in roots {
        let parts: Vec<&Element> =
            store.all().filter(drawn).filter(|element| parent(element) == Some(root.id)).collect();
        if parts.is_empty() {
            let rect = Rect { x: -280.0, y, w: CARD.0, h: CARD.1 };
            nodes.push(node(root, rect, None));
            places.insert(root.id, rect);
            y += CARD.1 + GAP.1;
            continue;
        }
        let frame = nodes.len();
        let mut bottom = y;
        let mut right: f64 = 0.0;
        nodes.push(node(root, Rect { x: 0.0, y, w: 0.0, h: 0.0 }, None));
        for (place, part) in parts.iter().enumerate() {
            let (column, row) = (
                f64::from(u8::try_from(place % 4).unwrap_or(0)),
                f64::from(u8::try_from(place / 4).unwrap_or(0)),
            );
            let rect = Rect {
                x: 16.0 + column * (CARD.0 + GAP.0),
                y: y + 36.0 + row * (CARD.1 + GAP.1),
                w: CARD.0,
                h: CARD.1,
            };
            bottom = rect.y + rect.h + 16.0;
            right = right.max(rect.x + rect.w + 16.0);
            nodes.push(node(part, rect, Some(root.id)));
            places.insert(part.id, rect);
        }
        nodes[frame].rect = Rect { x: 0.0, y, w: right, h: bottom - y };
        nodes[frame].is_group = true;
        y = bottom + GAP.1;
    }
    let edges = store
        .all()
        .flat_map(|element| element.relations.iter().map(move |relation| (element.id, relation)))
        .filter(|(_, relation)| relation.kind.is_drawn() && relation.kind != RelationKind::PartOf)
        .filter_map(|(source, relation)| {
            let (from, to) = (places.get(&source)?, places.get(&relation.target)?);
            let (a, b) =
                (Point::new(from.x + from.w, from.y + from.h / 2.0), Point::new(to.x, to.y + to.h / 2.0));
            let middle = (a.x + b.x) / 2.0;
            Some(SceneEdge {
                id: relation.id.to_string(),
                kind: relation.kind.as_str().to_owned(),
                source: source.to_string(),
                target: relation.target.to_string(),
                points: vec![a, Point::new(middle, a.y), Point::new(middle, b.y), b],
                label: None,
                text: None,
                interaction: Default::default(),
                count: 1,
                relations: vec![relation.id.to_string()],
            })
        })
        .collect();
    let bounds = Rect { x: -300.0, y: -20.0, w: 1320.0, h: y + 40.0 };
    let view = id.and_then(|id| store.views().items.into_iter().find(|view| view.id == id));
    let title = view.as_ref().map(|view| view.name.clone()).unwrap_or_default();
    ViewScene { view, path: Vec::new(), scene: Scene { title, bounds, nodes, edges }, coarse: false }
}

fn node(element: &Element, rect: Rect, parent: Option<DocumentId>) -> SceneNode {
    SceneNode {
        id: element.id.to_string(),
        kind: element.kind.as_str().to_owned(),
        name: element.name.clone(),
        label: element.name.clone(),
        technology: element.property("technology"),
        is_group: false,
        parent: parent.map(|parent| parent.to_string()),
        rect,
        external: false,
        depth: u32::from(parent.is_some()),
        status: None,
        findings: 0,
    }
}
