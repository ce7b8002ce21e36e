//! A history: replicas, the model server, the network between them, and what may happen in a step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use groundplan_shared::api::{MemberStanding, SyncState};
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::sha256;
use groundplan_shared::membership::build::{NewWorkspace, make_genesis, next_entry, wrap_current};
use groundplan_shared::membership::{Body, DeviceAdd, Policy};
use groundplan_shared::wire::frames::{ClientFrame, ServerFrame};
use groundplan_shared::wire::{DocumentId, Hash, MemberId, WorkspaceId};

use super::random::Dice;
use super::server::ModelServer;
use crate::sync::confirm::keyring;
use crate::sync::memory::MemoryStore;
use crate::sync::{Effect, Env, Event, Machine, SyncRecord, SyncStore, log, run};

const WORKSPACE: WorkspaceId = WorkspaceId([7; 16]);
const MEMBER: MemberId = MemberId([8; 16]);

pub(super) struct Replica {
    pub(super) keys: Arc<DeviceKeys>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) machine: Option<Machine>,
    actor: Vec<u8>,
    online: bool,
    to_server: VecDeque<ClientFrame>,
    to_client: VecDeque<ServerFrame>,
}

/// What a history is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) replicas: usize,
    pub(super) steps: usize,
    /// Whether frames are repeated and reordered, which one connection never does by itself.
    pub(super) chaos: bool,
    pub(super) rotations: bool,
    /// Whether devices are revoked.
    pub(super) removals: bool,
}

/// How a history went.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) trace: Hash,
    pub(super) edits: usize,
    pub(super) envelopes: usize,
}

pub(super) struct World {
    plan: Plan,
    pub(super) dice: Dice,
    pub(super) now_ms: u64,
    pub(super) server: ModelServer,
    pub(super) replicas: Vec<Replica>,
    edits: BTreeMap<(DocumentId, String), (usize, String)>,
    /// Replicas whose device was revoked.
    pub(super) shut: BTreeSet<usize>,
    trace: Vec<u8>,
    /// What an evil server does to a frame on its way to a replica; false: it withholds it.
    pub(super) tamper: Option<Tamper>,
}

/// Changes a frame for a replica, or withholds it.
pub(super) type Tamper = Box<dyn FnMut(usize, &mut ServerFrame) -> bool>;

impl World {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        let dice = Dice::new(seed);
        let first = Arc::new(DeviceKeys::make(&dice).unwrap());
        let new = NewWorkspace {
            workspace: WORKSPACE,
            owner: MEMBER,
            owner_name: "Owner",
            device_name: "Device 0",
            policy: Policy::default(),
            time_ms: 0,
        };
        let (genesis, _) = make_genesis(&new, &first, &dice).unwrap();
        let mut world = Self {
            plan,
            now_ms: 1_000_000,
            server: ModelServer::new(&genesis),
            replicas: Vec::new(),
            edits: BTreeMap::new(),
            shut: BTreeSet::new(),
            trace: Vec::new(),
            tamper: None,
            dice,
        };
        world.add_replica(first);
        for _ in 1..plan.replicas {
            let keys = Arc::new(DeviceKeys::make(&world.dice).unwrap());
            world.link(&keys);
            world.add_replica(keys);
        }
        world
    }

    /// Adds a device to the log, as the first replica would.
    fn link(&mut self, keys: &DeviceKeys) {
        let first = &self.replicas[0];
        let (server, dice) = (&self.server, &self.dice);
        let entry = run(&*first.store, |tx| {
            let state = &server.state;
            // The first replica reads the log before it acts.
            let known = tx.log_from(0)?.len() as u64;
            for index in known..=state.head_index() {
                let hash = state.hash_at(index).unwrap();
                tx.log_append(index, hash, &server.entries[index as usize])?;
            }
            log::unlock(tx, state, &first.keys)?;
            let ring = keyring(tx, state)?;
            let (epoch, public) = ring.current(state, Compartment::Public).unwrap();
            let name =
                seal_name(public, epoch, &WORKSPACE, NameOf::Device(keys.id().0), "Linked", dice).unwrap();
            let add = DeviceAdd {
                member: MEMBER,
                device: keys.public(),
                consent: keys.consent(&WORKSPACE, &MEMBER),
                device_name: name,
                keys: wrap_current(state, &ring, Clearance::ALL, &[keys.public()], dice).unwrap(),
            };
            Ok(next_entry(state, &first.keys, 0, Body::DeviceAdd(add)))
        })
        .unwrap();
        self.server.append(&entry).unwrap();
    }

    fn add_replica(&mut self, keys: Arc<DeviceKeys>) {
        let store = Arc::new(MemoryStore::default());
        let server = &self.server;
        run(&*store, |tx| {
            let record = SyncRecord {
                server_url: Some("https://example.org".to_owned()),
                uploaded: true,
                ..SyncRecord::default()
            };
            tx.set_record(&record)?;
            for (index, entry) in server.entries.iter().enumerate() {
                tx.log_append(index as u64, server.state.hash_at(index as u64).unwrap(), entry)?;
            }
            log::unlock(tx, &server.state, &keys)
        })
        .unwrap();
        let actor = [keys.id().0.as_slice(), &self.dice.next().to_le_bytes()].concat();
        let machine = Some(Machine::load(&*store, WORKSPACE, Arc::clone(&keys)).unwrap());
        self.replicas.push(Replica {
            keys,
            store,
            machine,
            actor,
            online: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
        });
    }

    pub(super) fn note(&mut self, text: &str) {
        self.trace.extend_from_slice(text.as_bytes());
        self.trace.push(b'\n');
    }

    /// Feeds an event to a replica; a failing store crashes it.
    pub(super) fn feed(&mut self, at: usize, event: Event) {
        let shown = format!("{at} {event:?}");
        self.note(&shown);
        let replica = &mut self.replicas[at];
        let env = Env { now_ms: self.now_ms, random: &self.dice };
        let store = Arc::clone(&replica.store);
        let machine = replica.machine.as_mut().expect("replicas have a machine between steps");
        match machine.handle(event, &*store, &env) {
            Ok(effects) => {
                self.note(&format!("{effects:?}"));
                self.perform(at, effects);
            }
            Err(error) => {
                self.note(&error.to_string());
                self.crash(at);
            }
        }
    }

    fn perform(&mut self, at: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    // What is sent passes through its bytes, as on a socket.
                    let frame = ClientFrame::decode(&frame.encode()).unwrap();
                    if self.replicas[at].online {
                        self.replicas[at].to_server.push_back(frame);
                    }
                }
                Effect::Close => self.disconnect(at),
                Effect::Reconnect(_)
                | Effect::Wake(_)
                | Effect::Changed(_)
                | Effect::Members
                | Effect::Status => {}
            }
        }
    }

    pub(super) fn connect(&mut self, at: usize) {
        if !self.replicas[at].online {
            self.replicas[at].online = true;
            let (server, incarnation) = (self.server.id, self.server.incarnation);
            self.feed(at, Event::Connected { server, incarnation });
        }
    }

    fn cut(&mut self, at: usize) {
        self.server.drop_session(at);
        let replica = &mut self.replicas[at];
        replica.online = false;
        replica.to_server.clear();
        replica.to_client.clear();
    }

    pub(super) fn disconnect(&mut self, at: usize) {
        if self.replicas[at].online {
            self.cut(at);
            self.feed(at, Event::Disconnected(None));
        }
    }

    /// Ends the process of a replica at once; only what was committed is there afterwards.
    pub(super) fn crash(&mut self, at: usize) {
        self.note("crash");
        self.cut(at);
        let replica = &mut self.replicas[at];
        replica.store.heal();
        replica.machine = Some(Machine::load(&*replica.store, WORKSPACE, Arc::clone(&replica.keys)).unwrap());
    }

    fn edit(&mut self, at: usize) {
        let mut documents = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let known: Vec<DocumentId> = self.server.documents().into_iter().collect();
            let document = if known.is_empty() || self.dice.once_in(4) {
                DocumentId([self.dice.below(256) as u8; 16])
            } else {
                known[self.dice.below(known.len())]
            };
            if !documents.contains(&document) {
                documents.push(document);
            }
        }
        // Like a person, a replica edits what it has, and what it makes is new to everybody.
        let here = self.replicas[at].store.document_heads();
        let everywhere: Vec<_> = self.replicas.iter().map(|replica| replica.store.document_heads()).collect();
        documents
            .retain(|id| here.contains_key(id) || everywhere.iter().all(|heads| !heads.contains_key(id)));
        if documents.is_empty() {
            return;
        }
        let (key, value) = (format!("e{}", self.edits.len()), format!("v{at}"));
        self.replicas[at].store.edit(&self.replicas[at].actor.clone(), &documents, &key, &value);
        for document in &documents {
            self.edits.insert((*document, key.clone()), (at, format!("\"{value}\"")));
        }
        self.feed(at, Event::LocalChange);
    }

    /// Edits one document on a replica.
    pub(super) fn edit_one(&mut self, at: usize, document: u8, value: &str) {
        let document = DocumentId([document; 16]);
        let key = format!("e{}", self.edits.len());
        let actor = self.replicas[at].actor.clone();
        self.replicas[at].store.edit(&actor, &[document], &key, value);
        self.edits.insert((document, key), (at, format!("\"{value}\"")));
        self.feed(at, Event::LocalChange);
    }

    /// The store of a replica.
    pub(super) fn store(&self, at: usize) -> &MemoryStore {
        &self.replicas[at].store
    }

    /// Replaces a replica's store by a backup, as a person does after losing a disk: the installation is a new one.
    pub(super) fn restore(&mut self, at: usize, backup: &crate::sync::memory::MemoryBackup) {
        self.replicas[at].store.restore(backup);
        let device = self.replicas[at].keys.id().0;
        self.replicas[at].actor = [device.as_slice(), &self.dice.next().to_le_bytes()].concat();
        self.crash(at);
    }

    /// Lets frames flow for a while, whether or not everybody comes to rest.
    pub(super) fn flow(&mut self) {
        for _ in 0..200 {
            for at in 0..self.replicas.len() {
                self.serve(at);
                self.deliver(at);
            }
        }
        self.now_ms += 5_000;
        for at in 0..self.replicas.len() {
            self.feed(at, Event::Tick);
        }
    }

    /// Checks that everybody has everything, and how many items each has set aside.
    pub(super) fn agree(&self) -> Vec<u64> {
        let content = self.replicas[0].store.content();
        for (place, (_, value)) in &self.edits {
            assert_eq!(content.get(place), Some(value), "the edit {place:?} is lost");
        }
        for replica in &self.replicas {
            assert_eq!(replica.store.content(), content);
        }
        self.statuses().into_iter().map(|status| status.quarantined).collect()
    }

    fn serve(&mut self, at: usize) {
        let Some(frame) = self.replicas[at].to_server.pop_front() else { return };
        let device = self.replicas[at].keys.id();
        let answers = self.server.handle(at, device, frame);
        for frame in answers {
            self.queue(at, frame);
        }
        // Fan-out follows what was stored.
        for other in 0..self.replicas.len() {
            for frame in self.server.owed(other) {
                self.queue(other, frame);
            }
        }
    }

    pub(super) fn queue(&mut self, at: usize, frame: ServerFrame) {
        if !self.replicas[at].online {
            return;
        }
        let mut frame = ServerFrame::decode(&frame.encode()).unwrap();
        if self.tamper.as_mut().is_some_and(|tamper| !tamper(at, &mut frame)) {
            return;
        }
        let (twice, swap) = match frame {
            _ if !self.plan.chaos => (false, false),
            ServerFrame::Feed(_) | ServerFrame::LogDelta(_) => (self.dice.once_in(8), self.dice.once_in(8)),
            ServerFrame::PushResult(_) | ServerFrame::PullResult(_) => (self.dice.once_in(8), false),
            _ => (false, false),
        };
        let queue = &mut self.replicas[at].to_client;
        if twice {
            queue.push_back(frame.clone());
        }
        queue.push_back(frame);
        let length = queue.len();
        if swap && length >= 2 {
            queue.swap(length - 1, length - 2);
        }
    }

    fn deliver(&mut self, at: usize) {
        if let Some(frame) = self.replicas[at].to_client.pop_front() {
            self.feed(at, Event::Frame(Box::new(frame)));
        }
    }

    fn step(&mut self) {
        let at = self.dice.below(self.replicas.len());
        self.now_ms += self.dice.below(3_000) as u64;
        match self.dice.below(32) {
            0..=5 => self.edit(at),
            6..=13 => self.serve(at),
            14..=22 => self.deliver(at),
            23..=25 => self.connect(at),
            26 => self.disconnect(at),
            27 => self.crash(at),
            28 => {
                let after = self.dice.below(3) as u32;
                self.replicas[at].store.fail_in(after);
            }
            29 if self.plan.rotations => self.rotate(at),
            30 if self.plan.removals && self.dice.once_in(4) => {
                let target = self.dice.below(self.replicas.len());
                self.shut_out(at, target);
            }
            _ => self.feed(at, Event::Tick),
        }
    }

    /// Connects everybody and lets everything arrive.
    pub(super) fn settle(&mut self) {
        self.replicas.iter().for_each(|replica| replica.store.heal());
        for round in 0..2_000 {
            let mut moved = false;
            for at in 0..self.replicas.len() {
                // Whoever was shut out is closed again and again; once it knows, it is at rest.
                let knows = self.shut.contains(&at) && self.up_to_date(at);
                if !knows {
                    moved |= !self.replicas[at].online;
                    self.connect(at);
                }
                while !self.replicas[at].to_server.is_empty() {
                    moved = true;
                    self.serve(at);
                }
                while !self.replicas[at].to_client.is_empty() {
                    moved = true;
                    self.deliver(at);
                }
            }
            if moved {
                continue;
            }
            if (0..self.replicas.len()).all(|at| self.up_to_date(at)) {
                return;
            }
            assert!(round < 1_999, "the replicas never come to rest: {:?}", self.statuses());
            self.now_ms += 5_000;
            for at in 0..self.replicas.len() {
                self.feed(at, Event::Tick);
            }
        }
        panic!("frames are exchanged without end: {:?}", self.statuses());
    }

    pub(super) fn up_to_date(&self, at: usize) -> bool {
        let replica = &self.replicas[at];
        let status = replica.machine.as_ref().unwrap().status(&*replica.store).unwrap();
        if self.shut.contains(&at) {
            return status.standing == MemberStanding::DeviceRevoked;
        }
        status.state == SyncState::UpToDate && status.waiting == 0
    }

    pub(super) fn statuses(&self) -> Vec<groundplan_shared::api::SyncStatus> {
        let status = |replica: &Replica| replica.machine.as_ref().unwrap().status(&*replica.store).unwrap();
        self.replicas.iter().map(status).collect()
    }

    /// Runs the history and checks what must hold at its end.
    pub(super) fn run(mut self) -> Outcome {
        for _ in 0..self.plan.steps {
            self.step();
        }
        self.settle();
        let first = &self.replicas[0];
        let (content, heads) = (first.store.content(), first.store.document_heads());
        for (at, replica) in self.replicas.iter().enumerate() {
            let store: &dyn SyncStore = &*replica.store;
            if self.shut.contains(&at) {
                self.check_shut_out(at);
                continue;
            }
            assert_eq!(replica.store.document_heads(), heads, "replica {at} has another history");
            assert_eq!(replica.store.content(), content, "replica {at} shows something else");
            let (left, quarantined, record) =
                run(store, |tx| Ok((tx.outbox_count()?, tx.quarantined()?, tx.record()?))).unwrap();
            assert_eq!((left, quarantined, record.alarm), (0, 0, None), "replica {at}");
        }
        for (place, (at, value)) in &self.edits {
            let owner = self.replicas[*at].store.content();
            assert_eq!(owner.get(place), Some(value), "the edit {place:?} is lost where it was made");
            if !self.shut.contains(at) {
                assert_eq!(content.get(place), Some(value), "the edit {place:?} is lost");
            }
        }
        Outcome { trace: sha256(&[&self.trace]), edits: self.edits.len(), envelopes: self.server.feed.len() }
    }
}
