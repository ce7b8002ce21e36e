//! Large things that happen in a history: documents classified anew, a server put back from a backup until an owner has
//! signed it, mass deletions until people have decided.
//!
//! Not here: when they happen (`storm`), and each of them told as a story (`restored`, `braked`).

use std::collections::BTreeSet;

use groundplan_shared::auth::Compartment;
use groundplan_shared::wire::{DeviceId, DocumentId, Incarnation};

use super::world::World;
use crate::sync::memory::{COMPARTMENT, DELETED, compartment_of};
use crate::sync::{Env, Event, SyncError, SyncTx, brake, run};

/// Deletions from which on the brake asks.
const MANY: usize = 10;

impl World {
    /// Classifies a document higher: it goes on in a new document, with what it held, and says so, in one batch.
    pub(super) fn reclassify(&mut self, at: usize) {
        let cleared = self.known_clearance(at);
        let documents: Vec<DocumentId> = self.server.documents().into_iter().collect();
        if documents.is_empty() {
            return;
        }
        let old = documents[self.dice.below(documents.len())];
        let to = COMPARTMENT + self.dice.below(Compartment::ALL.len()) as u8;
        let mut new = DocumentId([self.dice.below(usize::from(COMPARTMENT)) as u8; 16]);
        new.0[15] = to;
        let exists = self.replicas.iter().any(|replica| replica.store.has(new));
        let may =
            to > old.0[15] && cleared.allows(compartment_of(old)) && cleared.allows(compartment_of(new));
        let (held, living) = self.store(at).read(old);
        if let (Some(held), true, false, true) = (held, may, exists, living) {
            let number = self.edits.len();
            let kept: String = held.chars().take(60).collect();
            let moved = format!("moved-what-{at}-wrote-{number};");
            self.edit_each(at, &[(old, moved), (new, format!("{kept} of-what-{at}-wrote-{number};"))]);
        }
    }

    /// The operator puts the server back to a copy and says so: its database has another life, which nobody has signed.
    pub(super) fn put_server_back(&mut self) {
        let met =
            |at: usize| run(self.store(at), |tx| Ok(tx.record()?.incarnation.is_some())).unwrap_or_default();
        let index = |at: usize| self.replicas[at].machine.as_ref().map(|machine| machine.log().head().index);
        // Whoever signs it has met the server before; so have the others, or they would notice nothing. And an entry that
        // nobody has read who still takes part would be lost with the server, as if it had never been.
        let others = (0..self.replicas.len()).filter(|at| !self.shut.contains(at));
        let known = others.filter_map(index).max() == Some(self.server.state.head_index());
        if self.lost.is_some() || !known || !(0..self.replicas.len()).all(met) {
            return;
        }
        let Some(mut copy) = self.copy.take() else { return };
        self.mark("server is restored", &[copy.feed.len() as u64], &[]);
        self.lose_effects = false;
        (0..self.replicas.len()).for_each(|at| self.disconnect(at));
        self.counts.restored += 1;
        self.lost = Some(self.server.entries.len());
        let content: Vec<_> = (0..self.replicas.len()).map(|at| self.store(at).content()).collect();
        for (place, edit) in &mut self.edits {
            let has = |at: usize| content[at].get(place).is_some_and(|all| *all == edit.value);
            let mut others = (0..content.len()).filter(|at| *at != edit.at && !self.shut.contains(at));
            edit.alone = !others.any(has);
        }
        copy.incarnation = Incarnation([100 + self.counts.restored as u8; 16]);
        self.server = copy;
        (0..self.replicas.len()).for_each(|at| self.server.drop_session(at));
    }

    /// The owner confirms that the server was restored, once its log is whole again.
    pub(super) fn sign(&mut self, at: usize) {
        let Some(entries) = self.lost else { return };
        let signed =
            |world: &Self| world.server.state.incarnations().last() == Some(&world.server.incarnation);
        let found = run(self.store(at), |tx| Ok(tx.record()?.found));
        if found.is_ok_and(|found| found == Some(self.server.incarnation))
            && self.server.entries.len() >= entries
        {
            let approved = run(self.store(at), |tx| {
                let mut record = tx.record()?;
                record.approved = record.found;
                tx.set_record(&record)
            });
            self.mark("owner signs", &[at as u64, u64::from(approved.is_ok())], &[]);
            self.feed(at, Event::LocalChange);
        }
        if signed(self) {
            self.lost = None;
        }
    }

    /// Deletes a large part of what a replica has, in one batch.
    pub(super) fn delete_many(&mut self, at: usize) {
        let cleared = self.known_clearance(at);
        let documents = self.server.documents().into_iter();
        let here: Vec<DocumentId> = documents
            .filter(|id| cleared.allows(compartment_of(*id)) && self.store(at).read(*id).1)
            .collect();
        let most = here.len().min(MANY + self.dice.below(4));
        if most >= MANY {
            let value = format!("{DELETED}what-{at}-wrote-{};", self.edits.len());
            self.edit_all(at, &here[..most], &value);
        }
    }

    /// The person of a replica lets through what it holds of mass deletions, at once or for now only.
    pub(super) fn decide(&mut self, at: usize) {
        let authors = run(self.store(at), |tx| {
            Ok(tx.braked()?.iter().map(|braked| braked.author).collect::<BTreeSet<DeviceId>>())
        });
        for author in authors.unwrap_or_default() {
            let on = self.dice.once_in(2);
            let replica = &self.replicas[at];
            let log = replica.machine.as_ref().expect("replicas have a machine between steps").log();
            let env = Env { now_ms: self.clock(at), random: &self.dice };
            let done = run(self.store(at), |tx: &mut dyn SyncTx| -> Result<_, SyncError> {
                brake::let_through(tx, log, &replica.keys, &env, author, on)
            });
            self.mark("lets through", &[at as u64, u64::from(done.is_ok())], &[]);
            self.counts.held += usize::from(done.is_ok());
            self.feed(at, Event::LocalChange);
        }
    }
}
