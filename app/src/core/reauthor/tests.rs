//! Tests of writing edits anew: others end with the same document, and nothing is there twice.

use std::path::Path;

use automerge::{ROOT, transaction::Transactable};
use groundplan_shared::model::{DocumentId, DocumentKind, WorkspaceId};

use super::*;
use crate::core::Workspace;
use crate::doc::text;

const PAGE: DocumentId = DocumentId::from_bytes([9; 16]);
const OLD: [u8; 16] = [1; 16];
const NEW: [u8; 16] = [2; 16];
const OTHER: [u8; 16] = [3; 16];

fn open(folder: &Path, device: [u8; 16]) -> Workspace {
    let id = WorkspaceId::from_bytes([7; 16]);
    Workspace::open(&folder.join("w.db"), &[1; 32], id, device).unwrap()
}

fn write(workspace: &Workspace, at: usize, words: &str) {
    let edit = |tx: &mut Tx<'_>| {
        tx.edit(PAGE, |doc| {
            let body = text::object(doc, "body")?;
            Ok(doc.splice_text(&body, at, 0, words)?)
        })
    };
    workspace.edit("Write", edit).unwrap();
}

fn rename(workspace: &Workspace, title: &str) {
    workspace.edit("Rename", |tx| tx.edit(PAGE, |doc| Ok(doc.put(ROOT, "title", title)?))).unwrap();
}

fn waiting(workspace: &Workspace) -> Vec<Change> {
    let rows = workspace
        .transaction::<_, CoreError>(|tx| {
            tx.settle()?;
            tx.unsent_rows(PAGE)
        })
        .unwrap();
    rows.into_iter().flat_map(|row| row.changes).collect()
}

fn take(workspace: &Workspace, changes: &[Change]) {
    let bytes: Vec<Vec<u8>> = changes.iter().map(|change| change.clone().bytes().to_vec()).collect();
    let done: Result<_, CoreError> = workspace.transaction(|tx| {
        tx.apply_remote(PAGE, DocumentKind::Page, 1, &bytes).map_err(|error| panic!("{error}")).map(drop)
    });
    done.unwrap();
}

fn body(workspace: &Workspace) -> (String, String) {
    let read = |doc: &mut AutoCommit| {
        (doc::string(doc, &ROOT, "title").unwrap_or_default(), doc::string(doc, &ROOT, "body").unwrap())
    };
    workspace.read(|tx| tx.with(PAGE, read)).unwrap()
}

/// A page that both know, then edits that only the first has; the first's store, and what the other has.
fn story(folder: &Path) -> (Workspace, Workspace, BTreeSet<Hash>) {
    let (first, other) = (open(&folder.join("a"), OLD), open(&folder.join("b"), OTHER));
    first
        .edit("Make", |tx| tx.create(PAGE, DocumentKind::Page, |doc| Ok(doc.put(ROOT, "kind", "doc")?)))
        .unwrap();
    write(&first, 0, "one three");
    let sent = waiting(&first);
    take(&other, &sent);
    let hashes = sent.iter().map(|change| Hash(change.hash().0)).collect();
    rename(&first, "Unsent title");
    write(&first, 4, "two ");
    write(&first, 8, "\u{1f600}");
    (first, other, hashes)
}

fn again(folder: &Path, sent: &BTreeSet<Hash>) -> (Workspace, usize) {
    let again = open(&folder.join("a"), NEW);
    rename(&again, "Written since");
    let made = again
        .edit("Bring in", |tx| {
            assert_eq!(tx.foreign_unsent()?, [PAGE]);
            let mut renamed = Renamed::default();
            assert!(tx.reauthor(PAGE, sent, &mut renamed)?);
            tx.rename_steps(&renamed)?;
            assert!(tx.foreign_unsent()?.is_empty());
            Ok(renamed.count())
        })
        .unwrap()
        .0;
    (again, made)
}

#[test]
fn unsent_edits_arrive_as_another_device_s_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    ["a", "b"].iter().for_each(|name| std::fs::create_dir(dir.path().join(name)).unwrap());
    let (first, other, sent) = story(dir.path());
    let old = first.actor().clone();
    drop(first);
    write(&other, 9, " four");

    let (again, made) = again(dir.path(), &sent);
    assert!(!again.actor().to_bytes().starts_with(&OLD));
    assert_eq!(made, 4, "three unsent edits and one on top of them");
    let rewritten = waiting(&again);
    assert!(rewritten.iter().all(|change| change.actor_id().to_bytes().starts_with(&NEW)));
    assert_eq!(rewritten.len(), made, "what was sent waits no more");
    assert!(rewritten.iter().all(|change| *change.actor_id() != old));

    let theirs: Vec<Change> = waiting(&other)
        .into_iter()
        .filter(|change| change.actor_id().to_bytes().starts_with(&OTHER))
        .collect();
    take(&other, &rewritten);
    take(&again, &theirs);
    assert_eq!(body(&again), body(&other));
    assert_eq!(body(&other), ("Written since".to_owned(), "one two \u{1f600}three four".to_owned()));

    // The store says the same after a restart, and undo finds the steps.
    drop(again);
    let again = open(&dir.path().join("a"), NEW);
    assert_eq!(body(&again), body(&other));
    again.edit("Undo", |tx| crate::core::step_over(tx, "undo", "redo")).unwrap();
    assert_eq!(body(&again).0, "Unsent title");
    again.edit("Undo", |tx| crate::core::step_over(tx, "undo", "redo")).unwrap();
    assert_eq!(body(&again).1, "one two three four");
}

#[test]
fn what_others_have_already_is_not_written_twice() {
    let dir = tempfile::tempdir().unwrap();
    ["a", "b"].iter().for_each(|name| std::fs::create_dir(dir.path().join(name)).unwrap());
    let (first, other, _) = story(dir.path());
    // All of it had arrived; only the answer was lost.
    let all = waiting(&first);
    take(&other, &all);
    drop(first);
    let sent = all.iter().map(|change| Hash(change.hash().0)).collect();
    let (again, made) = again(dir.path(), &sent);
    assert_eq!(made, 1, "only what the new device wrote");
    take(&other, &waiting(&again));
    assert_eq!(body(&other), body(&again));
    assert_eq!(body(&other).1, "one two \u{1f600}three");
}
