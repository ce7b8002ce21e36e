//! Two people talk about an architecture through real processes: comments, mentions, what is new, who is where, and what
//! is typed where somebody looks or nobody does.

use std::time::{Duration, Instant};

use groundplan_tests::device::{CallError, Device};
use groundplan_tests::journey::{agree, element, found, link, login, sync};
use groundplan_tests::programs::PASSWORD;
use groundplan_tests::server::{Server, Store};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);
/// How long others believe that somebody is there of whom they hear nothing.
const BELIEVED: Duration = Duration::from_secs(40);

/// Waits until an answer of a device is as wanted.
fn until(device: &Device, method: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = device.ask(method, json!({}));
        if holds(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "{}: {what}: {answer}", device.name);
        device.wait_for_event(Duration::from_millis(200));
    }
}

#[test]
fn two_people_talk_and_see_each_other_on_the_embedded_store() {
    talk(Store::Embedded);
}

#[test]
fn two_people_talk_and_see_each_other_on_postgres() {
    talk(Store::Postgres);
}

fn talk(store: Store) {
    let mut server = Server::start(store);
    let wire = server.wire();
    let (desk, mut tablet) = (Device::with_agent("Desk"), Device::with_agent("Tablet"));
    found(&desk, &wire, "Shop", "ada");
    let web = element(&desk, "component", "Web");
    let invitation = desk.ask("member/invite", json!({ "role": "editor", "clearance": "internal" }));
    tablet.ask("account/register", json!({ "server": wire.url(), "name": "grace", "password": PASSWORD }));
    tablet.ask("member/join", json!({ "link": invitation["link"], "name": "Grace" }));
    agree(&[&desk, &tablet]);

    let thread = desk.ask("comment/add", json!({ "subject": web, "text": "@grace is *two* enough?" }));
    sync(&desk);
    sync(&tablet);
    let news = tablet.ask("changes/list", json!({}));
    assert_eq!(news["mentions"][0]["thread"], thread["id"], "{news}");
    assert_eq!(news["items"][0]["threads"], json!([thread["id"]]), "{news}");
    let edit = json!({ "thread": thread["id"], "comment": thread["comments"][0]["id"], "text": "No." });
    let refused = tablet.call("comment/edit", edit);
    assert!(
        matches!(&refused, Err(CallError::Refused(403, error)) if error["code"] == "not_allowed"),
        "{refused:?}"
    );
    // The same through the command line, which is another process on the same profile.
    let shown = tablet.done(&["comment", "list", "Web"]);
    assert!(shown.contains("@grace is *two* enough?") && shown.contains("unread"), "{shown}");
    let id = thread["id"].as_str().unwrap();
    tablet.done(&["comment", "reply", id, "It is."]);
    tablet.done(&["comment", "resolve", id]);
    tablet.done(&["changes", "--seen"]);
    assert!(tablet.done(&["changes"]).starts_with("Nothing new"));
    agree(&[&desk, &tablet]);
    let there = desk.ask("comment/list", json!({ "subject": web }));
    let [question, answer] = there["items"][0]["comments"].as_array().unwrap().as_slice() else {
        panic!("{there}")
    };
    assert_eq!((&question["author"]["you"], &answer["author"]["name"]), (&json!(true), &json!("Grace")));
    assert_eq!(there["items"][0]["resolved_by"]["name"], json!("Grace"));

    // Who is where, and who is not there any more.
    let at_web = json!({ "document": web, "cursor": { "anchor": 0, "head": 3 } });
    let (_desk_page, page) = (desk.page(), tablet.page());
    tablet.ask("presence/set", at_web.clone());
    desk.ask("presence/set", json!({}));
    let is_at_web = |list: &Value| {
        let one = &list["items"][0];
        one["person"]["name"] == json!("Grace") && one["document"] == json!(web)
    };
    let list = until(&desk, "presence/list", "Grace is at Web", is_at_web);
    assert_eq!(list["items"][0]["cursor"], at_web["cursor"]);
    until(&tablet, "presence/list", "Ada is there", |list| list["items"][0]["document"] == json!(null));
    tablet.ask("presence/set", json!({ "away": true }));
    until(&desk, "presence/list", "Grace is gone", |list| list["items"] == json!([]));
    // A page that is closed says nothing, and is gone all the same.
    tablet.ask("presence/set", at_web.clone());
    until(&desk, "presence/list", "Grace is at Web again", is_at_web);
    let closed = Instant::now();
    drop(page);
    until(&desk, "presence/list", "Grace closed the page", |list| list["items"] == json!([]));
    assert!(closed.elapsed() < BELIEVED, "long before nobody would be believed to be there any more");
    // Killed and started again, it is another session, which is believed as soon as it answers.
    tablet.kill();
    tablet.start();
    let _page = tablet.page();
    tablet.ask("presence/set", at_web);
    until(&desk, "presence/list", "Grace is back", is_at_web);
}

/// Types a word at the end of a page's body, as an editor does.
fn typed(device: &Device, page: &Value, word: &str) {
    let open = json!({ "document": page, "field": "body" });
    let text = device.ask("text/open", open);
    let at = text["text"].as_str().expect("a text").len();
    let changes = json!([{ "at": at, "delete": 0, "insert": word }]);
    let edit = json!({ "document": page, "field": "body", "version": text["version"], "changes": changes });
    device.ask("text/edit", edit);
}

#[test]
fn what_is_typed_alone_goes_together_and_at_once_when_its_person_leaves() {
    let mut server = Server::start(Store::Embedded);
    let wire = server.wire();
    let (desk, laptop) = (Device::with_agent("Desk"), Device::with_agent("Laptop"));
    found(&desk, &wire, "Shop", "ada");
    let page =
        desk.ask("page/create", json!({ "kind": "doc", "title": "Notes", "body": "" }))["page"]["id"].clone();
    login(&laptop, &wire, "ada");
    link(&desk, &laptop);
    agree(&[&desk, &laptop]);
    let items = || desk.ask("sync/status", json!({}))["verified_items"].as_u64().expect("a count");
    let (before, words) = (items(), 120);
    let body = json!({ "document": page, "field": "body" });
    let arrived = |wanted: &str| {
        let end = Instant::now() + PATIENCE;
        while laptop.ask("text/open", body.clone())["text"] != json!(wanted) {
            assert!(Instant::now() < end, "what was typed does not arrive");
            laptop.wait_for_event(Duration::from_millis(200));
        }
    };

    // Somebody looks at it on the desk, and nobody on the laptop.
    let open = desk.page();
    desk.ask("presence/set", json!({ "document": page }));
    for _ in 0..words {
        typed(&desk, &page, "word ");
    }
    let status = desk.ask("sync/status", json!({}));
    assert_eq!(status["state"], json!("syncing"), "what waits is not called up to date: {status}");
    assert!(status["waiting"].as_u64() > Some(0), "{status}");
    drop(open);
    let all = "word ".repeat(words);
    arrived(&all);
    sync(&desk);
    let sent = items() - before;
    assert!(sent <= 6, "{words} words went in {sent} envelopes");

    // An agent that nobody looks at sends what is typed as it comes, and so does who is not alone.
    typed(&desk, &page, "more");
    arrived(&format!("{all}more"));
    let (_desk, _laptop) = (desk.page(), laptop.page());
    desk.ask("presence/set", json!({ "document": page }));
    laptop.ask("presence/set", json!({}));
    until(&desk, "presence/list", "the laptop is there", |list| {
        list["items"].as_array().is_some_and(|all| all.len() == 1)
    });
    typed(&desk, &page, "!");
    arrived(&format!("{all}more!"));
}
