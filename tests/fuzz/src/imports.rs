//! Imported files. Each is read twice: what an import finds must not depend on chance.

use std::ops::ControlFlow;

use groundplan_import::{ImportSet, Limits, MemoryTree, Options, SourceKind, detect, extract, html, links};

/// Bounds under which every input ends within seconds, also with a sanitiser.
fn limits() -> Limits {
    Limits { text_bytes: 1 << 20, yaml_nodes: 5_000, yaml_bytes: 1 << 20, ..Limits::default() }
}

fn run(kind: SourceKind, files: &[(&str, &[u8])]) -> Option<ImportSet> {
    let mut tree = MemoryTree::new("fuzz", limits());
    for (path, bytes) in files {
        tree.insert(path, *bytes).ok()?;
    }
    let _ = detect(&tree);
    let options = Options { limits: limits(), ..Options::default() };
    extract(kind, &tree, &options, &mut |_| ControlFlow::Continue(())).ok()
}

fn twice(kind: SourceKind, files: &[(&str, &[u8])]) {
    let (first, second) = (run(kind, files), run(kind, files));
    assert_eq!(format!("{first:?}"), format!("{second:?}"), "the same files give the same set");
    if let Some(set) = first {
        // Every end of a relation is there.
        for (_, relation) in set.relations() {
            assert!(set.element(&relation.target).is_some(), "a relation to nothing: {relation:?}");
        }
    }
}

/// The bytes as a compose file that extends another, and as that other.
pub fn compose(data: &[u8]) {
    let base = b"services: {base: {image: postgres, environment: {A: b}}}".as_slice();
    twice(SourceKind::Compose, &[("compose.yml", data), ("base.yml", base)]);
    let head = b"services: {web: {extends: {file: base.yml, service: base}}}".as_slice();
    twice(SourceKind::Compose, &[("compose.yml", head), ("base.yml", data)]);
}

/// The bytes as a Backstage catalogue.
pub fn backstage(data: &[u8]) {
    twice(SourceKind::Backstage, &[("catalog-info.yaml", data)]);
}

/// The bytes as YAML wherever YAML is read: catalogue, compose file, front matter.
pub fn yaml(data: &[u8]) {
    for kind in [SourceKind::Backstage, SourceKind::Compose] {
        let _ = run(kind, &[("catalog-info.yaml", data), ("compose.yml", data)]);
    }
    let page = [b"---\n".as_slice(), data, b"\n---\n\ntext".as_slice()].concat();
    let _ = run(SourceKind::MarkdownPage, &[("page.md", &page)]);
}

/// The bytes as a page of a vault, its links, and the page as the interface shows it.
pub fn markdown(data: &[u8]) {
    let other = b"---\naliases: [x]\n---\n# Other\n[[page]]".as_slice();
    twice(SourceKind::MarkdownVault, &[("page.md", data), ("folder/other.md", other), ("a.png", b"png")]);
    let _ = run(SourceKind::MarkdownPage, &[("page.md", data)]);
    let Ok(text) = std::str::from_utf8(data) else { return };
    for link in links::links(text) {
        assert!(link.start <= link.end && link.end <= text.len() && text.is_char_boundary(link.start));
    }
    let shown = html::render(text, |_| None).to_lowercase();
    for harm in ["<script", "<iframe", "<img", "<style", "href=\"javascript", "href=\"data"] {
        assert!(!shown.contains(harm), "{harm} in {shown}");
    }
}
