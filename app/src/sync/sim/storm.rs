//! What may happen in a step of a history: to networks, processes, disks, clocks, servers, members and keys.
//!
//! Not here: what must hold at the end (`judge`).

use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::wire::DocumentId;

use super::world::World;
use crate::sync::memory::{COMPARTMENT, compartment_of};
use crate::sync::rotate::Action;
use crate::sync::{Event, run};

/// Ten years.
const TEN_YEARS_MS: i64 = 10 * 365 * 86_400_000;

impl World {
    /// One operation.
    pub(super) fn step(&mut self) {
        let at = self.dice.below(self.replicas.len());
        self.now_ms += self.dice.below(3_000) as u64;
        let what = self.dice.below(100);
        self.mark("step", &[at as u64, what as u64], &[]);
        let (disasters, chaos) = (self.plan.disasters, self.plan.chaos);
        match what {
            0..=23 => self.edit(at),
            24..=33 if self.plan.documents < 10 => self.edit(at),
            24..=53 => self.network(),
            54..=64 => self.connect(at),
            65..=67 => self.disconnect(at),
            68 => self.partition(),
            69..=71 => self.crash(at),
            72..=74 => {
                let after = self.dice.below(4) as u32;
                self.replicas[at].store.fail_in(after);
            }
            75 if chaos => self.lose_effects = true,
            76..=77 if disasters => self.replicas[at].store.fill(),
            78..=80 => self.replicas[at].store.heal(),
            // What a server and a disk lose together is lost.
            81..=82 if self.plan.restores => self.copy = Some(self.server.clone()),
            81 if disasters => self.keep_copy(at),
            82 if disasters => self.go_back(at),
            83..=84 if disasters => self.set_clock(at),
            85 if disasters => self.copy = Some(self.server.clone()),
            86 if disasters && self.lost.is_none() => self.roll_server_back(),
            87..=88 if self.plan.rotations => self.rotate(at),
            89 if self.plan.removals => self.change_clearance(at),
            90 if self.plan.removals => {
                let target = self.dice.below(self.replicas.len());
                self.shut_out(at, target);
            }
            91..=92 => self.reclassify(at),
            93..=94 if self.plan.restores => self.put_server_back(),
            93..=94 if self.plan.deletions => self.delete_many(at),
            95..=96 if self.plan.deletions => self.decide(at),
            // Whoever signs before everybody was there loses what only those had who are shut out afterwards.
            95..=96 if self.plan.restores && !self.plan.removals && !self.plan.rotations => self.sign(0),
            _ => self.feed(at, Event::Tick),
        }
    }

    fn edit(&mut self, at: usize) {
        let mut documents = Vec::new();
        for _ in 0..=self.dice.below(6) / 3 {
            let known: Vec<DocumentId> = self.server.documents().into_iter().collect();
            let document = if known.is_empty() || (known.len() < self.plan.documents && self.dice.once_in(4))
            {
                let mut id = [self.dice.below(usize::from(COMPARTMENT)) as u8; 16];
                id[15] = COMPARTMENT + self.dice.below(Compartment::ALL.len()) as u8;
                DocumentId(id)
            } else {
                known[self.dice.below(known.len())]
            };
            if !documents.contains(&document) {
                documents.push(document);
            }
        }
        // Like a person, a replica edits what it has and may read, and what it makes is new to everybody.
        let cleared = self.known_clearance(at);
        let elsewhere = |id: &DocumentId| self.replicas.iter().any(|replica| replica.store.has(*id));
        documents.retain(|id| self.replicas[at].store.has(*id) || !elsewhere(id));
        documents.retain(|id| cleared.allows(compartment_of(*id)));
        if !documents.is_empty() {
            let value = format!("what-{at}-wrote-{};", self.edits.len());
            self.edit_all(at, &documents, &value);
        }
    }

    /// Lets a few frames arrive somewhere.
    fn network(&mut self) {
        for _ in 0..=self.dice.below(10) {
            let at = self.dice.below(self.replicas.len());
            if self.dice.once_in(2) { self.serve(at) } else { self.deliver(at) }
        }
    }

    /// Takes the network from half of the replicas.
    fn partition(&mut self) {
        let half = self.dice.below(2);
        (0..self.replicas.len()).filter(|at| at % 2 == half).for_each(|at| self.disconnect(at));
    }

    fn keep_copy(&mut self, at: usize) {
        self.replicas[at].backup = Some((self.edits.len(), self.replicas[at].store.backup()));
    }

    /// Puts a replica's store back to its copy; the installation is a new one.
    fn go_back(&mut self, at: usize) {
        if let Some((_, backup)) = self.replicas[at].backup.clone() {
            self.mark("goes back", &[at as u64], &[]);
            self.restore(at, &backup);
        }
    }

    fn set_clock(&mut self, at: usize) {
        let span = 2 * TEN_YEARS_MS as usize + 1;
        let skew_ms = if self.dice.once_in(3) { 0 } else { self.dice.below(span) as i64 - TEN_YEARS_MS };
        self.replicas[at].skew_ms = skew_ms;
    }

    /// The operator puts the server back to a copy, without a word; devices that had seen more notice it, keep
    /// everything and send nothing; then the true state comes back.
    fn roll_server_back(&mut self) {
        let Some(copy) = self.copy.clone() else { return };
        self.lose_effects = false;
        self.mark("server goes back", &[copy.feed.len() as u64], &[]);
        (0..self.replicas.len()).for_each(|at| self.disconnect(at));
        let newer = std::mem::replace(&mut self.server, copy);
        (0..self.replicas.len()).for_each(|at| self.server.drop_session(at));
        for at in 0..self.replicas.len() {
            let log = self.replicas[at].machine.as_ref().unwrap().log().head().index;
            let cursor = run(self.store(at), |tx| Ok(tx.record()?.feed_cursor)).unwrap();
            let saw_more = cursor > self.server.feed.len() as u64 || log > self.server.state.head_index();
            self.replicas[at].store.heal();
            if !saw_more || self.shut.contains(&at) {
                continue;
            }
            let content = self.store(at).content();
            self.connect(at);
            for _ in 0..20 {
                self.serve(at);
                self.deliver(at);
            }
            let pushed = self.server.feed.len() + self.server.entries.len();
            self.edit(at);
            for _ in 0..20 {
                self.serve(at);
                self.deliver(at);
            }
            let status = self.status(at);
            assert!(
                status.alarm.is_some(),
                "replica {at} does not notice that the server forgot: {status:?}"
            );
            assert_eq!(self.server.feed.len() + self.server.entries.len(), pushed, "replica {at} sends on");
            let now = self.store(at).content();
            assert!(content.iter().all(|(place, value)| now.get(place) == Some(value)), "replica {at} loses");
            self.disconnect(at);
        }
        self.server = newer;
    }

    /// Gives or takes a clearance: another administrator may be doing something else at the same time.
    fn change_clearance(&mut self, at: usize) {
        let target = 3 + self.dice.below(self.replicas.len() - 3);
        let Some(member) = self.member(target).filter(|member| Some(*member) != self.member(0)) else {
            return;
        };
        if !self.governs(at) || self.shut.contains(&target) {
            return;
        }
        let compartment = Compartment::ALL[1 + self.dice.below(3)];
        let level = Clearance::only(compartment);
        if self.clearance(target).contains(level) {
            if (!self.dice.once_in(3) || self.clearance(target).compartments().count() > 2)
                && self.act(at, Action::TakeClearance(member, level)) == Ok(true)
            {
                self.withdrawn.insert((target, compartment.number()));
            }
        } else {
            let _ = self.grant(at, member, level);
        }
    }
}
