//! Markdown folders and single pages.

mod common;

use common::{import, read, refusal, tree};
use groundplan_import::{FileTree, Limits, MemoryTree, SourceKind, detect, render_page};
use groundplan_shared::model::PageKind;

#[test]
fn a_vault_is_read() {
    let files: &[(&str, &str)] = &[
        (
            "Home.md",
            "---\ntitle: Start\ntags: [a, '#b/c']\naliases: Main\nup: '[[Ada]]'\n---\n# Other\n#d [[ada|A]] \
             [[Gone]]\n![[x.png]] [t](sub/Ada.md#h) [o](../../out.md) [w](https://example.org)\n",
        ),
        ("sub/Ada.md", "Hello [[main]]\r\n\r\nBye"),
        ("img/x.png", "png"),
        (".obsidian/app.json", "{}"),
    ];
    let set = import(files).unwrap();
    assert_eq!(set.pages.len(), 2);
    let home = set.page("Home.md").unwrap();
    assert_eq!((home.title.as_str(), home.kind), ("Start", PageKind::Doc));
    assert_eq!(home.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b/c", "d"]);
    let links: Vec<_> =
        home.links.iter().map(|l| (l.line, l.target.as_str(), l.resolved.as_deref())).collect();
    assert_eq!(
        links,
        [
            (5, "Ada", Some("page:sub/Ada.md")),
            (8, "ada", Some("page:sub/Ada.md")),
            (8, "Gone", None),
            (9, "x.png", Some("file:img/x.png")),
            (9, "sub/Ada.md", Some("page:sub/Ada.md")),
            (9, "../../out.md", None),
        ]
    );
    let ada = set.page("sub/Ada.md").unwrap();
    assert_eq!(ada.title, "Ada");
    assert_eq!(ada.links[0].resolved.as_deref(), Some("page:Home.md"), "by its alias");
    assert_eq!(set.attachments.len(), 1);
    let lost: Vec<_> = set.dangling.iter().map(|d| (d.to.as_str(), d.what.as_str(), d.line)).collect();
    assert_eq!(lost, [("Gone", "wiki-link", 8), ("../../out.md", "link", 9)]);
    assert!(set.notes[0].message.contains(".obsidian"));
    for page in &set.pages {
        let bytes = tree(files).read(&page.path, 1_000).unwrap();
        assert_eq!(render_page(page), bytes);
    }
}

#[test]
fn front_matter_that_is_no_yaml_is_kept() {
    let set = import(&[("t.md", "---\ndate: {{date}}\ntags: x\n---\nbody\n")]).unwrap();
    assert_eq!(set.pages[0].text.front_matter, "---\ndate: {{date}}\ntags: x\n---\n");
    assert_eq!(set.notes.len(), 1);
    assert_eq!(set.notes[0].line, Some(2));
}

#[test]
fn a_single_page_is_read() {
    let mut tree = tree(&[("note.md", "---\ntype: runbook\n---\n# Restore\n"), ("other.md", "x")]);
    tree.set_primary("note.md");
    assert_eq!(detect(&tree).unwrap(), Some(SourceKind::MarkdownPage));
    let set = read(SourceKind::MarkdownPage, &tree).unwrap();
    assert_eq!(set.pages.len(), 1);
    assert_eq!((set.pages[0].title.as_str(), set.pages[0].kind), ("Restore", PageKind::Runbook));
}

#[test]
fn files_that_are_no_text_are_refused_with_their_place() {
    let mut tree = MemoryTree::new("v", Limits::default());
    tree.insert("ok.md", "fine").unwrap();
    tree.insert("bad.md", b"one\ntwo \xff".to_vec()).unwrap();
    let error = read(SourceKind::MarkdownVault, &tree).unwrap_err();
    let refused = error.refusal().unwrap();
    assert_eq!((refused.file.as_str(), refused.line), ("bad.md", Some(2)));
    assert!(refused.reason.contains("offset 8"), "{}", refused.reason);
    let (file, line, _) = refusal(&[("nul.md", "a\nb\n\0")]);
    assert_eq!((file.as_str(), line), ("nul.md", Some(3)));
    let long = "x".repeat(2_000_001);
    assert_eq!(refusal(&[("long.md", &long)]).0, "long.md");
}

#[test]
fn unknown_sources_are_not_guessed() {
    assert_eq!(detect(&tree(&[("a.txt", "x"), ("b.yaml", "a: 1")])).unwrap(), None);
    assert!(read(SourceKind::MarkdownVault, &tree(&[("a.txt", "x")])).is_err());
    assert!(read(SourceKind::Compose, &tree(&[("a.txt", "x")])).is_err());
    assert!(read(SourceKind::Backstage, &tree(&[("a.yaml", "x: 1")])).is_err());
}
