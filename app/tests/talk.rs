//! Stories of people who talk about what they design: comments, mentions, what is new, and who is where. Real stores, the real
//! server in this process, loopback only.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tempfile::TempDir;

const PASSWORD: &str = "several words make a password";

struct Person {
    app: Arc<App>,
    dir: TempDir,
}

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

fn person() -> Person {
    let dir = TempDir::new().unwrap();
    let app = App::open(&options(dir.path())).unwrap();
    Person { app, dir }
}

fn element(app: &App, name: &str) -> DocumentId {
    let params = ElementCreateParams {
        kind: ElementKind::Component,
        name: name.to_owned(),
        description: String::new(),
        properties: Default::default(),
        tags: Default::default(),
        parent: None,
    };
    ops::element::create(app, params).unwrap().element.id
}

fn begin(app: &App, subject: DocumentId, text: &str) -> ThreadView {
    let params =
        CommentAddParams { thread: None, subject: Some(subject), relation: None, text: text.to_owned() };
    ops::comment::add(app, params).unwrap()
}

fn reply(app: &App, thread: DocumentId, text: &str) -> ThreadView {
    let params =
        CommentAddParams { thread: Some(thread), subject: None, relation: None, text: text.to_owned() };
    ops::comment::add(app, params).unwrap()
}

fn threads(app: &App, subject: Option<DocumentId>) -> Vec<ThreadView> {
    ops::comment::list(app, CommentListParams { subject, ..CommentListParams::default() }).unwrap().items
}

fn texts(thread: &ThreadView) -> Vec<&str> {
    thread.comments.iter().map(|comment| comment.text.as_str()).collect()
}

fn news(app: &App) -> ChangeList {
    ops::changes::list(app, ChangesListParams {}).unwrap()
}

fn undo(app: &App) {
    ops::edit::undo(app, EditUndoParams {}).unwrap();
}

fn found(app: &App, text: &str) -> Vec<String> {
    let params = SearchParams { text: text.to_owned(), limit: 0 };
    ops::search::query(app, params).unwrap().hits.into_iter().map(|hit| hit.item.name).collect()
}

#[test]
fn a_thread_lives_through_edits_undo_deletion_and_reopening() {
    let me = person();
    let app = &me.app;
    ops::workspace::create(app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    let (web, store) = (element(app, "Web"), element(app, "Orders"));
    let relation = RelationCreateParams {
        kind: RelationKind::Uses,
        source: web,
        target: store,
        properties: Default::default(),
    };
    let relation = ops::relation::create(app, relation).unwrap().id;
    let thread = begin(app, web, "Why *two* replicas?");
    assert_eq!(thread.subject.name, "Web");
    assert!(thread.comments[0].author.you && thread.comments[0].html.contains("<em>two</em>"));
    let more = reply(app, thread.id, "Peak load is unusual here.");
    let second = more.comments[1].id;
    let about = CommentAddParams {
        thread: None,
        subject: Some(web),
        relation: Some(relation),
        text: "Should this be asynchronous?".into(),
    };
    let about = ops::comment::add(app, about).unwrap();
    assert_eq!(about.relation, Some(relation));
    let wrong = CommentAddParams {
        thread: None,
        subject: Some(store),
        relation: Some(relation),
        text: "Not here.".into(),
    };
    assert_eq!(ops::comment::add(app, wrong).unwrap_err().code, ErrorCode::NotFound, "it leads from Web");

    let edit = CommentEditParams { thread: thread.id, comment: second, text: "Peak load is usual.".into() };
    assert!(ops::comment::edit(app, edit).unwrap().comments[1].edited_ms.is_some());
    assert_eq!(found(app, "usual"), ["Web"]);
    assert!(found(app, "unusual").is_empty());
    undo(app);
    assert_eq!(texts(&threads(app, Some(web))[1]), ["Why *two* replicas?", "Peak load is unusual here."]);
    let remove = CommentRemoveParams { thread: thread.id, comment: second };
    assert_eq!(texts(&ops::comment::remove(app, remove.clone()).unwrap()), ["Why *two* replicas?"]);
    assert_eq!(ops::comment::remove(app, remove).unwrap_err().code, ErrorCode::NotFound, "once is enough");
    undo(app);
    let resolve = CommentResolveParams { thread: thread.id, resolved: true };
    let resolved = ops::comment::resolve(app, resolve).unwrap();
    assert!(resolved.resolved_by.is_some_and(|by| by.you));
    let open = CommentListParams { subject: Some(web), open: true, ..CommentListParams::default() };
    assert_eq!(ops::comment::list(app, open).unwrap().items.len(), 1);
    undo(app);
    assert!(threads(app, Some(web)).iter().all(|thread| thread.resolved_by.is_none()));

    ops::element::delete(app, ElementDeleteParams { ids: vec![web] }).unwrap();
    let left = threads(app, None);
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|t| t.subject.document == "missing" && t.subject.name == "Web"), "{left:?}");
    reply(app, thread.id, "It is gone now.");
    assert!(found(app, "gone").is_empty(), "what is deleted is not found");
    let text = ops::export::run(app, ExportParams { format: "json".into(), ..ExportParams::default() });
    let text = text.unwrap().text.unwrap();
    assert!(text.contains("It is gone now.") && text.contains("Should this be asynchronous?"));

    let before = threads(app, None);
    let Person { app, dir } = me;
    drop(app);
    let again = App::open(&options(dir.path())).unwrap();
    assert_eq!(threads(&again, None), before);
    let count = again.workspace().unwrap().transaction(groundplan_app::project::rebuild).unwrap();
    assert!(count >= 4);
    assert_eq!(threads(&again, None), before, "made anew they are the same");
    assert!(news(&again).items.is_empty(), "what one does oneself is no news");
}

async fn server() -> (RunningServer, TempDir) {
    let dir = TempDir::new().unwrap();
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    (Server::start(config).await.unwrap(), dir)
}

async fn register(person: &Person, server: &RunningServer, name: &str) {
    let params = AccountRegisterParams {
        server: server.base_url.clone(),
        name: name.to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        invitation: None,
        trust: None,
    };
    ops::account::register::run(&person.app, params).await.unwrap();
}

async fn sync(person: &Person) {
    let status = ops::sync::now::run(&person.app, SyncNowParams { timeout_ms: 60_000 }).await.unwrap();
    assert_eq!((status.state, status.waiting), (SyncState::UpToDate, 0), "{status:?}");
}

/// Ada's workspace, and Grace, who joined it and is up to date.
async fn ada_and_grace(server: &RunningServer) -> (Person, Person) {
    let (ada, grace) = (person(), person());
    ops::workspace::create(&ada.app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    register(&ada, server, "ada").await;
    ops::sync::connect::run(&ada.app, SyncConnectParams {}).await.unwrap();
    element(&ada.app, "Web");
    sync(&ada).await;
    let params = MemberInviteParams { role: "editor".into(), clearance: "internal".into(), days: 0 };
    let invite = ops::member::invite::run(&ada.app, params).await.unwrap();
    register(&grace, server, "grace").await;
    let join = MemberJoinParams { link: invite.link, name: "Grace".into(), timeout_ms: 60_000 };
    ops::member::join::run(&grace.app, join).await.unwrap();
    sync(&grace).await;
    sync(&ada).await;
    (ada, grace)
}

/// Waits until something holds, looking whenever either of them hears of an event.
async fn until(what: &str, people: [&Person; 2], holds: impl Fn() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut events = people.map(|person| person.app.subscribe());
    while !holds() {
        assert!(tokio::time::Instant::now() < end, "{what}");
        let [a, b] = &mut events;
        let next = async {
            tokio::select! { _ = a.recv() => (), _ = b.recv() => () }
        };
        drop(tokio::time::timeout(Duration::from_millis(500), next).await);
    }
}

fn named(app: &App, name: &str) -> DocumentId {
    let list = ops::element::list(app, ElementListParams::default()).unwrap();
    list.items.into_iter().find(|element| element.name == name).unwrap().id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mentions_and_what_changed_are_shown_once_and_never_leave_the_device() {
    let (server, _data) = server().await;
    let (ada, grace) = ada_and_grace(&server).await;
    let web = named(&grace.app, "Web");
    assert!(news(&grace.app).items.is_empty(), "what was there when one came is not news");

    let thread = begin(&ada.app, web, "@Grace, is this right? @nobody");
    assert_eq!(
        thread.comments[0].mentions.iter().map(|who| who.name.as_str()).collect::<Vec<_>>(),
        ["Grace"]
    );
    let queue = element(&ada.app, "Queue");
    sync(&ada).await;
    sync(&grace).await;
    let list = news(&grace.app);
    let what: Vec<(&str, &str, usize)> =
        list.items.iter().map(|i| (i.item.name.as_str(), i.what.as_str(), i.threads.len())).collect();
    assert_eq!(what.len(), 2, "{what:?}");
    assert!(what.contains(&("Queue", "created", 0)) && what.contains(&("Web", "", 1)), "{what:?}");
    assert!(list.items.iter().all(|item| item.by.len() == 1 && !item.by[0].you));
    let [mention] = list.mentions.as_slice() else { panic!("{:?}", list.mentions) };
    assert!(mention.unread && mention.thread == thread.id && mention.item.name == "Web");
    assert!(threads(&grace.app, Some(web))[0].unread);
    assert!(news(&ada.app).items.is_empty());

    // Looking is nobody else's business: nothing waits to be sent, and nothing is.
    let waiting = async |person: &Person| {
        ops::sync::status::run(&person.app, SyncStatusParams {}).await.unwrap().waiting
    };
    let seen = ChangesSeenParams { document: Some(web), until: Some(list.until) };
    let left = ops::changes::seen(&grace.app, seen).unwrap();
    assert_eq!(left.items.iter().map(|i| i.item.name.as_str()).collect::<Vec<_>>(), ["Queue"]);
    assert!(!left.mentions[0].unread, "it stays in the list, and is read");
    assert_eq!(waiting(&grace).await, 0);
    let rows = |app: &App| {
        let count = |tx: &mut groundplan_app::core::Tx<'_>| {
            Ok(tx.sql().query_row("SELECT count(*) FROM envelope", [], |row| row.get::<_, i64>(0))?)
        };
        app.read(count).unwrap()
    };
    let before = rows(&ada.app);
    sync(&grace).await;
    sync(&ada).await;
    assert_eq!(rows(&ada.app), before, "Ada got nothing from it");

    // What arrives while a list is read stays new.
    let older = news(&grace.app).until;
    reply(&grace.app, thread.id, "It is.");
    ops::element::delete(&ada.app, ElementDeleteParams { ids: vec![queue] }).unwrap();
    sync(&ada).await;
    sync(&grace).await;
    let left =
        ops::changes::seen(&grace.app, ChangesSeenParams { document: None, until: Some(older) }).unwrap();
    let what: Vec<(&str, &str)> =
        left.items.iter().map(|i| (i.item.name.as_str(), i.what.as_str())).collect();
    assert_eq!(what, [("Queue", "deleted")], "by its last name");
    sync(&ada).await;
    assert_eq!(texts(&threads(&ada.app, Some(web))[0]), ["@Grace, is this right? @nobody", "It is."]);
    assert_eq!(news(&ada.app).items[0].threads, [thread.id], "her answer is news to Ada");
    ada.app.stop_sync();
    grace.app.stop_sync();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_only_comment_does_so_and_changes_nothing_else() {
    let (server, _data) = server().await;
    let (ada, grace) = ada_and_grace(&server).await;
    let viewer = MemberRoleParams { member: "Grace".into(), role: "viewer".into() };
    ops::member::govern::role(&ada.app, viewer).await.unwrap();
    sync(&ada).await;
    sync(&grace).await;

    let web = named(&grace.app, "Web");
    let hers = begin(&grace.app, web, "Should this not be two?");
    let adas = begin(&ada.app, web, "What do you think?");
    sync(&grace).await;
    sync(&ada).await;
    sync(&grace).await;
    reply(&ada.app, hers.id, "Perhaps.");
    let answer = reply(&grace.app, adas.id, "Fine.");
    let better =
        CommentEditParams { thread: adas.id, comment: answer.comments[1].id, text: "Very fine.".into() };
    ops::comment::edit(&grace.app, better).unwrap();
    ops::comment::resolve(&grace.app, CommentResolveParams { thread: adas.id, resolved: true }).unwrap();
    sync(&grace).await;
    sync(&ada).await;
    sync(&grace).await;
    for person in [&ada, &grace] {
        let told = threads(&person.app, Some(web));
        let of = |id| told.iter().find(|thread| thread.id == id).unwrap();
        assert_eq!(texts(of(hers.id)), ["Should this not be two?", "Perhaps."]);
        assert_eq!(texts(of(adas.id)), ["What do you think?", "Very fine."]);
        assert!(of(adas.id).resolved_ms.is_some());
    }

    ops::element::delete(&grace.app, ElementDeleteParams { ids: vec![web] }).unwrap();
    begin(&grace.app, element(&grace.app, "Mine"), "on what is nowhere else");
    let status = ops::sync::now::run(&grace.app, SyncNowParams { timeout_ms: 60_000 }).await.unwrap();
    let problem = status.problem.clone().expect("it says that these stay here");
    assert!(problem.message.contains("may not write"), "{problem:?}");
    assert!(status.waiting >= 2, "{status:?}");
    sync(&ada).await;
    assert_eq!(ops::element::list(&ada.app, ElementListParams::default()).unwrap().items.len(), 1);
    ada.app.stop_sync();
    grace.app.stop_sync();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_edits_their_own_and_nothing_said_apart_is_lost() {
    let (server, _data) = server().await;
    let (ada, grace) = ada_and_grace(&server).await;
    let web = named(&ada.app, "Web");
    let thread = begin(&ada.app, web, "Split it?");
    sync(&ada).await;
    sync(&grace).await;
    let first = thread.comments[0].id;
    let edit = CommentEditParams { thread: thread.id, comment: first, text: "Never!".into() };
    assert_eq!(ops::comment::edit(&grace.app, edit).unwrap_err().code, ErrorCode::NotAllowed);
    let remove = CommentRemoveParams { thread: thread.id, comment: first };
    assert_eq!(ops::comment::remove(&grace.app, remove).unwrap_err().code, ErrorCode::NotAllowed);

    ada.app.stop_sync();
    grace.app.stop_sync();
    reply(&ada.app, thread.id, "From Ada.");
    ops::comment::resolve(&ada.app, CommentResolveParams { thread: thread.id, resolved: true }).unwrap();
    reply(&grace.app, thread.id, "From Grace.");
    ops::element::delete(&grace.app, ElementDeleteParams { ids: vec![web] }).unwrap();
    sync(&ada).await;
    sync(&grace).await;
    sync(&ada).await;
    for who in [&ada, &grace] {
        let [there] = &threads(&who.app, None)[..] else { panic!("one thread") };
        assert_eq!(there.comments.len(), 3, "{there:?}");
        assert!(there.resolved_by.is_some());
        assert_eq!((there.subject.document.as_str(), there.subject.name.as_str()), ("missing", "Web"));
        let from_grace = there.comments.iter().find(|c| c.text == "From Grace.").unwrap();
        assert_eq!(from_grace.author.name, "Grace", "as the signed change says");
    }
    server.shutdown().await;
}

fn present(app: &App) -> Vec<(String, Option<DocumentId>)> {
    let list = ops::presence::list(app, PresenceListParams {}).unwrap();
    list.items.into_iter().map(|one| (one.person.name, one.document)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_where_others_are_while_they_are_there_themselves() {
    let (server, _data) = server().await;
    let (ada, grace) = ada_and_grace(&server).await;
    let web = named(&ada.app, "Web");
    let at = |document| PresenceSetParams { document, ..PresenceSetParams::default() };
    ops::presence::set(&grace.app, at(Some(web))).unwrap();
    assert!(present(&ada.app).is_empty(), "who tells nothing sees nobody");
    ops::presence::set(&ada.app, at(None)).unwrap();
    let both = [&ada, &grace];
    until("Ada sees Grace at Web", both, || present(&ada.app) == [("Grace".into(), Some(web))]).await;
    until("Grace sees Ada", both, || present(&grace.app).len() == 1).await;
    assert_eq!(present(&grace.app)[0].1, None);

    let cursor = Some(TextStretch { anchor: 2, head: 5 });
    let moved = PresenceSetParams { document: Some(web), cursor, ..PresenceSetParams::default() };
    ops::presence::set(&ada.app, moved).unwrap();
    let cursor_seen = || {
        let list = ops::presence::list(&grace.app, PresenceListParams {}).unwrap();
        list.items.first().is_some_and(|one| one.cursor == cursor && one.document == Some(web))
    };
    until("Grace sees Ada's cursor", both, cursor_seen).await;
    ops::presence::set(&ada.app, at(Some(DocumentId::from_bytes([1; 16])))).unwrap();
    until("what is not there is no place", both, || {
        present(&grace.app).first().is_some_and(|(_, document)| document.is_none())
    })
    .await;
    ops::presence::set(&ada.app, PresenceSetParams { away: true, ..PresenceSetParams::default() }).unwrap();
    until("Grace sees Ada go", both, || present(&grace.app).is_empty()).await;
    ada.app.stop_sync();
    grace.app.stop_sync();
    server.shutdown().await;
}
