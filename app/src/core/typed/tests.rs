//! Stories of typing over a real database.

use super::*;
use crate::core::{Workspace, changes_in, step_over};
use automerge::{ActorId, AutoCommit, transaction::Transactable};
use groundplan_shared::model::{Page, PageKind, WorkspaceId};
use std::path::Path;

fn workspace(path: &Path) -> Workspace {
    Workspace::open(path, &[1; 32], WorkspaceId::from_bytes([2; 16]), [3; 16]).unwrap()
}

fn page(workspace: &Workspace, id: u8) -> DocumentId {
    let page = Page {
        id: DocumentId::from_bytes([id; 16]),
        kind: PageKind::Doc,
        title: "Notes".into(),
        path: format!("{id}.md"),
        front_matter: String::new(),
        body: "Start".into(),
        tags: Default::default(),
        aliases: Default::default(),
        eol: Default::default(),
        bom: false,
        source: None,
    };
    let make =
        |tx: &mut Tx<'_>| tx.create(page.id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?));
    workspace.edit("Create", make).unwrap();
    page.id
}

fn append(workspace: &Workspace, id: DocumentId, insert: &str) {
    workspace
        .edit(TYPING, |tx| {
            tx.edit_text(id, |doc| {
                let text = doc::text::object(doc, "body")?;
                let end = automerge::ReadDoc::length(doc, &text);
                Ok(doc.splice_text(&text, end, 0, insert)?)
            })
        })
        .unwrap();
}

fn body(workspace: &Workspace, id: DocumentId) -> String {
    workspace.read(|tx| tx.with(id, |doc| doc::string(doc, &automerge::ROOT, "body"))).unwrap().unwrap()
}

fn count(workspace: &Workspace, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    workspace.read(|tx| Ok(tx.sql().query_row(&sql, [], |row| row.get(0))?)).unwrap()
}

#[test]
fn what_was_typed_is_there_after_the_program_died_and_settles_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.db");
    let open = workspace(&path);
    let id = page(&open, 9);
    let (outbox, journal) = (count(&open, "outbox"), count(&open, "journal"));
    for letter in ["a", "b", "c"] {
        append(&open, id, letter);
    }
    assert_eq!(count(&open, "typed"), 3);
    assert_eq!((count(&open, "outbox"), count(&open, "journal")), (outbox, journal));
    // Nothing says goodbye: whatever is known is in the database.
    std::mem::forget(open);

    let open = workspace(&path);
    assert_eq!(body(&open, id), "Startabc");
    let state = open.read(|tx| journal::state(tx)).unwrap();
    assert_eq!(state.undo.as_deref(), Some("Typing in Notes"));
    assert!(open.read(|tx| project::is_stale(tx)).unwrap());
    open.transaction(project::refresh).unwrap();
    assert_eq!(count(&open, "typed"), 0);
    assert_eq!((count(&open, "outbox"), count(&open, "journal")), (outbox + 1, journal + 1));
    let row: Vec<u8> = open
        .read(|tx| {
            Ok(tx.sql().query_row("SELECT change FROM outbox ORDER BY id DESC", [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(changes_in(&row).len(), 3);
    let found: i64 = open
        .read(|tx| {
            let sql = "SELECT count(*) FROM search WHERE search MATCH 'startabc'";
            Ok(tx.sql().query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(found, 1);
    drop(open);
    assert_eq!(body(&workspace(&path), id), "Startabc");
}

#[test]
fn one_undo_takes_a_run_back_and_a_redo_brings_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let open = workspace(&dir.path().join("w.db"));
    let (id, other) = (page(&open, 9), page(&open, 8));
    append(&open, id, "a");
    append(&open, id, "b");
    append(&open, other, "x");
    append(&open, id, "c");
    assert_eq!(body(&open, id), "Startabc");
    for (left, theirs) in [("Startab", "Startx"), ("Startab", "Start"), ("Start", "Start")] {
        open.edit("Undo", |tx| step_over(tx, "undo", "redo")).unwrap();
        assert_eq!((body(&open, id).as_str(), body(&open, other).as_str()), (left, theirs));
    }
    open.edit("Redo", |tx| step_over(tx, "redo", "undo")).unwrap();
    assert_eq!(body(&open, id), "Startab");
    append(&open, id, "!");
    assert_eq!(open.read(|tx| journal::state(tx)).unwrap().redo, None, "typing ends what can be redone");
}

#[test]
fn a_run_outlives_a_delete_made_elsewhere_whatever_of_it_touched_the_register() {
    let dir = tempfile::tempdir().unwrap();
    let open = workspace(&dir.path().join("w.db"));
    let id = page(&open, 9);
    let mut there: AutoCommit = open.read(|tx| tx.with(id, |doc| doc.fork())).unwrap();
    there.set_actor(ActorId::from([7; 24]));
    doc::delete(&mut there).unwrap();
    there.commit();
    let delete = there.get_last_local_change().unwrap().raw_bytes().to_vec();
    for letter in ["a", "b", "c"] {
        append(&open, id, letter);
    }
    let changes: Vec<Vec<u8>> = open
        .read(|tx| {
            let mut statement = tx.sql().prepare("SELECT change FROM typed ORDER BY seq")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap();
    let operations: Vec<usize> =
        changes.iter().map(|bytes| Change::from_bytes(bytes.clone()).unwrap().len()).collect();
    assert_eq!(operations, [2, 1, 1], "the first touches, the others need not");
    open.transaction::<(), crate::store::StoreError>(|tx| {
        tx.apply_remote(id, DocumentKind::Page, 1, std::slice::from_ref(&delete)).unwrap();
        Ok(())
    })
    .unwrap();
    assert!(!open.read(|tx| tx.with(id, |doc| doc::is_deleted(doc))).unwrap());
    assert_eq!(count(&open, "typed"), 0, "what others sent settles what was typed");
    append(&open, id, "d");
    assert_eq!(body(&open, id), "Startabcd");
}

#[test]
fn long_typing_settles_by_itself_and_a_paste_is_no_typing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.db");
    let open = workspace(&path);
    let id = page(&open, 9);
    for _ in 0..ROWS + 10 {
        append(&open, id, "y");
    }
    assert_eq!(count(&open, "typed"), 10);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: String = (0..CHANGE_BYTES * 4)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'a' + (state % 26) as u8)
        })
        .collect();
    append(&open, id, &noise);
    assert_eq!(count(&open, "typed"), 0);
    let expected = format!("Start{}{noise}", "y".repeat(ROWS + 10));
    assert_eq!(body(&open, id), expected);
    drop(open);
    assert_eq!(body(&workspace(&path), id), expected);
}

#[test]
fn two_programs_type_into_one_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.db");
    let here = workspace(&path);
    let id = page(&here, 9);
    let there = workspace(&path);
    for _ in 0..20 {
        append(&here, id, "h");
        append(&there, id, "t");
    }
    assert_eq!(body(&here, id), format!("Start{}", "ht".repeat(20)));
    assert_eq!(body(&here, id), body(&there, id));
    here.transaction(project::refresh).unwrap();
    append(&there, id, "!");
    assert_eq!(count(&there, "typed"), 1);
    assert!(body(&here, id).ends_with("ht!"));
}

#[test]
fn a_keystroke_that_fails_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let open = workspace(&dir.path().join("w.db"));
    let id = page(&open, 9);
    append(&open, id, "a");
    let failed = open.edit(TYPING, |tx| {
        tx.edit_text(id, |doc| {
            let text = doc::text::object(doc, "body")?;
            doc.splice_text(&text, 0, 0, "never")?;
            Err::<(), _>(DocError::Version.into())
        })
    });
    assert!(failed.is_err());
    append(&open, id, "b");
    assert_eq!(body(&open, id), "Startab");
    assert_eq!(count(&open, "typed"), 1, "what was there settled, since nobody knew it any more");
}
