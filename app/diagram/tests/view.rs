//! From elements and relations to a scene: folding, what is stored, what is refused, and the drawn result.
#![cfg(test)]

use groundplan_diagram::{
    Deadline, DiagramElement, DiagramRelation, Drawn, NestedLayers, SceneError, scene_from,
};
use groundplan_shared::scene::{Interaction, draw, outline, to_svg};

fn element(id: &str, kind: &str, parent: Option<&str>) -> DiagramElement {
    DiagramElement {
        id: id.into(),
        kind: kind.into(),
        name: format!("{id} <&>"),
        parent: parent.map(Into::into),
        ..DiagramElement::default()
    }
}

fn relation(id: &str, source: &str, target: &str, label: Option<&str>) -> DiagramRelation {
    DiagramRelation {
        id: id.into(),
        kind: "uses".into(),
        source: source.into(),
        target: target.into(),
        label: label.map(Into::into),
        interaction: Interaction::Sync,
    }
}

fn drawn(elements: &[DiagramElement], relations: &[DiagramRelation]) -> Result<Drawn, SceneError> {
    scene_from(&NestedLayers, "A view", elements, relations, &Deadline::unlimited())
}

fn sample() -> Vec<DiagramElement> {
    // The child is listed before its frame on purpose.
    vec![
        element("core", "component", Some("app")),
        element("app", "system", None),
        element("store", "datastore", None),
    ]
}

#[test]
fn relations_of_one_pair_fold_and_self_relations_are_left_out() {
    let relations = [
        relation("r1", "core", "store", Some("reads")),
        relation("r2", "core", "store", Some("writes")),
        relation("r3", "store", "core", None),
        relation("r4", "core", "core", None),
    ];
    let scene = drawn(&sample(), &relations).expect("a valid diagram").scene;
    let folded: Vec<(&str, u32)> = scene.edges.iter().map(|edge| (edge.id.as_str(), edge.count)).collect();
    assert_eq!(folded, [("r1", 2), ("r3", 1)]);
    assert_eq!(scene.edges[0].text.as_deref(), Some("reads, writes"));
    assert_eq!(scene.edges[0].relations, ["r1", "r2"]);
}

#[test]
fn frames_come_first_and_only_cards_are_stored() {
    let drawn = drawn(&sample(), &[]).expect("a valid diagram");
    let ids: Vec<&str> = drawn.scene.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["app", "store", "core"]);
    assert!(drawn.scene.nodes[0].is_group && drawn.scene.nodes[0].rect.contains(&drawn.scene.nodes[2].rect));
    let placed: Vec<&str> = drawn.placed.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(placed, ["core", "store"]);
}

#[test]
fn stored_positions_give_the_same_scene_and_nothing_more_to_store() {
    let relations = [relation("r1", "core", "store", Some("reads"))];
    let first = drawn(&sample(), &relations).expect("a valid diagram");
    let mut stored = sample();
    for (id, point) in &first.placed {
        stored.iter_mut().filter(|e| e.id == *id).for_each(|e| e.position = Some(*point));
    }
    let again = drawn(&stored, &relations).expect("a valid diagram");
    assert_eq!(again.scene, first.scene);
    assert!(again.placed.is_empty());
}

#[test]
fn what_is_no_diagram_is_refused() {
    let twice = [element("a", "node", None), element("a", "node", None)];
    assert_eq!(drawn(&twice, &[]), Err(SceneError::DuplicateElement { id: "a".into() }));
    let loose = relation("r1", "core", "gone", None);
    assert_eq!(drawn(&sample(), &[loose]), Err(SceneError::MissingEnd { id: "r1".into() }));
    // A parent that is not drawn is no error: the element stands at the top.
    assert!(drawn(&[element("a", "node", Some("elsewhere"))], &[]).is_ok());
}

#[test]
fn the_svg_and_the_outline_hold_every_element() {
    let relations = [relation("r1", "core", "store", Some("reads"))];
    let scene = drawn(&sample(), &relations).expect("a valid diagram").scene;
    let svg = to_svg(&draw(&scene));
    for id in ["core", "app", "store", "r1"] {
        assert!(svg.contains(&format!("data-id=\"{id}\"")), "{id}");
    }
    assert!(svg.contains("core &lt;&amp;&gt;") && !svg.contains("<&>"));
    assert_eq!(outline(&scene).len(), 2);
}
