//! Classification on one device: which document is sealed under what, and that a thing that is classified anew keeps
//! its id, its relations and its undo.

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
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Levels".into() }).unwrap();
    app
}

fn element(app: &App, name: &str, level: Option<&str>) -> DocumentId {
    let level = level.map(|level| ("classification".to_owned(), PropertyValue::Text(level.into())));
    let params = ElementCreateParams {
        kind: ElementKind::Component,
        name: name.into(),
        description: format!("About {name}"),
        properties: level.into_iter().collect(),
        tags: ["core".to_owned()].into(),
        parent: None,
    };
    ops::element::create(app, params).unwrap().element.id
}

fn classify(app: &App, id: DocumentId, level: Option<&str>) -> Result<ElementView, ApiError> {
    let value = level.map(|level| PropertyValue::Text(level.into()));
    let mut params = ElementUpdateParams::of(id);
    params.properties.insert("classification".into(), value);
    ops::element::update(app, params)
}

fn relate(app: &App, source: DocumentId, target: DocumentId, words: &str) -> RelationView {
    let properties = [("description".to_owned(), PropertyValue::Text(words.into()))].into();
    let params = RelationCreateParams { source, kind: RelationKind::Uses, target, properties };
    ops::relation::create(app, params).unwrap()
}

fn get(app: &App, id: DocumentId) -> ElementView {
    ops::element::get(app, ElementGetParams { id }).unwrap()
}

/// Compartments of the documents that hold a word in what they say now.
fn lies_in(app: &App, word: &str) -> Vec<u8> {
    app.read(|tx| {
        let mut statement = tx.sql().prepare("SELECT compartment, row FROM document ORDER BY compartment")?;
        let rows: Vec<(u8, i64)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        for (compartment, row) in rows {
            let mut bytes: Vec<u8> =
                tx.sql().query_row("SELECT save FROM document WHERE row = ?1", [row], |row| row.get(0))?;
            let mut tail = tx.sql().prepare("SELECT change FROM tail WHERE document = ?1 ORDER BY seq")?;
            for change in tail.query_map([row], |row| row.get::<_, Vec<u8>>(0))? {
                bytes.extend(change?);
            }
            let mut doc = automerge::AutoCommit::new();
            doc.load_incremental(&bytes).unwrap();
            let said =
                doc.get_changes(&[]).iter().any(|change| format!("{:?}", change.decode()).contains(word));
            if said {
                found.push(compartment);
            }
        }
        Ok(found)
    })
    .unwrap()
}

fn same_when_made_anew(app: &App) {
    let look = || {
        let counts = app.read(|tx| query::summary(tx)).unwrap();
        let params = ExportParams { format: "json".into(), ..ExportParams::default() };
        (counts, ops::export::run(app, params).unwrap().text)
    };
    let before = look();
    app.workspace().unwrap().transaction::<_, CoreError>(project::rebuild).unwrap();
    assert_eq!(look(), before);
}

#[test]
fn what_is_made_is_sealed_by_its_classification() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    for (name, level, number) in [
        ("Plainly", None, 1),
        ("Openly", Some("public"), 0),
        ("Confidingly", Some("confidential"), 2),
        ("Secretly", Some("restricted"), 3),
    ] {
        let id = element(&app, name, level);
        assert_eq!(lies_in(&app, name), [number], "{name}");
        let shown = get(&app, id).element.property("classification");
        assert_eq!(shown.as_deref(), level, "{name}");
    }
    let page = PageCreateParams {
        kind: PageKind::Doc,
        title: "Hushed".into(),
        path: String::new(),
        body: "Hushed words".into(),
        about: None,
        classification: Some("restricted".into()),
    };
    let page = ops::page::create(&app, page).unwrap();
    assert_eq!((page.classification.as_str(), lies_in(&app, "Hushed")), ("restricted", vec![3]));
    same_when_made_anew(&app);
}

#[test]
fn classifying_anew_keeps_everything_that_names_the_thing() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    let (shop, ledger) = (element(&app, "Shop", None), element(&app, "Ledger", None));
    relate(&app, shop, ledger, "posts bookings");
    relate(&app, ledger, shop, "asks for orders");
    let view = ViewCreateParams {
        kind: ViewKind::Container,
        name: "Inside the ledger".into(),
        scope: Some(ledger),
        filter: ViewFilter::default(),
    };
    let view = ops::view::create(&app, view).unwrap();
    let before = get(&app, ledger);

    let after = classify(&app, ledger, Some("restricted")).unwrap();
    assert_eq!(after.element.id, ledger);
    assert_eq!(after.incoming, before.incoming);
    assert_eq!(after.outgoing, before.outgoing);
    assert_eq!(after.element.description, before.element.description);
    assert_eq!(after.element.tags, before.element.tags);
    assert_eq!(after.element.property("classification").as_deref(), Some("restricted"));
    assert_eq!(after.views.len(), 1);
    assert_eq!(app.read(|tx| tx.compartment_of(view.id)).unwrap(), Some(3), "its diagram went with it");
    assert_eq!(lies_in(&app, "Inside the ledger"), [1, 3]);
    let shown = get(&app, shop);
    assert_eq!(shown.outgoing[0].target_name, "Ledger");
    assert_eq!(shown.outgoing[0].properties.len(), 1, "what is said is there for those who may know");
    same_when_made_anew(&app);

    // Edits go on, and what they say stays where it belongs.
    let mut params = ElementUpdateParams::of(ledger);
    params.name = Some("Ledger of the quiet accounts".into());
    ops::element::update(&app, params).unwrap();
    assert_eq!(lies_in(&app, "quiet accounts"), [3]);
    relate(&app, shop, ledger, "whispers amounts");
    assert_eq!(lies_in(&app, "whispers amounts"), [3], "not in the shop's document");

    let down = classify(&app, ledger, Some("internal")).unwrap();
    assert_eq!(down.element.name, "Ledger of the quiet accounts");
    assert_eq!(down.incoming.len(), 2);
    assert!(down.incoming.iter().all(|relation| relation.properties.len() == 1));
    same_when_made_anew(&app);
    let hits = ops::search::query(&app, SearchParams { text: "quiet".into(), limit: 9 }).unwrap().hits;
    assert_eq!(hits.len(), 1, "found once");
}

#[test]
fn undo_and_redo_walk_over_classifying() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    let (shop, ledger) = (element(&app, "Shop", None), element(&app, "Ledger", None));
    relate(&app, shop, ledger, "posts bookings");
    let start = get(&app, ledger);
    classify(&app, ledger, Some("restricted")).unwrap();
    let mut params = ElementUpdateParams::of(ledger);
    params.name = Some("Renamed while restricted".into());
    ops::element::update(&app, params).unwrap();
    let end = get(&app, ledger);

    ops::edit::undo(&app, EditUndoParams {}).unwrap();
    ops::edit::undo(&app, EditUndoParams {}).unwrap();
    assert_eq!(get(&app, ledger), start);
    assert_eq!(app.read(|tx| tx.compartment_of(ledger)).unwrap(), Some(1));
    same_when_made_anew(&app);
    ops::edit::redo(&app, EditRedoParams {}).unwrap();
    ops::edit::redo(&app, EditRedoParams {}).unwrap();
    assert_eq!(get(&app, ledger), end);
    for _ in 0..5 {
        ops::edit::undo(&app, EditUndoParams {}).unwrap();
    }
    assert!(ops::element::list(&app, ElementListParams::default()).unwrap().items.is_empty());
    let secret = element(&app, "Secret", Some("restricted"));
    ops::element::delete(&app, ElementDeleteParams { ids: vec![secret] }).unwrap();
    let list = ops::element::list(&app, ElementListParams::default()).unwrap();
    assert!(list.items.is_empty() && list.hidden.is_empty());
    ops::edit::undo(&app, EditUndoParams {}).unwrap();
    assert_eq!(get(&app, secret).element.name, "Secret");
    same_when_made_anew(&app);
}

#[test]
fn nobody_classifies_above_their_own_clearance() {
    let dir = tempfile::tempdir().unwrap();
    let app = app(dir.path());
    let (seen, secret) = (element(&app, "Seen", None), element(&app, "Secret", Some("restricted")));
    relate(&app, seen, secret, "hands over names");
    // As on a device that was never cleared: neither key nor document.
    app.workspace()
        .unwrap()
        .transaction::<_, CoreError>(|tx| {
            tx.sql().execute("DELETE FROM compartment_key WHERE compartment = 3", [])?;
            for table in ["tail", "element", "relation", "search", "tag", "stale", "relation_more"] {
                let row = if table == "tail" {
                    "document"
                } else if table == "search" {
                    "rowid"
                } else {
                    "row"
                };
                let sql = format!(
                    "DELETE FROM {table} WHERE {row} IN (SELECT row FROM document WHERE compartment = 3)"
                );
                tx.sql().execute(&sql, [])?;
            }
            tx.sql().execute("DELETE FROM document WHERE compartment = 3", [])?;
            Ok(())
        })
        .unwrap();
    app.workspace().unwrap().transaction::<_, CoreError>(project::rebuild).unwrap();

    let before = get(&app, seen);
    let refused = classify(&app, seen, Some("restricted")).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("properties.classification"));
    assert!(refused.hint.contains("clearance"), "{refused:?}");
    assert_eq!(get(&app, seen).element, before.element, "nothing was changed");
    let refused = ops::element::get(&app, ElementGetParams { id: secret }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    let shown = get(&app, seen).outgoing.remove(0);
    assert_eq!((shown.target_name.as_str(), shown.target_kind.as_str()), ("Restricted element", "hidden"));
    assert!(shown.properties.is_empty());
    let list = ops::element::list(&app, ElementListParams::default()).unwrap();
    assert_eq!((list.items.len(), list.total, list.hidden.len()), (1, 1, 1));
    let refused = ops::element::delete(&app, ElementDeleteParams { ids: vec![secret] }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    let export = ops::export::run(&app, params).unwrap().text.unwrap();
    assert!(export.contains("Restricted element") && !export.contains("hands over"));
    assert_eq!(app.read(|tx| query::summary(tx)).unwrap().dangling, 0);
}
