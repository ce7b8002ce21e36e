//! Timelines of documents whose clocks are set by hand, and a workspace looked at on dates.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ROOT};
use groundplan_shared::api::{ApiError, Became, ErrorCode, HistoryAtParams, HistoryStep, TextField};
use groundplan_shared::model::{
    DocumentId, DocumentKind, Element, ElementKind, Relation, RelationId, RelationKind, WorkspaceId,
};

use super::restore::{document, recover};
use super::*;
use crate::core::{CoreError, Workspace};
use crate::doc::{self, element};

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 24])
}

fn commit(doc: &mut AutoCommit, time_s: i64) {
    doc.commit_with(CommitOptions::default().with_time(time_s));
}

fn blank(id: DocumentId, name: &str) -> Element {
    Element {
        id,
        kind: ElementKind::Component,
        name: name.into(),
        description: "One.".into(),
        properties: Default::default(),
        tags: Default::default(),
        links: Vec::new(),
        relations: Vec::new(),
        endpoints: Vec::new(),
        source: None,
    }
}

fn made(author: u8, element: &Element, time_s: i64) -> AutoCommit {
    let mut doc = doc::create(actor(author), DocumentKind::Element).unwrap();
    element::write(&mut doc, element).unwrap();
    doc::touch(&mut doc, time_s as u64 * 1000).unwrap();
    commit(&mut doc, time_s);
    doc
}

fn rename(doc: &mut AutoCommit, name: &str, time_s: i64) {
    element::set_name(doc, name).unwrap();
    doc::touch(doc, time_s as u64 * 1000).unwrap();
    commit(doc, time_s);
}

fn type_in(doc: &mut AutoCommit, text: &str, time_s: i64) {
    let at = doc::text::object(doc, doc::text::key(TextField::Description)).unwrap();
    let end = automerge::ReadDoc::length(doc, &at);
    doc.splice_text(&at, end, 0, text).unwrap();
    commit(doc, time_s);
}

const NOW_MS: u64 = 2_000_000_000_000;

fn names(doc: &mut AutoCommit, timeline: &Timeline) -> Vec<String> {
    (1..=timeline.len())
        .map(|version| reference(doc, DocumentId::from_bytes([1; 16]), &timeline.heads(version)).name)
        .collect()
}

#[test]
fn typing_within_a_minute_is_one_version_and_every_other_edit_its_own() {
    let mut doc = made(1, &blank(DocumentId::from_bytes([1; 16]), "Web"), 1_000);
    type_in(&mut doc, " Two", 1_010);
    type_in(&mut doc, " three", 1_020);
    rename(&mut doc, "Shop", 1_021);
    rename(&mut doc, "Web", 1_022);
    type_in(&mut doc, " four", 1_023);
    type_in(&mut doc, " five", 1_300);
    let timeline = Timeline::of(&mut doc, NOW_MS);
    let ends = |every| {
        let versions = timeline.versions(&doc, timeline.len(), 100, every);
        versions.iter().map(|version| (version.from, version.to)).collect::<Vec<_>>()
    };
    assert_eq!(ends(false), [(6, 7), (5, 6), (4, 5), (3, 4), (1, 3), (0, 1)]);
    assert_eq!(ends(true).len(), 7);
    let first = timeline.versions(&doc, timeline.len(), 2, false);
    let rest = timeline.versions(&doc, first[1].from, 100, false);
    assert_eq!(rest.len(), 4, "a list goes on where it stopped");
    assert_eq!(step(&doc, &timeline.heads(0), &timeline.heads(1)), HistoryStep::Created);
    let (before, after) = (read(&doc, &timeline.heads(3)), read(&doc, &timeline.heads(6)));
    let found = changes(&before, &after, Detail::Words, &mut |id| id.to_owned());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].field.as_str(), found[0].added, found[0].removed), ("description", 1, 0));
}

#[test]
fn the_order_is_that_of_causes_and_the_same_everywhere_whatever_clocks_say() {
    let mut here = made(1, &blank(DocumentId::from_bytes([1; 16]), "a"), 1_000);
    let mut there = here.fork().with_actor(actor(2));
    // One clock is ten years ahead (later than now), one ten years behind.
    rename(&mut here, "b", 3_000_000_000);
    rename(&mut here, "c", 1_200);
    rename(&mut there, "d", 5);
    rename(&mut there, "e", 1_100);
    here.merge(&mut there).unwrap();
    there.merge(&mut here).unwrap();
    let (first, second) = (Timeline::of(&mut here, NOW_MS), Timeline::of(&mut there, NOW_MS));
    for version in 0..=first.len() {
        assert_eq!(first.name(version), second.name(version));
    }
    assert_eq!(first.len(), 5);
    // What builds on a bad clock is still found by its own date.
    let at_1150 = first.heads(first.at(1_150_999));
    let seen = at_version(&mut here, &at_1150, |doc| element::read(doc, DocumentId::from_bytes([1; 16])));
    assert!(["b", "e"].contains(&seen.unwrap().name.as_str()));
    assert_eq!(first.at(999_999), 0);
    assert_eq!(first.at(1_200_000), 5);
    assert_eq!(names(&mut here, &first)[0], "a");
    assert_eq!(
        doc::string(&here, &ROOT, "name"),
        doc::string(&there, &ROOT, "name"),
        "looking changes nothing"
    );
}

/// A workspace into which documents come whole, as from other devices.
fn workspace(docs: &mut [(DocumentId, AutoCommit)]) -> (tempfile::TempDir, Workspace) {
    let dir = tempfile::TempDir::new().unwrap();
    let id = WorkspaceId::from_bytes([9; 16]);
    let workspace = Workspace::open(&dir.path().join("w.db"), &[7; 32], id, [1; 16]).unwrap();
    receive(&workspace, docs);
    (dir, workspace)
}

fn receive(workspace: &Workspace, docs: &mut [(DocumentId, AutoCommit)]) {
    workspace
        .transaction::<_, CoreError>(|tx| {
            for (id, doc) in docs.iter_mut() {
                let changes: Vec<Vec<u8>> =
                    doc.get_changes(&[]).into_iter().map(|mut change| change.bytes().to_vec()).collect();
                tx.apply_remote(*id, DocumentKind::Element, 1, &changes).expect("changes of a document");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_workspace_can_be_seen_as_it_was_and_what_was_deleted_comes_back_with_its_relations() {
    let ids: Vec<DocumentId> = (1..=4).map(|n| DocumentId::from_bytes([n; 16])).collect();
    let relation = |n: u8, kind, target| Relation {
        id: RelationId::from_bytes([n; 16]),
        kind,
        target,
        properties: Default::default(),
        source: None,
    };
    let mut docs: Vec<(DocumentId, AutoCommit)> = Vec::new();
    for (id, name) in ids.iter().zip(["Web", "Store", "Part", "Late"]) {
        let mut element = blank(*id, name);
        match name {
            "Web" => element.relations = vec![relation(1, RelationKind::Uses, ids[1])],
            "Part" => element.relations = vec![relation(2, RelationKind::PartOf, ids[1])],
            _ => {}
        }
        docs.push((*id, made(1, &element, if name == "Late" { 9_000 } else { 1_000 })));
    }
    // At 5,000 the store is deleted as `element/delete` does it: what leads to it goes, its part moves up.
    element::remove_entry(&mut docs[0].1, "relations", &RelationId::from_bytes([1; 16]).to_string()).unwrap();
    element::remove_entry(&mut docs[2].1, "relations", &RelationId::from_bytes([2; 16]).to_string()).unwrap();
    element::set_relation(&mut docs[2].1, &relation(3, RelationKind::PartOf, ids[0])).unwrap();
    doc::delete(&mut docs[1].1).unwrap();
    for n in [0, 2] {
        doc::touch(&mut docs[n].1, 5_000_000).unwrap();
    }
    docs.iter_mut().take(3).for_each(|(_, doc)| commit(doc, 5_000));
    let (_dir, workspace) = workspace(&mut docs);

    let params = |at_ms| HistoryAtParams { at_ms, became: None, limit: 0, after: None, job: None };
    let look = |params: &HistoryAtParams| at::look(&workspace, params, &mut |_, _| Ok(())).unwrap();
    let seen = look(&params(4_000_000));
    assert_eq!((seen.then.elements, seen.then.relations), (3, 2));
    assert_eq!((seen.now.elements, seen.now.relations), (3, 1));
    assert_eq!((seen.created, seen.changed, seen.deleted), (1, 2, 1));
    let became: Vec<(&str, Became)> =
        seen.items.iter().map(|thing| (thing.item.name.as_str(), thing.became)).collect();
    assert_eq!(became, [("Part", Became::Changed), ("Store", Became::Deleted), ("Web", Became::Changed)]);
    assert_eq!(look(&params(999_000)).then.elements, 0);
    let paged = HistoryAtParams { limit: 2, ..params(4_000_000) };
    let first = look(&paged);
    let rest = look(&HistoryAtParams { after: first.next, ..paged.clone() });
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    let mut told = Vec::new();
    let stop = ApiError::new(ErrorCode::Cancelled, "stopped", "");
    let stopped = at::look(&workspace, &paged, &mut |done, total| {
        told.push((done, total));
        Err(stop.clone())
    });
    assert!(stopped.is_err(), "it ends when it is told to");
    assert_eq!(told, [(0, 4)]);

    let ((restored, names), _) = workspace.edit("Recover", |tx| recover(tx, 4_000_000, &[])).unwrap();
    assert_eq!((restored.documents, restored.relations, names), (1, 2, vec!["Store".to_owned()]));
    let relations = |id: DocumentId| {
        let read = workspace.read(|tx| tx.with(id, |doc| element::read(doc, id))).unwrap().unwrap();
        read.relations.into_iter().map(|relation| (relation.kind, relation.target)).collect::<Vec<_>>()
    };
    assert_eq!(relations(ids[0]), [(RelationKind::Uses, ids[1])]);
    assert_eq!(relations(ids[2]), [(RelationKind::PartOf, ids[1])], "and not where it was moved");
    assert_eq!(look(&params(4_000_000)).deleted, 0);

    let undone = workspace.edit("Undo", |tx| crate::core::step_over(tx, "undo", "redo")).unwrap().0;
    assert_eq!(undone.done.as_deref(), Some("Recover"));
    assert_eq!(relations(ids[0]), []);
    assert_eq!(look(&params(4_000_000)).deleted, 1);
}

#[test]
fn a_version_from_before_a_deletion_comes_back_and_one_from_before_the_start_does_not() {
    let id = DocumentId::from_bytes([1; 16]);
    let mut doc = made(1, &blank(id, "Web"), 1_000);
    let first = doc::text::version(&doc.get_heads());
    rename(&mut doc, "Shop", 2_000);
    doc::delete(&mut doc).unwrap();
    commit(&mut doc, 3_000);
    let gone = doc::text::version(&doc.get_heads());
    let (_dir, workspace) = workspace(&mut [(id, doc)]);
    let restore = |version: &str| workspace.edit("Restore", |tx| document(tx, id, version));
    for bad in [gone.as_str(), "", "00", "nothing"] {
        assert!(matches!(restore(bad), Err(CoreError::Api(_))), "{bad}");
    }
    let beginning = first.get(..10).unwrap();
    assert_eq!(restore(beginning).unwrap().0.documents, 1);
    let read = |workspace: &Workspace| {
        workspace
            .read(|tx| tx.with(id, |doc| (!doc::is_deleted(doc)).then(|| element::read(doc, id)).flatten()))
            .unwrap()
    };
    assert_eq!(read(&workspace).unwrap().name, "Web");
    assert_eq!(restore(beginning).unwrap().0.documents, 0, "it already is like that");
    workspace.edit("Undo", |tx| crate::core::step_over(tx, "undo", "redo")).unwrap();
    assert_eq!(read(&workspace), None);
}
