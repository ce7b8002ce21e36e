//! What opens a presence message, and what never does.

use super::*;
use crate::auth::role::{Clearance, Role};
use crate::membership::body::{Body, KeyRotate, MemberRemove};
use crate::membership::fixture::{Person, WORKSPACE, World};

fn message(number: u64) -> PresenceMessage {
    PresenceMessage {
        session: SessionId([3; 16]),
        number,
        heard: vec![Heard { session: SessionId([4; 16]), number: 7 }],
        whereabouts: Whereabouts::At(Place {
            document: DocumentId([5; 16]),
            cursor: Some(Stretch { anchor: 1, head: 70_000 }),
            selected: vec![DocumentId([6; 16])],
        }),
    }
}

fn bond(world: &World, person: &Person, compartment: Compartment) -> PresenceBond {
    let epoch = world.state.chain(compartment).current();
    PresenceBond { workspace: WORKSPACE, device: person.device.id(), compartment, epoch }
}

fn seal(world: &World, by: &Person, bond: &PresenceBond, message: &PresenceMessage) -> Vec<u8> {
    let ring = world.ring(&world.owner.device);
    let (_, key) = ring.current(&world.state, bond.compartment).unwrap();
    seal_presence(key, &by.device, bond, message, &*world.random).unwrap()
}

fn open(world: &World, reader: &Person, from: &Person, sealed: &[u8]) -> Option<PresenceMessage> {
    let ring = world.ring(&reader.device);
    let (compartment, epoch) = sealed_under(sealed)?;
    open_presence(sealed, &world.state, from.device.id(), ring.get(compartment, epoch)?)
}

#[test]
fn a_message_opens_for_readers_and_only_as_its_authors() {
    let mut world = World::new();
    let owner = world.owner.clone();
    let bob = world.admit(2, Role::Viewer, Clearance::STANDARD);
    let cleo = world.admit(3, Role::Editor, Clearance::STANDARD);
    let of_bob = bond(&world, &bob, Compartment::Internal);
    let sealed = seal(&world, &bob, &of_bob, &message(1));
    assert_eq!(open(&world, &owner, &bob, &sealed), Some(message(1)));
    assert_eq!(open(&world, &cleo, &bob, &sealed), Some(message(1)));
    assert_eq!(open(&world, &owner, &cleo, &sealed), None, "the server cannot give it to another device");
    // Cleo holds the key and can seal, but not sign for Bob.
    let forged = seal(&world, &cleo, &of_bob, &message(2));
    assert_eq!(open(&world, &owner, &bob, &forged), None);
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert_eq!(open(&world, &owner, &bob, &bad), None, "byte {at}");
        assert_eq!(open(&world, &owner, &bob, &sealed[..at]), None, "length {at}");
    }
}

#[test]
fn only_who_may_read_a_compartment_speaks_in_it_and_only_now() {
    let mut world = World::new();
    let owner = world.owner.clone();
    let bob = world.admit(2, Role::Editor, Clearance::STANDARD);
    // Somebody who was given a key beyond his clearance is not believed.
    let beyond = bond(&world, &bob, Compartment::Restricted);
    let sealed = seal(&world, &bob, &beyond, &message(1));
    assert_eq!(open(&world, &owner, &bob, &sealed), None);

    let before = bond(&world, &bob, Compartment::Internal);
    let sealed = seal(&world, &bob, &before, &message(1));
    assert!(open(&world, &owner, &bob, &sealed).is_some());
    let rotate = world.rotation(Clearance::STANDARD, None);
    world.accept(&owner.device, Body::KeyRotate(KeyRotate { rotate }));
    assert_eq!(open(&world, &owner, &bob, &sealed), None, "sealed under an epoch that has ended");

    let after = bond(&world, &bob, Compartment::Internal);
    let sealed = seal(&world, &bob, &after, &message(1));
    assert!(open(&world, &owner, &bob, &sealed).is_some());
    let rotate = world.rotation(Clearance::STANDARD, Some(bob.member));
    world.accept(&owner.device, Body::MemberRemove(MemberRemove { member: bob.member, rotate }));
    assert_eq!(open(&world, &owner, &bob, &sealed), None, "removed");
}

#[test]
fn lengths_say_little_and_the_largest_fits_a_frame() {
    let world = World::new();
    let owner = world.owner.clone();
    let bond = bond(&world, &owner, Compartment::Public);
    let here = PresenceMessage { heard: Vec::new(), whereabouts: Whereabouts::Here, ..message(1) };
    let length = |message: &PresenceMessage| seal(&world, &owner, &bond, message).len();
    assert_eq!(length(&here), length(&message(u64::MAX)));
    let heard = Heard { session: SessionId([9; 16]), number: u64::MAX };
    let place = Place {
        document: DocumentId([5; 16]),
        cursor: Some(Stretch { anchor: u32::MAX, head: u32::MAX }),
        selected: vec![DocumentId([6; 16]); SELECTED_MAX],
    };
    let largest = PresenceMessage {
        heard: vec![heard; HEARD_MAX],
        whereabouts: Whereabouts::At(place),
        ..message(u64::MAX)
    };
    assert!(length(&largest) <= PRESENCE_BYTES, "{}", length(&largest));
    let ring = world.ring(&owner.device);
    let (_, key) = ring.current(&world.state, Compartment::Public).unwrap();
    let more = PresenceMessage { heard: vec![heard; HEARD_MAX + 1], ..largest };
    let refused = seal_presence(key, &owner.device, &bond, &more, &*world.random);
    assert_eq!(refused, Err(PresenceError::TooLarge));
}
