//! Tests of snapshots: what an honest one passes, and each way in which one may lie.

use super::*;
use crate::auth::role::{Clearance, Compartment, Role};
use crate::crypto::safe::DeviceKeys;
use crate::crypto::safe::low::random::seeded;
use crate::envelope::{
    Author, EnvelopeBody, Folded, Header, Kind, LogPoint, Opened, SealInput, Seen, Standing, open_checked,
    parse_outer, seal,
};
use crate::membership::fixture::{Person, WORKSPACE, World};
use crate::membership::{Body, DeviceRevoke};
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, StreamId};

const DOCUMENT: DocumentId = DocumentId([0x0d; 16]);

/// A stand-in for Automerge: a save is a list of actors (24 bytes each); a change's hash is that of its place and actor.
fn decode(save: &[u8]) -> Option<Vec<SavedChange>> {
    let (chunks, rest) = save.as_chunks::<24>();
    rest.is_empty().then(|| {
        let changes = chunks.iter().enumerate();
        changes.map(|(at, actor)| SavedChange { hash: hash_of(at, actor), actor: actor.to_vec() }).collect()
    })
}

fn hash_of(at: usize, actor: &[u8]) -> Hash {
    sha256(&[&[at as u8], actor])
}

fn actor(device: &DeviceId) -> Vec<u8> {
    [device.0.as_slice(), b"install1"].concat()
}

/// A document with one change each by owner, editor, owner, and one refused envelope.
struct Story {
    world: World,
    editor: Person,
    prefix: Prefix,
    save: Vec<u8>,
}

fn story() -> Story {
    let mut world = World::new();
    let editor = world.admit(2, Role::Editor, Clearance::STANDARD);
    let (mut prefix, mut save) = (Prefix::new(), Vec::new());
    let (owner, other) = (world.owner.device.id(), editor.device.id());
    for (at, device) in [owner, other, owner].into_iter().enumerate() {
        let actor = actor(&device);
        let hash = hash_of(at, &actor);
        save.extend(actor);
        let doc_seq = at as u64 + 1;
        prefix.take(doc_seq, &EnvelopeId([doc_seq as u8; 32]), 3, Some((device, &[hash]))).unwrap();
    }
    prefix.take(4, &EnvelopeId([4; 32]), 3, None).unwrap();
    Story { world, editor, prefix, save }
}

impl Story {
    fn body(&self) -> EnvelopeBody {
        self.prefix.to_body(self.save.clone()).unwrap()
    }

    /// Seals a body as the owner's snapshot, and its bytes opened by the editor.
    fn sealed(&self, body: &EnvelopeBody, seen: Option<Seen>) -> (Vec<u8>, Opened) {
        let device = &self.world.owner.device;
        let ring = self.world.ring(device);
        let (epoch, key) = ring.current(&self.world.state, Compartment::Internal).unwrap();
        let input = SealInput {
            kind: Kind::Snapshot,
            workspace: WORKSPACE,
            document: DOCUMENT,
            compartment: Compartment::Internal,
            epoch,
            stream: StreamId::from_slice(b"stream-1").unwrap(),
            dev_seq: 1,
            previous: EnvelopeId::ZERO,
            log: LogPoint { index: self.world.state.head_index(), hash: self.world.state.head_hash() },
            seen,
            body,
        };
        let sealed = seal(&input, device, key, &seeded(300)).unwrap();
        let ring = self.world.ring(&self.editor.device);
        let opened = open_checked(
            &sealed.bytes,
            &DOCUMENT,
            &self.world.state,
            Standing::Offered,
            |compartment, epoch| ring.get(compartment, epoch),
            |_| None,
        );
        (sealed.bytes, opened.unwrap())
    }

    fn seen(&self) -> Option<Seen> {
        let (doc_seq, link) = (self.prefix.doc_seq(), self.prefix.link());
        Some(Seen { incarnation: Incarnation([3; 16]), doc_seq, link })
    }

    /// The body with every change by name, as the first snapshots have it.
    fn body_of_each(&self) -> EnvelopeBody {
        let mut body = self.body();
        for author in manifest(&mut body) {
            author.folded = None;
            author.changes = self.prefix.authors()[&author.device].iter().copied().collect();
        }
        body
    }

    fn check_each(&self, change: impl FnOnce(&mut EnvelopeBody)) -> Result<Snapshot, SnapshotFault> {
        self.check_body(self.body_of_each(), change)
    }

    fn check(&self, change: impl FnOnce(&mut EnvelopeBody)) -> Result<Snapshot, SnapshotFault> {
        self.check_body(self.body(), change)
    }

    fn check_body(
        &self,
        mut body: EnvelopeBody,
        change: impl FnOnce(&mut EnvelopeBody),
    ) -> Result<Snapshot, SnapshotFault> {
        change(&mut body);
        let (_, opened) = self.sealed(&body, self.seen());
        check_snapshot(&opened, &self.world.state, |_| None, decode)
    }

    fn honest(&self) -> Snapshot {
        self.check(|_| ()).unwrap()
    }
}

/// Gives a body another save, hashed rightly.
fn resave(body: &mut EnvelopeBody, save: Vec<u8>) {
    body.covers.as_mut().unwrap().save = Some(save_hash(&save));
    body.changes[0].0 = save;
}

fn manifest(body: &mut EnvelopeBody) -> &mut Vec<Author> {
    &mut body.covers.as_mut().unwrap().manifest
}

#[test]
fn an_honest_snapshot_passes_and_agrees_with_what_was_verified() {
    let story = story();
    let snapshot = story.honest();
    assert_eq!((snapshot.doc_seq(), snapshot.link()), (4, story.prefix.link()));
    assert_eq!(snapshot.agrees_with(&story.prefix), Ok(()));
    assert_eq!(snapshot.save(), save_hash(&story.save));
    let (_, opened) = story.sealed(&story.body(), story.seen());
    let link = story.prefix.link();
    let at = |doc_seq| (doc_seq == 4).then_some(link);
    assert!(check_snapshot(&opened, &story.world.state, at, decode).is_ok());
    // A newcomer goes on from it, and ends where everybody else is.
    let (mut newcomer, mut old) = (Prefix::after(&snapshot), story.prefix.clone());
    for prefix in [&mut newcomer, &mut old] {
        prefix.take(5, &EnvelopeId([5; 32]), 4, Some((snapshot.author(), &[Hash([9; 32])]))).unwrap();
    }
    assert_eq!(newcomer, old);
}

#[test]
fn each_lie_about_content_place_and_authors_is_found_in_either_form() {
    let story = story();
    let stranger = story.world.person(9).device;
    let one_less = story.save[..48].to_vec();
    let one_more = [story.save.as_slice(), &actor(&story.world.owner.device.id())].concat();
    let strangers = [story.save.as_slice(), &actor(&stranger.id())].concat();
    let mut another_actor = story.save.clone();
    another_actor[24] ^= 1;
    let foreign = |b: &mut EnvelopeBody| {
        manifest(b)[0].device = stranger.id();
        manifest(b).sort_by_key(|a| a.device);
    };
    for body in [story.body(), story.body_of_each()] {
        let fault = |change: &dyn Fn(&mut EnvelopeBody)| story.check_body(body.clone(), change).unwrap_err();
        assert_eq!(fault(&|b| b.changes[0].0.push(0)), SnapshotFault::Save);
        assert_eq!(fault(&|b| resave(b, one_less.clone())), SnapshotFault::Content, "a change left out");
        assert_eq!(fault(&|b| resave(b, one_more.clone())), SnapshotFault::Content, "a change slipped in");
        assert_eq!(fault(&|b| resave(b, strangers.clone())), SnapshotFault::Content, "by nobody on the list");
        assert_eq!(fault(&|b| resave(b, another_actor.clone())), SnapshotFault::Content);
        assert_eq!(fault(&|b| resave(b, vec![1])), SnapshotFault::Unreadable);
        assert_eq!(fault(&|b| b.covers.as_mut().unwrap().doc_seq = 3), SnapshotFault::Seen);
        assert_eq!(fault(&|b| b.covers.as_mut().unwrap().link = Hash([1; 32])), SnapshotFault::Seen);
        assert_eq!(fault(&|b| manifest(b).reverse()), SnapshotFault::Manifest);
        assert_eq!(fault(&|b| manifest(b).truncate(1)), SnapshotFault::Content);
        assert_eq!(fault(&foreign), SnapshotFault::Author);
    }
}

#[test]
fn each_lie_about_the_number_of_changes_is_found() {
    let story = story();
    let fault = |change: &dyn Fn(&mut EnvelopeBody)| story.check(change).unwrap_err();
    let fold = |body: &mut EnvelopeBody, change: &dyn Fn(&mut Folded)| {
        change(manifest(body)[0].folded.as_mut().unwrap());
    };
    assert_eq!(fault(&|b| fold(b, &|f| f.count = 0)), SnapshotFault::Manifest);
    assert_eq!(fault(&|b| fold(b, &|f| f.count += 1)), SnapshotFault::Content);
    assert_eq!(fault(&|b| fold(b, &|f| f.digest.0[31] ^= 1)), SnapshotFault::Content);
    assert_eq!(fault(&|b| manifest(b)[0].changes.push(Hash([1; 32]))), SnapshotFault::Manifest, "both forms");
    let mixed = |b: &mut EnvelopeBody| {
        let author = &mut manifest(b)[1];
        author.folded = None;
        author.changes = story.prefix.authors()[&author.device].iter().copied().collect();
    };
    assert_eq!(fault(&mixed), SnapshotFault::Manifest);
    let swapped = |b: &mut EnvelopeBody| {
        let [a, b] = manifest(b).as_mut_slice() else { panic!("two authors") };
        std::mem::swap(&mut a.folded, &mut b.folded);
    };
    assert_eq!(fault(&swapped), SnapshotFault::Content, "changes put in another's mouth");
}

#[test]
fn a_snapshot_grows_with_its_save_and_not_with_the_number_of_changes() {
    let size = |changes: u16| {
        let mut prefix = Prefix::new();
        let hashes: Vec<Hash> = (0..changes).map(|n| sha256(&[&n.to_be_bytes()])).collect();
        prefix.take(1, &EnvelopeId([1; 32]), 1, Some((DeviceId([1; 16]), &hashes))).unwrap();
        crate::wire::cbor::encode(&prefix.to_body(vec![0; 1000]).unwrap()).len()
    };
    assert!(size(60_000) < size(1) + 8, "{} {}", size(60_000), size(1));
}

#[test]
fn what_names_every_change_is_read_for_ever() {
    let story = story();
    let snapshot = story.check_each(|_| ()).unwrap();
    assert_eq!(snapshot.agrees_with(&story.prefix), Ok(()));
    assert_eq!(snapshot.authors(), story.honest().authors());
}

#[test]
fn each_lie_about_named_changes_is_found() {
    let story = story();
    let fault = |change: &dyn Fn(&mut EnvelopeBody)| story.check_each(change).unwrap_err();
    assert_eq!(fault(&|b| manifest(b)[0].changes.clear()), SnapshotFault::Manifest);
    let twice = |b: &mut EnvelopeBody| {
        let hash = manifest(b)[0].changes[0];
        manifest(b)[1].changes.push(hash);
        manifest(b)[1].changes.sort_unstable();
    };
    assert_eq!(fault(&twice), SnapshotFault::Manifest, "a change with two authors");
    let swapped = |b: &mut EnvelopeBody| {
        let [a, b] = manifest(b).as_mut_slice() else { panic!("two authors") };
        std::mem::swap(&mut a.changes, &mut b.changes);
    };
    assert_eq!(fault(&swapped), SnapshotFault::Actor, "changes put in another's mouth");
}

#[test]
fn header_and_history_must_fit() {
    let story = story();
    let body = story.body();
    let check = |opened: &Opened, known: Option<Hash>| {
        check_snapshot(opened, &story.world.state, |_| known, decode).map(|_| ())
    };
    let (_, opened) = story.sealed(&body, None);
    assert_eq!(check(&opened, None), Err(SnapshotFault::Seen));
    let further = Seen { doc_seq: 5, link: Hash([5; 32]), incarnation: Incarnation([3; 16]) };
    let (_, opened) = story.sealed(&body, Some(further));
    assert_eq!(check(&opened, None), Err(SnapshotFault::Seen));
    let (_, opened) = story.sealed(&body, story.seen());
    assert_eq!(check(&opened, Some(Hash([6; 32]))), Err(SnapshotFault::Fork));
    let change = Opened { header: Header { kind: Kind::Change, ..opened.header.clone() }, ..opened };
    assert_eq!(check(&change, None), Err(SnapshotFault::Kind));
}

#[test]
fn what_differs_from_the_verified_prefix_is_found_though_it_is_consistent_in_itself() {
    let story = story();
    let snapshot = story.honest();
    // The device itself verified one change more, or one less, or has another history.
    let (mut more, mut less) = (Prefix::new(), Prefix::new());
    for doc_seq in 1..=4u8 {
        let id = EnvelopeId([doc_seq; 32]);
        let device = [story.world.owner.device.id(), story.editor.device.id()][usize::from(doc_seq == 2)];
        let hash = hash_of(usize::from(doc_seq) - 1, &actor(&device));
        more.take(doc_seq.into(), &id, 3, Some((device, &[hash]))).unwrap();
        less.take(doc_seq.into(), &id, 3, (doc_seq < 3).then_some((device, &[hash]))).unwrap();
    }
    assert_eq!(snapshot.agrees_with(&more), Err(SnapshotFault::Differs));
    assert_eq!(snapshot.agrees_with(&less), Err(SnapshotFault::Differs));
    more.take(5, &EnvelopeId([5; 32]), 3, None).unwrap();
    assert_eq!(snapshot.agrees_with(&more), Err(SnapshotFault::Fork));
    let mut other = Prefix::new();
    assert_eq!(other.take(2, &EnvelopeId([1; 32]), 3, None), Err(PrefixError::Gap { found: 2, expected: 1 }));
    assert_eq!(other.to_body(vec![]), Err(PrefixError::Empty));
    let hash = [Hash([1; 32])];
    other.take(1, &EnvelopeId([1; 32]), 3, Some((DeviceId([1; 16]), &hash))).unwrap();
    let foreign = other.take(2, &EnvelopeId([2; 32]), 3, Some((DeviceId([2; 16]), &hash)));
    assert_eq!(foreign, Err(PrefixError::TwoAuthors));
}

#[test]
fn an_author_who_was_shut_out_later_stays_an_author() {
    let mut story = story();
    let owner = story.world.owner.device.clone();
    let gone = story.editor.device.id();
    let rotate = story.world.rotation(Clearance::STANDARD, Some(story.editor.member));
    story.world.accept(&owner, Body::DeviceRevoke(DeviceRevoke { device: gone, rotate }));
    let body = story.body();
    let (bytes, _) = {
        // The editor cannot open it any more; the owner can.
        let ring = story.world.ring(&owner);
        let (epoch, key) = ring.current(&story.world.state, Compartment::Internal).unwrap();
        let log = LogPoint { index: story.world.state.head_index(), hash: story.world.state.head_hash() };
        let input = SealInput {
            kind: Kind::Snapshot,
            workspace: WORKSPACE,
            document: DOCUMENT,
            compartment: Compartment::Internal,
            epoch,
            stream: StreamId::from_slice(b"stream-1").unwrap(),
            dev_seq: 1,
            previous: EnvelopeId::ZERO,
            log,
            seen: story.seen(),
            body: &body,
        };
        let sealed = seal(&input, &owner, key, &seeded(301)).unwrap();
        (sealed.bytes, sealed.id)
    };
    let ring = story.world.ring(&owner);
    let key = |compartment, epoch| ring.get(compartment, epoch);
    let opened =
        open_checked(&bytes, &DOCUMENT, &story.world.state, Standing::Offered, key, |_| None).unwrap();
    let snapshot = check_snapshot(&opened, &story.world.state, |_| None, decode).unwrap();
    assert!(snapshot.authors().contains_key(&gone));
    // Whoever is shut out has no say in what is dropped.
    let ack = sign_ack(&snapshot, Verdict::Agrees, &story.world.state, &story.editor.device);
    let outer = parse_outer(&bytes).unwrap();
    assert_eq!(verify_ack(&ack, &outer, &story.world.state, Standing::Offered), Err(AckError::NotAllowed));
}

#[test]
fn an_ack_is_by_a_second_writer_about_this_snapshot() {
    let mut story = story();
    let viewer = story.world.admit(3, Role::Viewer, Clearance::STANDARD);
    let (bytes, opened) = story.sealed(&story.body(), story.seen());
    let state = &story.world.state;
    let snapshot = check_snapshot(&opened, state, |_| None, decode).unwrap();
    let outer = parse_outer(&bytes).unwrap();
    let ack = sign_ack(&snapshot, Verdict::Agrees, state, &story.editor.device);
    let read = verify_ack(&ack, &outer, state, Standing::Offered).unwrap();
    assert_eq!((read.verdict, read.doc_seq, read.save), (Verdict::Agrees, 4, snapshot.save()));
    let by = |device: &DeviceKeys| {
        verify_ack(&sign_ack(&snapshot, Verdict::Agrees, state, device), &outer, state, Standing::Offered)
            .map(|_| ())
    };
    assert_eq!(by(&story.world.owner.device), Err(AckError::SameDevice));
    assert_eq!(by(&viewer.device), Err(AckError::NotAllowed));
    assert_eq!(by(&story.world.person(9).device), Err(AckError::NotAllowed));
    let (others, _) = story.sealed(&story.body(), {
        let mut seen = story.seen().unwrap();
        seen.doc_seq = 9;
        Some(seen)
    });
    assert_eq!(
        verify_ack(&ack, &parse_outer(&others).unwrap(), state, Standing::Offered),
        Err(AckError::Other)
    );
    for at in 0..ack.len() {
        let mut bad = ack.clone();
        bad[at] ^= 1;
        assert!(verify_ack(&bad, &outer, state, Standing::Offered).is_err(), "byte {at}");
        assert!(verify_ack(&ack[..at], &outer, state, Standing::Offered).is_err(), "length {at}");
    }
}

#[test]
fn nothing_is_dropped_without_a_second_device_time_and_unanimity() {
    let (author, second) = (DeviceId([1; 16]), DeviceId([2; 16]));
    let agrees = Opinion { device: second, verdict: Verdict::Agrees, save: Hash([1; 32]), stored_ms: 1000 };
    let rule = |opinions: &[Opinion], now_ms| droppable(&author, 7, opinions, now_ms, 500);
    assert_eq!(rule(&[agrees], 1500), 7);
    assert_eq!(rule(&[agrees], 1499), 0, "the grace period is not over");
    assert_eq!(rule(&[], 9000), 0);
    assert_eq!(rule(&[Opinion { device: author, ..agrees }], 9000), 0);
    let differs = Opinion { device: DeviceId([3; 16]), verdict: Verdict::Differs, ..agrees };
    assert_eq!(rule(&[agrees, differs], 9000), 0);
    let other_save = Opinion { device: DeviceId([3; 16]), save: Hash([2; 32]), ..agrees };
    assert_eq!(rule(&[agrees, other_save], 9000), 0);
    assert_eq!(rule(&[Opinion { stored_ms: u64::MAX, ..agrees }], u64::MAX), 0, "no overflow");
}
