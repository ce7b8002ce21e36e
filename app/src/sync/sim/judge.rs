//! What must hold at the end of every history.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::api::MemberStanding;
use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::envelope::parse_outer;
use groundplan_shared::wire::DocumentId;

use super::world::{Counts, Plan, World};
use crate::sync::memory::compartment_of;
use crate::sync::run;

/// A part of everything that is written in a storm.
const CANARY: &[u8] = b"-wrote-";

/// How a history went.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) trace: [u8; 32],
    pub(super) edits: usize,
    pub(super) envelopes: usize,
    pub(super) entries: usize,
    /// Replicas that were shut out.
    pub(super) shut: usize,
    /// Envelopes that the server dropped for a snapshot.
    pub(super) dropped: usize,
    pub(super) counts: Counts,
}

/// Runs the history of a seed and judges it.
///
/// # Errors
/// The promise that it breaks.
pub(super) fn history(seed: u64, plan: Plan) -> Result<Outcome, String> {
    play(World::new(seed, plan)).1
}

/// Plays a world to its end; returns it with what became of it.
pub(super) fn play(mut world: World) -> (World, Result<Outcome, String>) {
    let run = std::panic::AssertUnwindSafe(|| {
        for _ in 0..world.plan.steps {
            world.step();
        }
        world.settle();
        world.judge();
    });
    let result = std::panic::catch_unwind(run).map_err(|reason| {
        let text = reason.downcast_ref::<String>().cloned();
        text.or_else(|| reason.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    });
    let outcome = result.map(|()| Outcome {
        trace: world.trace(),
        edits: world.edits.len(),
        envelopes: world.server.feed.len(),
        entries: world.server.entries.len(),
        shut: world.shut.len(),
        dropped: world.server.compaction.dropped,
        counts: world.counts,
    });
    (world, outcome)
}

fn readable<T: Clone>(
    all: impl IntoIterator<Item = (DocumentId, T)>,
    clearance: Clearance,
) -> BTreeMap<DocumentId, Vec<T>> {
    let mut out: BTreeMap<DocumentId, Vec<T>> = BTreeMap::new();
    for (document, what) in all {
        if clearance.allows(compartment_of(document)) {
            out.entry(document).or_default().push(what);
        }
    }
    out
}

impl World {
    /// Judges everything.
    pub(super) fn judge(&self) {
        self.replicas_are_equal();
        self.projections_are_equal_to_rebuilt_ones();
        self.no_edit_is_lost();
        self.nobody_holds_what_is_not_theirs();
        self.what_somebody_left_behind_is_rotated();
    }

    fn what_somebody_left_behind_is_rotated(&self) {
        let due = Compartment::ALL.into_iter().find(|of| self.server.state.chain(*of).rotation_due);
        assert_eq!(due, None, "somebody who left may hold the current key");
    }

    fn replicas_are_equal(&self) {
        let (heads, content) = (self.store(0).document_heads(), self.store(0).content());
        for at in 0..self.replicas.len() {
            let (store, status, clearance) = (self.store(at), self.status(at), self.clearance(at));
            if self.shut.contains(&at) {
                assert_ne!(
                    status.standing,
                    MemberStanding::Member,
                    "replica {at} does not know that it is out"
                );
                continue;
            }
            let (own, first) = (store.document_heads(), heads.clone());
            assert_eq!(
                readable(own, clearance),
                readable(first, clearance),
                "replica {at} has another history"
            );
            let flat = |content: BTreeMap<(DocumentId, String), String>| {
                readable(content.into_iter().map(|((id, key), value)| (id, (key, value))), clearance)
            };
            assert_eq!(flat(store.content()), flat(content.clone()), "replica {at} shows something else");
            let aside = run(store, |tx| tx.quarantine_list(9)).unwrap();
            let by = |bytes: &[u8]| {
                let header = parse_outer(bytes).ok()?.header;
                let author = (0..self.replicas.len()).find(|other| self.device(*other) == header.author)?;
                Some(format!(
                    "{:?} of replica {author}, number {} of {:?}",
                    header.kind, header.dev_seq, header.stream
                ))
            };
            let aside: Vec<_> =
                aside.iter().map(|row| (row.ws_seq, row.doc_seq, &row.reason, by(&row.bytes))).collect();
            assert_eq!((aside, &status.alarm), (Vec::new(), &None), "replica {at} set something aside");
            let unsent = store.unsent();
            let stuck = unsent.iter().filter(|(document, _)| clearance.allows(compartment_of(*document)));
            assert_eq!(stuck.count(), 0, "replica {at} has not sent everything that it may");
        }
    }

    fn projections_are_equal_to_rebuilt_ones(&self) {
        for at in 0..self.replicas.len() {
            let store = self.store(at);
            assert_eq!(store.content(), store.rebuilt(), "replica {at}: projections differ from a rebuild");
        }
    }

    /// Every edit is where it was made; and once it was sent, it is everywhere.
    pub(super) fn no_edit_is_lost(&self) {
        let content: Vec<_> = (0..self.replicas.len()).map(|at| self.store(at).content()).collect();
        let unsent: Vec<_> = (0..self.replicas.len()).map(|at| self.store(at).unsent()).collect();
        for (place, edit) in &self.edits {
            let has = |at: usize| content[at].get(place).is_some_and(|all| *all == edit.value);
            let out =
                self.shut.contains(&edit.at) || !self.clearance(edit.at).allows(compartment_of(place.0));
            if self.withdrawn.contains(&(edit.at, compartment_of(place.0).number())) {
                // What may not be read any more goes from the device; what was not sent is kept as words alone.
                continue;
            }
            assert!(has(edit.at) || edit.undone && (out || edit.gone), "{place:?} is lost where it was made");
            if edit.gone || unsent[edit.at].iter().any(|(_, change)| *change == edit.change) {
                continue;
            }
            if edit.alone && self.shut.contains(&edit.at) {
                // The server's backup was older and its author may send nothing any more: it is where it was made.
                continue;
            }
            for at in (0..self.replicas.len()).filter(|at| !self.shut.contains(at)) {
                let reads = self.clearance(at).allows(compartment_of(place.0));
                assert!(!reads || has(at), "{place:?} by replica {} is lost at {at}", edit.at);
            }
        }
    }

    /// Keys of epochs that began while their holder was cleared, or before; no byte of content but of what one was
    /// cleared for; nothing readable on the server.
    pub(super) fn nobody_holds_what_is_not_theirs(&self) {
        let state = &self.server.state;
        for at in 0..self.replicas.len() {
            let ever = self.ever_cleared(at);
            for (compartment, epoch) in self.store(at).key_places() {
                let compartment = Compartment::ALL[usize::from(compartment)];
                let epochs = &state.chain(compartment).epochs;
                let started = epochs.iter().find(|e| e.epoch == epoch).expect("a known epoch").started_index;
                let until = ever.get(&compartment).copied();
                assert!(
                    until.is_some_and(|until| until > started),
                    "replica {at} holds the key of {compartment:?} {epoch}, begun at {started}, cleared until {until:?}"
                );
            }
            for (document, _) in self.store(at).content().into_keys() {
                let compartment = compartment_of(document);
                assert!(ever.contains_key(&compartment), "replica {at} shows a document of {compartment:?}");
            }
            let hidden = Compartment::ALL.into_iter().filter(|compartment| !ever.contains_key(compartment));
            let hides = |document: DocumentId| hidden.clone().any(|of| of == compartment_of(document));
            if hidden.clone().next().is_none() {
                continue;
            }
            // The same is written into several documents, of which it may read some: in one batch, or classified higher.
            let (hidden, open): (Vec<_>, Vec<_>) = self.edits.iter().partition(|(place, _)| hides(place.0));
            let open: BTreeSet<&str> = open.into_iter().map(|(_, edit)| &*edit.value).collect();
            let canaries = hidden.into_iter().map(|(_, edit)| &*edit.value);
            let copied =
                |canary: &str| open.iter().any(|text| text.split('|').any(|one| one.starts_with(canary)));
            let canaries: Vec<&str> = canaries.filter(|canary| !copied(canary)).collect();
            for bytes in self.store(at).bytes() {
                let readable = contains(&bytes, CANARY);
                let found = canaries.iter().find(|canary| readable && contains(&bytes, canary.as_bytes()));
                assert_eq!(found, None, "replica {at} holds readable bytes that are not for it");
            }
        }
        let stored = self.server.feed.iter().map(|item| &item.envelope.0);
        for bytes in stored.chain(&self.server.entries) {
            assert!(!contains(bytes, CANARY), "the server holds a readable byte");
        }
    }

    /// The compartments that a replica's device was ever cleared for, each with the log index at which that ended.
    fn ever_cleared(&self, at: usize) -> BTreeMap<Compartment, u64> {
        let state = &self.server.state;
        let device = state.device(&self.device(at)).expect("replicas are in the log");
        let member = state.member(&device.member).expect("so are their members");
        let mut ever = BTreeMap::new();
        let ends = member.history.iter().skip(1).map(|rights| rights.from_index).chain([u64::MAX]);
        for (rights, end) in member.history.iter().zip(ends) {
            let end = end.min(device.revoked_index.unwrap_or(u64::MAX));
            for compartment in rights.clearance.compartments() {
                let known = ever.entry(compartment).or_insert(end);
                *known = end.max(*known);
            }
        }
        ever
    }

    /// Checks that everybody has everything, and how many items each has set aside.
    pub(super) fn agree(&self) -> Vec<u64> {
        let content = self.store(0).content();
        for (place, edit) in &self.edits {
            assert_eq!(content.get(place), Some(&edit.value), "the edit {place:?} is lost");
        }
        for replica in &self.replicas {
            assert_eq!(replica.store.content(), content);
        }
        self.statuses().into_iter().map(|status| status.quarantined).collect()
    }
}

/// Whether bytes hold others somewhere.
pub(super) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
