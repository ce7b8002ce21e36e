//! Searching a real workspace: what is found, in which order, and that nothing is missed.

use groundplan_shared::api::{SearchParams, SearchResults};
use groundplan_shared::model::{DocumentId, DocumentKind, Page, PageKind, WorkspaceId};

use super::search;
use crate::core::{CoreError, Workspace};
use crate::{doc, env};

fn workspace(dir: &std::path::Path) -> Workspace {
    Workspace::open(&dir.join("w.db"), &[3; 32], WorkspaceId::new(env::make_uuid()), [1; 16]).unwrap()
}

fn add(workspace: &Workspace, pages: &[(&str, &str)]) {
    workspace
        .transaction::<(), CoreError>(|tx| {
            for (title, body) in pages {
                let page = Page {
                    id: DocumentId::new(env::make_uuid()),
                    kind: PageKind::Doc,
                    title: (*title).to_owned(),
                    path: format!("docs/{title}.md"),
                    front_matter: String::new(),
                    body: (*body).to_owned(),
                    tags: Default::default(),
                    aliases: Default::default(),
                    eol: Default::default(),
                    bom: false,
                    source: None,
                };
                tx.create(page.id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?))?;
            }
            Ok(())
        })
        .unwrap();
}

fn find(workspace: &Workspace, text: &str, limit: u32) -> SearchResults {
    workspace.read(|tx| search(tx, &SearchParams { text: text.to_owned(), limit })).unwrap()
}

fn names(workspace: &Workspace, text: &str, limit: u32) -> Vec<String> {
    find(workspace, text, limit).hits.into_iter().map(|hit| hit.item.name).collect()
}

#[test]
fn names_come_before_texts_and_the_best_names_first() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = workspace(dir.path());
    add(
        &workspace,
        &[
            ("Backup", "What the payment service keeps. payment payment payment payment payment payment"),
            ("Old payment gateway", "x"),
            ("Payments", "x"),
            ("Payment", "x"),
            ("Übergabe der Zahlung", "Straße"),
        ],
    );
    assert_eq!(names(&workspace, "payment", 10), ["Payment", "Payments", "Old payment gateway", "Backup"]);
    assert_eq!(names(&workspace, "uberg", 10), ["Übergabe der Zahlung"]);
    assert_eq!(names(&workspace, "ÜBERGABE zahl", 10), ["Übergabe der Zahlung"]);
    assert_eq!(names(&workspace, "strasse", 10), Vec::<String>::new(), "as the tokenizer has it");
    assert_eq!(names(&workspace, "\"payment service\"", 10), ["Backup"]);
    assert_eq!(names(&workspace, "\"service payment\"", 10), Vec::<String>::new());
    assert_eq!(names(&workspace, "kind:doc gateway", 10), ["Old payment gateway"]);
    assert_eq!(names(&workspace, "kind:runbook gateway", 10), Vec::<String>::new());
    assert_eq!(names(&workspace, "kind:doc", 10).len(), 5);
    assert_eq!(names(&workspace, "doc", 10).len(), 5, "found by the path");
    assert_eq!(names(&workspace, "\u{e002}doc", 1).len(), 1);
}

#[test]
fn tags_narrow_whatever_they_hold() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = workspace(dir.path());
    add(&workspace, &[("One", "text #team/core"), ("Two", "text #team/core-x"), ("Three", "text")]);
    assert_eq!(names(&workspace, "tag:team/core text", 10), ["One"]);
    assert_eq!(names(&workspace, "#TEAM/core-x", 10), ["Two"]);
    assert_eq!(names(&workspace, "tag:other text", 10), Vec::<String>::new());
}

#[test]
fn common_words_are_found_without_reading_all_and_rare_ones_never_missed() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = workspace(dir.path());
    let pages: Vec<(String, String)> = (0..1_300)
        .map(|n| {
            let rare = if n == 7 { "needle" } else { "" };
            // More words with one beginning than are looked up one by one; "zzzz…" is the last of them.
            (
                format!("Note {n}"),
                format!("every text holds service{n} {rare} service{}", if n == 11 { "zzzz" } else { "" }),
            )
        })
        .collect();
    let borrowed: Vec<(&str, &str)> = pages.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    add(&workspace, &borrowed);
    let common = find(&workspace, "text every", 20);
    assert!(common.more && common.hits.len() == 20);
    assert_eq!(common.hits[0].item.name, "Note 1299", "of equals the newest first");
    assert_eq!(common.hits[0].snippet.matches('\u{e000}').count(), 2);
    assert_eq!(names(&workspace, "every needl", 20), ["Note 7"]);
    assert_eq!(names(&workspace, "every servicezz", 20), ["Note 11"]);
    assert_eq!(find(&workspace, "servi", 500).hits.len(), 500);
    let all = find(&workspace, "note needle service", 20);
    assert_eq!((all.hits.len(), all.more), (1, false));
    // A beginning with too many words, narrowed to one: looked for once more without bounds.
    assert_eq!(names(&workspace, "servi needle", 20), ["Note 7"]);
    assert_eq!(names(&workspace, "1299", 20), ["Note 1299"]);
    assert_eq!(names(&workspace, "Note 12", 3), ["Note 12", "Note 120", "Note 121"]);
}

#[test]
fn m29_what_is_searched_for_is_no_syntax() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = workspace(dir.path());
    let names_of = ["Robert'); DROP TABLE page;--", "a\" OR \"b", "NEAR(x y)", "100% _like_ *"];
    let pages: Vec<(&str, &str)> = names_of.iter().map(|name| (*name, "x")).collect();
    add(&workspace, &pages);
    for name in names_of {
        assert_eq!(names(&workspace, name, 10).first().map(String::as_str), Some(name), "{name}");
    }
    for text in
        ["'", "\"", "*", "AND", "NOT x", "name:x", "(", "x) OR (y", "^x", "{a b}:c", "-", "; DROP TABLE page"]
    {
        names(&workspace, text, 10);
    }
    assert_eq!(names(&workspace, "robert", 10), [names_of[0]], "everything is still there");
}
