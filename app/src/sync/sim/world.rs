//! A history: replicas, the model server, and the network between them.
//!
//! Not here: who they are (`cast`), what happens to them (`storm`), what must hold at the end (`judge`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use groundplan_shared::api::{MemberStanding, SyncState, SyncStatus};
use groundplan_shared::auth::Clearance;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::DocumentId;
use groundplan_shared::wire::frames::{ClientFrame, ServerFrame};
use ring::digest::{Context, SHA256};

use super::cast::{Cast, Founding, NOW_MS, WORKSPACE};
use super::random::Dice;
use super::server::ModelServer;
use crate::sync::memory::{MemoryBackup, MemoryStore, compartment_of};
use crate::sync::store::EnvelopeState;
use crate::sync::{Effect, Env, Event, Machine, SyncError, run};

pub(super) struct Replica {
    pub(super) keys: Arc<DeviceKeys>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) machine: Option<Machine>,
    pub(super) actor: Vec<u8>,
    pub(super) online: bool,
    /// How far its clock is off, in milliseconds.
    pub(super) skew_ms: i64,
    pub(super) backup: Option<(usize, MemoryBackup)>,
    pub(super) to_server: VecDeque<ClientFrame>,
    pub(super) to_client: VecDeque<ServerFrame>,
}

/// What a history is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) cast: Cast,
    pub(super) replicas: usize,
    pub(super) steps: usize,
    /// Whether frames are repeated and reordered, which one connection never does by itself.
    pub(super) chaos: bool,
    /// Whether keys are rotated.
    pub(super) rotations: bool,
    /// Whether devices and members are shut out, and clearances given and taken.
    pub(super) removals: bool,
    /// Whether disks fill up, stores and servers go back to copies, clocks go wrong.
    pub(super) disasters: bool,
    /// Whether the server is put back to an older database and an owner signs that.
    pub(super) restores: bool,
    /// Whether somebody deletes a large part of everything at once.
    pub(super) deletions: bool,
    /// Documents at most: with few of them, their logs grow until they are compacted.
    pub(super) documents: usize,
    /// Whether documents are Automerge's; paper ones otherwise.
    pub(super) real: bool,
}

impl Plan {
    /// Devices of one owner, to whom nothing happens by itself.
    pub(super) const fn calm(replicas: usize) -> Self {
        Self {
            cast: Cast::Devices,
            replicas,
            steps: 0,
            chaos: false,
            rotations: false,
            removals: false,
            disasters: false,
            restores: false,
            deletions: false,
            documents: 24,
            real: true,
        }
    }
}

/// An edit that was acknowledged to whoever made it.
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) value: String,
    pub(super) change: Vec<u8>,
    /// Its store went back to a copy from before it, and nobody else had it: it is lost as with the disk.
    pub(super) gone: bool,
    /// Its store went back to a copy from before it: it need not be there unless it comes back from others.
    pub(super) undone: bool,
    /// When the server went back to a backup, nobody else had it: if its author is shut out, it stays there.
    pub(super) alone: bool,
}

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
    pub(super) now_ms: u64,
    pub(super) server: ModelServer,
    pub(super) replicas: Vec<Replica>,
    pub(super) edits: BTreeMap<(DocumentId, String), Edit>,
    /// Replicas whose device was shut out.
    pub(super) shut: BTreeSet<usize>,
    /// Replicas and compartments whose clearance was taken.
    pub(super) withdrawn: BTreeSet<(usize, u8)>,
    /// What an evil server does to a frame on its way to a replica; false: it withholds it.
    pub(super) tamper: Option<Tamper>,
    /// An older state of the server, kept by its operator.
    pub(super) copy: Option<ModelServer>,
    /// Entries that the server's log had before it was put back, until an owner has signed that.
    pub(super) lost: Option<usize>,
    /// How often the server was put back, and how often somebody decided about a mass deletion.
    pub(super) counts: Counts,
    /// Documents that replicas were told have changed.
    pub(super) told: Vec<(usize, DocumentId)>,
    trace: Context,
    /// The trace in words, where somebody reads it.
    pub(super) lines: Option<Vec<String>>,
    /// Where a crash comes between a commit and what was to follow it.
    pub(super) lose_effects: bool,
}

/// What happened so often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// The server was put back, and an owner signed it.
    pub(super) restored: usize,
    /// Somebody decided about a mass deletion.
    pub(super) held: usize,
}

/// Changes a frame for a replica, or withholds it.
pub(super) type Tamper = Box<dyn FnMut(usize, &mut ServerFrame) -> bool>;

impl World {
    pub(super) fn new(seed: u64, plan: Plan) -> Self {
        let founding = Founding::of(plan.cast, plan.replicas, plan.real);
        let mut world = Self {
            plan,
            dice: Dice::new(seed),
            now_ms: NOW_MS,
            server: founding.server.clone(),
            replicas: Vec::new(),
            edits: BTreeMap::new(),
            shut: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            tamper: None,
            copy: None,
            lost: None,
            counts: Counts::default(),
            told: Vec::new(),
            trace: Context::new(&SHA256),
            lines: None,
            lose_effects: false,
        };
        for (keys, backup) in founding.keys.iter().zip(&founding.stores) {
            let store = Arc::new(MemoryStore::new(plan.real));
            store.restore(backup);
            world.replicas.push(Replica {
                keys: Arc::clone(keys),
                machine: Some(Machine::load(&*store, WORKSPACE, Arc::clone(keys)).unwrap()),
                store,
                actor: world.new_actor(keys),
                online: false,
                skew_ms: 0,
                backup: None,
                to_server: VecDeque::new(),
                to_client: VecDeque::new(),
            });
        }
        world
    }

    pub(super) fn new_actor(&self, keys: &DeviceKeys) -> Vec<u8> {
        [keys.id().0.as_slice(), &self.dice.next().to_le_bytes()].concat()
    }

    /// Adds to the trace.
    pub(super) fn mark(&mut self, what: &str, numbers: &[u64], bytes: &[u8]) {
        self.trace.update(what.as_bytes());
        numbers.iter().for_each(|number| self.trace.update(&number.to_le_bytes()));
        self.trace.update(bytes);
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>13} {what} {numbers:?}", self.now_ms));
        }
    }

    fn mark_frame(&mut self, at: usize, frame: &dyn std::fmt::Debug) {
        if let Some(lines) = &mut self.lines {
            let text: String = format!("{frame:?}").chars().take(240).collect();
            lines.push(format!("              {at} {text}"));
        }
    }

    /// The hash of everything that happened so far.
    pub(super) fn trace(&self) -> [u8; 32] {
        self.trace.clone().finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    pub(super) fn clock(&self, at: usize) -> u64 {
        self.now_ms.saturating_add_signed(self.replicas[at].skew_ms)
    }

    /// Feeds an event to a replica; a failing store crashes it.
    pub(super) fn feed(&mut self, at: usize, event: Event) {
        let now_ms = self.clock(at);
        let replica = &mut self.replicas[at];
        let env = Env { now_ms, random: &self.dice };
        let store = Arc::clone(&replica.store);
        let machine = replica.machine.as_mut().expect("replicas have a machine between steps");
        match machine.handle(event, &*store, &env) {
            Ok(_) if std::mem::take(&mut self.lose_effects) => self.crash(at),
            Ok(effects) => self.perform(at, effects),
            Err(error) => {
                self.mark("failed", &[at as u64], error.to_string().as_bytes());
                self.crash(at);
            }
        }
    }

    fn perform(&mut self, at: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    // What is sent passes through its bytes, as on a socket.
                    let bytes = frame.encode();
                    self.mark("sends", &[at as u64], &bytes);
                    self.mark_frame(at, &frame);
                    if self.replicas[at].online {
                        self.replicas[at].to_server.push_back(ClientFrame::decode(&bytes).unwrap());
                    }
                }
                Effect::Close => self.disconnect(at),
                Effect::Changed(documents) => {
                    for document in documents {
                        self.mark("changed", &[at as u64], &document.0);
                        self.told.push((at, document));
                    }
                }
                Effect::Reconnect(_) | Effect::Wake(_) | Effect::Members | Effect::Status => {}
            }
        }
    }

    pub(super) fn connect(&mut self, at: usize) {
        if !self.replicas[at].online {
            self.replicas[at].online = true;
            let (server, incarnation) = (self.server.id, self.server.incarnation);
            self.mark("connects", &[at as u64], &[]);
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
            self.mark("disconnects", &[at as u64], &[]);
            self.cut(at);
            self.feed(at, Event::Disconnected(None));
        }
    }

    /// Ends the process of a replica at once; only what was committed is there afterwards.
    pub(super) fn crash(&mut self, at: usize) {
        self.mark("crashes", &[at as u64], &[]);
        self.cut(at);
        let replica = &mut self.replicas[at];
        replica.machine = Some(Machine::load(&*replica.store, WORKSPACE, Arc::clone(&replica.keys)).unwrap());
    }

    /// Edits documents on a replica in one batch, if its disk lets it.
    pub(super) fn edit_all(&mut self, at: usize, documents: &[DocumentId], value: &str) {
        let values: Vec<_> = documents.iter().map(|document| (*document, value.to_owned())).collect();
        self.edit_each(at, &values);
    }

    /// Writes something into each of some documents, in one batch.
    pub(super) fn edit_each(&mut self, at: usize, values: &[(DocumentId, String)]) {
        let key = format!("e{}", self.edits.len());
        let replica = &self.replicas[at];
        let made = replica.store.edit(&replica.actor, &key, values);
        self.mark("edits", &[at as u64, u64::from(made.is_ok())], &[values.len() as u8]);
        let Ok(changes) = made else { return };
        for ((document, value), change) in values.iter().zip(changes) {
            let edit = Edit { at, value: value.clone(), change, gone: false, undone: false, alone: false };
            self.edits.insert((*document, key.clone()), edit);
        }
        self.feed(at, Event::LocalChange);
    }

    /// Edits one document on a replica.
    pub(super) fn edit_one(&mut self, at: usize, document: u8, value: &str) {
        self.edit_all(at, &[DocumentId([document; 16])], value);
    }

    /// The store of a replica.
    pub(super) fn store(&self, at: usize) -> &MemoryStore {
        &self.replicas[at].store
    }

    /// Replaces a replica's store by a backup, as a person does after losing a disk: the installation is a new one.
    pub(super) fn restore(&mut self, at: usize, backup: &MemoryBackup) {
        self.restore_as(at, backup, true);
    }

    /// The same; without `minted` it goes on as if it were the old installation.
    pub(super) fn restore_as(&mut self, at: usize, backup: &MemoryBackup, minted: bool) {
        let replica = &self.replicas[at];
        let unsent: Vec<Vec<u8>> = replica.store.unsent().into_iter().map(|(_, change)| change).collect();
        replica.store.restore(backup);
        let here = replica.store.content();
        for (place, edit) in self.edits.iter_mut().filter(|(_, edit)| edit.at == at) {
            edit.gone |= unsent.contains(&edit.change) && !here.contains_key(place);
            edit.undone |= !here.contains_key(place);
        }
        if minted {
            self.replicas[at].actor = self.new_actor(&self.replicas[at].keys);
        }
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

    pub(super) fn serve(&mut self, at: usize) {
        let Some(frame) = self.replicas[at].to_server.pop_front() else { return };
        let device = self.replicas[at].keys.id();
        let answers = self.server.handle(at, device, frame);
        for frame in answers {
            self.queue(at, frame);
        }
        // Fan-out follows what was stored.
        self.tell();
    }

    pub(super) fn queue(&mut self, at: usize, frame: ServerFrame) {
        if !self.replicas[at].online {
            return;
        }
        let bytes = frame.encode();
        let mut frame = ServerFrame::decode(&bytes).unwrap();
        if self.tamper.as_mut().is_some_and(|tamper| !tamper(at, &mut frame)) {
            return;
        }
        self.mark("owes", &[at as u64], &bytes);
        self.mark_frame(at, &frame);
        let (twice, swap) = match frame {
            _ if !self.plan.chaos => (false, false),
            ServerFrame::Feed(_) | ServerFrame::LogDelta(_) => (self.dice.once_in(8), self.dice.once_in(8)),
            ServerFrame::PushResult(_) | ServerFrame::PullResult(_) => (self.dice.once_in(8), false),
            _ => (false, false),
        };
        // A feed that leaves out what its reader may not see has holes that say nothing: there, order is the socket's.
        let swap = swap && self.clearance(at) == Clearance::ALL;
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

    pub(super) fn deliver(&mut self, at: usize) {
        if let Some(frame) = self.replicas[at].to_client.pop_front() {
            self.mark("delivers", &[at as u64], &[]);
            self.feed(at, Event::Frame(Box::new(frame)));
        }
    }

    /// Connects everybody and lets everything arrive.
    pub(super) fn settle(&mut self) {
        self.replicas.iter().for_each(|replica| replica.store.heal());
        self.lose_effects = false;
        let mut quiet = 0_usize;
        for round in 0..2_000 {
            let mut moved = false;
            for at in 0..self.replicas.len() {
                // Whoever was shut out is closed again and again; once it knows, it is at rest.
                let knows = self.shut.contains(&at) && self.is_at_rest(at);
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
            if (0..self.replicas.len()).all(|at| self.is_at_rest(at)) {
                return;
            }
            quiet += 1;
            if quiet.is_multiple_of(8) {
                self.sign(0);
                (0..self.replicas.len()).for_each(|at| self.decide(at));
            }
            assert!(round < 1_999, "the replicas never come to rest: {}", self.restless());
            self.now_ms += 5_000;
            for at in 0..self.replicas.len() {
                self.feed(at, Event::Tick);
            }
        }
        panic!("frames are exchanged without end: {}", self.restless());
    }

    /// Who is not at rest, and what waits there.
    fn restless(&self) -> String {
        let mut text = String::new();
        for at in (0..self.replicas.len()).filter(|at| !self.is_at_rest(*at)) {
            let waits = run(self.store(at), |tx| {
                let mut rows = tx.envelopes_in(EnvelopeState::Waiting, 9)?;
                rows.extend(tx.envelopes_in(EnvelopeState::Held, 9)?);
                rows.extend(tx.envelopes_in(EnvelopeState::Stored, 9)?);
                let told = rows.into_iter().map(|row| {
                    let end = tx.chain(row.author, row.stream)?.map(|end| end.dev_seq);
                    let (of, cut) = (row.compartment, tx.cut(row.compartment)?);
                    let place = row.place.map(|place| (place.ws_seq, place.doc_seq, place.log_index));
                    Ok(format!(
                        "{:?} {of:?} cut {cut} place {place:?} number {} after {end:?}",
                        row.state, row.dev_seq
                    ))
                });
                told.collect::<Result<Vec<String>, SyncError>>()
            });
            let status = self.status(at);
            let cleared = self.clearance(at);
            text += &format!("\nreplica {at}: {cleared:?} {status:?}\n{}", waits.unwrap().join("\n"));
        }
        text
    }

    /// Whether a replica has nothing left to do, or cannot do what is left and knows it.
    pub(super) fn is_at_rest(&self, at: usize) -> bool {
        let status = self.status(at);
        if self.shut.contains(&at) {
            return status.standing != MemberStanding::Member;
        }
        let cleared = self.clearance(at);
        let stuck = self.store(at).unsent();
        if !stuck.is_empty() && stuck.iter().all(|(document, _)| !cleared.allows(compartment_of(*document))) {
            // What it may not write any more stays with it.
            return matches!(status.state, SyncState::UpToDate | SyncState::Problem) && self.has_read_all(at);
        }
        status.state == SyncState::UpToDate && status.waiting == 0
    }

    fn has_read_all(&self, at: usize) -> bool {
        self.status(at).verified_items == self.server.feed.len() as u64
    }

    pub(super) fn status(&self, at: usize) -> SyncStatus {
        let replica = &self.replicas[at];
        replica.machine.as_ref().unwrap().status(&*replica.store).unwrap()
    }

    pub(super) fn statuses(&self) -> Vec<SyncStatus> {
        (0..self.replicas.len()).map(|at| self.status(at)).collect()
    }
}
