//! Envelopes: the outside, the inside, snapshots and their acks.

use groundplan_shared::auth::Compartment;
use groundplan_shared::envelope::snapshot::parse_ack;
use groundplan_shared::envelope::{
    EnvelopeBody, Kind, LogPoint, Outer, Prefix, SavedChange, SealInput, Sealed, Seen, Standing,
    check_snapshot, open_checked, parse_outer, seal,
};
use groundplan_shared::wire::cbor::{decode_canonical, encode};
use groundplan_shared::wire::ids::{DocumentId, EnvelopeId, Hash, Incarnation, StreamId};
use groundplan_shared::wire::limits::SNAPSHOT_BYTES;

use crate::world::{World, fixed, world};

const DOCUMENT: DocumentId = DocumentId([0x0d; 16]);

/// Decodes the bytes as an envelope, as an ack, and as the body of an envelope of each kind; what can be sealed must
/// open as it was.
pub fn envelope(data: &[u8]) {
    let world = world();
    let _ = parse_ack(data);
    if let Ok(outer) = parse_outer(data) {
        let _ = groundplan_shared::envelope::verify_outer(&outer, &world.state, Standing::Offered);
        let _ = open(world, data);
    }
    let Ok(body) = decode_canonical::<EnvelopeBody>(data, SNAPSHOT_BYTES) else { return };
    assert_eq!(encode(&body), data, "one encoding");
    for kind in [Kind::Genesis, Kind::Change, Kind::Snapshot, Kind::Tombstone] {
        inside(world, kind, &body);
    }
}

fn sealed(world: &World, kind: Kind, body: &EnvelopeBody) -> Option<Sealed> {
    let (epoch, key) =
        world.ring.current(&world.state, Compartment::Internal).expect("the owner has every key");
    let seen = body.covers.as_ref().filter(|covers| (covers.doc_seq == 0) == (covers.link == Hash::ZERO));
    let input = SealInput {
        kind,
        workspace: world.state.workspace(),
        document: DOCUMENT,
        compartment: Compartment::Internal,
        epoch,
        stream: StreamId::from_slice(b"stream-1").expect("eight bytes"),
        dev_seq: 1,
        previous: EnvelopeId::ZERO,
        log: LogPoint { index: 0, hash: world.state.head_hash() },
        seen: seen.map(|c| Seen { incarnation: Incarnation([1; 16]), doc_seq: c.doc_seq, link: c.link }),
        body,
    };
    seal(&input, &world.device, key, &fixed()).ok()
}

fn inside(world: &World, kind: Kind, body: &EnvelopeBody) {
    let Some(sealed) = sealed(world, kind, body) else { return };
    assert!(body.fits(kind));
    let Some(opened) = open(world, &sealed.bytes) else {
        assert!(kind != Kind::Snapshot && !body.changes.is_empty(), "only a foreign actor is refused");
        return;
    };
    assert_eq!(&opened.body, body);
    let known = |_: u64| None;
    if let Ok(snapshot) = check_snapshot(&opened, &world.state, known, decode_save) {
        assert_eq!(snapshot.agrees_with(&Prefix::after(&snapshot)), Ok(()));
    }
}

fn open(world: &World, bytes: &[u8]) -> Option<groundplan_shared::envelope::Opened> {
    let key = |compartment, epoch| world.ring.get(compartment, epoch);
    let actor = |change: &[u8]| change.get(..24).map(<[u8]>::to_vec);
    open_checked(bytes, &DOCUMENT, &world.state, Standing::Offered, key, actor).ok()
}

/// A snapshot of one change by the only device.
pub(crate) fn snapshot() -> Outer {
    let world = world();
    let (id, hash) = (EnvelopeId([3; 32]), Hash([4; 32]));
    let mut prefix = Prefix::new();
    prefix.take(1, &id, 0, Some((world.device.id(), &[hash]))).expect("the first");
    let body = prefix.to_body(vec![5; 56]).expect("there is a change");
    let sealed = sealed(world, Kind::Snapshot, &body).expect("it fits");
    parse_outer(&sealed.bytes).expect("an envelope")
}

/// A stand-in for Automerge: hashes and actors, 32 and 24 bytes each.
fn decode_save(save: &[u8]) -> Option<Vec<SavedChange>> {
    let (chunks, rest) = save.as_chunks::<56>();
    let change = |chunk: &[u8; 56]| {
        let (hash, actor) = chunk.split_at(32);
        Some(SavedChange { hash: Hash::from_slice(hash)?, actor: actor.to_vec() })
    };
    if rest.is_empty() { chunks.iter().map(change).collect() } else { None }
}
