//! Lists on a workspace of some size: in pieces, counted, as a tree; the same as when everything is made anew.

use std::sync::Arc;

use groundplan_app::core::CoreError;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{ops, project, query};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

fn app(dir: &std::path::Path) -> Arc<App> {
    let key = KeyOptions { passphrase: Some("a long passphrase".to_owned().into()), prefer_passphrase: true };
    let app = App::open(&ProfileOptions { data_dir: Some(dir.to_owned()), key, create: true, profile: None })
        .unwrap();
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Lists".into() }).unwrap();
    app
}

fn element(app: &App, name: &str, parent: Option<DocumentId>) -> DocumentId {
    let params = ElementCreateParams {
        kind: if parent.is_some() { ElementKind::Component } else { ElementKind::System },
        name: name.into(),
        description: String::new(),
        properties: Default::default(),
        tags: Default::default(),
        parent,
    };
    ops::element::create(app, params).unwrap().element.id
}

fn page(app: &App, path: &str) -> DocumentId {
    let title = path.rsplit('/').next().unwrap().to_owned();
    let params = PageCreateParams {
        kind: PageKind::Doc,
        title,
        path: path.into(),
        body: String::new(),
        about: None,
        classification: None,
    };
    ops::page::create(app, params).unwrap().page.id
}

fn tree(app: &App, params: ExplorerListParams) -> ExplorerList {
    ops::explorer::list(app, params).unwrap()
}

fn part(part: ExplorerPart) -> ExplorerListParams {
    let (parent, folder, filter, around) = (None, String::new(), String::new(), None);
    ExplorerListParams { part, parent, folder, filter, around, offset: 0, limit: 0 }
}

fn names(list: &ExplorerList) -> Vec<&str> {
    list.rows.iter().map(|row| row.name.as_str()).collect()
}

/// Everything that the projections answer, before and after they are made anew, is the same.
fn same_when_made_anew(app: &App) {
    let look = || {
        let counts = app.read(|tx| query::summary(tx)).unwrap();
        let mut trees = Vec::new();
        for which in [ExplorerPart::Views, ExplorerPart::Elements, ExplorerPart::Pages] {
            trees.push(tree(app, part(which)));
        }
        let elements = ops::element::list(app, ElementListParams::default()).unwrap();
        let below: Vec<_> = elements
            .items
            .iter()
            .map(|e| tree(app, ExplorerListParams { parent: Some(e.id), ..part(ExplorerPart::Elements) }))
            .collect();
        let found =
            ops::search::query(app, SearchParams { text: "kind:component".into(), limit: 500 }).unwrap();
        (counts, trees, elements, below, found.hits)
    };
    let before = look();
    app.workspace().unwrap().transaction::<_, CoreError>(project::rebuild).unwrap();
    assert_eq!(look(), before);
}

#[test]
fn counts_and_tree_follow_every_change() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    let shop = element(&app, "shop", None);
    let web = element(&app, "web", Some(shop));
    let cart = element(&app, "cart", Some(web));
    let pay = element(&app, "pay", Some(shop));
    let guide = page(&app, "ops/db/guide.md");
    page(&app, "ops/readme.md");
    page(&app, "top.md");
    let relate = |source, kind, target| {
        let params = RelationCreateParams { kind, source, target, properties: Default::default() };
        ops::relation::create(&app, params).unwrap()
    };
    relate(web, RelationKind::Uses, pay);
    relate(cart, RelationKind::DocumentedBy, guide);
    same_when_made_anew(&app);

    let roots = tree(&app, part(ExplorerPart::Elements));
    assert_eq!((names(&roots), roots.total, roots.all, roots.rows[0].parts), (vec!["shop"], 1, 4, 2));
    let inside = tree(&app, ExplorerListParams { parent: Some(shop), ..part(ExplorerPart::Elements) });
    assert_eq!(names(&inside), ["pay", "web"]);
    let around = tree(&app, ExplorerListParams { around: Some(cart), ..part(ExplorerPart::Elements) });
    assert_eq!(around.path.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["shop", "web"]);
    assert_eq!(names(&around), ["cart"]);
    let filtered = tree(&app, ExplorerListParams { filter: "CAR".into(), ..part(ExplorerPart::Elements) });
    let depths: Vec<_> = filtered.rows.iter().map(|row| (row.name.as_str(), row.depth, row.parts)).collect();
    assert_eq!(depths, [("shop", 0, 1), ("web", 1, 1), ("cart", 2, 0)]);
    assert_eq!((filtered.total, filtered.more), (1, false));

    let pages = tree(&app, part(ExplorerPart::Pages));
    assert_eq!((names(&pages), pages.total, pages.all), (vec!["ops", "top.md"], 2, 3));
    let ops = tree(&app, ExplorerListParams { folder: "ops".into(), ..part(ExplorerPart::Pages) });
    assert_eq!(names(&ops), ["db", "readme.md"]);
    let second = tree(
        &app,
        ExplorerListParams { folder: "ops".into(), offset: 1, limit: 1, ..part(ExplorerPart::Pages) },
    );
    assert_eq!((names(&second), second.offset, second.total), (vec!["readme.md"], 1, 2));
    let around = tree(&app, ExplorerListParams { around: Some(guide), ..part(ExplorerPart::Pages) });
    assert_eq!((names(&around), around.path.len()), (vec!["guide.md"], 2));

    // Moving, renaming, retyping and deleting.
    let update = ElementUpdateParams { parent: Some(pay), ..update_of(web) };
    groundplan_app::ops::element::update(&app, update).unwrap();
    same_when_made_anew(&app);
    groundplan_app::ops::page::update(
        &app,
        PageUpdateParams { path: Some("other/guide.md".into()), ..page_update_of(guide) },
    )
    .unwrap();
    assert_eq!(names(&tree(&app, part(ExplorerPart::Pages))), ["ops", "other", "top.md"]);
    same_when_made_anew(&app);
    groundplan_app::ops::page::delete(&app, PageDeleteParams { id: guide }).unwrap();
    assert_eq!(names(&tree(&app, part(ExplorerPart::Pages))), ["ops", "top.md"]);
    // The element alone goes, as when another device deletes it: what led to it dangles, its part becomes a root.
    app.workspace().unwrap().transaction::<_, CoreError>(|tx| tx.delete(pay)).unwrap();
    let counts = app.read(|tx| query::summary(tx)).unwrap();
    assert_eq!((counts.elements["component"], counts.dangling), (2, 2));
    assert_eq!(names(&tree(&app, part(ExplorerPart::Elements))), ["shop", "web"]);
    same_when_made_anew(&app);
}

fn update_of(id: DocumentId) -> ElementUpdateParams {
    serde_json::from_value(serde_json::json!({ "id": id })).unwrap()
}

fn page_update_of(id: DocumentId) -> PageUpdateParams {
    serde_json::from_value(serde_json::json!({ "id": id })).unwrap()
}

#[test]
fn lists_come_in_pieces_that_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    let mut last = None;
    for n in 0..23 {
        // Several of one name, and both cases.
        let id = element(&app, ["same", "Same", "other"][n % 3], None);
        page(&app, &format!("{}/{}.md", ["a", "B"][n % 2], n / 2));
        if let Some(last) = last.replace(id) {
            let params = RelationCreateParams {
                kind: RelationKind::Uses,
                source: id,
                target: last,
                properties: Default::default(),
            };
            ops::relation::create(&app, params).unwrap();
        }
    }
    let all = ops::element::list(&app, ElementListParams::default()).unwrap();
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let list =
            ops::element::list(&app, ElementListParams { limit: 5, after, ..Default::default() }).unwrap();
        assert_eq!(list.total, 23);
        items.extend(list.items);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(items, all.items);
    let all = ops::page::list(&app, PageListParams::default()).unwrap().items;
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let list = ops::page::list(&app, PageListParams { limit: 4, after, ..Default::default() }).unwrap();
        items.extend(list.items);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(items, all);
    let all = ops::relation::list(&app, RelationListParams::default()).unwrap().items;
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let list =
            ops::relation::list(&app, RelationListParams { limit: 3, after, ..Default::default() }).unwrap();
        items.extend(list.items);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((items.len(), &items), (22, &all));
}
