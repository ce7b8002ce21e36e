//! Members come and go under the state machine: revocation, rotation, the cut, duels, and what a server may try with them.

use groundplan_shared::api::{MemberStanding, SyncState};
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::wire::ProblemCode;
use groundplan_shared::wire::frames::{ClientFrame, Outcome, PushResult, Refused, ServerFrame};

use super::cast::Cast;
use super::world::{Plan, World};
use crate::sync::memory::COMMENT;
use crate::sync::rotate::Action;
use crate::sync::weak::{Check, without};
use crate::sync::{SyncStore, run};

fn world(seed: u64, replicas: usize) -> World {
    World::new(seed, Plan::calm(replicas))
}

fn rotate_internal(world: &World) -> Action {
    Action::Rotate {
        clearance: Clearance::only(Compartment::Internal),
        since: world.server.state.head_index(),
    }
}

fn epoch(world: &World) -> u32 {
    world.server.state.chain(Compartment::Internal).current()
}

/// Three devices with something written; the third is offline with an edit that nobody saw when it is revoked.
fn revoked(seed: u64) -> World {
    let mut world = world(seed, 3);
    for at in 0..3 {
        world.edit_one(at, 10 + at as u8, "before");
    }
    world.settle();
    world.disconnect(2);
    world.edit_one(2, 12, "written offline");
    let device = world.device(2);
    assert_eq!(world.act(0, Action::RevokeDevice(device)), Ok(true));
    world.shut.insert(2);
    world
}

#[test]
fn a_revoked_device_learns_it_and_keeps_what_it_has_not_sent() {
    let mut world = revoked(1);
    world.edit_one(0, 10, "after");
    world.settle();
    let status = world.statuses().remove(2);
    assert_eq!((status.standing, status.state), (MemberStanding::DeviceRevoked, SyncState::Problem));
    assert_eq!(status.waiting, 1, "nothing is wiped");
    assert!(status.problem.unwrap().hint.contains("--rescue"));
    assert_eq!(world.store(0).content(), world.store(1).content());
    let content = world.store(0).content();
    assert!(!content.values().any(|value| value.contains("offline")), "what it had not sent reached nobody");
    assert!(world.store(2).content().values().any(|value| value.contains("offline")));
    assert!(!world.store(2).content().values().any(|value| value.contains("after")));
    let state = &world.server.state;
    assert!(Compartment::ALL.iter().all(|c| state.chain(*c).current() == 2), "all it could read was rotated");
}

#[test]
fn a_rotation_over_documents_that_moved_is_refused_and_made_again() {
    let mut world = world(2, 2);
    world.edit_one(0, 1, "first");
    world.settle();
    world.disconnect(0);
    world.edit_one(1, 1, "the first replica does not know this");
    world.flow();
    let action = rotate_internal(&world);
    assert_eq!(world.act(0, action), Err(ProblemCode::CutMoved));
    world.connect(0);
    world.flow();
    assert_eq!(world.act(0, action), Ok(true));
    world.settle();
    assert_eq!(epoch(&world), 2);
    assert_eq!(world.agree(), [0, 0]);
}

#[test]
fn whoever_loses_a_duel_finds_that_it_is_done() {
    let mut world = world(3, 4);
    world.settle();
    let (device, other) = (world.device(3), world.device(1));
    assert_eq!(world.act(0, Action::RevokeDevice(device)), Ok(true));
    world.shut.insert(3);
    // The second has not heard of it yet.
    assert_eq!(world.act(1, Action::RevokeDevice(device)), Err(ProblemCode::LogHeadMoved));
    world.flow();
    assert_eq!(world.act(1, Action::RevokeDevice(device)), Ok(false), "nothing is left to do");
    let rotation = rotate_internal(&world);
    assert_eq!(world.act(0, rotation), Ok(true));
    world.flow();
    assert_eq!(world.act(1, rotation), Ok(false), "the key is newer than the question");

    // Two that shut each other out: the first entry stands, and the loser may do nothing any more.
    let first = world.device(0);
    assert_eq!(world.act(0, Action::RevokeDevice(other)), Ok(true));
    world.shut.insert(1);
    assert_eq!(world.act(1, Action::RevokeDevice(first)), Err(ProblemCode::LogHeadMoved));
    world.settle();
    assert_eq!(world.act(1, Action::RevokeDevice(first)), Ok(false));
    assert!(world.server.state.active(&first).is_some());
}

/// A device revokes itself; what became of the keys.
fn left_behind() -> World {
    let mut world = world(4, 3);
    world.edit_one(0, 1, "before");
    world.settle();
    world.disconnect(0);
    world.disconnect(1);
    let device = world.device(2);
    assert_eq!(world.act(2, Action::RevokeDevice(device)), Ok(true), "it revokes itself");
    world.shut.insert(2);
    world.flow();
    assert!(world.server.state.chain(Compartment::Internal).rotation_due);
    assert_eq!(epoch(&world), 1);
    world.edit_one(0, 1, "while it was due");
    world.settle();
    assert_eq!(world.store(0).content(), world.store(1).content());
    world
}

#[test]
fn what_a_device_leaves_behind_is_rotated_by_the_next_who_may() {
    let world = left_behind();
    for compartment in Compartment::ALL {
        let chain = world.server.state.chain(compartment);
        assert_eq!((chain.current(), chain.rotation_due), (2, false), "rotated once, by one of them");
    }
    assert_eq!(epoch(&without(&[Check::Due], left_behind)), 1, "without the check nobody does");
}

/// An envelope that a revoked device sealed before it knew, in the hands of a server that is on its side.
fn backdated(world: &mut World, to: usize) {
    let sealed =
        run(world.store(2) as &dyn SyncStore, |tx| tx.envelopes_in(crate::sync::EnvelopeState::Sealed, 9));
    let bytes = sealed.unwrap().remove(0).bytes;
    let before = world.server.state.device(&world.device(2)).unwrap().revoked_index.unwrap() - 1;
    world.server.backdate(&bytes, before);
    if to == 0 {
        world.tell();
    }
}

/// Like [`revoked`], with the offline edit sealed and its push lost on the way.
fn revoked_with_sealed(seed: u64) -> World {
    let mut world = world(seed, 3);
    for at in 0..3 {
        world.edit_one(at, 10 + at as u8, "before");
    }
    world.settle();
    world.edit_one(2, 12, "written too late");
    world.disconnect(2);
    let device = world.device(2);
    assert_eq!(world.act(0, Action::RevokeDevice(device)), Ok(true));
    world.shut.insert(2);
    world
}

/// Everybody was up to date when the server slips the edit in, before or after another edit of its document.
fn slipped_in(after: bool) -> World {
    let mut world = revoked_with_sealed(5);
    world.flow();
    if after {
        world.edit_one(0, 12, "goes on in the same document");
        world.settle();
    }
    backdated(&mut world, 0);
    world.edit_one(0, 12, "goes on in the same document later");
    world.settle();
    world
}

fn shows_it(world: &World, at: usize) -> bool {
    world.store(at).content().values().any(|value| value.contains("too late"))
}

#[test]
fn without_the_checks_a_backdated_edit_gets_in() {
    assert!(shows_it(&without(&[Check::Cut], || slipped_in(false)), 0));
    assert!(!shows_it(&without(&[Check::Cut], || slipped_in(true)), 0), "places follow the log");
    assert!(!shows_it(&without(&[Check::Order], || slipped_in(true)), 0), "and the cut");
    assert!(shows_it(&without(&[Check::Cut, Check::Order], || slipped_in(true)), 0));
    assert!(shows_it(&without(&[Check::Hold], shown_late), 1));
    let silent = without(&[Check::Alarm], shown_late).statuses().remove(1);
    assert_eq!(silent.alarm, None);
}

#[test]
fn a_backdated_edit_of_a_revoked_device_is_set_aside_for_ever() {
    let world = slipped_in(false);
    for at in 0..2 {
        let status = world.statuses().remove(at);
        assert_eq!((status.quarantined, status.alarm), (1, None), "replica {at}");
        let listed = run(world.store(at) as &dyn SyncStore, |tx| tx.quarantine_list(9)).unwrap();
        assert!(listed[0].reason.contains("rotation"), "{}", listed[0].reason);
        assert!(!world.store(at).content().values().any(|value| value.contains("too late")), "replica {at}");
    }
    assert_eq!(world.store(0).content(), world.store(1).content(), "everything else goes on");
}

/// Only the second, when it comes back, is shown the document with the backdated edit at its end.
fn shown_late() -> World {
    let mut world = revoked_with_sealed(6);
    world.disconnect(1);
    world.flow();
    backdated(&mut world, 1);
    world.connect(1);
    world.flow();
    world.flow();
    world
}

#[test]
fn a_device_that_was_away_does_not_take_a_backdated_edit() {
    let mut world = shown_late();
    let status = world.statuses().remove(1);
    assert_eq!(status.alarm.as_deref(), Some("cut_broken"));
    assert_eq!(status.state, SyncState::Problem);
    assert!(!world.store(1).content().values().any(|value| value.contains("too late")), "it was not applied");
    world.edit_one(1, 1, "kept here meanwhile");
    world.flow();
    assert_eq!(world.statuses().remove(1).waiting, 1, "nothing more is sent");
}

#[test]
fn a_withheld_removal_is_noticed_at_the_first_envelope_after_it() {
    let mut world = revoked_with_sealed(7);
    world.tamper = Some(Box::new(|at, frame| at != 1 || !matches!(frame, ServerFrame::LogDelta(_))));
    world.disconnect(1);
    world.edit_one(0, 10, "sealed for those who stay");
    world.connect(0);
    world.connect(1);
    world.flow();
    let status = world.statuses().remove(1);
    assert_ne!(status.state, SyncState::UpToDate, "something waits for an entry that does not come");
    assert!(!world.store(1).content().values().any(|value| value.contains("those who stay")));
    world.tamper = None;
    world.disconnect(1);
    world.settle();
    assert_eq!(world.store(0).content(), world.store(1).content());
}

#[test]
fn an_old_key_is_rotated_by_age_and_a_wild_clock_does_it_once() {
    use groundplan_shared::membership::build::next_entry;
    use groundplan_shared::membership::{Body, Policy, PolicySet};
    let mut world = world(8, 2);
    world.settle();
    let policy = Policy { rotate_after_days: Some(30), ..Policy::default() };
    let entry =
        next_entry(&world.server.state, &world.keys(0), 1_000_000, Body::PolicySet(PolicySet { policy }));
    world.server.append(&entry).unwrap();
    world.tell();
    world.settle();
    assert_eq!(epoch(&world), 1);
    world.pass(29 * 86_400_000);
    world.flow();
    assert_eq!(epoch(&world), 1);
    world.pass(2 * 86_400_000);
    world.flow();
    world.settle();
    assert_eq!(epoch(&world), 2);
    world.pass(10 * 365 * 86_400_000);
    world.flow();
    world.settle();
    assert_eq!(epoch(&world), 3, "once for the jump");
}

/// An editor writes while away and is made a viewer meanwhile.
fn made_a_viewer() -> World {
    let mut world = World::new(9, Plan { cast: Cast::Team, ..Plan::calm(5) });
    world.edit_one(4, 1, "before");
    world.settle();
    world.disconnect(4);
    world.edit_one(4, 1, "written while away");
    make_a_viewer(&mut world);
    world
}

/// Makes the member at 4 a viewer, then lets it connect.
fn make_a_viewer(world: &mut World) {
    use groundplan_shared::auth::Role;
    use groundplan_shared::membership::build::next_entry;
    use groundplan_shared::membership::{Body, RoleSet};
    let member = world.member(4).unwrap();
    let body = Body::RoleSet(RoleSet { member, role: Role::Viewer });
    let entry = next_entry(&world.server.state, &world.keys(0), 0, body);
    world.server.append(&entry).unwrap();
    world.tell();
    world.connect(4);
    world.flow();
    world.flow();
}

#[test]
fn who_may_only_read_any_more_is_told_and_keeps_what_was_not_sent() {
    let told = |world: &World| world.status(4).problem.map(|problem| problem.message).unwrap_or_default();
    let world = made_a_viewer();
    assert!(told(&world).contains("may not write"), "{}", told(&world));
    assert_eq!(world.status(4).waiting, 1);
    assert!(world.store(4).content().values().any(|value| value.contains("while away")));
    let without = without(&[Check::Stuck], made_a_viewer);
    assert!(!told(&without).contains("may not write"), "{}", told(&without));
}

/// An editor's envelope is sealed, lost on the way, and sent again when the editor is a viewer.
fn sealed_in_time() -> World {
    let mut world = World::new(9, Plan { cast: Cast::Team, ..Plan::calm(5) });
    world.edit_one(4, 1, "before");
    world.settle();
    // Sealed at once, and lost on the way.
    world.edit_one(4, 1, "sealed in time");
    world.disconnect(4);
    make_a_viewer(&mut world);
    world
}

#[test]
fn what_was_sealed_before_one_became_a_viewer_stays_unsent() {
    let world = sealed_in_time();
    for at in 0..4 {
        assert!(!world.store(at).content().values().any(|value| value.contains("in time")), "replica {at}");
    }
    let status = world.status(4);
    assert_eq!(status.waiting, 1, "{status:?}");
    assert!(status.problem.unwrap().message.contains("may not write"));
    assert_eq!(without(&[Check::Talk], sealed_in_time).status(4).waiting, 0);
}

#[test]
fn who_may_only_comment_does_and_everybody_reads_it() {
    let mut world = made_a_viewer();
    world.edit_one(4, 2, &format!("{COMMENT} I would not"));
    world.flow();
    for at in 0..5 {
        let content = world.store(at).content();
        assert!(content.values().any(|value| value.contains("I would not")), "replica {at}");
    }
    assert_eq!(world.status(4).waiting, 1, "what is no comment stays");
    assert_eq!(world.status(0).quarantined, 0);
}

/// A server that is busy asks to wait; then the clock goes back ten years.
fn clock_goes_back() -> World {
    let mut world = world(10, 2);
    world.settle();
    world.edit_one(0, 1, "waits");
    let Some(ClientFrame::Push(push)) = world.replicas[0].to_server.pop_front() else {
        panic!("an edit is pushed at once");
    };
    let busy = Refused { code: ProblemCode::Unavailable, message: "busy".to_owned(), retry_ms: Some(1_000) };
    let outcomes = vec![Outcome::Refused(busy)];
    world.queue(0, ServerFrame::PushResult(PushResult { request: push.request, outcomes }));
    world.deliver(0);
    world.replicas[0].skew_ms = -10 * 365 * 86_400_000;
    for _ in 0..5 {
        (0..2).for_each(|at| world.connect(at));
        world.flow();
    }
    world
}

#[test]
fn a_clock_that_goes_back_makes_no_pause_longer() {
    let arrived = |world: &World| world.server.feed.len();
    assert_eq!(arrived(&clock_goes_back()), 1);
    assert_eq!(arrived(&without(&[Check::Clock], clock_goes_back)), 0, "it would wait for ten years");
}
