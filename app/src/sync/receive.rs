//! Received items: every check, in order, then the documents. One bad item never blocks the rest.
//!
//! An item is verified in its document's log (place and link), on its own (signature, key, content, actors) and in
//! its author's chain. What fails for good is quarantined; what lacks something before it is kept and looked at again.
//! Not here: the cryptographic checks (`groundplan_shared::envelope`) and what documents do with changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::crypto::sha256;
use groundplan_shared::envelope::snapshot::Stub;
use groundplan_shared::envelope::{self, Header, OpenReason, Outer, OuterError};
use groundplan_shared::wire::frames::FeedItem;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, StreamId};

use super::SyncError;
use super::chain::Chained;
use super::event::Env;
use super::healing::Peer;
use super::log::Log;
use super::ready::{NO_COMMENT, Ready, open};
use super::set_aside::BELOW_CUT;
use super::store::{
    Alarm, DocumentHead, EnvelopeRow, EnvelopeState, Place, READ_BACK, SyncRecord, SyncTx, raise,
};
use super::weak::{Check, left_out};
use super::{cut, push, snapshot};

/// Waiting items looked at again in one go; more come with the next.
pub(super) const AGAIN: usize = 4_096;
/// Rounds of looking again in one go.
const ROUNDS: usize = 8;

/// What received items led to.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Documents that changed.
    pub(super) changed: BTreeSet<DocumentId>,
    /// Documents whose verified end moved.
    pub(super) advanced: BTreeSet<DocumentId>,
    /// Documents of which something is missing.
    pub(super) gaps: BTreeSet<DocumentId>,
    /// Feed positions whose items failed: they may have been damaged on the way and are asked for once more.
    pub(super) failed: BTreeSet<u64>,
    /// Whether an author's chain has a gap that no document explains.
    pub(super) chain_gap: bool,
    /// Whether more that waits can be looked at right away.
    pub(super) more: bool,
    /// Whether a snapshot came that is to be judged.
    pub(super) snapshot: bool,
}

pub(super) struct Receiver<'a, 'e> {
    pub(super) log: &'a Log,
    pub(super) keys: &'a DeviceKeys,
    pub(super) env: &'a Env<'e>,
    pub(super) out: Received,
    pub(super) ready: BTreeMap<(DocumentId, Compartment), Vec<Ready>>,
    pub(super) begun: bool,
    /// Streams with an envelope that waits for a rotation cut: what follows in them is no gap.
    pub(super) stopped: BTreeSet<(DeviceId, StreamId)>,
    /// The record as it was before.
    record: SyncRecord,
    /// What was heard of others, and of whom last; written at the end, once for all items.
    heard: BTreeMap<DeviceId, Peer>,
    heard_last: Option<DeviceId>,
}

/// Takes items from the feed or a document's log.
///
/// # Errors
/// [`SyncError::Store`] only; nothing that the server sends is an error.
pub(super) fn items(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    items: &[FeedItem],
    env: &Env<'_>,
) -> Result<Received, SyncError> {
    let mut receiver = Receiver::new(tx.record()?, log, keys, env);
    for item in items {
        receiver.item(tx, item)?;
    }
    receiver.finish(tx, false)
}

/// Looks again at everything that waits: the membership log grew, and keys may have come.
pub(super) fn retry(
    tx: &mut dyn SyncTx,
    log: &Log,
    keys: &DeviceKeys,
    env: &Env<'_>,
) -> Result<Received, SyncError> {
    Receiver::new(tx.record()?, log, keys, env).finish(tx, true)
}

fn row_of(outer: &Outer, state: EnvelopeState, place: Place, bytes: &[u8]) -> EnvelopeRow {
    let header = &outer.header;
    EnvelopeRow {
        env_id: outer.id,
        document: header.document,
        compartment: header.compartment,
        author: header.author,
        stream: header.stream,
        dev_seq: header.dev_seq,
        previous: header.previous,
        state,
        push: None,
        place: Some(place),
        bytes: bytes.to_vec(),
    }
}

impl<'a, 'e> Receiver<'a, 'e> {
    fn new(record: SyncRecord, log: &'a Log, keys: &'a DeviceKeys, env: &'a Env<'e>) -> Self {
        Self {
            log,
            keys,
            env,
            out: Received::default(),
            ready: BTreeMap::new(),
            begun: false,
            stopped: BTreeSet::new(),
            record,
            heard: BTreeMap::new(),
            heard_last: None,
        }
    }

    fn item(&mut self, tx: &mut dyn SyncTx, item: &FeedItem) -> Result<(), SyncError> {
        let place =
            Place { ws_seq: item.ws_seq, doc_seq: item.doc_seq, link: item.link, log_index: item.log_index };
        let fresh = match (Stub::parse(&item.envelope), envelope::parse_outer(&item.envelope)) {
            (Some(stub), _) => snapshot::row_of_stub(&stub, item, place),
            (None, Ok(outer)) if outer.header.document == item.document || left_out(Check::Delivered) => {
                row_of(&outer, EnvelopeState::Held, place, &item.envelope)
            }
            (None, Ok(_)) => return self.set_aside(tx, item, "it was delivered as part of another document"),
            (None, Err(_)) => return self.set_aside(tx, item, "it cannot be read as an envelope"),
        };
        let mut row = match tx.envelope(fresh.env_id)? {
            None => fresh,
            Some(_) if left_out(Check::Repeated) => fresh,
            Some(row) => match row.state {
                // Ours: to read it back is the best acknowledgement.
                EnvelopeState::Sealed => push::acknowledge(tx, row, place)?,
                EnvelopeState::Stored | EnvelopeState::Held => row,
                // Its place under another life of the server's database is forgotten: it is verified anew.
                EnvelopeState::Applied | EnvelopeState::Locked if row.place.is_none() => row,
                EnvelopeState::Broken if row.bytes != item.envelope.0 => {
                    // The id does not cover the signature: these may be the true bytes.
                    tx.remove_envelope(row.env_id)?;
                    return self.judge(tx, EnvelopeRow { state: EnvelopeState::Waiting, ..fresh });
                }
                EnvelopeState::Applied
                | EnvelopeState::Locked
                | EnvelopeState::Waiting
                | EnvelopeState::Broken => return self.repeated(tx, &row, place),
            },
        };
        row.place = Some(place);
        if row.state == EnvelopeState::Stored {
            row.push = Some(READ_BACK);
        }
        self.place(tx, row, place)
    }

    /// A known item again: the same place is a repetition, another one is another history.
    fn repeated(&mut self, tx: &mut dyn SyncTx, row: &EnvelopeRow, place: Place) -> Result<(), SyncError> {
        let same = row.place.is_some_and(|known| known.doc_seq == place.doc_seq && known.link == place.link);
        if same { Ok(()) } else { raise(tx, Alarm::Forked) }
    }

    /// Verifies the place of an envelope in its document's log.
    fn place(&mut self, tx: &mut dyn SyncTx, row: EnvelopeRow, place: Place) -> Result<(), SyncError> {
        let head = tx.head(row.document)?;
        if place.doc_seq > head.doc_seq + 1 {
            if self.fill(tx, row.document, head)? {
                return self.place(tx, row, place);
            }
            self.out.gaps.insert(row.document);
            // What is applied already is given its place when what lies before it has come.
            let applied = matches!(row.state, EnvelopeState::Applied | EnvelopeState::Locked);
            return if applied { Ok(()) } else { tx.put_envelope(&row) };
        }
        if place.doc_seq <= head.doc_seq {
            return match tx.link_at(row.document, place.doc_seq)? {
                Some((other, at)) if other == row.env_id && at.link == place.link => self.placed(tx, row),
                Some(_) => {
                    // Two envelopes for one place. What was verified first stays; this one goes.
                    raise(tx, Alarm::Forked)?;
                    self.reject(tx, &row, "the server put two envelopes into one place")
                }
                // What lay there was quarantined; this one fits no verified place either.
                None => self.reject(tx, &row, "its place was taken by an item that failed a check"),
            };
        }
        if place.link != envelope::link(&head.link, &row.env_id, place.doc_seq, place.log_index) {
            self.out.gaps.insert(row.document);
            self.out.failed.insert(place.ws_seq);
            return self.reject(tx, &row, "it does not continue its document's chain");
        }
        self.advance(tx, &row, head, place)?;
        // The place is taken whatever is in it, so that what follows can be verified.
        let another = head.compartment.is_some_and(|compartment| compartment != row.compartment);
        if another && !left_out(Check::Compartment) {
            return self.reject(tx, &row, "it is sealed for another classification than its document");
        }
        let disordered = place.log_index < head.log_index && !left_out(Check::Order);
        if disordered || cut::forbids(tx, self.log, row.compartment, place.log_index)? {
            if row.author == self.keys.id() {
                // The server took it, then hid it from the rotation.
                raise(tx, Alarm::Forked)?;
            }
            return self.reject(tx, &row, BELOW_CUT);
        }
        self.placed(tx, row)
    }

    /// Moves the verified end of a document by one envelope.
    fn advance(
        &mut self,
        tx: &mut dyn SyncTx,
        row: &EnvelopeRow,
        head: DocumentHead,
        place: Place,
    ) -> Result<(), SyncError> {
        if head.doc_seq > 0 && head.log_index < place.log_index {
            tx.put_turn(row.document, head)?;
        }
        self.out.advanced.insert(row.document);
        let next = DocumentHead {
            doc_seq: place.doc_seq,
            link: place.link,
            log_index: place.log_index.max(head.log_index),
            compartment: head.compartment.or(Some(row.compartment)),
        };
        tx.set_head(row.document, next)
    }

    /// Closes a gap with an own envelope that was acknowledged and not read back.
    fn fill(
        &mut self,
        tx: &mut dyn SyncTx,
        document: DocumentId,
        head: DocumentHead,
    ) -> Result<bool, SyncError> {
        let next = tx.link_at(document, head.doc_seq + 1)?;
        let Some((id, place)) = next else { return Ok(false) };
        if place.link != envelope::link(&head.link, &id, place.doc_seq, place.log_index) {
            return Ok(false);
        }
        let Some(row) = tx.envelope(id)? else { return Ok(false) };
        self.advance(tx, &row, head, place)?;
        if row.state == EnvelopeState::Stored {
            self.placed(tx, row)?;
        }
        Ok(true)
    }

    /// The place is verified; now the envelope itself.
    fn placed(&mut self, tx: &mut dyn SyncTx, mut row: EnvelopeRow) -> Result<(), SyncError> {
        match row.state {
            EnvelopeState::Stored => {
                if row.place.is_some_and(|place| place.log_index > self.log.head().index) {
                    // What this device might write then is not known yet.
                    row.push = Some(READ_BACK);
                    return tx.put_envelope(&row);
                }
                if !self.own_stands(tx, &row)? {
                    return self.reject(tx, &row, NO_COMMENT);
                }
                (row.state, row.push) = (EnvelopeState::Applied, None);
                tx.outbox_done(row.env_id)?;
                tx.put_envelope(&row)
            }
            EnvelopeState::Held | EnvelopeState::Waiting => {
                row.state = EnvelopeState::Waiting;
                self.judge(tx, row)
            }
            EnvelopeState::Sealed
            | EnvelopeState::Applied
            | EnvelopeState::Locked
            | EnvelopeState::Broken => tx.put_envelope(&row),
        }
    }

    /// Opens a placed envelope and puts it where it belongs.
    fn judge(&mut self, tx: &mut dyn SyncTx, mut row: EnvelopeRow) -> Result<(), SyncError> {
        if snapshot::stub_of(&row).is_some() {
            return self.stub(tx, row);
        }
        let outer = match envelope::parse_outer(&row.bytes) {
            Ok(outer) => outer,
            Err(_) => return self.reject(tx, &row, "it cannot be read as an envelope"),
        };
        let accepted_at = row.place.map_or(0, |place| place.log_index);
        if accepted_at > self.log.head().index {
            return tx.put_envelope(&row);
        }
        let header = &outer.header;
        if cut::is_open(tx, self.log, header.compartment, accepted_at)? && self.record.synced_ms > 0 {
            // A rotation above it is known and its list is not verified: whether it belongs below is not known yet. A
            // device that was never up to date has no view of its own to defend, and reads on.
            self.stopped.insert((row.author, row.stream));
            return tx.put_envelope(&row);
        }
        // Offered envelopes must be of the epoch that was current when they were accepted (rotation cut, M5).
        let current =
            self.log.state().chain(header.compartment).epoch_at(accepted_at).map(|epoch| epoch.epoch);
        if current != Some(header.epoch) || header.log.index > accepted_at {
            return self.reject(
                tx,
                &row,
                "it was accepted under another epoch than the one it is sealed for",
            );
        }
        self.restored(tx, &row)?;
        let key = tx.key(header.compartment, header.epoch)?;
        let opened = open(tx, &row, self.log, key.as_ref());
        let reason = match &opened {
            Ok(_) => None,
            Err(error) => Some(error.reason()),
        };
        match reason {
            Some(OpenReason::Outer(OuterError::LogAhead)) => return tx.put_envelope(&row),
            Some(OpenReason::Outer(OuterError::LogFork)) => {
                raise(tx, Alarm::Forked)?;
                return self.reject(tx, &row, "its author saw another membership log");
            }
            Some(OpenReason::Outer(OuterError::Signature)) => {
                // The place is right, so the id is; only the signature, which the id does not cover, was damaged.
                let (id, place) = (EnvelopeId(sha256(&[&row.bytes]).0), row.place);
                let (ws_seq, doc_seq) = place.map_or((0, 0), |place| (place.ws_seq, place.doc_seq));
                let reason = "its signature is not its author's";
                self.keep(tx, id, row.document, ws_seq, doc_seq, reason, &row.bytes)?;
                self.out.failed.insert(ws_seq);
                row.state = EnvelopeState::Broken;
                return tx.put_envelope(&row);
            }
            Some(OpenReason::Outer(_) | OpenReason::Document) => {
                return self.reject(tx, &row, "its author may not write it");
            }
            _ => {}
        }
        // From here on the signature is verified: the chain may move.
        match self.chained(tx, &row)? {
            Chained::Next => {}
            Chained::Later => return tx.put_envelope(&row),
            Chained::Other => {
                return self.reject(tx, &row, "its author's chain has another envelope in its place");
            }
        }
        let seen = match header.seen.filter(|seen| seen.doc_seq > 0) {
            Some(seen) => tx.link_at(header.document, seen.doc_seq)?.map(|(_, place)| place),
            None => None,
        };
        self.hear(tx, &row, header, seen)?;
        self.compare_seen(tx, header, seen, row.place.map_or(0, |place| place.doc_seq))?;
        match (opened, reason) {
            (Ok(opened), _) if header.kind == envelope::Kind::Snapshot => self.snapshot(tx, row, &opened),
            (Ok(opened), _) => {
                row.state = EnvelopeState::Applied;
                // At once: what follows in the same frame may have seen it (M23).
                tx.put_envelope(&row)?;
                self.begun |= header.kind == envelope::Kind::Genesis;
                self.make_ready(row, opened, true);
                Ok(())
            }
            (Err(_), Some(OpenReason::KeyMissing)) => {
                row.state = EnvelopeState::Locked;
                tx.put_envelope(&row)
            }
            (Err(_), Some(OpenReason::Actor)) => self.reject(tx, &row, "it holds changes of another device"),
            (Err(_), _) => self.reject(tx, &row, "its content is not authentic or not readable"),
        }
    }

    /// Notes how far the author had come. `seen`: the place here of what the header says that it saw.
    fn hear(
        &mut self,
        tx: &mut dyn SyncTx,
        row: &EnvelopeRow,
        header: &Header,
        seen: Option<Place>,
    ) -> Result<(), SyncError> {
        if row.author == self.keys.id() || left_out(Check::Heard) {
            return Ok(());
        }
        let peer = match self.heard.entry(row.author) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(tx.peer(row.author)?.unwrap_or_default()),
        };
        peer.heard_ms = self.env.now_ms;
        peer.log_index = peer.log_index.max(header.log.index);
        peer.ws_seq = peer.ws_seq.max(seen.map_or(0, |place| place.ws_seq));
        self.heard_last = Some(row.author);
        Ok(())
    }

    /// Writes what was heard.
    fn note_heard(&mut self, tx: &mut dyn SyncTx) -> Result<(), SyncError> {
        for (device, peer) in std::mem::take(&mut self.heard) {
            tx.set_peer(device, peer)?;
        }
        let Some(last) = self.heard_last.take() else { return Ok(()) };
        let mut record = tx.record()?;
        record.heard_device = Some(last);
        record.heard_ms = self.env.now_ms;
        tx.set_record(&record)
    }

    /// Compares what the author had seen of the document with what is verified here (M23).
    fn compare_seen(
        &mut self,
        tx: &mut dyn SyncTx,
        header: &Header,
        here: Option<Place>,
        doc_seq: u64,
    ) -> Result<(), SyncError> {
        let Some(seen) = header.seen.filter(|_| !left_out(Check::Seen)) else { return Ok(()) };
        if self.record.incarnation != Some(seen.incarnation) || seen.doc_seq == 0 {
            return Ok(());
        }
        match here {
            Some(at) if at.link != seen.link => raise(tx, Alarm::Forked),
            _ if seen.doc_seq >= doc_seq => raise(tx, Alarm::Forked),
            _ => Ok(()),
        }
    }

    /// Looks again at what waits until nothing moves, then applies everything.
    fn finish(mut self, tx: &mut dyn SyncTx, keys_changed: bool) -> Result<Received, SyncError> {
        for round in 0.. {
            let mut waiting = tx.envelopes_in(EnvelopeState::Held, AGAIN)?;
            waiting.extend(tx.envelopes_in(EnvelopeState::Waiting, AGAIN)?);
            waiting.extend(tx.read_back(AGAIN)?);
            if waiting.is_empty() {
                break;
            }
            self.out.chain_gap = false;
            for row in &waiting {
                match (row.state, row.place) {
                    (EnvelopeState::Held | EnvelopeState::Stored, Some(place)) => {
                        self.place(tx, row.clone(), place)?;
                    }
                    _ => self.judge(tx, row.clone())?,
                }
            }
            // A round that changes no row's state is the last.
            let mut left = tx.envelopes_in(EnvelopeState::Held, AGAIN)?;
            left.extend(tx.envelopes_in(EnvelopeState::Waiting, AGAIN)?);
            left.extend(tx.read_back(AGAIN)?);
            if left == waiting {
                break;
            }
            self.flush(tx)?;
            if round >= ROUNDS {
                self.out.more = true;
                break;
            }
        }
        self.flush(tx)?;
        let broken = tx.envelopes_in(EnvelopeState::Broken, AGAIN)?;
        self.out.gaps.extend(broken.into_iter().map(|row| row.document));
        if keys_changed || self.begun {
            self.unlock(tx)?;
            self.flush(tx)?;
        }
        self.note_heard(tx)?;
        Ok(self.out)
    }
}
