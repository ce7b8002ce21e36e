//! Round trips, limits, mutations, the fixed vector.

use proptest::prelude::*;

use super::super::outer::{COMMITMENT_BYTES, Form};
use super::*;
use crate::wire::cbor::{self, Blob, CodecError};
use crate::wire::ids::to_hex;
use crate::wire::limits::ENVELOPE_BYTES;

#[test]
fn the_vector_is_kept_for_ever() {
    let world = World::new();
    let body = EnvelopeBody::of_changes([change_by(&world.owner.device, "kept for ever")]);
    let sealed = sealed_by(&world, &world.owner.device, &input(&world, &body));
    let kept = include_str!("../../../tests/vectors/envelope.hex").trim();
    assert_eq!(to_hex(&sealed.bytes), kept, "what is sealed");
    assert_eq!(open(&world, &world.owner.device, &sealed.bytes).unwrap().body, body, "what is opened");
    let after = link(&Hash([4; 32]), &sealed.id, 8, 0);
    assert_eq!(after.to_string(), include_str!("../../../tests/vectors/link.hex").trim());
}

#[test]
fn the_commitment_ends_the_header() {
    let world = World::new();
    let body = EnvelopeBody::of_changes([change_by(&world.owner.device, "x")]);
    let sealed = sealed_by(&world, &world.owner.device, &input(&world, &body));
    let outer = parse_outer(&sealed.bytes).unwrap();
    let (core, rest) = outer.header_bytes().split_at(outer.header_bytes().len() - COMMITMENT_BYTES);
    assert_eq!(core, outer.core());
    assert_eq!(rest.get(..3), Some([14, 0x58, 32].as_slice()));
    assert_eq!(rest.get(3..), Some(outer.header.commitment.0.as_slice()));
}

#[test]
fn every_kind_opens_with_the_body_it_demands() {
    let world = World::new();
    let device = &world.owner.device;
    let change = Blob(change_by(device, "x"));
    let covers = Covers { doc_seq: 3, link: Hash([8; 32]), manifest: vec![], save: None };
    let manifest = vec![Author { device: device.id(), changes: vec![Hash([1; 32])], folded: None }];
    let snapshot = Covers { manifest, save: Some(Hash([9; 32])), ..covers.clone() };
    let good = [
        (
            Kind::Genesis,
            EnvelopeBody {
                changes: vec![change.clone()],
                lineage: Some(DOCUMENT),
                ..EnvelopeBody::default()
            },
        ),
        (Kind::Change, EnvelopeBody { changes: vec![change.clone(); 3], ..EnvelopeBody::default() }),
        (
            Kind::Snapshot,
            EnvelopeBody {
                changes: vec![Blob(vec![1; 300_000])],
                covers: Some(snapshot),
                ..EnvelopeBody::default()
            },
        ),
        (
            Kind::Tombstone,
            EnvelopeBody { changes: vec![], lineage: Some(DOCUMENT), covers: Some(covers), part: None },
        ),
    ];
    for (kind, body) in &good {
        let sealed = sealed_by(&world, device, &SealInput { kind: *kind, ..input(&world, body) });
        let opened = open(&world, device, &sealed.bytes).unwrap();
        assert_eq!((&opened.body, opened.header.kind, opened.id), (body, *kind, sealed.id));
    }
    for (kind, body) in
        [(Kind::Change, &good[0].1), (Kind::Snapshot, &good[1].1), (Kind::Genesis, &good[3].1)]
    {
        let input = SealInput { kind, ..input(&world, body) };
        let key = key_of(&world, Compartment::Internal);
        assert_eq!(seal(&input, device, &key, &seeded(1)), Err(SealError::Shape));
    }
}

#[test]
fn too_large_is_refused_on_both_sides() {
    let world = World::new();
    let device = &world.owner.device;
    let body = EnvelopeBody::of_changes([vec![0; ENVELOPE_BYTES]]);
    let key = key_of(&world, Compartment::Internal);
    let refused = seal(&input(&world, &body), device, &key, &seeded(1));
    assert!(matches!(refused, Err(SealError::TooLarge { .. })));
    // The same bytes as a snapshot are fine, and the kind cannot be changed afterwards.
    let manifest = vec![Author { device: device.id(), changes: vec![Hash([1; 32])], folded: None }];
    let covers = Some(Covers { doc_seq: 1, link: Hash::ZERO, manifest, save: Some(Hash([9; 32])) });
    let body = EnvelopeBody { covers, ..body };
    let sealed = sealed_by(&world, device, &SealInput { kind: Kind::Snapshot, ..input(&world, &body) });
    assert!(parse_outer(&sealed.bytes).is_ok());
    let mut form: Form = cbor::decode_canonical(&sealed.bytes, usize::MAX).unwrap();
    let mut header: Header = cbor::decode_canonical(&form.header, 1024).unwrap();
    header.kind = Kind::Change;
    form.header = Blob(cbor::encode(&header));
    let refused = parse_outer(&cbor::encode(&form));
    assert_eq!(refused, Err(OuterError::Codec(CodecError::TooLarge { limit_bytes: ENVELOPE_BYTES })));
}

#[test]
fn every_flip_and_truncation_is_refused_with_one_message() {
    let world = World::new();
    let device = &world.owner.device;
    let body = EnvelopeBody::of_changes([change_by(device, "secret text")]);
    let sealed = sealed_by(&world, device, &input(&world, &body));
    let ring = world.ring(device);
    let attempt = |bytes: &[u8]| {
        let key = |compartment, epoch| ring.get(compartment, epoch);
        open_checked(bytes, &DOCUMENT, &world.state, Standing::Stored, key, actor_of)
    };
    assert!(attempt(&sealed.bytes).is_ok());
    let mut messages = std::collections::BTreeSet::new();
    for at in 0..sealed.bytes.len() {
        messages.insert(attempt(sealed.bytes.get(..at).unwrap()).unwrap_err().to_string());
        for bit in 0..8 {
            let mut bad = sealed.bytes.clone();
            bad[at] ^= 1 << bit;
            messages.insert(attempt(&bad).unwrap_err().to_string());
        }
    }
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[test]
fn other_encodings_of_the_same_content_are_refused() {
    let world = World::new();
    let body = EnvelopeBody::of_changes([change_by(&world.owner.device, "x")]);
    let sealed = sealed_by(&world, &world.owner.device, &input(&world, &body));
    let parse = |bytes: &[u8]| parse_outer(bytes).map(|_| ());
    assert_eq!(parse(&sealed.bytes), Ok(()));
    let codec = |e| Err(OuterError::Codec(e));
    let (&first, rest) = sealed.bytes.split_first().unwrap();
    assert_eq!(first, 0xa3);
    assert_eq!(parse(&[&[0xb8, 3], rest].concat()), codec(CodecError::NotCanonical), "a long map head");
    assert_eq!(parse(&[&[0xbf], rest, &[0xff]].concat()), codec(CodecError::NotCanonical), "indefinite");
    assert_eq!(parse(&[&sealed.bytes[..], &[0]].concat()), codec(CodecError::Trailing));
    let unknown = [&[0xa4], rest, &[0x18, 99, 0]].concat();
    assert_eq!(parse(&unknown), codec(CodecError::NotCanonical), "an unknown key");
    let signature = rest.get(rest.len() - 67..).unwrap();
    let twice = [&[0xa4], rest, signature].concat();
    assert_eq!(parse(&twice), codec(CodecError::NotCanonical), "a duplicate key");
}

proptest! {
    #[test]
    fn any_changes_round_trip(texts in proptest::collection::vec(".{0,400}", 1..8)) {
        let world = World::new();
        let device = &world.owner.device;
        let body = EnvelopeBody::of_changes(texts.iter().map(|text| change_by(device, text)));
        let sealed = sealed_by(&world, device, &input(&world, &body));
        prop_assert_eq!(open(&world, device, &sealed.bytes).unwrap().body, body);
    }

    #[test]
    fn junk_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(parse_outer(&bytes).is_err());
    }
}
