//! Stories of history through the commands, on a real encrypted store: who, when, what, compare, restore, export.

use std::path::Path;
use std::sync::Arc;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::api::*;
use groundplan_shared::model::*;

fn start(dir: &Path) -> Arc<App> {
    let app = App::open(&ProfileOptions {
        data_dir: Some(dir.to_owned()),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: true,
        profile: None,
    })
    .unwrap();
    let settings = SettingsSetParams { device_name: Some("Desk".into()), ..SettingsSetParams::default() };
    ops::app::set_settings(&app, settings).unwrap();
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    app
}

fn element(app: &App, name: &str) -> DocumentId {
    let params = serde_json::json!({ "kind": "component", "name": name, "description": "", "properties": {}, "tags": [] });
    ops::element::create(app, serde_json::from_value(params).unwrap()).unwrap().element.id
}

fn update(app: &App, id: DocumentId, change: impl FnOnce(&mut ElementUpdateParams)) {
    let mut params = ElementUpdateParams::of(id);
    change(&mut params);
    ops::element::update(app, params).unwrap();
}

fn list(app: &App, document: DocumentId) -> HistoryList {
    ops::history::list(app, HistoryListParams::of(document)).unwrap()
}

fn restore(app: &App, document: DocumentId, version: &str, field: Option<&str>) -> HistoryRestored {
    let params =
        HistoryRestoreParams { document, version: version.to_owned(), field: field.map(str::to_owned) };
    ops::history::restore(app, params).unwrap()
}

#[test]
fn an_element_tells_its_history_and_goes_back_whole_or_by_field() {
    let dir = tempfile::TempDir::new().unwrap();
    let app = start(dir.path());
    let (web, store) = (element(&app, "Web"), element(&app, "Orders"));
    update(&app, web, |params| {
        params.name = Some("Web shop".into());
        params.properties.insert("technology".into(), Some(PropertyValue::Text("Rust".into())));
    });
    let relation = serde_json::json!({ "kind": "uses", "source": web, "target": store, "properties": {} });
    ops::relation::create(&app, serde_json::from_value(relation).unwrap()).unwrap();
    ops::element::delete(&app, ElementDeleteParams { ids: vec![store] }).unwrap();

    let told = list(&app, web);
    assert_eq!((told.document.name.as_str(), told.deleted, told.items.len()), ("Web shop", false, 4));
    let author = &told.items[0].author;
    assert_eq!((author.device_name.as_str(), author.this), ("Desk", true));
    assert!(!author.member.is_empty());
    type Said = (String, Option<String>, Option<String>);
    let said: Vec<Vec<Said>> = told
        .items
        .iter()
        .map(|entry| {
            entry.changes.iter().map(|c| (c.label.clone(), c.before.clone(), c.after.clone())).collect()
        })
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(said[0], [("Uses".to_owned(), some("Orders"), None)], "deleted things keep their name");
    assert_eq!(said[1], [("Uses".to_owned(), None, some("Orders"))]);
    assert_eq!(
        said[2],
        [("Name".to_owned(), some("Web"), some("Web shop")), ("Technology".to_owned(), None, some("Rust"))]
    );
    assert_eq!(told.items[3].step, HistoryStep::Created);
    assert_eq!(list(&app, store).items[0].step, HistoryStep::Deleted);

    let first = told.items[3].version.clone();
    let compared = HistoryCompareParams { document: web, from: first.clone(), to: None };
    let compared = ops::history::compare(&app, compared).unwrap();
    assert_eq!(
        compared.changes.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(),
        ["name", "properties.technology"]
    );

    let name = |app: &App| {
        let view = ops::element::get(app, ElementGetParams { id: web }).unwrap();
        (view.element.name.clone(), view.element.property("technology"))
    };
    assert_eq!(restore(&app, web, &first, Some("name")).documents, 1);
    assert_eq!(name(&app), ("Web".to_owned(), some("Rust")));
    assert_eq!(restore(&app, web, &first, None).label, "Restore Web");
    assert_eq!(name(&app), ("Web".to_owned(), None));
    assert_eq!(restore(&app, web, &first, None).documents, 0);
    for _ in 0..2 {
        ops::edit::undo(&app, EditUndoParams {}).unwrap();
    }
    assert_eq!(name(&app), ("Web shop".to_owned(), some("Rust")), "undo takes a restore back");

    let version = list(&app, store).items[1].version.clone();
    let back = restore(&app, store, &version, None);
    assert_eq!((back.documents, back.relations), (1, 1));
    let view = ops::element::get(&app, ElementGetParams { id: web }).unwrap();
    assert_eq!(view.outgoing.len(), 1, "what led to it does so again");
    let refused = HistoryRestoreParams { document: web, version: first, field: Some("alive".into()) };
    assert_eq!(ops::history::restore(&app, refused).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn a_text_is_compared_by_words_and_an_export_shows_a_date() {
    let dir = tempfile::TempDir::new().unwrap();
    let app = start(dir.path());
    let params = serde_json::json!({ "kind": "doc", "title": "Notes", "body": "Take new orders." });
    let page = ops::page::create(&app, serde_json::from_value(params).unwrap()).unwrap().page.id;
    let open = TextOpenParams { document: page, field: TextField::Body };
    let state = ops::text::open(&app, open).unwrap();
    let edit = TextEditParams {
        document: page,
        field: TextField::Body,
        version: state.version.clone(),
        changes: vec![TextChange { at: 5, delete: 3, insert: "old".into() }],
    };
    ops::text::edit(&app, edit).unwrap();
    // Seen before it has settled: history is never behind.
    let told = list(&app, page);
    assert_eq!(told.items.len(), 2, "{told:?}");
    assert_eq!((told.items[0].changes[0].added, told.items[0].changes[0].removed), (1, 1));
    let params = HistoryCompareParams { document: page, from: told.items[1].version.clone(), to: None };
    let pieces = ops::history::compare(&app, params).unwrap().changes[0].pieces.clone();
    let said: Vec<(PieceKind, &str)> = pieces.iter().map(|piece| (piece.kind, piece.text.as_str())).collect();
    assert_eq!(
        said,
        [
            (PieceKind::Same, "Take "),
            (PieceKind::Removed, "new"),
            (PieceKind::Added, "old"),
            (PieceKind::Same, " orders.")
        ]
    );
    restore(&app, page, &told.items[1].version, Some("body"));
    let now = ops::text::open(&app, TextOpenParams { document: page, field: TextField::Body }).unwrap();
    assert_eq!(now.text, "Take new orders.");

    let export = |at_ms| {
        let params = ExportParams { format: "json".into(), at_ms, ..ExportParams::default() };
        ops::export::run(&app, params).map(|done| done.text.unwrap())
    };
    let now_ms = groundplan_app::env::now_ms();
    assert_eq!(export(Some(now_ms)).unwrap(), export(None).unwrap());
    assert!(!export(Some(1)).unwrap().contains("Notes"));
    assert_eq!(export(Some(now_ms + 60_000)).unwrap_err().code, ErrorCode::InvalidInput);
}
