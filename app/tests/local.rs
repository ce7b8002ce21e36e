//! Stories of the local core on a real encrypted store: create, relate, write, undo, import, draw, reopen.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{core, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

fn options(dir: &Path) -> ProfileOptions {
    ProfileOptions {
        data_dir: Some(dir.to_owned()),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: true,
        profile: None,
    }
}

fn start(dir: &Path) -> Arc<App> {
    let app = App::open(&options(dir)).unwrap();
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    app
}

fn element(app: &App, kind: ElementKind, name: &str, parent: Option<DocumentId>) -> DocumentId {
    let params = ElementCreateParams {
        kind,
        name: name.into(),
        description: String::new(),
        properties: Default::default(),
        tags: Default::default(),
        parent,
    };
    ops::element::create(app, params).unwrap().element.id
}

fn corpora() -> Option<PathBuf> {
    let root = std::env::var_os("GROUNDPLAN_CORPORA")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    if root.is_dir() {
        return Some(root);
    }
    println!("SKIPPED: the corpora are not beside the project");
    None
}

fn import(app: &App, path: &Path) -> ImportApplied {
    let input = ImportInput { path: Some(path.display().to_string()), ..ImportInput::default() };
    ops::import::apply(app, ImportApplyParams { input, job: None }).unwrap()
}

fn everything(app: &App) -> String {
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    ops::export::run(app, params).unwrap().text.unwrap()
}

#[test]
fn elements_survive_reopening_and_names_are_free() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let system = element(&app, ElementKind::System, "Shop", None);
    let web = element(&app, ElementKind::Component, "Web", Some(system));
    let db = element(&app, ElementKind::Datastore, "Orders \u{1f4e6}", Some(system));
    ops::relation::create(
        &app,
        RelationCreateParams {
            kind: RelationKind::Uses,
            source: web,
            target: db,
            properties: [("protocol".to_owned(), PropertyValue::Text("SQL".into()))].into(),
        },
    )
    .unwrap();
    let mut update = ElementUpdateParams::of(db);
    update.name = Some("Orders database".into());
    ops::element::update(&app, update).unwrap();
    let before = everything(&app);
    drop(app);

    let again = App::open(&options(dir.path())).unwrap();
    assert_eq!(everything(&again), before);
    let view = ops::element::get(&again, ElementGetParams { id: web }).unwrap();
    assert_eq!(view.outgoing[0].target_name, "Orders database");
    assert_eq!(view.parent.unwrap().name, "Shop");
}

#[test]
fn every_edit_is_undone_and_redone() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let mut states = vec![everything(&app)];
    let system = element(&app, ElementKind::System, "Shop", None);
    states.push(everything(&app));
    let web = element(&app, ElementKind::Component, "Web", Some(system));
    states.push(everything(&app));
    let team = element(&app, ElementKind::Team, "Blue", None);
    states.push(everything(&app));
    let mut update = ElementUpdateParams::of(web);
    update.owner = Some(team);
    update.add_tags = ["core".to_owned()].into();
    update.properties = [("instances".to_owned(), Some(PropertyValue::Integer(3)))].into();
    ops::element::update(&app, update).unwrap();
    states.push(everything(&app));
    let opened =
        ops::text::open(&app, TextOpenParams { document: web, field: TextField::Description }).unwrap();
    let change = TextChange { at: 0, delete: 0, insert: "Shows \u{1f600} pages".into() };
    ops::text::edit(
        &app,
        TextEditParams {
            document: web,
            field: TextField::Description,
            version: opened.version,
            changes: vec![change],
        },
    )
    .unwrap();
    states.push(everything(&app));
    ops::element::delete(&app, ElementDeleteParams { ids: vec![system] }).unwrap();
    let view = ops::element::get(&app, ElementGetParams { id: web }).unwrap();
    assert!(view.parent.is_none(), "parts of a deleted system move up");
    states.push(everything(&app));

    for expected in states.iter().rev().skip(1) {
        let done = ops::edit::undo(&app, EditUndoParams {}).unwrap();
        assert_eq!(&everything(&app), expected, "after undoing {:?}", done.done);
    }
    assert_eq!(ops::edit::state(&app, EditStateParams {}).unwrap().undo, None);
    for expected in &states[1..] {
        let done = ops::edit::redo(&app, EditRedoParams {}).unwrap();
        assert_eq!(&everything(&app), expected, "after redoing {:?}", done.done);
    }
}

#[test]
fn wrong_input_names_the_field_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let system = element(&app, ElementKind::System, "Shop", None);
    let web = element(&app, ElementKind::Component, "Web", Some(system));
    let before = everything(&app);
    let mut update = ElementUpdateParams::of(web);
    update.name = Some("New".into());
    update.properties = [("rto".to_owned(), Some(PropertyValue::Text("soon".into())))].into();
    let error = ops::element::update(&app, update).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("properties.rto")));
    let mut update = ElementUpdateParams::of(system);
    update.parent = Some(web);
    assert_eq!(ops::element::update(&app, update).unwrap_err().code, ErrorCode::InvalidInput);
    assert_eq!(everything(&app), before);
}

#[test]
fn two_editors_of_one_text_both_keep_what_they_typed() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let page = ops::page::create(
        &app,
        PageCreateParams {
            kind: PageKind::Doc,
            title: "Notes".into(),
            path: String::new(),
            body: "middle".into(),
            about: None,
            classification: None,
        },
    )
    .unwrap()
    .page
    .id;
    let open = || ops::text::open(&app, TextOpenParams { document: page, field: TextField::Body }).unwrap();
    let edit = |version: &str, at, insert: &str| {
        let changes = vec![TextChange { at, delete: 0, insert: insert.into() }];
        let params =
            TextEditParams { document: page, field: TextField::Body, version: version.into(), changes };
        ops::text::edit(&app, params).unwrap()
    };
    let (left, right) = (open(), open());
    let after_left = edit(&left.version, 0, "[[Left]] ");
    assert!(after_left.changes.is_empty());
    let after_right = edit(&right.version, 6, " right");
    assert_eq!(after_right.changes, [TextChange { at: 0, delete: 0, insert: "[[Left]] ".into() }]);
    assert_eq!(open().text, "[[Left]] middle right");
    let caught_up = ops::text::edit(
        &app,
        TextEditParams {
            document: page,
            field: TextField::Body,
            version: after_left.version,
            changes: Vec::new(),
        },
    )
    .unwrap();
    assert_eq!(caught_up.changes, [TextChange { at: 15, delete: 0, insert: " right".into() }]);
    // The index follows typing before it is read.
    let hits = ops::search::query(&app, SearchParams { text: "left".into(), limit: 0 }).unwrap();
    assert_eq!(hits.hits.len(), 1);
    let view = ops::page::get(&app, PageGetParams { id: page }).unwrap();
    assert_eq!(view.links[0].text, "Left");
}

#[test]
fn sentry_is_imported_drawn_and_imported_again_without_a_change() {
    let Some(corpora) = corpora() else { return };
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let file = corpora.join("compose/sentry-self-hosted.yml");
    let applied = import(&app, &file);
    let list = |kind| {
        ops::element::list(&app, ElementListParams { kind: Some(kind), ..ElementListParams::default() })
            .unwrap()
    };
    assert_eq!(list(ElementKind::Component).total, 57);
    assert_eq!(list(ElementKind::Datastore).total, 16);
    let relations = ops::relation::list(&app, RelationListParams::default()).unwrap().items;
    let origin = PropertyValue::Text("depends_on".into());
    let depends = relations.iter().filter(|r| r.properties.get("origin") == Some(&origin)).count();
    assert_eq!(depends, 236);

    let view = applied.view.unwrap();
    let params = ViewSceneParams { id: Some(view), scope: None, focus: None, focus_depth: 0 };
    let drawn = ops::view::scene(&app, params.clone()).unwrap();
    assert_eq!(drawn.scene.nodes.len(), 73);
    let cards: Vec<_> = drawn.scene.nodes.iter().filter(|node| !node.is_group).collect();
    for (index, a) in cards.iter().enumerate() {
        for b in &cards[index + 1..] {
            assert!(!a.rect.overlaps(&b.rect), "{} overlaps {}", a.name, b.name);
        }
    }
    let again = ops::view::scene(&app, params.clone()).unwrap();
    assert_eq!(drawn.scene.nodes, again.scene.nodes, "what stands stays");

    // A new element moves no other.
    let system = drawn.path.last().unwrap().id;
    element(&app, ElementKind::Component, "newcomer", Some(system));
    let more = ops::view::scene(&app, params.clone()).unwrap();
    for node in drawn.scene.nodes.iter().filter(|node| !node.is_group) {
        let now = more.scene.nodes.iter().find(|other| other.id == node.id).unwrap();
        assert_eq!(now.rect, node.rect, "{}", node.name);
    }

    let before = everything(&app);
    let second = import(&app, &file);
    assert_eq!((second.counts.added, second.counts.changed, second.counts.removed), (0, 0, 0));
    assert_eq!(everything(&app), before);

    // A preview of the whole thing in a fresh workspace says the same as applying it.
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Other".into() }).unwrap();
    let input = ImportInput { path: Some(file.display().to_string()), ..ImportInput::default() };
    let preview = ops::import::preview(&app, ImportPreviewParams { input, job: None }).unwrap();
    assert_eq!(preview.counts, applied.counts);
}

#[test]
fn a_changed_source_updates_its_own_and_keeps_what_people_added() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let file = dir.path().join("compose.yml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(
        "name: shop\nservices:\n  web:\n    image: nginx:1.25\n    depends_on: [api]\n  api:\n    image: api:1\n  old:\n    image: old:1\n",
    );
    import(&app, &file);
    let find = |name: &str| {
        let filter = Some(name.to_owned());
        let list = ops::element::list(&app, ElementListParams { filter, ..ElementListParams::default() });
        list.unwrap().items.into_iter().find(|element| element.name == name)
    };
    let web = find("web").unwrap().id;
    let api = find("api").unwrap().id;
    let mut update = ElementUpdateParams::of(api);
    update.name = Some("Ordering API".into());
    update.add_tags = ["mine".to_owned()].into();
    ops::element::update(&app, update).unwrap();

    write(
        "name: shop\nservices:\n  web:\n    image: nginx:1.27\n  api:\n    image: api:2\n  cache:\n    image: redis:7\n",
    );
    let applied = import(&app, &file);
    let api_view = ops::element::get(&app, ElementGetParams { id: api }).unwrap();
    assert_eq!(api_view.element.name, "Ordering API");
    assert!(api_view.element.tags.contains("mine"));
    assert_eq!(api_view.drift, ["name"]);
    let web_view = ops::element::get(&app, ElementGetParams { id: web }).unwrap();
    assert_eq!(web_view.element.property("version").as_deref(), Some("1.27"));
    assert!(web_view.outgoing.is_empty(), "the dependency is no longer in the source");
    assert!(find("cache").is_some());
    assert!(find("old").is_none());
    assert!(applied.counts.removed >= 1 && applied.counts.drift >= 1, "{:?}", applied.counts);

    // What people deleted stays deleted.
    ops::element::delete(&app, ElementDeleteParams { ids: vec![web] }).unwrap();
    let before = everything(&app);
    import(&app, &file);
    assert!(find("web").is_none());
    assert_eq!(everything(&app), before);
}

#[test]
fn a_vault_comes_out_as_it_went_in() {
    let Some(corpora) = corpora() else { return };
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let mut pages = 0;
    for folder in ["kepano-obsidian", "govuk-aws-adr", "openshift-runbooks"] {
        ops::workspace::create(&app, WorkspaceCreateParams { name: folder.into() }).unwrap();
        let source = corpora.join("markdown").join(folder);
        let applied = import(&app, &source);
        pages += applied.counts.pages;
        let out = dir.path().join(format!("out-{folder}"));
        let params = ExportParams {
            format: "markdown".into(),
            path: Some(out.display().to_string()),
            ..ExportParams::default()
        };
        let counts = &applied.counts;
        assert_eq!(ops::export::run(&app, params).unwrap().files, counts.pages + counts.attachments);
        compare_folders(&out, &out, &source);
    }
    assert_eq!(pages, 413);
}

fn compare_folders(root: &Path, at: &Path, source: &Path) {
    for entry in std::fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            compare_folders(root, &path, source);
        } else {
            let original = source.join(path.strip_prefix(root).unwrap());
            assert!(std::fs::read(&path).unwrap() == std::fs::read(&original).unwrap(), "{}", path.display());
        }
    }
}

#[test]
fn a_refused_import_changes_nothing_and_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let before = everything(&app);
    for (name, text, needle) in [
        ("broken.yml", "services:\n  web:\n    image: [unclosed\n", "broken.yml"),
        ("cycle.yml", "services:\n  a:\n    extends: b\n  b:\n    extends: a\n", "cycle.yml"),
        (
            "bomb.yml",
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\nservices:\n  web:\n    x: *f\n",
            "bomb.yml",
        ),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let input = ImportInput { path: Some(path.display().to_string()), ..ImportInput::default() };
        let error = ops::import::apply(&app, ImportApplyParams { input, job: None }).unwrap_err();
        assert_eq!(error.code, ErrorCode::ImportRefused, "{error}");
        assert!(error.message.contains(needle), "{error}");
        assert!(!error.hint.is_empty());
    }
    assert_eq!(everything(&app), before);
}

#[test]
fn the_sample_draws_and_its_links_lead_somewhere() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(&options(dir.path())).unwrap();
    ops::workspace::sample(&app, WorkspaceSampleParams {}).unwrap();
    for view in ops::view::list(&app, ViewListParams {}).unwrap().items {
        let params = ViewSceneParams { id: Some(view.id), scope: None, focus: None, focus_depth: 0 };
        let drawn = ops::view::scene(&app, params).unwrap();
        assert!(drawn.scene.nodes.len() > 8, "{}", view.name);
        assert!(!drawn.coarse);
    }
    for page in ops::page::list(&app, PageListParams::default()).unwrap().items {
        let view = ops::page::get(&app, PageGetParams { id: page.id }).unwrap();
        for link in view.links {
            assert!(link.target.is_some(), "{} \u{2192} {}", page.title, link.text);
        }
    }
}

#[test]
fn projections_equal_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(&options(dir.path())).unwrap();
    ops::workspace::sample(&app, WorkspaceSampleParams {}).unwrap();
    let snapshot = |app: &App| {
        (
            ops::element::list(app, ElementListParams::default()).unwrap(),
            ops::relation::list(app, RelationListParams::default()).unwrap(),
            ops::page::list(app, PageListParams::default()).unwrap(),
            ops::search::query(app, SearchParams { text: "server".into(), limit: 0 }).unwrap(),
        )
    };
    let before = snapshot(&app);
    assert!(before.3.hits.len() > 2);
    app.workspace().unwrap().transaction::<u64, core::CoreError>(groundplan_app::project::rebuild).unwrap();
    assert_eq!(snapshot(&app), before);
}

#[test]
fn an_edit_of_another_process_is_told_even_if_somebody_read_it_first() {
    let dir = tempfile::tempdir().unwrap();
    let app = start(dir.path());
    let other = App::open(&options(dir.path())).unwrap();
    let files = app.workspace().unwrap();
    let _ = files.refresh().unwrap();
    element(&other, ElementKind::Component, "Web", None);
    let read = ops::element::list(&app, ElementListParams::default()).unwrap();
    assert_eq!(read.items.len(), 1);
    assert!(files.refresh().unwrap(), "whoever shows lists has to hear of it");
    assert!(!files.refresh().unwrap(), "and only once");
}
