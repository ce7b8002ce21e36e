//! Envelopes of every kind, links, cuts, saves and acks of snapshots.

use groundplan_shared::auth::{Clearance, Compartment, Role};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::crypto::safe::names::NameOf;
use groundplan_shared::envelope::snapshot::{Stub, Verdict, cut_at, join, save_hash, sign_ack, verify_ack};
use groundplan_shared::envelope::{
    EnvelopeBody, Kind, LogPoint, Prefix, SavedChange, SealInput, Seen, Standing, check_snapshot, link,
    open_checked, parse_outer, seal,
};
use groundplan_shared::membership::{
    Body, CutItem, DeviceAdd, Entry, Genesis, MembershipState, Policy, WrapSet, apply, cut_hash, sign_entry,
    start,
};
use groundplan_shared::wire::ids::{DocumentId, EnvelopeId, Hash, Incarnation, StreamId};

use crate::kept::{Kept, fixed};
use crate::story::{ADA, WORKSPACE, device, epoch_start, key, name, wraps};

const DOCUMENT: DocumentId = DocumentId([0xd0; 16]);

/// A workspace of one person with two devices.
fn state() -> MembershipState {
    let (desk, laptop) = (device("desk"), device("laptop"));
    let genesis = Body::Genesis(Genesis {
        random: Hash([0x78; 32]),
        owner: ADA,
        device: desk.public(),
        owner_name: name(NameOf::Member(ADA.0), 1, "Ada"),
        device_name: name(NameOf::Device(desk.id().0), 1, "desk"),
        epochs: Compartment::ALL.map(|c| epoch_start(c, 1, 0, &[desk.public()])).to_vec(),
        policy: Policy::default(),
    });
    let set =
        |compartment| WrapSet { compartment, epoch: 1, wraps: wraps(compartment, 1, 1, &[laptop.public()]) };
    let add = Body::DeviceAdd(DeviceAdd {
        member: ADA,
        device: laptop.public(),
        consent: laptop.consent(&WORKSPACE, &ADA),
        device_name: name(NameOf::Device(laptop.id().0), 1, "laptop"),
        keys: Clearance::ALL.compartments().map(set).collect(),
    });
    let entry = |index, previous, body: Body| {
        let version = body.version();
        let entry =
            Entry { version, workspace: WORKSPACE, index, previous, actor: desk.id(), time_ms: 5, body };
        sign_entry(&entry, &desk)
    };
    let first = start(&entry(0, Hash::ZERO, genesis)).unwrap();
    let second = apply(&first, &entry(1, first.head_hash(), add)).unwrap();
    assert_eq!(second.member(&ADA).unwrap().role, Role::Owner);
    second
}

/// A stand-in for Automerge: actor's length, actor, anything.
fn change(by: &DeviceKeys, text: &str) -> Vec<u8> {
    let actor = [by.id().0.as_slice(), b"install1"].concat();
    [&[24], actor.as_slice(), text.as_bytes()].concat()
}

fn actor_of(change: &[u8]) -> Option<Vec<u8>> {
    let (&length, rest) = change.split_first()?;
    rest.get(..usize::from(length)).map(<[u8]>::to_vec)
}

fn prefix(desk: &DeviceKeys) -> Prefix {
    let mut prefix = Prefix::new();
    prefix
        .take(1, &EnvelopeId([1; 32]), 0, Some((desk.id(), &[Hash([0x11; 32]), Hash([0x10; 32])])))
        .unwrap();
    let laptop = device("laptop").id();
    prefix.take(2, &EnvelopeId([2; 32]), 1, Some((laptop, &[Hash([0x12; 32])]))).unwrap();
    prefix.take(3, &EnvelopeId([3; 32]), 1, None).unwrap();
    prefix
}

/// A snapshot's body that names every change, as the first ones did.
fn named(prefix: &Prefix, save: &[u8]) -> EnvelopeBody {
    let mut body = prefix.to_body(save.to_vec()).unwrap();
    for author in &mut body.covers.as_mut().unwrap().manifest {
        author.folded = None;
        author.changes = prefix.authors()[&author.device].iter().copied().collect();
    }
    body
}

/// The save of [`prefix`], decoded.
fn saved(desk: &DeviceKeys) -> Vec<SavedChange> {
    let change = |byte, by: &DeviceKeys| SavedChange {
        hash: Hash([byte; 32]),
        actor: [by.id().0.as_slice(), b"install1"].concat(),
    };
    vec![change(0x10, desk), change(0x11, desk), change(0x12, &device("laptop"))]
}

#[test]
fn every_kind() {
    let mut kept = Kept::open("envelopes.json");
    let (state, desk) = (state(), device("desk"));
    let texts = ["a first change", "and a second"].map(|text| change(&desk, text));
    let mut tombstone = EnvelopeBody { lineage: Some(DocumentId([0xd1; 16])), ..EnvelopeBody::default() };
    let mut genesis = EnvelopeBody::of_changes(texts.clone());
    genesis.lineage = Some(DocumentId([0xd2; 16]));
    let prefix = prefix(&desk);
    let save = b"a save of three changes";
    let (snapshot, folded) = (named(&prefix, save), prefix.to_body(save.to_vec()).unwrap());
    let mut covers = snapshot.covers.clone().unwrap();
    (covers.manifest, covers.save) = (vec![], None);
    tombstone.covers = Some(covers);
    let seen = Seen { incarnation: Incarnation([3; 16]), doc_seq: prefix.doc_seq(), link: prefix.link() };
    let kinds = [
        ("genesis with lineage", Kind::Genesis, &genesis, Compartment::Confidential, None),
        ("change", Kind::Change, &EnvelopeBody::of_changes(texts), Compartment::Internal, Some(seen)),
        ("snapshot", Kind::Snapshot, &snapshot, Compartment::Internal, Some(seen)),
        ("tombstone with lineage", Kind::Tombstone, &tombstone, Compartment::Restricted, Some(seen)),
        ("snapshot with folded authors", Kind::Snapshot, &folded, Compartment::Internal, Some(seen)),
    ];
    let mut previous = EnvelopeId::ZERO;
    for (dev_seq, (label, kind, body, compartment, seen)) in (1..).zip(kinds) {
        let input = SealInput {
            kind,
            workspace: WORKSPACE,
            document: DOCUMENT,
            compartment,
            epoch: 1,
            stream: StreamId::from_slice(b"stream-1").unwrap(),
            dev_seq,
            previous,
            log: LogPoint { index: 1, hash: state.head_hash() },
            seen,
            body,
        };
        let key = key(compartment, 1);
        let sealed = seal(&input, &desk, &key, &fixed(label)).unwrap();
        let stored = kept.bytes(label, &sealed.bytes);
        kept.text(&format!("{label}: id"), &sealed.id.to_string());
        let keys = |c, e| (c == compartment && e == 1).then_some(&key);
        let opened = open_checked(&stored, &DOCUMENT, &state, Standing::Offered, keys, actor_of).unwrap();
        assert_eq!((&opened.body, opened.id, opened.header.kind), (body, sealed.id, kind), "{label}");
        previous = sealed.id;
        if kind == Kind::Snapshot {
            let checked = check_snapshot(&opened, &state, |_| None, |_| Some(saved(&desk))).unwrap();
            assert_eq!(checked.agrees_with(&prefix), Ok(()));
        }
        if label == "snapshot" {
            let checked = check_snapshot(&opened, &state, |_| None, |_| Some(saved(&desk))).unwrap();
            let outer = parse_outer(&stored).unwrap();
            let mut stub = Stub::of(&outer);
            for with in ["", " with ack"] {
                let bytes = kept.bytes(&format!("stub of the snapshot{with}"), &stub.encode());
                assert_eq!(Stub::parse(&bytes).as_ref(), Some(&stub));
                assert!(
                    parse_outer(&bytes).is_err() && Stub::parse(&stored).is_none(),
                    "neither reads as the other"
                );
                stub.ack = Some(sign_ack(&checked, Verdict::Agrees, &state, &device("laptop")).into());
            }
            for verdict in [Verdict::Agrees, Verdict::Differs] {
                let made = sign_ack(&checked, verdict, &state, &device("laptop"));
                let ack = kept.bytes(&format!("ack of the snapshot: {verdict:?}"), &made);
                assert_eq!(verify_ack(&ack, &outer, &state, Standing::Offered).unwrap().verdict, verdict);
            }
        }
    }
    kept.done();
}

#[test]
fn a_snapshot_in_parts() {
    let mut kept = Kept::open("snapshot_parts.json");
    let (state, desk) = (state(), device("desk"));
    let prefix = prefix(&desk);
    let whole = named(&prefix, b"a save of three changes");
    let seen = Seen { incarnation: Incarnation([3; 16]), doc_seq: prefix.doc_seq(), link: prefix.link() };
    let key = key(Compartment::Internal, 1);
    let (mut previous, mut parts) = (EnvelopeId::ZERO, Vec::new());
    for (dev_seq, body) in (1..).zip(cut_at(whole.clone(), 100).unwrap()) {
        let input = SealInput {
            kind: Kind::Snapshot,
            workspace: WORKSPACE,
            document: DOCUMENT,
            compartment: Compartment::Internal,
            epoch: 1,
            stream: StreamId::from_slice(b"stream-1").unwrap(),
            dev_seq,
            previous,
            log: LogPoint { index: 1, hash: state.head_hash() },
            seen: Some(seen),
            body: &body,
        };
        let label = format!("part {dev_seq}");
        let sealed = seal(&input, &desk, &key, &fixed(&label)).unwrap();
        let stored = kept.bytes(&label, &sealed.bytes);
        previous = sealed.id;
        let opened = open_checked(&stored, &DOCUMENT, &state, Standing::Offered, |_, _| Some(&key), actor_of);
        parts.push(opened.unwrap());
    }
    assert_eq!(parts.len(), 3);
    let joined = join(&parts).unwrap();
    assert_eq!(joined.body, whole);
    let checked = check_snapshot(&joined, &state, |_| None, |_| Some(saved(&desk))).unwrap();
    assert_eq!((checked.agrees_with(&prefix), checked.id()), (Ok(()), previous));
    kept.done();
}

#[test]
fn links_cuts_and_saves() {
    let mut kept = Kept::open("links.json");
    let first = link(&Hash::ZERO, &EnvelopeId([1; 32]), 1, 0);
    kept.text("link of the first envelope", &first.to_string());
    let second = link(&first, &EnvelopeId([2; 32]), 2, 17);
    kept.text("link of the second", &second.to_string());
    let items = [
        CutItem { document: DocumentId([2; 16]), doc_seq: 2, link: second },
        CutItem { document: DocumentId([1; 16]), doc_seq: 1, link: first },
    ];
    for compartment in Compartment::ALL {
        let cut = cut_hash(&WORKSPACE, compartment, &items);
        kept.text(&format!("cut of two documents, {compartment:?}"), &cut.to_string());
    }
    kept.text("cut of nothing", &cut_hash(&WORKSPACE, Compartment::Internal, &[]).to_string());
    kept.text("hash of a save", &save_hash(b"a save").to_string());
    kept.done();
}
