//! Attacks beside the machine: M11 (chunks), M16 (password stretching), M24 (snapshots).

use groundplan_shared::auth::Compartment;
use groundplan_shared::auth::opaque::{CEILING, FLOOR, KsfCost};
use groundplan_shared::crypto::safe::{ChunkPlace, CompartmentKey, open_chunk, seal_chunk};
use groundplan_shared::crypto::sha256;
use groundplan_shared::envelope::{
    Kind, Prefix, SavedChange, SealInput, Seen, SnapshotFault, Standing, check_snapshot, open_checked,
    parse_outer, seal,
};
use groundplan_shared::wire::{DocumentId, EnvelopeId, Hash, Incarnation, StreamId};

use super::super::cast::WORKSPACE;
use super::super::world::World;
use super::{EVIL, flow_on, key_of, team};
use crate::sync::memory::MemoryStore;
use crate::sync::{Log, run};

#[test]
fn m11_chunks_are_not_reordered_repeated_or_cut() {
    let world = team(1);
    let key = CompartmentKey::make(&world.dice).unwrap();
    let place = ChunkPlace { workspace: WORKSPACE, compartment: Compartment::Internal, epoch: 1 };
    let contents = [vec![1; 4_000], vec![2; 4_000], vec![3; 4_000]];
    let sealed: Vec<Vec<u8>> =
        contents.iter().map(|content| seal_chunk(&key, &place, content).unwrap().bytes).collect();
    for (at, content) in contents.iter().enumerate() {
        for (given, bytes) in sealed.iter().enumerate() {
            let opened = open_chunk(&key, &place, &sha256(&[content]), content.len(), bytes);
            assert_eq!(opened.is_ok(), at == given, "chunk {given} in the place of {at}");
        }
        for kept in (0..sealed[at].len()).step_by(97) {
            let cut = open_chunk(&key, &place, &sha256(&[content]), content.len(), &sealed[at][..kept]);
            assert!(cut.is_err(), "{kept} bytes kept");
        }
    }
}

#[test]
fn m16_the_cost_of_a_password_has_a_floor_and_a_ceiling() {
    let (memory, passes, lanes) = FLOOR.parts();
    assert!(KsfCost::new(memory - 1, passes, lanes).is_err());
    assert!(KsfCost::new(8, 1, 1).is_err());
    let (memory, passes, lanes) = CEILING.parts();
    assert!(KsfCost::new(memory, passes + 1, lanes).is_err());
    assert!(KsfCost::new(u32::MAX, passes, lanes).is_err());
}

#[test]
fn m24_a_snapshot_of_another_history_is_refused() {
    const DOCUMENT: DocumentId = DocumentId([1; 16]);
    let mut world = team(2);
    world.edit_one(EVIL, 1, "what everybody verified");
    world.settle();
    let (key, author) = (key_of(&world, EVIL, Compartment::Internal, 1).unwrap(), world.device(EVIL));
    let actor = world.replicas[EVIL].actor.clone();
    let hash = Hash([5; 32]);
    // The evil member stands for another envelope in the first place of the document.
    let mut prefix = Prefix::new();
    prefix.take(1, &EnvelopeId([66; 32]), 0, Some((author, &[hash]))).unwrap();
    let body = prefix.to_body(b"another history".to_vec()).unwrap();
    let input = SealInput {
        kind: Kind::Snapshot,
        workspace: WORKSPACE,
        document: DOCUMENT,
        compartment: Compartment::Internal,
        epoch: 1,
        stream: StreamId::from_slice(b"an evil stream!!").unwrap(),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log: Log::of(world.server.state.clone()).head(),
        seen: Some(Seen { incarnation: Incarnation([2; 16]), doc_seq: 1, link: prefix.link() }),
        body: &body,
    };
    let sealed = seal(&input, &world.keys(EVIL), &key, &world.dice).unwrap();
    let state = &world.server.state;
    let opened =
        open_checked(&sealed.bytes, &DOCUMENT, state, Standing::Stored, |_, _| Some(&key), |_| None).unwrap();
    let verified = world.server.feed.iter().find(|item| item.document == DOCUMENT).unwrap().link;
    let known = |doc_seq: u64| (doc_seq == 1).then_some(verified);
    let decode = |_: &[u8]| Some(vec![SavedChange { hash, actor: actor.clone() }]);
    let judged = check_snapshot(&opened, state, known, decode).map(|_| ());
    assert_eq!(judged, Err(SnapshotFault::Fork));
}

/// The evil member writes a snapshot of two edits by the owner that holds only the first.
fn shortened() -> World {
    const DOCUMENT: DocumentId = DocumentId([1; 16]);
    let mut world = team(3);
    for text in ["the first edit", "the second edit"] {
        world.edit_one(0, 1, text);
        world.settle();
    }
    world.disconnect(3);
    let first = world.edits.values().find(|edit| edit.value == "the first edit").unwrap().change.clone();
    let (hash, save) = run(&MemoryStore::new(true), |tx| {
        let applied = tx.apply(DOCUMENT, Compartment::Internal, std::slice::from_ref(&first))?;
        assert!(applied.is_ok());
        Ok((tx.change_hash(&first).unwrap(), tx.save(DOCUMENT)?.unwrap()))
    })
    .unwrap();
    let items: Vec<_> = world.server.feed.iter().filter(|item| item.document == DOCUMENT).collect();
    let id = |at: usize| parse_outer(&items[at].envelope).unwrap().id;
    let mut prefix = Prefix::new();
    prefix.take(1, &id(0), items[0].log_index, Some((world.device(0), &[hash]))).unwrap();
    prefix.take(2, &id(1), items[1].log_index, None).unwrap();
    assert_eq!(prefix.link(), items[1].link, "it stands for the true history");
    let input = SealInput {
        kind: Kind::Snapshot,
        workspace: WORKSPACE,
        document: DOCUMENT,
        compartment: Compartment::Internal,
        epoch: 1,
        stream: StreamId::from_slice(b"an evil stream!!").unwrap(),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log: Log::of(world.server.state.clone()).head(),
        seen: Some(Seen { incarnation: Incarnation([2; 16]), doc_seq: 2, link: prefix.link() }),
        body: &prefix.to_body(save).unwrap(),
    };
    let key = key_of(&world, EVIL, Compartment::Internal, 1).unwrap();
    let sealed = seal(&input, &world.keys(EVIL), &key, &world.dice).unwrap();
    let head = world.server.state.head_index();
    world.server.backdate(&sealed.bytes, head);
    world.tell();
    flow_on(&mut world);
    world
}

#[test]
fn m24_nothing_is_dropped_for_a_snapshot_that_leaves_an_edit_out() {
    let world = shortened();
    assert_eq!(world.server.compaction.dropped, 0, "nobody who verified the edits agrees to it");
    assert!(world.server.compaction.opinions() > 0, "and they say so");
}
