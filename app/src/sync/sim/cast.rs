//! Who takes part in a history, and the membership log with which it begins: founded once a thread, then copied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use groundplan_shared::auth::{Clearance, Compartment, Role};
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{DeviceKeys, InviteSecret};
use groundplan_shared::membership::build::{NewWorkspace, make_genesis, next_entry, wrap_current};
use groundplan_shared::membership::{Body, DeviceAdd, Invite, Join, Policy};
use groundplan_shared::proof;
use groundplan_shared::wire::{InviteId, MemberId, WorkspaceId};

use super::random::Dice;
use super::server::ModelServer;
use crate::sync::confirm::{self, keyring};
use crate::sync::memory::{MemoryBackup, MemoryStore};
use crate::sync::{Env, Log, SyncRecord, log, run};

pub(super) const WORKSPACE: WorkspaceId = WorkspaceId([7; 16]);
/// When histories begin.
pub(super) const NOW_MS: u64 = 1_800_000_000_000;
pub(super) const OWNER: MemberId = MemberId([8; 16]);

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cast {
    /// One owner with several devices.
    Devices,
    /// The owner, two administrators, an editor who may read `public` and `internal` only, one who may read everything;
    /// then another device of the owner and another editor of the first kind.
    Team,
}

/// A workspace as a history finds it.
pub(super) struct Founding {
    pub(super) server: ModelServer,
    pub(super) keys: Vec<Arc<DeviceKeys>>,
    pub(super) stores: Vec<MemoryBackup>,
}

type Founded = BTreeMap<(Cast, usize, bool, bool), Rc<Founding>>;

thread_local! {
    static FOUNDED: RefCell<Founded> = const { RefCell::new(BTreeMap::new()) };
}

impl Founding {
    /// Returns the workspace of a cast; `real`: its documents are Automerge's.
    pub(super) fn of(cast: Cast, replicas: usize, real: bool) -> Rc<Self> {
        let key = (cast, replicas, real, proof::quick());
        if let Some(there) = FOUNDED.with(|founded| founded.borrow().get(&key).cloned()) {
            return there;
        }
        let made = Rc::new(Founder::new(replicas).found(cast, replicas, real));
        FOUNDED.with(|founded| founded.borrow_mut().insert(key, Rc::clone(&made)));
        made
    }
}

struct Founder {
    dice: Dice,
    server: ModelServer,
    keys: Vec<Arc<DeviceKeys>>,
    /// The owner's store while the workspace is founded.
    store: MemoryStore,
}

impl Founder {
    fn new(replicas: usize) -> Self {
        let dice = Dice::new(0xf0_0d + replicas as u64);
        let first = Arc::new(DeviceKeys::make(&dice).unwrap());
        let new = NewWorkspace {
            workspace: WORKSPACE,
            owner: OWNER,
            owner_name: "Owner",
            device_name: "Device 0",
            policy: Policy::default(),
            time_ms: NOW_MS,
        };
        let (genesis, _) = make_genesis(&new, &first, &dice).unwrap();
        Self { server: ModelServer::new(&genesis), keys: vec![first], store: MemoryStore::new(false), dice }
    }

    fn found(mut self, cast: Cast, replicas: usize, real: bool) -> Founding {
        for at in 1..replicas {
            let keys = Arc::new(DeviceKeys::make(&self.dice).unwrap());
            match (cast, at) {
                (Cast::Devices, _) | (Cast::Team, 5) => self.link(&keys),
                (Cast::Team, 1 | 2) => self.admit(&keys, at as u8, Role::Administrator, Clearance::ALL),
                (Cast::Team, 4) => self.admit(&keys, at as u8, Role::Editor, Clearance::ALL),
                (Cast::Team, _) => self.admit(&keys, at as u8, Role::Editor, Clearance::STANDARD),
            }
            self.keys.push(keys);
        }
        let stores = self.keys.iter().map(|keys| self.begin(keys, real)).collect();
        Founding { server: self.server, keys: self.keys, stores }
    }

    /// The store of a device that has read the log.
    fn begin(&self, keys: &DeviceKeys, real: bool) -> MemoryBackup {
        let store = MemoryStore::new(real);
        run(&store, |tx| {
            let record = SyncRecord {
                server_url: Some("https://example.org".to_owned()),
                uploaded: true,
                ..SyncRecord::default()
            };
            tx.set_record(&record)?;
            for (index, entry) in self.server.entries.iter().enumerate() {
                tx.log_append(index as u64, self.server.state.hash_at(index as u64).unwrap(), entry)?;
            }
            log::unlock(tx, &self.server.state, keys)
        })
        .unwrap();
        store.backup()
    }

    /// Lets the owner read the log so far.
    fn read(&self) {
        let (server, keys) = (&self.server, &self.keys[0]);
        run(&self.store, |tx| {
            let known = tx.log_from(0)?.len() as u64;
            for index in known..=server.state.head_index() {
                let hash = server.state.hash_at(index).unwrap();
                tx.log_append(index, hash, &server.entries[index as usize])?;
            }
            log::unlock(tx, &server.state, keys)
        })
        .unwrap();
    }

    /// Adds a device of the owner, as the owner's first one would.
    fn link(&mut self, keys: &DeviceKeys) {
        self.read();
        let (state, dice) = (&self.server.state, &self.dice);
        let entry = run(&self.store, |tx| {
            let ring = keyring(tx, state)?;
            let (epoch, public) = ring.current(state, Compartment::Public).unwrap();
            let name =
                seal_name(public, epoch, &WORKSPACE, NameOf::Device(keys.id().0), "Linked", dice).unwrap();
            let add = DeviceAdd {
                member: OWNER,
                device: keys.public(),
                consent: keys.consent(&WORKSPACE, &OWNER),
                device_name: name,
                keys: wrap_current(state, &ring, Clearance::ALL, &[keys.public()], dice).unwrap(),
            };
            Ok(next_entry(state, &self.keys[0], 0, Body::DeviceAdd(add)))
        });
        self.server.append(&entry.unwrap()).unwrap();
    }

    /// Invites somebody, lets them join, and lets the owner's machine confirm them.
    fn admit(&mut self, keys: &DeviceKeys, number: u8, role: Role, clearance: Clearance) {
        self.read();
        let dice = &self.dice;
        let (invite, member) = (InviteId([number; 16]), MemberId([number; 16]));
        let secret = InviteSecret::make(dice).unwrap();
        let offer = Invite {
            invite,
            key: secret.public(),
            role,
            clearance,
            expires_index: self.server.state.head_index() + 100,
            expires_ms: u64::MAX,
            bound_to: None,
        };
        let entry = next_entry(&self.server.state, &self.keys[0], 0, Body::Invite(offer));
        self.server.append(&entry).unwrap();
        let join = join(&secret, invite, member, keys, dice);
        let entry = next_entry(&self.server.state, keys, 0, Body::Join(join));
        self.server.append(&entry).unwrap();
        self.read();
        let log = Log::of(self.server.state.clone());
        let env = Env { now_ms: 0, random: dice };
        let entry = run(&self.store, |tx| {
            tx.put_invite_secret(invite, &secret, u64::MAX)?;
            confirm::next(tx, &log, &self.keys[0], &env)
        });
        self.server.append(&entry.unwrap().unwrap()).unwrap();
    }
}

/// What a newcomer says by an invitation.
pub(super) fn join(
    secret: &InviteSecret,
    invite: InviteId,
    member: MemberId,
    keys: &DeviceKeys,
    dice: &Dice,
) -> Join {
    let name = |of| secret.seal_name(&WORKSPACE, of, "new", dice).unwrap();
    Join {
        invite,
        member,
        device: keys.public(),
        invite_signature: secret.sign_join(&WORKSPACE, &invite, &member, &keys.public()),
        member_name: name(NameOf::Member(member.0)),
        device_name: name(NameOf::Device(keys.id().0)),
    }
}
