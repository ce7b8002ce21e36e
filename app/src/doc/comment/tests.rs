//! What concurrent talking comes to: nothing is lost, and nobody speaks in another's name.

use automerge::ActorId;
use groundplan_shared::model::DocumentKind;
use proptest::prelude::*;

use super::*;
use crate::doc::{create, is_deleted, touch, undo};

fn actor(n: u8) -> ActorId {
    ActorId::from([[n; 16].as_slice(), &[9; 8]].concat())
}

fn comment(n: u8) -> CommentId {
    CommentId::from_bytes([n; 16])
}

fn said(text: &str) -> Said {
    Said { text: text.into(), at_ms: 5, mentions: Vec::new() }
}

const SUBJECT: DocumentId = DocumentId::from_bytes([7; 16]);
const THREAD: DocumentId = DocumentId::from_bytes([8; 16]);

/// A thread with one comment, in two places.
fn two() -> (AutoCommit, AutoCommit) {
    let mut here = create(actor(1), DocumentKind::Thread).unwrap();
    write(&mut here, SUBJECT, None).unwrap();
    add(&mut here, comment(1), &said("Why two databases?")).unwrap();
    touch(&mut here, 1).unwrap();
    here.commit();
    let there = here.fork().with_actor(actor(2));
    (here, there)
}

fn merged(mut here: AutoCommit, mut there: AutoCommit) -> Thread {
    here.merge(&mut there).unwrap();
    there.merge(&mut here).unwrap();
    let thread = read(&here, THREAD).unwrap();
    assert_eq!(Some(thread.clone()), read(&there, THREAD), "both sides read the same");
    thread
}

fn texts(thread: &Thread) -> Vec<Vec<&str>> {
    thread.comments.iter().map(|c| c.versions.iter().map(|v| v.said.text.as_str()).collect()).collect()
}

#[test]
fn what_is_written_reads_back_with_who_wrote_it() {
    let (mut here, _) = two();
    let relation = RelationId::from_bytes([3; 16]);
    put(&mut here, &ROOT, "relation", relation.to_string()).unwrap();
    let thread = read(&here, THREAD).unwrap();
    assert_eq!((thread.id, thread.subject, thread.relation), (THREAD, SUBJECT, Some(relation)));
    assert_eq!(thread.comments[0].device, "01".repeat(16));
    assert_eq!(texts(&thread), [["Why two databases?"]]);
    assert_eq!(thread.resolved, None);
}

#[test]
fn replies_made_at_the_same_time_are_all_there_after_what_they_answer() {
    let (mut here, mut there) = two();
    add(&mut here, comment(2), &said("History.")).unwrap();
    add(&mut there, comment(3), &said("Load.")).unwrap();
    let thread = merged(here, there);
    assert_eq!(texts(&thread), [["Why two databases?"], ["History."], ["Load."]]);
    assert_eq!(thread.comments[2].device, "02".repeat(16));
}

#[test]
fn a_reply_and_a_resolution_both_stay_and_reopening_wins() {
    let (mut here, mut there) = two();
    resolve(&mut here, Some(77)).unwrap();
    add(&mut there, comment(3), &said("Wait.")).unwrap();
    here.merge(&mut there).unwrap();
    there.merge(&mut here).unwrap();
    let thread = read(&there, THREAD).unwrap();
    assert_eq!(
        (texts(&thread).len(), &thread.resolved),
        (2, &Some(Resolved { device: "01".repeat(16), at_ms: 77 }))
    );
    resolve(&mut here, None).unwrap();
    resolve(&mut there, Some(99)).unwrap();
    assert_eq!(merged(here, there).resolved, None);
}

#[test]
fn an_edit_survives_a_removal_and_two_edits_are_both_kept() {
    let (mut here, mut there) = two();
    take_away(&mut here, comment(1)).unwrap();
    assert!(read(&here, THREAD).unwrap().comments[0].versions.is_empty());
    edit(&mut there, comment(1), &said("Why two?")).unwrap();
    assert_eq!(texts(&merged(here, there)), [["Why two?"]]);

    let (mut here, mut there) = two();
    edit(&mut here, comment(1), &said("Why three?")).unwrap();
    edit(&mut there, comment(1), &said("Why two?")).unwrap();
    let thread = merged(here, there);
    let mut both = texts(&thread)[0].clone();
    both.sort_unstable();
    assert_eq!(both, ["Why three?", "Why two?"]);
}

#[test]
fn whoever_writes_into_anothers_comment_is_named() {
    let (_, mut there) = two();
    edit(&mut there, comment(1), &said("I like one database.")).unwrap();
    let thread = read(&there, THREAD).unwrap();
    assert_eq!(thread.comments[0].device, "01".repeat(16), "the author stays who made it");
    assert_eq!(thread.comments[0].versions[0].device, "02".repeat(16), "and the words are whose they are");
    // Nor does it help to claim another author from the start.
    add(&mut there, comment(5), &said("Signed, the first.")).unwrap();
    let at = find(&there, comment(5)).unwrap();
    put(&mut there, &at, "by", "01".repeat(16)).unwrap();
    let claimed = read(&there, THREAD).unwrap().comments.remove(1);
    assert_eq!((claimed.device, &claimed.versions[0].device), ("01".repeat(16), &"02".repeat(16)));
}

#[test]
fn a_reply_brings_a_thread_back_that_was_taken_back_at_the_same_time() {
    let (mut here, mut there) = two();
    let made = here.get_heads();
    undo::revert(&mut here, &[], &made, 2).unwrap();
    here.commit();
    assert!(is_deleted(&here));
    add(&mut there, comment(2), &said("Good question.")).unwrap();
    touch(&mut there, 3).unwrap();
    here.merge(&mut there).unwrap();
    assert!(!is_deleted(&here));
    assert_eq!(texts(&read(&here, THREAD).unwrap()).len(), 2);
}

#[test]
fn removing_is_undone_by_whoever_removed() {
    let (mut here, _) = two();
    let before = here.get_heads();
    take_away(&mut here, comment(1)).unwrap();
    here.commit();
    let after = here.get_heads();
    undo::revert(&mut here, &before, &after, 3).unwrap();
    let thread = read(&here, THREAD).unwrap();
    assert_eq!(texts(&thread), [["Why two databases?"]]);
    assert_eq!(thread.comments[0].versions[0].device, "01".repeat(16));
}

#[test]
fn what_is_no_comment_is_left_out() {
    let (mut here, _) = two();
    let comments = map(&here, &ROOT, COMMENTS).unwrap();
    for (n, bad) in ["", "no JSON", "{\"text\":\" \",\"at_ms\":1}", "{\"text\":5}"].into_iter().enumerate() {
        let at = ensure_map(&mut here, &comments, &comment(20 + n as u8).to_string()).unwrap();
        put(&mut here, &at, SAID, bad).unwrap();
    }
    put(&mut here, &comments, "not an id", 5_i64).unwrap();
    let thread = read(&here, THREAD).unwrap();
    assert_eq!(thread.comments.iter().filter(|c| !c.versions.is_empty()).count(), 1);
}

/// One thing that somebody does.
#[derive(Debug, Clone)]
enum Act {
    Say,
    Edit(prop::sample::Index),
    Remove(prop::sample::Index),
    Resolve(bool),
    Meet,
}

fn act() -> impl Strategy<Value = (bool, Act)> {
    let act = prop_oneof![
        3 => Just(Act::Say),
        2 => any::<prop::sample::Index>().prop_map(Act::Edit),
        1 => any::<prop::sample::Index>().prop_map(Act::Remove),
        1 => any::<bool>().prop_map(Act::Resolve),
        2 => Just(Act::Meet),
    ];
    (any::<bool>(), act)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever two people do in whatever order: both read the same, every comment that nobody removed after its last
    /// edit is there, and each is its author's.
    #[test]
    fn nothing_said_is_lost(acts in prop::collection::vec(act(), 1..40)) {
        let (here, there) = two();
        let mut places = [here, there];
        let mut authors: Vec<(CommentId, usize)> = vec![(comment(1), 0)];
        let mut removed: Vec<CommentId> = Vec::new();
        for (n, (second, act)) in acts.into_iter().enumerate() {
            let who = usize::from(second);
            let own: Vec<CommentId> = authors.iter().filter(|(_, author)| *author == who).map(|(id, _)| *id).collect();
            match act {
                Act::Say => {
                    let id = comment(30 + n as u8);
                    add(&mut places[who], id, &said(&format!("said {n}"))).unwrap();
                    authors.push((id, who));
                }
                Act::Edit(index) if !own.is_empty() => {
                    let id = *index.get(&own);
                    edit(&mut places[who], id, &said(&format!("edited {n}"))).unwrap();
                    removed.retain(|gone| *gone != id);
                }
                Act::Remove(index) if !own.is_empty() => {
                    let id = *index.get(&own);
                    take_away(&mut places[who], id).unwrap();
                    removed.push(id);
                }
                Act::Resolve(resolved) => resolve(&mut places[who], resolved.then_some(n as u64 + 1)).unwrap(),
                Act::Meet => {
                    let [a, b] = &mut places;
                    a.merge(b).unwrap();
                    b.merge(a).unwrap();
                }
                Act::Edit(_) | Act::Remove(_) => {}
            }
        }
        let [here, there] = places;
        let thread = merged(here, there);
        prop_assert_eq!(thread.comments.len(), authors.len());
        for (id, author) in authors {
            let found = thread.comments.iter().find(|c| c.id == id).unwrap();
            prop_assert_eq!(&found.device, &["01".repeat(16), "02".repeat(16)][author]);
            prop_assert_eq!(found.versions.is_empty(), removed.contains(&id), "{:?}", found);
        }
    }
}
