//! What replicas do to members and keys in a history.
//!
//! Not here: when they do it (`storm`) and what must hold of whoever was shut out (`judge`).

use std::sync::Arc;

use groundplan_shared::auth::{Clearance, Compartment, Permissions};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::membership::build::{next_entry, wrap_current};
use groundplan_shared::membership::{Body, DeviceKeysPublic, Grant};
use groundplan_shared::wire::{DeviceId, MemberId, ProblemCode};

use super::world::World;
use crate::sync::confirm::keyring;
use crate::sync::rotate::{self, Action};
use crate::sync::run;

impl World {
    /// Lets a replica do something to members or keys, as a command would: by what it has verified itself, and
    /// not while the server shows a database that no owner has signed. Says whether the server took it.
    pub(super) fn act(&mut self, at: usize, action: Action) -> Result<bool, ProblemCode> {
        let replica = &self.replicas[at];
        let (dice, now_ms, log) = (&self.dice, self.clock(at), replica.machine.as_ref().unwrap().log());
        if !log.is_active(replica.keys.id()) || self.lost.is_some() {
            return Ok(false);
        }
        let made = run(&*replica.store, |tx| {
            Ok(rotate::entry(tx, log, &replica.keys, action, now_ms, dice).map_err(|error| error.to_string()))
        });
        // A key that it does not hold yet, or a disk that fails.
        let Some(entry) = made.ok().and_then(Result::ok).flatten() else { return Ok(false) };
        self.append(at, &entry, &format!("{action:?}"))
    }

    /// Gives a member a clearance.
    pub(super) fn grant(
        &mut self,
        at: usize,
        member: MemberId,
        clearance: Clearance,
    ) -> Result<bool, ProblemCode> {
        if self.lost.is_some() {
            return Ok(false);
        }
        let replica = &self.replicas[at];
        let (dice, state) = (&self.dice, replica.machine.as_ref().unwrap().log().state());
        let devices: Vec<DeviceKeysPublic> =
            state.devices_of(member).map(|(_, device)| device.keys).collect();
        let made = run(&*replica.store, |tx| {
            let ring = keyring(tx, state)?;
            Ok(wrap_current(state, &ring, clearance, &devices, dice).ok())
        });
        let Some(keys) = made.ok().flatten() else { return Ok(false) };
        let body = Body::Grant(Grant { member, clearance, keys });
        let entry = next_entry(state, &replica.keys, self.clock(at), body);
        self.append(at, &entry, "grant")
    }

    fn append(&mut self, at: usize, entry: &[u8], what: &str) -> Result<bool, ProblemCode> {
        let taken = self.server.append(entry);
        self.mark(what, &[at as u64, u64::from(taken.is_ok())], entry);
        taken?;
        self.tell();
        Ok(true)
    }

    /// Sends everybody what the server owes them.
    pub(super) fn tell(&mut self) {
        for other in 0..self.replicas.len() {
            for frame in self.server.owed(other) {
                self.queue(other, frame);
            }
        }
    }

    /// Starts a new key of some compartment that the replica may read.
    pub(super) fn rotate(&mut self, at: usize) {
        let since = self.server.state.head_index();
        let compartment = Compartment::ALL[self.dice.below(4)];
        let active = self.server.state.active(&self.device(at));
        let may = active.is_some_and(|(_, rights)| {
            rights.permissions.contains(Permissions::ROTATE_KEYS) && rights.clearance.allows(compartment)
        });
        if may {
            // Lost races and moved documents are what this is about.
            let _ = self.act(at, Action::Rotate { clearance: Clearance::only(compartment), since });
        }
    }

    /// Shuts a replica's device or member out, unless it is the owner's first device or too few would be left.
    pub(super) fn shut_out(&mut self, at: usize, target: usize) {
        let enough = self.replicas.len() - self.shut.len() > 3;
        let (Some(member), true) = (self.member(target), target != 0 && enough) else { return };
        if self.shut.contains(&target) || (at != target && !self.governs(at)) {
            return;
        }
        let own = self.member(at) == self.member(0);
        let others = (0..self.replicas.len()).filter(|other| self.member(*other) == Some(member)).count();
        let action = match self.dice.once_in(2) && others == 1 && (own || at != target) {
            true => Action::RemoveMember(member),
            false => Action::RevokeDevice(self.device(target)),
        };
        if self.act(at, action) == Ok(true) {
            self.shut.insert(target);
        }
    }

    /// The device of a replica.
    pub(super) fn device(&self, at: usize) -> DeviceId {
        self.replicas[at].keys.id()
    }

    /// The member of a replica, by the server's log.
    pub(super) fn member(&self, at: usize) -> Option<MemberId> {
        self.server.state.device(&self.device(at)).map(|device| device.member)
    }

    /// What a replica may read, by the server's log.
    pub(super) fn clearance(&self, at: usize) -> Clearance {
        self.server.state.active(&self.device(at)).map_or(Clearance::NONE, |(_, rights)| rights.clearance)
    }

    /// What a replica may read, by what it knows itself.
    pub(super) fn known_clearance(&self, at: usize) -> Clearance {
        self.replicas[at].machine.as_ref().unwrap().log().clearance(self.device(at))
    }

    /// Whether a replica is an owner's or administrator's.
    pub(super) fn governs(&self, at: usize) -> bool {
        let rights = self.server.state.active(&self.device(at)).map(|(_, rights)| rights);
        rights.is_some_and(|rights| rights.permissions.contains(Permissions::MANAGE_MEMBERS))
    }

    /// The keys of a replica.
    pub(super) fn keys(&self, at: usize) -> Arc<DeviceKeys> {
        Arc::clone(&self.replicas[at].keys)
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
    }
}
