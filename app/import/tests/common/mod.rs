//! Shared by the tests: trees in memory, the corpora, and the checks that every import must pass.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "test support: failing and telling is its job")]

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::PathBuf;

use groundplan_import::{
    FileTree, ImportError, ImportSet, Limits, MemoryTree, Options, SourceKind, detect, extract,
};
use groundplan_shared::model::{RelationKind, element_property, relation_allowed, relation_property};
use groundplan_shared::validate::{check_name, check_tag, check_url, parse_property};

/// Makes a tree of paths and texts.
pub fn tree(files: &[(&str, &str)]) -> MemoryTree {
    let mut tree = MemoryTree::new("source", Limits::default());
    for (path, text) in files {
        tree.insert(path, *text).unwrap();
    }
    tree
}

/// Extracts a tree and checks the result.
pub fn read(kind: SourceKind, tree: &dyn FileTree) -> Result<ImportSet, ImportError> {
    let set = extract(kind, tree, &Options::default(), &mut |_| ControlFlow::Continue(()))?;
    check(&set);
    Ok(set)
}

/// Detects and extracts files in memory.
pub fn import(files: &[(&str, &str)]) -> Result<ImportSet, ImportError> {
    let tree = tree(files);
    let kind = detect(&tree)?.expect("a known kind of source");
    read(kind, &tree)
}

/// Returns file, line and reason of a refusal.
pub fn refusal(files: &[(&str, &str)]) -> (String, Option<u32>, String) {
    let refused = import(files).unwrap_err();
    let refusal = refused.refusal().unwrap();
    assert!(!refusal.remedy.is_empty());
    (refusal.file.clone(), refusal.line, refusal.reason.clone())
}

/// Checks what holds for every set: unique keys, relations that fit, values that the model takes.
pub fn check(set: &ImportSet) {
    let kinds: HashMap<&str, _> = set.elements.iter().map(|e| (e.key.as_str(), e.kind)).collect();
    assert_eq!(kinds.len(), set.elements.len(), "keys of elements are unique");
    let mut keys = HashSet::new();
    for element in &set.elements {
        check_name("name", &element.name).unwrap();
        element.tags.iter().for_each(|tag| check_tag(tag).unwrap());
        element.links.iter().for_each(|link| check_url("url", &link.url).unwrap());
        for (name, value) in &element.fields {
            parse_property(element_property(element.kind, name).unwrap(), value).unwrap();
        }
        if let Some(parent) = &element.parent {
            assert!(relation_allowed(RelationKind::PartOf, element.kind, Some(kinds[parent.as_str()])));
        }
        for relation in &element.relations {
            assert!(keys.insert(relation.key.as_str()), "{} is unique", relation.key);
            assert!(relation_allowed(relation.kind, element.kind, Some(kinds[relation.target.as_str()])));
            for (name, value) in &relation.fields {
                parse_property(relation_property(name).unwrap(), value).unwrap();
            }
        }
    }
    let pages: HashSet<&str> = set.pages.iter().map(|page| page.key.as_str()).collect();
    assert_eq!(pages.len(), set.pages.len(), "keys of pages are unique");
    let files: HashSet<&str> = set.attachments.iter().map(|file| file.key.as_str()).collect();
    for page in &set.pages {
        check_name("title", &page.title).unwrap();
        page.tags.iter().for_each(|tag| check_tag(tag).unwrap());
        for link in &page.links {
            match &link.resolved {
                Some(key) => assert!(pages.contains(key.as_str()) || files.contains(key.as_str()), "{key}"),
                None => assert!(
                    set.dangling
                        .iter()
                        .any(|d| d.from == page.key && d.to == link.target && d.line == link.line),
                    "{link:?} is resolved or dangling"
                ),
            }
        }
    }
}

/// Finds a folder of the corpora; says so and returns `None` where it is absent.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");
    let root = std::env::var_os("GROUNDPLAN_CORPORA").map_or_else(|| PathBuf::from(fallback), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED 1 test: the corpus {name} is not there");
    None
}
