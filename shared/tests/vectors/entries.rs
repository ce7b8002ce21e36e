//! A membership log in which every body occurs, signed by fixed keys and accepted by the validator.

use std::collections::BTreeSet;

use groundplan_shared::auth::{Clearance, Compartment, Permissions, Role};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::crypto::safe::names::NameOf;
use groundplan_shared::membership::{
    Body, Confirm, DeviceAdd, DeviceKeysPublic, DeviceRevoke, Entry, EpochStart, Genesis, Grant, Invite,
    InviteCancel, Join, KeyRotate, MemberRemove, MembershipState, OwnerTransfer, Policy, PolicySet,
    RecoverySet, Revoke, RoleDefine, RoleSet, ServerRestore, ServiceAccountAdd, SignInMethods, WrapSet,
    apply, parse_entry, replay, sign_entry, start,
};
use groundplan_shared::wire::ids::{Hash, Incarnation, InviteId, MemberId, RoleId};

use crate::kept::{Kept, fixed};
use crate::story::{ADA, BOB, ROBOT, WORKSPACE, device, epoch_start, invite_secret, name, wraps};

struct Log {
    kept: Kept,
    entries: Vec<Vec<u8>>,
    state: Option<MembershipState>,
    bodies: BTreeSet<usize>,
}

/// Numbers every kind of body; a new one does not compile before it has a place here (and then a vector below).
fn number(body: &Body) -> usize {
    match body {
        Body::Genesis(_) => 0,
        Body::Invite(_) => 1,
        Body::Join(_) => 2,
        Body::Confirm(_) => 3,
        Body::DeviceAdd(_) => 4,
        Body::DeviceRevoke(_) => 5,
        Body::RoleSet(_) => 6,
        Body::RoleDefine(_) => 7,
        Body::MemberRemove(_) => 8,
        Body::Grant(_) => 9,
        Body::Revoke(_) => 10,
        Body::KeyRotate(_) => 11,
        Body::ServiceAccountAdd(_) => 12,
        Body::RecoverySet(_) => 13,
        Body::PolicySet(_) => 14,
        Body::OwnerTransfer(_) => 15,
        Body::ServerRestore(_) => 16,
        Body::InviteCancel(_) => 17,
    }
}
const BODIES: usize = 18;

impl Log {
    fn index(&self) -> u64 {
        self.entries.len() as u64
    }

    fn state(&self) -> &MembershipState {
        self.state.as_ref().unwrap()
    }

    /// Signs a body, compares the entry with the stored one and applies the stored one.
    fn add(&mut self, by: &DeviceKeys, body: Body) {
        let index = self.index();
        let name = format!("{index:02} {}", body.kind());
        self.bodies.insert(number(&body));
        let entry = Entry {
            version: body.version(),
            workspace: WORKSPACE,
            index,
            previous: self.state.as_ref().map_or(Hash::ZERO, MembershipState::head_hash),
            actor: by.id(),
            time_ms: 1_700_000_000_000 + index,
            body,
        };
        let stored = self.kept.bytes(&name, &sign_entry(&entry, by));
        assert_eq!(parse_entry(&stored).unwrap().entry, entry, "{name}");
        let next = match &self.state {
            None => start(&stored),
            Some(state) => apply(state, &stored),
        };
        self.state = Some(next.unwrap_or_else(|refusal| panic!("{name}: {refusal}")));
        self.entries.push(stored);
    }

    /// Wraps of the current keys of a clearance.
    fn keys(&self, clearance: Clearance, to: &DeviceKeysPublic) -> Vec<WrapSet> {
        let set = |compartment| {
            let epoch = self.state().chain(compartment).current();
            WrapSet { compartment, epoch, wraps: wraps(compartment, epoch, self.index(), &[*to]) }
        };
        clearance.compartments().map(set).collect()
    }

    /// New epochs of a clearance for everybody but one member or device.
    fn rotate(
        &self,
        clearance: Clearance,
        without: impl Fn(&MemberId, &DeviceKeysPublic) -> bool,
    ) -> Vec<EpochStart> {
        let new = |compartment| {
            let state = self.state();
            let to: Vec<DeviceKeysPublic> = state
                .recipients(compartment)
                .iter()
                .filter_map(|id| state.device(id))
                .filter(|device| !without(&device.member, &device.keys))
                .map(|device| device.keys)
                .collect();
            epoch_start(compartment, state.chain(compartment).current() + 1, self.index(), &to)
        };
        clearance.compartments().map(new).collect()
    }

    fn public_epoch(&self) -> u32 {
        self.state().chain(Compartment::Public).current()
    }

    fn recovery(&self, member: MemberId, who: &str) -> Body {
        let keys = device(who);
        Body::RecoverySet(RecoverySet {
            member,
            device: keys.public(),
            consent: keys.consent(&WORKSPACE, &member),
            replaces: None,
            keys: self.keys(Clearance::ALL, &keys.public()),
        })
    }
}

fn genesis(desk: &DeviceKeys) -> Body {
    Body::Genesis(Genesis {
        random: Hash([0x77; 32]),
        owner: ADA,
        device: desk.public(),
        owner_name: name(NameOf::Member(ADA.0), 1, "Ada"),
        device_name: name(NameOf::Device(desk.id().0), 1, "desk"),
        epochs: Compartment::ALL.map(|c| epoch_start(c, 1, 0, &[desk.public()])).to_vec(),
        policy: Policy::default(),
    })
}

fn invite(n: u8, bound_to: Option<&DeviceKeys>) -> Invite {
    let key = if n == 2 { invite_secret().public() } else { device("another invite").public().signing };
    Invite {
        invite: InviteId([n; 16]),
        key,
        role: Role::Editor,
        clearance: Clearance::STANDARD,
        expires_index: 40,
        expires_ms: 1_800_000_000_000,
        bound_to: bound_to.map(DeviceKeys::id),
    }
}

fn join(bob: &DeviceKeys) -> Body {
    let (secret, id) = (invite_secret(), InviteId([2; 16]));
    let name =
        |of, text: &str| secret.seal_name(&WORKSPACE, of, text, &fixed(&format!("join {text}"))).unwrap();
    Body::Join(Join {
        invite: id,
        member: BOB,
        device: bob.public(),
        invite_signature: secret.sign_join(&WORKSPACE, &id, &BOB, &bob.public()),
        member_name: name(NameOf::Member(BOB.0), "Bob"),
        device_name: name(NameOf::Device(bob.id().0), "tower"),
    })
}

fn admission(log: &mut Log) {
    let (desk, bob) = (device("desk"), device("bob"));
    log.add(&desk, genesis(&desk));
    let body = log.recovery(ADA, "recovery of ada");
    log.add(&desk, body);
    log.add(&desk, Body::Invite(invite(2, None)));
    log.add(&bob, join(&bob));
    let body = Confirm {
        member: BOB,
        device: bob.id(),
        member_name: name(NameOf::Member(BOB.0), 1, "Bob B."),
        device_name: name(NameOf::Device(bob.id().0), 1, "tower"),
        keys: log.keys(Clearance::STANDARD, &bob.public()),
    };
    log.add(&desk, Body::Confirm(body));
    log.add(&desk, Body::Invite(invite(3, Some(&device("stranger")))));
    log.add(&desk, Body::InviteCancel(InviteCancel { invite: InviteId([3; 16]) }));
    let laptop = device("laptop");
    let body = DeviceAdd {
        member: ADA,
        device: laptop.public(),
        consent: laptop.consent(&WORKSPACE, &ADA),
        device_name: name(NameOf::Device(laptop.id().0), 1, "laptop"),
        keys: log.keys(Clearance::ALL, &laptop.public()),
    };
    log.add(&desk, Body::DeviceAdd(body));
}

fn rights(log: &mut Log) {
    let (desk, robot) = (device("desk"), device("robot"));
    let role = RoleId([7; 16]);
    let permissions = Permissions::READ.union(Permissions::COMMENT).union(Permissions::WRITE);
    let define = RoleDefine { role, name: name(NameOf::Role(role.0), 1, "Writer"), permissions };
    log.add(&desk, Body::RoleDefine(define));
    log.add(&desk, Body::RoleSet(RoleSet { member: BOB, role: Role::Custom(role) }));
    let confidential = Clearance::only(Compartment::Confidential);
    let bob = device("bob").public();
    let body = Grant { member: BOB, clearance: confidential, keys: log.keys(confidential, &bob) };
    log.add(&desk, Body::Grant(body));
    let rotate = log.rotate(confidential, |member, _| *member == BOB);
    log.add(&desk, Body::Revoke(Revoke { member: BOB, clearance: confidential, rotate }));
    let body = ServiceAccountAdd {
        member: ROBOT,
        device: robot.public(),
        consent: robot.consent(&WORKSPACE, &ROBOT),
        name: name(NameOf::Member(ROBOT.0), 1, "Importer"),
        role: Role::Editor,
        clearance: Clearance::LEAST,
        keys: log.keys(Clearance::LEAST, &robot.public()),
    };
    log.add(&desk, Body::ServiceAccountAdd(body));
    let policy = Policy {
        second_factor_required: true,
        sign_in: SignInMethods { password: true, sso: false, passkey: true },
        max_offline_days: Some(30),
        export: Clearance::STANDARD,
        rotate_after_days: Some(180),
    };
    log.add(&desk, Body::PolicySet(PolicySet { policy }));
    let (from, to) = (Incarnation([1; 16]), Incarnation([2; 16]));
    log.add(&desk, Body::ServerRestore(ServerRestore { from, to }));
}

fn endings(log: &mut Log) {
    let (desk, bob, laptop) = (device("desk"), device("bob"), device("laptop"));
    let rotate = log.rotate(Clearance::only(Compartment::Internal), |_, _| false);
    log.add(&desk, Body::KeyRotate(KeyRotate { rotate }));
    let rotate = log.rotate(Clearance::ALL, |_, keys| *keys == laptop.public());
    log.add(&desk, Body::DeviceRevoke(DeviceRevoke { device: laptop.id(), rotate }));
    let rest = Clearance::ALL.without(Clearance::STANDARD);
    let body = Grant { member: BOB, clearance: rest, keys: log.keys(rest, &bob.public()) };
    log.add(&desk, Body::Grant(body));
    let body = log.recovery(BOB, "recovery of bob");
    log.add(&bob, body);
    log.add(&desk, Body::OwnerTransfer(OwnerTransfer { to: BOB }));
    let rotate = log.rotate(Clearance::LEAST, |member, _| *member == ROBOT);
    log.add(&bob, Body::MemberRemove(MemberRemove { member: ROBOT, rotate }));
}

#[test]
fn every_body() {
    let kept = Kept::open("entries.json");
    let mut log = Log { kept, entries: vec![], state: None, bodies: BTreeSet::new() };
    admission(&mut log);
    rights(&mut log);
    endings(&mut log);
    assert!(log.bodies.iter().copied().eq(0..BODIES), "a body has no vector: {:?}", log.bodies);
    let again = replay(log.entries.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(Some(&again), log.state.as_ref());
    log.kept.text("hash of the head", &again.head_hash().to_string());
    assert!(log.public_epoch() > 1 && again.member(&ROBOT).is_some_and(|robot| !robot.is_active()));
    log.kept.done();
}
