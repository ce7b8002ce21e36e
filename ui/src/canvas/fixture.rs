//! Scenes for the tests of the canvas.

use groundplan_shared::scene::{Point, Rect, Scene, SceneEdge, SceneLabel, SceneNode};

/// A card.
pub fn card(id: &str, x: f64, y: f64, parent: Option<&str>) -> SceneNode {
    SceneNode {
        id: id.to_owned(),
        kind: "component".to_owned(),
        name: id.to_owned(),
        label: id.to_owned(),
        technology: None,
        is_group: false,
        parent: parent.map(str::to_owned),
        rect: Rect::new(x, y, 120.0, 36.0),
        external: false,
        depth: u32::from(parent.is_some()),
        status: None,
        findings: 0,
    }
}

/// A straight edge between the middles of two cards' sides.
pub fn edge(id: &str, source: &SceneNode, target: &SceneNode) -> SceneEdge {
    let (from, to) = (source.rect.center(), target.rect.center());
    SceneEdge {
        id: id.to_owned(),
        kind: "uses".to_owned(),
        source: source.id.clone(),
        target: target.id.clone(),
        points: vec![from, Point::new(to.x, from.y), to],
        text: None,
        label: None,
        interaction: groundplan_shared::scene::Interaction::Sync,
        count: 1,
        relations: vec![id.to_owned()],
    }
}

/// A frame `shop` with `web` above `db`, and `user` left of `web`.
pub fn small() -> Scene {
    let mut shop = card("shop", 200.0, 0.0, None);
    shop.is_group = true;
    shop.rect = Rect::new(200.0, 0.0, 160.0, 240.0);
    let web = card("web", 220.0, 40.0, Some("shop"));
    let db = card("db", 220.0, 180.0, Some("shop"));
    let user = card("user", 0.0, 40.0, None);
    let mut sells = edge("user-web", &user, &web);
    sells.text = Some("buys".to_owned());
    sells.label = Some(SceneLabel { text: "buys".to_owned(), rect: Rect::new(140.0, 20.0, 40.0, 16.0) });
    let edges = vec![sells, edge("web-db", &web, &db)];
    Scene {
        title: "Shop".to_owned(),
        bounds: Rect::new(0.0, 0.0, 360.0, 240.0),
        nodes: vec![shop, web, db, user],
        edges,
    }
}

/// A square of cards, each related to its right neighbour.
pub fn big(count: usize) -> Scene {
    let columns = (1..).find(|side| side * side >= count).unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let nodes: Vec<SceneNode> = (0..count)
        .map(|i| card(&format!("n{i}"), (i % columns) as f64 * 200.0, (i / columns) as f64 * 100.0, None))
        .collect();
    let edges = nodes
        .windows(2)
        .filter(|pair| pair[0].rect.y == pair[1].rect.y)
        .map(|pair| edge(&format!("{}-{}", pair[0].id, pair[1].id), &pair[0], &pair[1]))
        .collect();
    let bounds = nodes.iter().fold(Rect::default(), |all, node| all.union(&node.rect));
    Scene { title: "Big".to_owned(), bounds, nodes, edges }
}
