//! An honest client of the rotation model: what it takes, what it holds, what it does when it learns of the rotation.

use groundplan_shared::envelope::{Link, link};
use groundplan_shared::wire::ids::{EnvelopeId, Hash};

use crate::rotation_world::{DOCUMENTS, Edit};

/// Which rules clients follow; see [`crate::rotation`].
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub place: bool,
    pub cut: bool,
    pub links: bool,
    pub hold: bool,
    pub reseal: bool,
}

impl Rules {
    pub const ALL: Self = Self { place: true, cut: true, links: true, hold: true, reseal: true };
}

/// A sealed envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Envelope {
    pub author: usize,
    pub edit: Edit,
    pub epoch: u8,
    /// Sealed by Mallory after the rotation.
    pub late: bool,
}

impl Envelope {
    fn id(&self) -> EnvelopeId {
        let mut id = [0; 32];
        let number = |n: usize| u8::try_from(n).unwrap();
        id[..5].copy_from_slice(&[
            number(self.author),
            number(self.edit.number),
            number(self.edit.document),
            self.epoch,
            self.late.into(),
        ]);
        EnvelopeId(id)
    }
}

/// An envelope where the server says it stands: the log index under which it was accepted is 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub envelope: Envelope,
    pub accepted_at: u8,
}

/// Where a document stood at the rotation, as Ada verified it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CutAt {
    pub length: usize,
    pub link: Link,
}

impl Default for CutAt {
    fn default() -> Self {
        Self { length: 0, link: Hash::ZERO }
    }
}

pub type Cut = [CutAt; DOCUMENTS];

/// The link after a chain.
pub fn link_of(chain: &[Place]) -> Link {
    (1..).zip(chain).fold(Hash::ZERO, |previous, (doc_seq, place)| {
        link(&previous, &place.envelope.id(), doc_seq, place.accepted_at.into())
    })
}

/// An honest client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Client {
    /// Whether it has the log's entry that rotates.
    pub knows: bool,
    /// What the server delivered, document by document.
    pub chains: [Vec<Place>; DOCUMENTS],
    /// How much of it came before the rotation was known.
    pub before: [usize; DOCUMENTS],
    /// How much of it is applied: all, but for what waits below a cut that is not reached.
    applied: [usize; DOCUMENTS],
    pub outbox: Vec<Edit>,
    /// It saw another history than the cut's: it trusts this server no more.
    pub alarm: bool,
}

impl Client {
    pub fn reached(&self, doc: usize, cut: &Cut) -> bool {
        self.chains[doc].len() >= cut[doc].length
    }

    /// What is applied.
    pub fn accepted(&self, doc: usize) -> &[Place] {
        &self.chains[doc][..self.applied[doc]]
    }

    /// Applies what may be applied.
    fn apply(&mut self, doc: usize, cut: &Cut, rules: Rules) {
        let held = self.knows && rules.hold && !self.reached(doc, cut);
        let all = self.chains[doc].len();
        self.applied[doc] = if held { self.before[doc] } else { all };
    }

    /// Takes what the server delivers; false if it is refused and nothing changes.
    pub fn take(&mut self, place: Place, cut: &Cut, rules: Rules, me: usize) -> bool {
        let doc = place.envelope.edit.document;
        let known = if self.knows { 1 } else { 0 };
        let repeated = self.chains[doc].iter().any(|other| other.envelope == place.envelope);
        if self.alarm || repeated || place.accepted_at > known {
            return false;
        }
        if rules.place && place.envelope.epoch != place.accepted_at + 1 {
            return false;
        }
        if rules.cut && self.knows {
            // Below the cut stands the old epoch, above it the new one.
            let below = self.chains[doc].len() < cut[doc].length;
            if below != (place.accepted_at == 0) {
                return false;
            }
        }
        self.chains[doc].push(place);
        if self.knows && rules.cut && self.chains[doc].len() == cut[doc].length {
            self.compare(doc, cut, rules);
        }
        self.apply(doc, cut, rules);
        self.acknowledge(me);
        true
    }

    /// Learns of the rotation.
    pub fn learn(&mut self, cut: &Cut, rules: Rules, me: usize) {
        self.knows = true;
        for doc in 0..DOCUMENTS {
            self.before[doc] = self.chains[doc].len();
            if rules.cut && self.reached(doc, cut) {
                self.set_aside(doc, cut, rules, me);
            }
            self.apply(doc, cut, rules);
        }
    }

    /// Takes back what was accepted above the cut before it was known.
    fn set_aside(&mut self, doc: usize, cut: &Cut, rules: Rules, me: usize) {
        self.compare(doc, cut, rules);
        if self.alarm {
            return;
        }
        for above in self.chains[doc].split_off(cut[doc].length) {
            if above.envelope.author == me && rules.reseal {
                self.outbox.push(above.envelope.edit);
            }
        }
        self.before[doc] = self.chains[doc].len();
    }

    /// Compares the link at the cut; another one is a fork: what was held is dropped.
    fn compare(&mut self, doc: usize, cut: &Cut, rules: Rules) {
        if rules.links && link_of(&self.chains[doc][..cut[doc].length]) != cut[doc].link {
            self.alarm = true;
            self.chains[doc].truncate(self.before[doc]);
        }
    }

    /// Clears from the outbox what was read back and is accepted.
    fn acknowledge(&mut self, me: usize) {
        let read_back = |edit: &Edit| {
            self.accepted(edit.document)
                .iter()
                .any(|place| place.envelope.author == me && place.envelope.edit == *edit)
        };
        let left: Vec<Edit> = self.outbox.iter().filter(|edit| !read_back(edit)).copied().collect();
        self.outbox = left;
    }
}
