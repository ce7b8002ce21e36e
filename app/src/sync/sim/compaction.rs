//! Compaction in the model server, by the shared rule and without a grace period; and what an evil one may try with it.

use std::collections::BTreeMap;

use groundplan_shared::envelope::snapshot::{Opinion, Stub, droppable, verify_ack};
use groundplan_shared::envelope::{Standing, parse_outer};
use groundplan_shared::wire::{DocumentId, EnvelopeId, ProblemCode};

use super::server::ModelServer;

/// What the server keeps for compaction.
#[derive(Clone, Default)]
pub(super) struct Kept {
    opinions: BTreeMap<EnvelopeId, Vec<Opinion>>,
    /// Envelopes dropped so far.
    pub(super) dropped: usize,
    /// Whether the server hears nobody's opinion.
    pub(super) deaf: bool,
}

impl Kept {
    /// Opinions heard so far.
    pub(super) fn opinions(&self) -> usize {
        self.opinions.values().map(Vec::len).sum()
    }
}

impl ModelServer {
    /// Takes an opinion about a snapshot, and drops what may be dropped for it. Returns why it does not count.
    pub(super) fn acknowledge(&mut self, bytes: &[u8]) -> Option<ProblemCode> {
        let item = self.feed.iter().find_map(|item| {
            let outer = parse_outer(&item.envelope).ok()?;
            let ack = verify_ack(bytes, &outer, &self.state, Standing::Offered).ok()?;
            Some((outer, ack))
        });
        let Some((outer, ack)) = item else { return Some(ProblemCode::EnvelopeRefused) };
        let here = self.feed.iter().find(|item| item.document == ack.document && item.doc_seq == ack.doc_seq);
        assert!(here.is_some_and(|item| item.link == ack.link), "clients judge what the server has");
        if self.compaction.deaf {
            return None;
        }
        let opinions = self.compaction.opinions.entry(ack.snapshot).or_default();
        if opinions.iter().all(|known| known.device != ack.device) {
            let opinion = Opinion { device: ack.device, verdict: ack.verdict, save: ack.save, stored_ms: 0 };
            opinions.push(opinion);
        }
        let until = droppable(&outer.header.author, ack.doc_seq, opinions, 0, 0);
        self.drop_covered(ack.document, until, Some(bytes));
        None
    }

    /// Puts stubs in the place of a document's envelopes up to a place.
    pub(super) fn drop_covered(&mut self, document: DocumentId, until: u64, ack: Option<&[u8]>) {
        let covered = self.feed.iter_mut().filter(|item| item.document == document && item.doc_seq <= until);
        for item in covered {
            let known = Stub::parse(&item.envelope);
            self.compaction.dropped += usize::from(known.is_none());
            let mut stub = known.unwrap_or_else(|| Stub::of(&parse_outer(&item.envelope).unwrap()));
            if item.doc_seq == until {
                stub.ack = ack.map(|ack| ack.to_vec().into());
            }
            item.envelope = stub.encode().into();
        }
    }
}

mod tests {
    use super::super::world::{Plan, World};
    use super::*;
    use crate::sync::store::run;
    use crate::sync::weak::{Check, without};

    const DOCUMENT: u8 = 1;

    /// Three devices, the last of which is away while the others write so much that snapshots are made.
    fn written(seed: u64, deaf: bool) -> World {
        let mut world = World::new(seed, Plan::calm(3));
        world.server.compaction.deaf = deaf;
        world.settle();
        world.disconnect(2);
        for n in 0..40 {
            world.edit_one(n % 2, DOCUMENT, &format!("text {n}"));
            world.flow();
        }
        world
    }

    fn snapshots(world: &World) -> Vec<(DocumentId, u64)> {
        let outers = world.server.feed.iter().filter_map(|item| parse_outer(&item.envelope).ok());
        let snapshots =
            outers.filter(|outer| outer.header.kind == groundplan_shared::envelope::Kind::Snapshot);
        snapshots.map(|outer| (outer.header.document, outer.header.seen.unwrap().doc_seq)).collect()
    }

    #[test]
    fn who_was_away_gets_everything_from_the_snapshot_and_what_follows() {
        for seed in 0..5 {
            let mut world = written(seed, false);
            assert!(
                world.server.compaction.dropped >= 12,
                "seed {seed}: {}",
                world.server.compaction.dropped
            );
            world.edit_one(2, DOCUMENT, "written while away");
            world.connect(2);
            world.settle();
            assert_eq!(world.agree(), [0, 0, 0], "seed {seed}");
            // And goes on being one of them.
            for n in 0..30 {
                world.edit_one(2, DOCUMENT, &format!("later {n}"));
                world.flow();
            }
            world.settle();
            assert_eq!(world.agree(), [0, 0, 0], "seed {seed}");
        }
    }

    /// What the last device has of the document after the server dropped envelopes on nobody's word, or on a false one.
    fn taken(seed: u64, ack: impl Fn(&World, u64) -> Option<Vec<u8>>) -> (bool, u64) {
        let mut world = written(seed, true);
        assert_eq!(world.server.compaction.dropped, 0, "nobody's opinion was heard");
        let (document, covers) = snapshots(&world).pop().expect("a snapshot was made");
        let ack = ack(&world, covers);
        world.server.drop_covered(document, covers, ack.as_deref());
        world.connect(2);
        world.flow();
        let whole = world.store(2).content() == world.store(0).content();
        (whole, run(world.store(2), |tx| tx.quarantined()).unwrap())
    }

    #[test]
    fn a_snapshot_that_nobody_confirmed_stands_in_for_nothing() {
        let (whole, aside) = taken(7, |_, _| None);
        assert!(!whole && aside > 0);
        let garbage = taken(7, |_, _| Some(vec![0xa0; 40]));
        assert!(!garbage.0 && garbage.1 > 0);
        // The author's own word for it is nobody's.
        let (whole, _) = without(&[Check::Acked], || taken(7, |_, _| None));
        assert!(whole, "without the check the server decides");
    }

    #[test]
    fn another_envelope_in_a_dropped_ones_place_is_another_history() {
        let mut world = written(8, false);
        let at = world.server.feed.iter().position(|item| Stub::parse(&item.envelope).is_some()).unwrap();
        let mut stub = Stub::parse(&world.server.feed[at].envelope).unwrap();
        stub.envelope.0[0] ^= 1;
        world.server.feed[at].envelope = stub.encode().into();
        world.connect(2);
        world.flow();
        assert_ne!(world.store(2).content(), world.store(0).content(), "nothing is built on it");
    }
}
