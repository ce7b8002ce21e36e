//! The world of the rotation model: Ada and Ben, what was sealed, and a server that may deliver anything to anybody.

use std::collections::BTreeSet;

use crate::rotation_client::{Client, Cut, CutAt, Envelope, Place, Rules, link_of};

/// Rules are per document, so one is enough; nothing is in it before somebody writes.
pub const DOCUMENTS: usize = 1;
/// Ada, who rotates, and Ben.
pub const HONEST: usize = 2;
const MALLORY: usize = 2;
/// How much happens.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Edits of Ada and of Ben.
    pub edits: [usize; HONEST],
    /// Envelopes that Mallory seals, early or late.
    pub forgeries: usize,
}

/// An edit: the n-th of its author, in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edit {
    pub number: usize,
    pub document: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct World {
    pub rotated: bool,
    pub cut: Cut,
    pub clients: [Client; HONEST],
    /// What each honest person ever wrote.
    pub written: [Vec<Edit>; HONEST],
    /// Everything that was ever sealed and that the server may deliver.
    pub pool: BTreeSet<Envelope>,
    forgeries: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Somebody honest writes, online or not.
    Write { who: usize, document: usize },
    /// The oldest edit of an outbox is sealed under the epoch that its author knows, and sent.
    Send { who: usize },
    /// Mallory seals under the old epoch's key.
    Forge { document: usize },
    /// Ada removes Mallory and rotates, with the cut that she verified.
    Rotate,
    /// The server lets somebody have the log's new entry.
    Learn { who: usize },
    /// The server delivers an envelope to somebody, as accepted under a log index of its choice.
    Deliver { to: usize, place: Place },
}

impl World {
    pub fn actions(&self, bounds: &Bounds, actions: &mut Vec<Action>) {
        for who in 0..HONEST {
            let client = &self.clients[who];
            if self.written[who].len() < bounds.edits[who] {
                actions.extend((0..DOCUMENTS).map(|document| Action::Write { who, document }));
            }
            if !client.outbox.is_empty() && !client.alarm {
                actions.push(Action::Send { who });
            }
            if self.rotated && !client.knows {
                actions.push(Action::Learn { who });
            }
            for envelope in &self.pool {
                for accepted_at in 0..=u8::from(self.rotated) {
                    let place = Place { envelope: *envelope, accepted_at };
                    actions.push(Action::Deliver { to: who, place });
                }
            }
        }
        if self.forgeries < bounds.forgeries {
            actions.extend((0..DOCUMENTS).map(|document| Action::Forge { document }));
        }
        if !self.rotated && !self.clients[0].alarm {
            actions.push(Action::Rotate);
        }
    }

    /// Does it; false if nothing changes.
    pub fn step(&mut self, action: Action, rules: Rules) -> bool {
        match action {
            Action::Write { who, document } => {
                let edit = Edit { number: self.written[who].len(), document };
                self.written[who].push(edit);
                self.clients[who].outbox.push(edit);
                true
            }
            Action::Send { who } => {
                let epoch = 1 + u8::from(self.clients[who].knows);
                let edit = self.clients[who].outbox[0];
                self.pool.insert(Envelope { author: who, edit, epoch, late: false })
            }
            Action::Forge { document } => {
                let edit = Edit { number: self.forgeries, document };
                self.forgeries += 1;
                self.pool.insert(Envelope { author: MALLORY, edit, epoch: 1, late: self.rotated })
            }
            Action::Rotate => {
                self.rotated = true;
                let ada = &self.clients[0];
                self.cut =
                    ada.chains.each_ref().map(|chain| CutAt { length: chain.len(), link: link_of(chain) });
                self.clients[0].learn(&self.cut, rules, 0);
                true
            }
            Action::Learn { who } => {
                self.clients[who].learn(&self.cut, rules, who);
                true
            }
            Action::Deliver { to, place } => self.clients[to].take(place, &self.cut, rules, to),
        }
    }

    /// Whether an honest edit is still its author's to send, or stands where nobody honest will ever refuse it (as far
    /// as its author can know).
    pub fn keeps(&self, who: usize, edit: Edit) -> bool {
        let client = &self.clients[who];
        let own = |place: &&Place| place.envelope.author == who && place.envelope.edit == edit;
        let doc = edit.document;
        let at = client.accepted(doc).iter().position(|place| own(&place));
        let valid = at.is_some_and(|at| {
            let cut_known = client.knows && !client.alarm && client.reached(doc, &self.cut);
            !cut_known || at < self.cut[doc].length || client.chains[doc][at].envelope.epoch == 2
        });
        valid || client.outbox.contains(&edit)
    }
}

/// A rotation happened, both know it, both have everything honest, and something was sealed again.
pub fn rotated_and_complete(world: &World, bounds: &Bounds) -> bool {
    let everything = |client: &Client| {
        client.knows
            && !client.alarm
            && (0..HONEST).all(|who| {
                world.written[who].len() == bounds.edits[who]
                    && world.written[who].iter().all(|edit| {
                        let accepted = client.accepted(edit.document);
                        accepted.iter().any(|p| p.envelope.author == who && p.envelope.edit == *edit)
                    })
            })
    };
    let again = |old: &Envelope| old.epoch == 1 && world.pool.contains(&Envelope { epoch: 2, ..*old });
    world.clients.iter().all(everything) && world.pool.iter().any(again)
}
