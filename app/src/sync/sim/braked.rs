//! The mass-delete brake on the machine: what deletes much waits for a person, everything else goes on, and everybody
//! agrees in the end. Not here: taking it back, which is the core's (`app/tests/brake.rs`).

use groundplan_shared::wire::DocumentId;

use super::world::{Plan, World};
use crate::sync::memory::DELETED;

/// Documents of the workspace.
const THINGS: u8 = 40;
/// Documents that are deleted in one go.
const GONE: u8 = 30;
/// Documents that are left once the brake holds: frames of the model server have three items, and the tenth asks.
const LEFT: usize = 31;

/// Three devices that agree on some documents, of which the second deletes most in one go.
fn deleted(seed: u64) -> World {
    let mut world = World::new(seed, Plan::calm(3));
    (0..THINGS).for_each(|number| world.edit_one(0, number, "there"));
    world.settle();
    let most: Vec<DocumentId> = (0..GONE).map(|number| DocumentId([number; 16])).collect();
    world.edit_all(1, &most, DELETED);
    world.edit_one(1, THINGS - 1, "what belongs to it");
    world.edit_one(2, THINGS - 2, "of somebody else");
    (0..3).for_each(|_| world.flow());
    world
}

fn living(world: &World, at: usize) -> usize {
    (0..THINGS).filter(|number| world.store(at).read(DocumentId([*number; 16])).1).count()
}

fn shows(world: &World, at: usize, text: &str) -> bool {
    world.store(at).content().values().any(|value| value == text)
}

#[test]
fn a_mass_deletion_waits_for_a_person_and_nothing_else_does() {
    let mut world = deleted(1);
    for at in [0, 2] {
        assert_eq!(living(&world, at), LEFT, "replica {at} deletes no more by itself");
        assert!(!shows(&world, at, "what belongs to it"), "what the same device sent stays together");
        assert!(shows(&world, at, "of somebody else"));
        world.decide(at);
        assert_eq!(living(&world, at), usize::from(THINGS - GONE));
        assert!(shows(&world, at, "what belongs to it"));
    }
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
}

#[test]
fn a_device_that_starts_again_still_waits() {
    let mut world = deleted(2);
    (0..3).for_each(|at| world.crash(at));
    (0..3).for_each(|at| world.connect(at));
    (0..3).for_each(|_| world.flow());
    assert_eq!((living(&world, 0), living(&world, 2)), (LEFT, LEFT));
    world.settle();
    assert_eq!(world.agree(), [0, 0, 0]);
}
