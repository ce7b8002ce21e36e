//! Attacks on envelopes and what is in them: M4, M6, M9, M10, M13, M14, M26, M31.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use groundplan_shared::auth::{Compartment, Role};
use groundplan_shared::crypto::safe::CompartmentKey;
use groundplan_shared::envelope::{
    self, EnvelopeBody, Header, Kind, OpenReason, SealInput, Standing, forge, open_checked, parse_outer,
};
use groundplan_shared::membership::build::next_entry;
use groundplan_shared::membership::{Body, RoleSet};
use groundplan_shared::wire::{DocumentId, EnvelopeId, StreamId};
use std::io::Write as _;

use super::super::cast::WORKSPACE;
use super::super::world::World;
use super::{EVIL, flow_on, key_of, once, pair, reasons, shows, team};
use crate::core::{ChangeRefused, actor_of_change};
use crate::sync::memory::{COMPARTMENT, MemoryStore};
use crate::sync::store::EnvelopeState;
use crate::sync::{Log, run};

const DOCUMENT: DocumentId = DocumentId([1; 16]);

/// Everybody has a document of the owner and one of the evil member.
fn begun(seed: u64) -> World {
    let mut world = team(seed);
    world.edit_one(0, 1, "the owner's");
    world.edit_one(EVIL, 2, "the evil member's");
    world.settle();
    world
}

/// The last envelope of the evil member that the server has.
fn last_of_evil(world: &World) -> Vec<u8> {
    let by = |bytes: &[u8]| parse_outer(bytes).unwrap().header.author == world.device(EVIL);
    world.server.feed.iter().rev().map(|item| item.envelope.0.clone()).find(|bytes| by(bytes)).unwrap()
}

/// The server and the evil member put an envelope where they like.
fn plant(world: &mut World, bytes: &[u8]) {
    let head = world.server.state.head_index();
    world.server.backdate(bytes, head);
    world.tell();
    flow_on(world);
}

/// The envelope is set aside by everybody else, nothing of it is shown, and everything else goes on.
fn assert_set_aside(world: &mut World, text: &str) {
    for at in 0..3 {
        assert_eq!(world.status(at).quarantined, 1, "replica {at}: {:?}", reasons(world, at));
        assert!(!shows(world, at, text), "replica {at} shows it");
    }
    world.edit_one(0, 3, "goes on");
    world.edit_one(2, 1, "goes on here");
    flow_on(world);
    for at in 0..4 {
        assert!(shows(world, at, "goes on") && shows(world, at, "goes on here"), "replica {at}");
    }
}

/// Seals a body as the evil member's next envelope of a document.
fn seal(world: &World, key: &CompartmentKey, document: DocumentId, body: &EnvelopeBody) -> Vec<u8> {
    seal_as(world, (EVIL, Compartment::Internal), key, document, body)
}

/// The same for another author, who uses another compartment.
fn seal_as(
    world: &World,
    (author, compartment): (usize, Compartment),
    key: &CompartmentKey,
    document: DocumentId,
    body: &EnvelopeBody,
) -> Vec<u8> {
    let log = Log::of(world.server.state.clone()).head();
    let input = SealInput {
        kind: if world.server.documents().contains(&document) { Kind::Change } else { Kind::Genesis },
        workspace: WORKSPACE,
        document,
        compartment,
        epoch: 1,
        stream: StreamId::from_slice(b"an evil stream!!").unwrap(),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log,
        seen: None,
        body,
    };
    envelope::seal(&input, &world.keys(author), key, &world.dice).unwrap().bytes
}

/// A change of a document by an actor.
fn change(actor: &[u8], document: DocumentId, text: &str) -> Vec<Vec<u8>> {
    MemoryStore::new(true).edit(actor, "k", &[(document, text.to_owned())]).unwrap()
}

#[test]
fn m04_what_a_member_without_clearance_writes_is_set_aside() {
    let mut world = begun(5);
    let compartment = Compartment::Confidential;
    let mut id = [7; 16];
    id[15] = COMPARTMENT + compartment.number();
    // Somebody who has the key gave it to an editor who may not read there.
    let key = key_of(&world, EVIL, compartment, 1).unwrap();
    let changes = change(&world.replicas[3].actor, DocumentId(id), "above my level");
    let body = EnvelopeBody::of_changes(changes);
    let bytes = seal_as(&world, (3, compartment), &key, DocumentId(id), &body);
    plant(&mut world, &bytes);
    assert_eq!(reasons(&world, 0), ["its author may not write it"]);
    assert_set_aside(&mut world, "above my level");
}

#[test]
fn m04_what_who_may_only_comment_writes_elsewhere_is_set_aside() {
    let mut world = begun(5);
    let key = key_of(&world, EVIL, Compartment::Internal, 1).unwrap();
    // Sealed while it was an editor still, and offered when it is one no more.
    let changes = change(&world.replicas[EVIL].actor, DOCUMENT, "as if I were an editor");
    let bytes = seal(&world, &key, DOCUMENT, &EnvelopeBody::of_changes(changes));
    let body = Body::RoleSet(RoleSet { member: world.member(EVIL).unwrap(), role: Role::Viewer });
    let entry = next_entry(&world.server.state, &world.keys(0), 0, body);
    world.server.append(&entry).unwrap();
    world.tell();
    plant(&mut world, &bytes);
    assert_eq!(reasons(&world, 0), ["its author may comment, and this is no comment"]);
    assert_set_aside(&mut world, "as if I were an editor");
}

#[test]
fn m06_changes_of_another_author_are_set_aside() {
    let mut world = begun(1);
    world.replicas[EVIL].actor = world.new_actor(&world.keys(0));
    world.edit_one(EVIL, 1, "in the owner's name");
    flow_on(&mut world);
    assert_eq!(reasons(&world, 0), ["it holds changes of another device"]);
    assert_set_aside(&mut world, "in the owner's name");
}

#[test]
fn m09_every_flipped_byte_is_set_aside_and_the_true_item_is_fetched() {
    for at in 0..700 {
        let mut world = pair(at as u64);
        world.tamper = Some(once(move |item| {
            let length = item.envelope.len();
            item.envelope.0[at % length] ^= 1;
        }));
        world.edit_one(0, 1, "first");
        world.edit_one(0, 2, "elsewhere");
        world.settle();
        assert_eq!(world.agree(), [0, 1], "byte {at}");
    }
}

#[test]
fn m09_every_truncation_is_set_aside() {
    for kept in 0..600 {
        let mut world = pair(1_000 + kept as u64);
        world.tamper = Some(once(move |item| {
            let most = item.envelope.len() - 1;
            item.envelope.0.truncate(kept.min(most));
        }));
        world.edit_one(0, 1, "first");
        world.settle();
        assert_eq!(world.agree(), [0, 1], "{kept} bytes kept");
    }
}

#[test]
fn m10_an_envelope_is_not_moved_even_by_its_author() {
    let moves: [fn(&mut Header); 3] = [
        |header| header.document = DOCUMENT,
        |header| header.compartment = Compartment::Public,
        |header| header.kind = Kind::Genesis,
    ];
    for (number, change) in moves.into_iter().enumerate() {
        let mut world = begun(10 + number as u64);
        let bytes = last_of_evil(&world);
        let outer = parse_outer(&bytes).unwrap();
        let moved = forge::with_header(&bytes, &world.keys(EVIL), |header| {
            (header.dev_seq, header.previous) = (header.dev_seq + 1, outer.id);
            // Into a document of its own, unless it is about the document.
            header.document = DocumentId([30 + number as u8; 16]);
            change(header);
        });
        plant(&mut world, &moved.unwrap());
        assert_eq!(reasons(&world, 0), ["its content is not authentic or not readable"], "move {number}");
        assert_set_aside(&mut world, "nothing of the kind");
    }
}

#[test]
fn m10_an_item_delivered_as_another_documents_is_set_aside() {
    let mut world = pair(1);
    world.tamper = Some(once(|item| item.document = DocumentId([9; 16])));
    world.edit_one(0, 1, "first");
    world.edit_one(0, 1, "second");
    world.settle();
    assert_eq!(world.agree(), [0, 1]);
}

#[test]
fn m13_an_envelope_under_another_key_fails_before_anything_is_decrypted() {
    let mut world = begun(20);
    let other = CompartmentKey::make(&world.dice).unwrap();
    let actor = world.replicas[EVIL].actor.clone();
    let changes = change(&actor, DOCUMENT, "two meanings");
    let bytes = seal(&world, &other, DOCUMENT, &EnvelopeBody::of_changes(changes));
    let right = key_of(&world, 0, Compartment::Internal, 1).unwrap();
    let opened =
        open_checked(&bytes, &DOCUMENT, &world.server.state, Standing::Stored, |_, _| Some(&right), |_| None);
    assert_eq!(opened.unwrap_err().reason(), OpenReason::Commitment);
    plant(&mut world, &bytes);
    assert_set_aside(&mut world, "two meanings");
}

#[test]
fn m14_another_version_or_suite_and_a_missing_signature_are_refused() {
    let lower: [fn(&mut Header); 4] = [
        |header| header.version = 0,
        |header| header.suite = 0,
        |header| header.version = 2,
        |header| header.suite = 2,
    ];
    for (number, change) in lower.into_iter().enumerate() {
        let world = begun(30 + number as u64);
        let bytes = last_of_evil(&world);
        let forged = forge::with_header(&bytes, &world.keys(EVIL), change).unwrap();
        assert!(parse_outer(&forged).is_err(), "case {number}");
    }
    let mut world = begun(40);
    world.disconnect(1);
    world.tamper = Some(once(|item| item.envelope.0 = forge::without_signature(&item.envelope.0).unwrap()));
    world.edit_one(0, 1, "signed by nobody");
    world.flow();
    world.connect(1);
    world.settle();
    assert_eq!(world.status(1).quarantined, 1);
    assert_eq!(reasons(&world, 1), ["its signature is not its author's"]);
    assert!(shows(&world, 1, "signed by nobody"), "the true one was fetched");
}

/// A small change that claims to be 65 MiB of zeros.
fn bomb() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1024 * 1024];
    (0..65).for_each(|_| encoder.write_all(&zeros).unwrap());
    let deflated = encoder.finish().unwrap();
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2];
    let mut length = deflated.len();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(deflated);
    bytes
}

#[test]
fn m26_a_poisoned_envelope_is_set_aside_alone() {
    assert_eq!(actor_of_change(&bomb()), Err(ChangeRefused::TooLarge), "measured before it is inflated");
    for (number, change) in [b"no change".to_vec(), vec![0; 5_000], bomb()].into_iter().enumerate() {
        let mut world = begun(50 + number as u64);
        let key = key_of(&world, EVIL, Compartment::Internal, 1).unwrap();
        let body = EnvelopeBody::of_changes([change]);
        if fits(&body) {
            let bytes = seal(&world, &key, DOCUMENT, &body);
            plant(&mut world, &bytes);
            assert_set_aside(&mut world, "nothing of the kind");
        }
    }
}

/// Whether a body fits an envelope.
fn fits(body: &EnvelopeBody) -> bool {
    body.changes.iter().map(|change| change.len()).sum::<usize>() < 200 * 1024
}

#[test]
fn m26_a_number_used_twice_poisons_its_own_chain_only() {
    let mut world = begun(60);
    let before = world.store(EVIL).backup();
    world.edit_one(EVIL, 1, "the first of this number");
    world.settle();
    world.restore_as(EVIL, &before, false);
    world.edit_one(EVIL, 1, "the second of this number");
    world.connect(EVIL);
    flow_on(&mut world);
    assert!(shows(&world, 0, "the first of this number"));
    assert_set_aside(&mut world, "the second of this number");
}

#[test]
fn m31_nothing_that_people_write_is_readable_on_the_server() {
    let mut world = team(70);
    for at in 0..5 {
        world.edit_one(at, at as u8, &format!("x-wrote-{at}"));
    }
    flow_on(&mut world);
    world.nobody_holds_what_is_not_theirs();
    let sealed = run(world.store(0), |tx| tx.count_in(EnvelopeState::Sealed)).unwrap();
    assert_eq!(sealed, 0, "everything was sent");
}
