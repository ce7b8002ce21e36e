//! What replicas do to members and keys in a history, and what must hold of whoever was shut out.
//!
//! Not here: the steps themselves (`world`).

use std::sync::Arc;

use groundplan_shared::api::{MemberStanding, SyncState};
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::{DeviceId, ProblemCode};

use super::world::World;
use crate::sync::rotate::{self, Action};
use crate::sync::run;

impl World {
    /// Lets a replica do something to members or keys, as a command would: by what it has verified itself. Says
    /// whether the server took it.
    pub(super) fn act(&mut self, at: usize, action: Action) -> Result<bool, ProblemCode> {
        let replica = &self.replicas[at];
        replica.store.heal();
        let (dice, now_ms, log) = (&self.dice, self.now_ms, replica.machine.as_ref().unwrap().log());
        if !log.is_active(replica.keys.id()) {
            return Ok(false);
        }
        let made = run(&*replica.store, |tx| {
            Ok(rotate::entry(tx, log, &replica.keys, action, now_ms, dice).map_err(|error| error.to_string()))
        });
        let Some(entry) = made.unwrap().unwrap() else { return Ok(false) };
        self.note(&format!("{action:?}"));
        self.server.append(&entry)?;
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

    pub(super) fn rotate(&mut self, at: usize) {
        let since = self.server.state.head_index();
        let action = Action::Rotate { clearance: Clearance::only(Compartment::Internal), since };
        // Lost races and moved documents are what this is about.
        let _ = self.act(at, action);
    }

    /// Shuts a replica's device out, unless it is the first or the log moved.
    pub(super) fn shut_out(&mut self, at: usize, target: usize) {
        if target != 0 && self.replicas.len() - self.shut.len() > 2 && !self.shut.contains(&target) {
            let device = self.device(target);
            if self.act(at, Action::RevokeDevice(device)) == Ok(true) {
                self.shut.insert(target);
            }
        }
    }

    /// The device of a replica.
    pub(super) fn device(&self, at: usize) -> DeviceId {
        self.replicas[at].keys.id()
    }

    /// The keys of a replica.
    pub(super) fn keys(&self, at: usize) -> Arc<DeviceKeys> {
        Arc::clone(&self.replicas[at].keys)
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Whoever was shut out knows it, keeps what was not sent, and holds no key from then on.
    pub(super) fn check_shut_out(&self, at: usize) {
        let replica = &self.replicas[at];
        let status = replica.machine.as_ref().unwrap().status(&*replica.store).unwrap();
        assert_eq!(status.standing, MemberStanding::DeviceRevoked, "replica {at}");
        assert_eq!(status.state, SyncState::Problem, "replica {at}");
        let out = self.server.state.device(&replica.keys.id()).unwrap().revoked_index.unwrap();
        for compartment in Compartment::ALL {
            let later = self.server.state.chain(compartment).epochs.iter().filter(|e| e.started_index >= out);
            for epoch in later {
                let key = run(&*replica.store, |tx| tx.key(compartment, epoch.epoch)).unwrap();
                assert!(key.is_none(), "replica {at} holds a key made after it was shut out");
            }
        }
    }
}
