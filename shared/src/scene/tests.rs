//! Tests of drawing and outline on one small scene.

use super::*;

fn node(id: &str, kind: &str, parent: Option<&str>, is_group: bool, rect: Rect) -> SceneNode {
    SceneNode {
        id: id.into(),
        kind: kind.into(),
        name: format!("Name of {id}"),
        label: format!("Name of {id}"),
        technology: None,
        is_group,
        parent: parent.map(Into::into),
        rect,
        external: false,
        depth: u32::from(parent.is_some()),
        status: None,
        findings: 0,
    }
}

fn scene() -> Scene {
    let mut store = node("store", "datastore", None, false, Rect::new(300.0, 28.0, 120.0, 44.0));
    store.external = true;
    store.technology = Some("PostgreSQL".into());
    store.status = Some(NodeStatus::Failing);
    store.findings = 120;
    Scene {
        title: "A view".into(),
        bounds: Rect::new(0.0, 0.0, 420.0, 100.0),
        nodes: vec![
            node("frame", "system", None, true, Rect::new(0.0, 0.0, 200.0, 100.0)),
            node("core", "component", Some("frame"), false, Rect::new(16.0, 28.0, 120.0, 36.0)),
            store,
        ],
        edges: vec![SceneEdge {
            id: "r1".into(),
            kind: "uses".into(),
            source: "core".into(),
            target: "store".into(),
            points: vec![Point::new(136.0, 46.0), Point::new(300.0, 46.0)],
            text: Some("reads and writes".into()),
            label: Some(SceneLabel { text: "reads…".into(), rect: Rect::new(210.0, 38.0, 50.0, 16.0) }),
            interaction: Interaction::Async,
            count: 2,
            relations: vec!["r1".into(), "r2".into()],
        }],
    }
}

#[test]
fn frames_lie_below_edges_below_cards_below_labels() {
    let drawing = draw(&scene());
    let roles: Vec<Role> = drawing.groups.iter().map(|group| group.role).collect();
    assert_eq!(roles, [Role::Frame, Role::Edge, Role::Node, Role::Node, Role::Label]);
    assert_eq!(drawing.description, "3 elements, 1 group, 2 relations");
}

#[test]
fn classes_and_titles_say_what_colours_alone_must_not() {
    let drawing = draw(&scene());
    let edge = &drawing.groups[1];
    assert_eq!(edge.class, "gp-edge gp-kind-uses gp-async gp-many");
    assert_eq!(edge.title, "Name of core uses Name of store: reads and writes (2 relations)");
    let store = &drawing.groups[3];
    assert_eq!(store.class, "gp-node gp-kind-datastore gp-external gp-status-failing");
    assert_eq!(store.title, "Name of store (datastore, external, PostgreSQL, failing, 120 findings)");
    assert!(store.shapes.iter().any(|shape| matches!(shape, Shape::Text { text, .. } if text == "99+")));
}

#[test]
fn kinds_differ_by_outline_before_colour() {
    let outline_of = |kind: &str| {
        let mut scene = scene();
        scene.nodes[1].kind = kind.into();
        format!("{:?}", draw(&scene).groups[2].shapes[0])
    };
    let kinds = ["component", "datastore", "channel", "actor", "api", "data_asset", "node"];
    let distinct: std::collections::BTreeSet<_> = kinds.iter().map(|kind| outline_of(kind)).collect();
    assert_eq!(distinct.len(), kinds.len());
}

#[test]
fn the_outline_holds_what_is_drawn() {
    let items = outline(&scene());
    assert_eq!(items.len(), 2);
    let core = &items[0].children[0];
    assert_eq!((core.outgoing.len(), core.incoming.len()), (1, 0));
    assert_eq!(items[1].incoming[0].other, "core");
    assert_eq!(
        outline_text(&items),
        "Name of frame (system)\n  Name of core (component)\n    uses Name of store: reads and writes (2 relations)\n\
         Name of store (datastore, PostgreSQL, external)\n"
    );
}

#[test]
fn a_scene_survives_json_and_old_scenes_are_read() {
    let scene = scene();
    let text = serde_json::to_string(&scene).expect("a scene is plain data");
    assert_eq!(serde_json::from_str::<Scene>(&text).expect("what was written"), scene);
    let bare = r#"{"id":"a","kind":"node","name":"A","label":"A","rect":{"x":0,"y":0,"w":1,"h":1}}"#;
    assert_eq!(serde_json::from_str::<SceneNode>(bare).expect("defaults").findings, 0);
}
