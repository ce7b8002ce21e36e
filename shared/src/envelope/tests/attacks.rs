//! What a server or member may try with envelopes; each refusal for its own reason.

use super::super::outer::{Form, signing_input};
use super::super::seal::derive;
use super::*;
use crate::auth::role::{Clearance, Permissions, Role};
use crate::crypto::safe::low::aead;
use crate::crypto::safe::names::NameOf;
use crate::membership::{Body, KeyRotate, MemberRemove, RoleDefine};
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::{DeviceId, RoleId, Signature, WorkspaceId};

fn one_change(device: &DeviceKeys) -> EnvelopeBody {
    EnvelopeBody::of_changes([change_by(device, "x")])
}

/// Changes the header of an envelope and signs it again by `signer`, without touching the ciphertext.
fn with_header(sealed: &Sealed, signer: &DeviceKeys, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut form: Form = cbor::decode_canonical(&sealed.bytes, usize::MAX).unwrap();
    let mut header: Header = cbor::decode_canonical(&form.header, 1024).unwrap();
    change(&mut header);
    form.header = Blob(cbor::encode(&header));
    let bytes = cbor::encode(&form);
    if let Ok(outer) = parse_outer(&bytes) {
        form.signature = signer.sign(&signing_input(&outer.id));
    }
    cbor::encode(&form)
}

#[test]
fn m6_the_signer_must_own_the_actor() {
    let mut world = World::new();
    let eve = world.admit(2, Role::Editor, Clearance::STANDARD);
    let spoofed = one_change(&world.owner.device);
    let sealed = sealed_by(&world, &eve.device, &input(&world, &spoofed));
    assert_eq!(open(&world, &eve.device, &sealed.bytes), Err(OpenReason::Actor));
    let honest = one_change(&eve.device);
    let sealed = sealed_by(&world, &eve.device, &input(&world, &honest));
    assert!(open(&world, &world.owner.device, &sealed.bytes).is_ok());
    assert!(!actor_belongs_to(&eve.device.id().0, &eve.device.id()), "the installation's part is missing");
}

#[test]
fn m10_an_envelope_cannot_be_moved_even_by_its_author() {
    let mut world = World::new();
    let eve = world.admit(2, Role::Editor, Clearance::STANDARD);
    let device = world.owner.device.clone();
    let body = one_change(&device);
    let sealed = sealed_by(&world, &device, &input(&world, &body));
    assert!(open(&world, &device, &sealed.bytes).is_ok());
    let moved =
        |change: fn(&mut Header)| open(&world, &device, &with_header(&sealed, &device, change)).unwrap_err();
    assert_eq!(moved(|h| h.document = DocumentId([9; 16])), OpenReason::Document);
    assert_eq!(moved(|h| h.workspace = WorkspaceId([9; 16])), OpenReason::Outer(OuterError::Workspace));
    assert_eq!(moved(|h| h.epoch = 2), OpenReason::Outer(OuterError::Epoch));
    for change in [
        |h: &mut Header| h.kind = Kind::Genesis,
        |h: &mut Header| h.compartment = Compartment::Public,
        |h: &mut Header| (h.dev_seq, h.previous) = (2, EnvelopeId([1; 32])),
        |h: &mut Header| h.stream = StreamId::from_slice(b"stream-2").unwrap(),
        |h: &mut Header| h.seen = None,
        |h: &mut Header| h.salt = Hash([1; 32]),
        |h: &mut Header| h.commitment = Hash([1; 32]),
    ] {
        assert_eq!(moved(change), OpenReason::Commitment);
    }
    let taken_over = with_header(&sealed, &eve.device, |h| h.author = eve.device.id());
    assert_eq!(open(&world, &device, &taken_over), Err(OpenReason::Commitment));
    let not_signed_by_author = with_header(&sealed, &eve.device, |_| ());
    assert_eq!(open(&world, &device, &not_signed_by_author), Err(OpenReason::Outer(OuterError::Signature)));
}

#[test]
fn m13_a_ciphertext_does_not_open_under_another_key() {
    let world = World::new();
    let device = &world.owner.device;
    let body = one_change(device);
    let wrong = CompartmentKey::make(&seeded(9)).unwrap();
    let sealed = seal(&input(&world, &body), device, &wrong, &seeded(1)).unwrap();
    assert_eq!(open(&world, device, &sealed.bytes), Err(OpenReason::Commitment));
    // Even if the commitment is made to fit the right key, the ciphertext does not.
    let right = key_of(&world, Compartment::Internal);
    let outer = parse_outer(&sealed.bytes).unwrap();
    let commitment = derive(&right, &outer.header.salt, outer.core()).commitment;
    let patched = with_header(&sealed, device, |h| h.commitment = commitment);
    assert_eq!(open(&world, device, &patched), Err(OpenReason::Ciphertext));
}

#[test]
fn m14_there_is_no_older_version_suite_or_missing_signature() {
    let world = World::new();
    let device = &world.owner.device;
    let body = one_change(device);
    let sealed = sealed_by(&world, device, &input(&world, &body));
    let outer =
        |change: fn(&mut Header)| open(&world, device, &with_header(&sealed, device, change)).unwrap_err();
    for change in [
        |h: &mut Header| h.version = 0,
        |h: &mut Header| h.version = 2,
        |h: &mut Header| h.suite = 0,
        |h: &mut Header| h.suite = 2,
        |h: &mut Header| h.dev_seq = 0,
        |h: &mut Header| h.dev_seq = 2,
        |h: &mut Header| h.epoch = 0,
    ] {
        assert_eq!(outer(change), OpenReason::Outer(OuterError::Header));
    }
    let mut form: Form = cbor::decode_canonical(&sealed.bytes, usize::MAX).unwrap();
    form.signature = Signature([0; 64]);
    assert_eq!(open(&world, device, &cbor::encode(&form)), Err(OpenReason::Outer(OuterError::Signature)));
}

#[test]
fn only_active_writers_with_clearance_write() {
    let mut world = World::new();
    let viewer = world.admit(2, Role::Viewer, Clearance::ALL);
    let editor = world.admit(3, Role::Editor, Clearance::STANDARD);
    let only_read = RoleId([6; 16]);
    let name = world.name(NameOf::Role(only_read.0), "Reader");
    let define = RoleDefine { role: only_read, name, permissions: Permissions::READ };
    world.accept(&world.owner.device.clone(), Body::RoleDefine(define));
    let reader = world.admit(4, Role::Custom(only_read), Clearance::ALL);
    let attempt = |device: &DeviceKeys, compartment| {
        let body = one_change(device);
        let sealed = sealed_by(&world, device, &SealInput { compartment, ..input(&world, &body) });
        open(&world, &world.owner.device, &sealed.bytes).map(|_| ())
    };
    let not_allowed = Err(OpenReason::Outer(OuterError::NotAllowed));
    assert_eq!(attempt(&reader.device, Compartment::Internal), not_allowed, "M4");
    assert_eq!(
        attempt(&viewer.device, Compartment::Internal),
        Ok(()),
        "a comment, for all that is seen from outside"
    );
    let scope = |device: &DeviceKeys| {
        scope_at(&world.state, &device.id(), Compartment::Internal, world.state.head_index())
    };
    assert_eq!(
        [&viewer, &editor, &reader].map(|who| scope(&who.device)),
        [Some(Scope::Talk), Some(Scope::Everything), None]
    );
    for kind in [Kind::Snapshot, Kind::Tombstone] {
        let body = one_change(&viewer.device);
        let sealed = sealed_by(&world, &viewer.device, &input(&world, &body));
        let outer = parse_outer(&with_header(&sealed, &viewer.device, |h| h.kind = kind)).unwrap();
        assert_eq!(
            verify_outer(&outer, &world.state, Standing::Stored),
            Err(OuterError::NotAllowed),
            "{kind:?}"
        );
    }
    assert_eq!(attempt(&editor.device, Compartment::Internal), Ok(()));
    assert_eq!(attempt(&editor.device, Compartment::Restricted), not_allowed);
    assert_eq!(attempt(&world.person(9).device, Compartment::Internal), not_allowed, "M2: a stranger");
}

#[test]
fn removal_ends_offering_but_not_what_was_stored() {
    let mut world = World::new();
    let editor = world.admit(2, Role::Editor, Clearance::STANDARD);
    let owner = world.owner.device.clone();
    let body = one_change(&editor.device);
    let sealed = sealed_by(&world, &editor.device, &input(&world, &body));
    let outer = parse_outer(&sealed.bytes).unwrap();
    assert_eq!(verify_outer(&outer, &world.state, Standing::Offered), Ok(()));
    let rotate = world.rotation(Clearance::STANDARD, Some(editor.member));
    world.accept(&owner, Body::MemberRemove(MemberRemove { member: editor.member, rotate }));
    assert_eq!(verify_outer(&outer, &world.state, Standing::Offered), Err(OuterError::NotAllowed), "M5");
    assert_eq!(verify_outer(&outer, &world.state, Standing::Stored), Ok(()));
    let body = one_change(&editor.device);
    let after =
        seal(&input(&world, &body), &editor.device, &key_of(&world, Compartment::Internal), &seeded(1));
    let after = parse_outer(&after.unwrap().bytes).unwrap();
    assert_eq!(verify_outer(&after, &world.state, Standing::Stored), Err(OuterError::NotAllowed));
}

#[test]
fn an_older_epoch_is_stale_when_offered_and_a_wrong_one_is_never_right() {
    let mut world = World::new();
    let owner = world.owner.device.clone();
    let body = one_change(&owner);
    let before = sealed_by(&world, &owner, &input(&world, &body));
    let rotate = world.rotation(Clearance::STANDARD, None);
    world.accept(&owner, Body::KeyRotate(KeyRotate { rotate }));
    let outer = parse_outer(&before.bytes).unwrap();
    assert_eq!(verify_outer(&outer, &world.state, Standing::Offered), Err(OuterError::EpochStale));
    assert!(open(&world, &owner, &before.bytes).is_ok(), "history opens along the key chain");
    let stale = SealInput { epoch: 1, ..input(&world, &body) };
    let stale = parse_outer(&sealed_by(&world, &owner, &stale).bytes).unwrap();
    assert_eq!(verify_outer(&stale, &world.state, Standing::Stored), Err(OuterError::Epoch));
}

#[test]
fn m23_an_author_with_another_log_is_noticed() {
    let world = World::new();
    let device = &world.owner.device;
    let body = one_change(device);
    let fork = SealInput { log: LogPoint { index: 0, hash: Hash([1; 32]) }, ..input(&world, &body) };
    let reason = open(&world, device, &sealed_by(&world, device, &fork).bytes).unwrap_err();
    assert_eq!(reason, OpenReason::Outer(OuterError::LogFork));
    let ahead = SealInput { log: LogPoint { index: 1, hash: Hash([1; 32]) }, ..input(&world, &body) };
    let sealed = sealed_by(&world, device, &ahead);
    assert_eq!(open(&world, device, &sealed.bytes).unwrap_err(), OpenReason::Outer(OuterError::LogAhead));
}

#[test]
fn a_plaintext_that_is_not_padded_as_it_should_is_refused() {
    let world = World::new();
    let device = &world.owner.device;
    let body = one_change(device);
    let sealed = sealed_by(&world, device, &input(&world, &body));
    let outer = parse_outer(&sealed.bytes).unwrap();
    let key = key_of(&world, Compartment::Internal);
    let derived = derive(&key, &outer.header.salt, outer.core());
    let good = aead::open(&derived.key, derived.nonce, outer.header_bytes(), &outer.form.ciphertext).unwrap();
    let reseal = |plaintext: &[u8]| {
        let ciphertext = aead::seal(&derived.key, derived.nonce, outer.header_bytes(), plaintext);
        let mut form = Form { ciphertext: Blob(ciphertext), ..outer.form.clone() };
        let id = parse_outer(&cbor::encode(&form)).unwrap().id;
        form.signature = device.sign(&signing_input(&id));
        open(&world, device, &cbor::encode(&form)).map(|_| ())
    };
    assert_eq!(reseal(&good), Ok(()));
    assert_eq!(reseal(&[good.as_slice(), &[0; 16]].concat()), Err(OpenReason::Body));
    let mut dirty = good.clone();
    *dirty.last_mut().unwrap() = 1;
    assert_eq!(reseal(&dirty), Err(OpenReason::Body));
    let mut long = good;
    long[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(reseal(&long), Err(OpenReason::Body));
}

#[test]
fn a_missing_key_may_heal_and_a_wrong_signature_may_not() {
    let world = World::new();
    let device = &world.owner.device;
    let body = one_change(device);
    let sealed = sealed_by(&world, device, &input(&world, &body));
    let attempt = |bytes: &[u8]| {
        open_checked(bytes, &DOCUMENT, &world.state, Standing::Stored, |_, _| None, actor_of).unwrap_err()
    };
    assert!(attempt(&sealed.bytes).may_heal());
    let unsigned = with_header(&sealed, &world.person(9).device, |_| ());
    assert!(!attempt(&unsigned).may_heal());
    assert_ne!(device.id(), DeviceId([0; 16]));
}
