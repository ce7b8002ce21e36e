//! A small world for tests: an owner, helpers to link, invite and confirm, all with seeded randomness.

use super::build::{NewWorkspace, make_genesis, next_entry, start_epochs, wrap_current};
use super::*;
use crate::auth::role::{Clearance, Role};
use crate::crypto::safe::low::random::seeded;
use crate::crypto::safe::names::{NameOf, seal_name};
use crate::crypto::safe::{DeviceKeys, InviteSecret, Keyring};
use crate::crypto::{FromFn, Random};
use crate::wire::ids::{Hash, InviteId, MemberId, WorkspaceId};

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId([0xaa; 16]);
pub(crate) const OWNER: MemberId = MemberId([0x01; 16]);

/// A person on one device.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) member: MemberId,
    pub(crate) device: DeviceKeys,
}

pub(crate) struct World {
    pub(crate) state: MembershipState,
    pub(crate) log: Vec<Vec<u8>>,
    pub(crate) owner: Person,
    pub(crate) random: Box<dyn Random>,
}

impl World {
    pub(crate) fn new() -> Self {
        let source = seeded(100);
        let random: Box<dyn Random> = Box::new(FromFn(move |out: &mut [u8]| source.fill(out)));
        let device = DeviceKeys::make(&*random).unwrap();
        let new = NewWorkspace {
            workspace: WORKSPACE,
            owner: OWNER,
            owner_name: "Ada",
            device_name: "desk",
            policy: Policy::default(),
            time_ms: 1000,
        };
        let (entry, _) = make_genesis(&new, &device, &*random).unwrap();
        let state = start(&entry).unwrap();
        Self { state, log: vec![entry], owner: Person { member: OWNER, device }, random }
    }

    /// Signs a body as the next entry; does not apply it.
    pub(crate) fn sign(&self, by: &DeviceKeys, body: Body) -> Vec<u8> {
        next_entry(&self.state, by, 2000, body)
    }

    /// Tries a body by a device.
    pub(crate) fn attempt(&self, by: &DeviceKeys, body: Body) -> Result<MembershipState, Refusal> {
        apply(&self.state, &self.sign(by, body))
    }

    /// Applies a body by a device.
    pub(crate) fn accept(&mut self, by: &DeviceKeys, body: Body) {
        let entry = self.sign(by, body);
        self.state = apply(&self.state, &entry).unwrap();
        self.log.push(entry);
    }

    pub(crate) fn ring(&self, device: &DeviceKeys) -> Keyring {
        let (ring, failed) = Keyring::open(&self.state, device);
        assert!(failed.is_empty(), "{failed:?}");
        ring
    }

    pub(crate) fn wraps(&self, clearance: Clearance, to: &[DeviceKeysPublic]) -> Vec<WrapSet> {
        let ring = self.ring(&self.owner.device);
        wrap_current(&self.state, &ring, clearance, to, &*self.random).unwrap()
    }

    pub(crate) fn name(&self, of: NameOf, text: &str) -> SealedName {
        let ring = self.ring(&self.owner.device);
        let (epoch, key) = ring.current(&self.state, crate::auth::role::Compartment::Public).unwrap();
        seal_name(key, epoch, &WORKSPACE, of, text, &*self.random).unwrap()
    }

    /// New epochs by the owner without one member.
    pub(crate) fn rotation(&self, clearance: Clearance, without: Option<MemberId>) -> Vec<EpochStart> {
        let keeps = |_, id: &crate::wire::ids::DeviceId| self.state.device(id).map(|d| d.member) != without;
        let ring = self.ring(&self.owner.device);
        start_epochs(&self.state, &ring, clearance, keeps, |_| Hash([5; 32]), &*self.random).unwrap().0
    }

    pub(crate) fn invite_body(
        &self,
        secret: &InviteSecret,
        n: u8,
        role: Role,
        clearance: Clearance,
    ) -> Invite {
        Invite {
            invite: InviteId([n; 16]),
            key: secret.public(),
            role,
            clearance,
            expires_index: self.state.head_index() + 20,
            expires_ms: 10_000,
            bound_to: None,
        }
    }

    pub(crate) fn join_body(&self, secret: &InviteSecret, n: u8, person: &Person) -> Join {
        let keys = person.device.public();
        let name = |of| secret.seal_name(&WORKSPACE, of, "new", &*self.random).unwrap();
        Join {
            invite: InviteId([n; 16]),
            member: person.member,
            device: keys,
            invite_signature: secret.sign_join(&WORKSPACE, &InviteId([n; 16]), &person.member, &keys),
            member_name: name(NameOf::Member(person.member.0)),
            device_name: name(NameOf::Device(person.device.id().0)),
        }
    }

    pub(crate) fn confirm_body(&self, person: &Person, clearance: Clearance) -> Confirm {
        Confirm {
            member: person.member,
            device: person.device.id(),
            member_name: self.name(NameOf::Member(person.member.0), "New"),
            device_name: self.name(NameOf::Device(person.device.id().0), "new"),
            keys: self.wraps(clearance, &[person.device.public()]),
        }
    }

    pub(crate) fn person(&self, n: u8) -> Person {
        Person { member: MemberId([n; 16]), device: DeviceKeys::make(&*self.random).unwrap() }
    }

    /// Invites, joins and confirms a person.
    pub(crate) fn admit(&mut self, n: u8, role: Role, clearance: Clearance) -> Person {
        let (owner, person) = (self.owner.device.clone(), self.person(n));
        let secret = InviteSecret::make(&*self.random).unwrap();
        self.accept(&owner, Body::Invite(self.invite_body(&secret, n, role, clearance)));
        self.accept(&person.device, Body::Join(self.join_body(&secret, n, &person)));
        self.accept(&owner, Body::Confirm(self.confirm_body(&person, clearance)));
        person
    }

    pub(crate) fn device_add_body(
        &self,
        member: MemberId,
        device: &DeviceKeys,
        clearance: Clearance,
    ) -> DeviceAdd {
        DeviceAdd {
            member,
            device: device.public(),
            consent: device.consent(&WORKSPACE, &member),
            device_name: self.name(NameOf::Device(device.id().0), "lap"),
            keys: self.wraps(clearance, &[device.public()]),
        }
    }

    pub(crate) fn recovery_body(&self, device: &DeviceKeys, replaces: Option<&DeviceKeys>) -> RecoverySet {
        RecoverySet {
            member: OWNER,
            device: device.public(),
            consent: device.consent(&WORKSPACE, &OWNER),
            replaces: replaces.map(DeviceKeys::id),
            keys: self.wraps(Clearance::ALL, &[device.public()]),
        }
    }
}
