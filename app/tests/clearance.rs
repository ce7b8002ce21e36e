//! Stories of classification between members: who is not cleared holds neither key nor word, who is cleared later reads
//! the history, who loses a clearance keeps nothing, and what was written meanwhile is not lost.

use crate::helpers::*;
use groundplan_app::ops;
use groundplan_server::RunningServer;
use groundplan_shared::api::*;
use groundplan_shared::model::*;

const CANARY: &str = "quetzal";

/// A member of the clearance `internal` on a device of her own.
async fn guest(a: &Device, server: &RunningServer) -> Device {
    let params = MemberInviteParams { role: "editor".into(), clearance: "internal".into(), days: 0 };
    let invite = ops::member::invite::run(&a.app, params).await.unwrap();
    let b = device("Guest's laptop");
    register(&b, server, "grace").await;
    let join = MemberJoinParams { link: invite.link, name: "Grace".into(), timeout_ms: 60_000 };
    ops::member::join::run(&b.app, join).await.unwrap();
    b
}

async fn settle(devices: &[&Device]) {
    for _ in 0..3 {
        for device in devices {
            sync(device).await;
        }
    }
}

fn classify(device: &Device, id: DocumentId, level: &str) {
    let mut params = ElementUpdateParams::of(id);
    params.properties.insert("classification".into(), Some(PropertyValue::Text(level.into())));
    ops::element::update(&device.app, params).unwrap();
}

fn describe(device: &Device, id: DocumentId, at: u32, words: &str) {
    let field = TextField::Description;
    let state = ops::text::open(&device.app, TextOpenParams { document: id, field }).unwrap();
    let changes = vec![TextChange { at, delete: 0, insert: words.into() }];
    ops::text::edit(&device.app, TextEditParams { document: id, field, version: state.version, changes })
        .unwrap();
}

fn get(device: &Device, id: DocumentId) -> Result<ElementView, ApiError> {
    ops::element::get(&device.app, ElementGetParams { id })
}

/// Makes something restricted, and around it everything through which it could get out.
fn secret(device: &Device, near: DocumentId) -> DocumentId {
    let app = &device.app;
    let text = |words: &str| PropertyValue::Text(words.into());
    let element = ElementCreateParams {
        kind: ElementKind::Datastore,
        name: format!("{CANARY} vault"),
        description: format!("Where the {CANARY} sleeps"),
        properties: [
            ("classification".to_owned(), text("restricted")),
            ("technology".to_owned(), text(&format!("{CANARY}-db"))),
        ]
        .into(),
        tags: [format!("{CANARY}-tag")].into(),
        parent: None,
    };
    let id = ops::element::create(app, element).unwrap().element.id;
    for (source, target) in [(near, id), (id, near)] {
        let properties = [("description".to_owned(), text(&format!("feeds the {CANARY}")))].into();
        let params = RelationCreateParams { source, kind: RelationKind::Uses, target, properties };
        ops::relation::create(app, params).unwrap();
    }
    let page = PageCreateParams {
        kind: PageKind::Runbook,
        title: format!("Feeding the {CANARY}"),
        path: format!("{CANARY}/feeding.md"),
        body: format!("Give the {CANARY} nuts. [[{CANARY} vault]] #{CANARY}"),
        about: Some(near),
        classification: Some("restricted".into()),
    };
    ops::page::create(app, page).unwrap();
    let view = ViewCreateParams {
        kind: ViewKind::Container,
        name: format!("Inside the {CANARY} vault"),
        scope: Some(id),
        filter: ViewFilter::default(),
    };
    ops::view::create(app, view).unwrap();
    id
}

/// Everything that lies in a device's store in the clear, and all that its interfaces give out.
fn all_words(device: &Device) -> String {
    let app = &device.app;
    let mut all = app
        .read_index(|tx| {
            let mut all = String::new();
            let names: Vec<String> = tx
                .sql()
                .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for name in names.iter().filter(|name| !name.ends_with("_config")) {
                let mut statement = tx.sql().prepare(&format!("SELECT * FROM \"{name}\""))?;
                let columns = statement.column_count();
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        let bytes = match row.get_ref(column)? {
                            rusqlite::types::ValueRef::Text(bytes)
                            | rusqlite::types::ValueRef::Blob(bytes) => bytes,
                            _ => continue,
                        };
                        all.push_str(&String::from_utf8_lossy(bytes));
                        all.push('\n');
                    }
                }
            }
            // Saves and changes are compressed.
            for sql in [
                "SELECT save FROM document",
                "SELECT change FROM tail",
                "SELECT change FROM typed",
                "SELECT change FROM outbox",
            ] {
                let mut statement = tx.sql().prepare(sql)?;
                let rows: Vec<Vec<u8>> =
                    statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                for bytes in rows {
                    let changes = automerge::AutoCommit::load(&bytes)
                        .map(|mut doc| doc.get_changes(&[]))
                        .or_else(|_| automerge::Change::from_bytes(bytes).map(|change| vec![change]));
                    all.push_str(&format!(
                        "{:?}",
                        changes.map(|all| all.iter().map(|c| c.decode()).collect::<Vec<_>>())
                    ));
                }
            }
            Ok(all)
        })
        .unwrap();
    all.push_str(&everything(device));
    let svg = ExportParams { format: "svg".into(), ..ExportParams::default() };
    all.push_str(&ops::export::run(app, svg).unwrap().text.unwrap());
    for part in [ExplorerPart::Elements, ExplorerPart::Pages, ExplorerPart::Views] {
        let params = serde_json::from_value(serde_json::json!({ "part": part })).unwrap();
        all.push_str(&serde_json::to_string(&ops::explorer::list(app, params).unwrap()).unwrap());
    }
    let relations = ops::relation::list(app, RelationListParams::default()).unwrap();
    all + &serde_json::to_string(&relations).unwrap()
}

fn keys_above_internal(device: &Device) -> u32 {
    device
        .app
        .read(|tx| {
            let sql = "SELECT (SELECT count(*) FROM compartment_key WHERE compartment > 1)
                + (SELECT count(*) FROM document WHERE compartment > 1)";
            Ok(tx.sql().query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_cleared_holds_neither_key_nor_word() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let shop = element(&a, "Shop front");
    let vault = secret(&a, shop);
    let later = element(&a, "Plain thing");
    let b = guest(&a, &server).await;
    settle(&[&a, &b]).await;
    classify(&a, later, "restricted");
    rename(&a, later, &format!("{CANARY} thing"));
    settle(&[&a, &b]).await;

    assert!(all_words(&a).contains(CANARY), "the look finds what is there");
    let words = all_words(&b);
    let at = words.find(CANARY).unwrap_or(0);
    assert!(
        !words.contains(CANARY),
        "{}",
        words.chars().skip(at.saturating_sub(80)).take(200).collect::<String>()
    );
    assert_eq!(keys_above_internal(&b), 0);

    let seen = get(&b, shop).unwrap();
    let signs = |relations: &[RelationView]| -> Vec<String> {
        relations.iter().map(|relation| relation.target_name.clone()).collect()
    };
    let mut shown = signs(&seen.outgoing);
    shown.sort();
    assert_eq!(shown, ["Restricted element", "Restricted page"]);
    assert!(seen.incoming.is_empty(), "what leads out of it is its own");
    for id in [vault, later] {
        let refused = get(&b, id).unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotAllowed);
        assert!(refused.hint.contains("clearance"), "{refused:?}");
    }
    let list = ops::element::list(&b.app, ElementListParams::default()).unwrap();
    assert_eq!(list.hidden.len(), 2);
    assert!(list.items.iter().all(|item| item.name != "Plain thing"));
    let found =
        |text: &str| ops::search::query(&b.app, SearchParams { text: text.into(), limit: 9 }).unwrap().hits;
    assert!(found("plain").is_empty() && found(CANARY).is_empty());
    assert!(found("restricted").len() >= 2, "that something is there can be found");
    let shown = words.matches("Restricted element").count();
    assert!(shown >= 3, "in exports, the outline and relations: {shown}");

    let above = ElementUpdateParams {
        properties: [("classification".to_owned(), Some(PropertyValue::Text("restricted".into())))].into(),
        ..ElementUpdateParams::of(shop)
    };
    let refused = ops::element::update(&b.app, above).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("properties.classification"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clearance_brings_the_history_and_takes_everything_with_it() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let shop = element(&a, "Shop front");
    let vault = secret(&a, shop);
    let b = guest(&a, &server).await;
    settle(&[&a, &b]).await;
    let grace = ops::member::list::run(&a.app, MemberListParams {}).await.unwrap();
    let grace = grace.items.into_iter().find(|member| member.name == "Grace").unwrap().id;
    let clear = async |level: &str| {
        let params = MemberClearanceParams { member: grace.clone(), clearance: level.into() };
        ops::member::govern::clearance(&a.app, params).await.unwrap();
    };

    clear("restricted").await;
    settle(&[&a, &b]).await;
    assert_eq!(everything(&b), everything(&a), "history and all");
    let list = ops::element::list(&b.app, ElementListParams::default()).unwrap();
    assert!(list.hidden.is_empty());

    b.app.stop_sync();
    describe(&b, vault, 0, "Grace was here. ");
    clear("internal").await;
    sync(&a).await;
    let status = ops::sync::now::run(&b.app, SyncNowParams { timeout_ms: 60_000 }).await.unwrap();
    assert_eq!(status.state, SyncState::UpToDate, "{status:?}");
    rename(&a, vault, &format!("{CANARY} chamber"));
    settle(&[&a, &b]).await;
    assert!(!all_words(&b).contains(CANARY), "nothing stays");
    assert_eq!(keys_above_internal(&b), 0);
    assert_eq!(get(&b, vault).unwrap_err().code, ErrorCode::NotAllowed);
    let rescue = ops::sync::rescue::run(&b.app, SyncRescueParams {}).await.unwrap();
    assert!(rescue.text.contains("Grace was here."), "{}", rescue.text);
    assert!(rescue.problem.unwrap().message.contains("restricted"));
    assert_eq!(rescue.documents.len(), 1);

    clear("restricted").await;
    settle(&[&a, &b]).await;
    assert_eq!(everything(&b), everything(&a), "given back");
    assert!(get(&b, vault).unwrap().element.name.contains("chamber"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_meanwhile_is_carried_over() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let id = element(&a, "Ledger");
    describe(&a, id, 0, "one two");
    let b = guest(&a, &server).await;
    let c = device("Laptop");
    login(&c, &server, "ada").await;
    link(&a, &c).await;
    settle(&[&a, &b, &c]).await;
    for device in [&a, &b, &c] {
        device.app.stop_sync();
    }
    describe(&b, id, 7, " three");
    let mut tagged = ElementUpdateParams::of(id);
    tagged.add_tags.insert("from-grace".into());
    ops::element::update(&b.app, tagged).unwrap();
    classify(&a, id, "restricted");
    describe(&a, id, 0, "zero ");
    describe(&c, id, 3, " and a half");
    settle(&[&a, &b, &c, &a, &c]).await;

    let seen = get(&a, id).unwrap();
    assert_eq!(seen.element.description, "zero one and a half two three");
    assert!(seen.element.tags.contains("from-grace"));
    assert_eq!(seen.element.property("classification").as_deref(), Some("restricted"));
    assert!(seen.conflicts.is_empty(), "{:?}", seen.conflicts);
    assert_eq!(everything(&c), everything(&a));
    assert_eq!(get(&b, id).unwrap_err().code, ErrorCode::NotAllowed);
    assert!(!everything(&b).contains("Ledger"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_classify_at_once_agree_on_the_stricter() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let (id, other) = (element(&a, "Ledger"), element(&a, "Shop"));
    let c = device("Laptop");
    login(&c, &server, "ada").await;
    link(&a, &c).await;
    settle(&[&a, &c]).await;
    a.app.stop_sync();
    c.app.stop_sync();
    classify(&a, id, "confidential");
    rename(&a, id, "Ledger of Ada");
    classify(&c, id, "restricted");
    describe(&c, id, 0, "Written on the laptop.");
    classify(&a, other, "public");
    rename(&c, other, "Shop by the sea");
    settle(&[&a, &c, &a, &c]).await;
    assert_eq!(everything(&a), everything(&c));
    for device in [&a, &c] {
        let seen = get(device, id).unwrap();
        assert_eq!(seen.element.property("classification").as_deref(), Some("restricted"));
        assert_eq!(seen.element.name, "Ledger of Ada");
        assert_eq!(seen.element.description, "Written on the laptop.");
        let list = ops::element::list(&device.app, ElementListParams::default()).unwrap();
        assert_eq!((list.items.len(), list.hidden.len()), (2, 0), "once");
    }
    // What was written for few is not carried to many by itself: it is shown.
    let seen = get(&a, other).unwrap();
    let conflict = seen.conflicts.iter().find(|conflict| conflict.field == "name").unwrap();
    assert_eq!(conflict.values, ["Shop", "Shop by the sea"]);
    server.shutdown().await;
}
