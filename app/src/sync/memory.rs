//! The store in memory over bare Automerge documents, for the simulation: cheap to copy, and able to fail.
//!
//! Not here: anything a person's data would ever lie in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, Change, ROOT, ReadDoc as _};
use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::membership::CutItem;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, InviteId, StreamId};

use super::SyncError;
use super::healing::{Braked, Burst, HealingTx, Peer};
use super::sqlite_rows::whole_batches;
use super::store::{
    ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, SyncRecord,
    SyncStore, SyncTx, Unappliable,
};

/// Everything that is durable.
#[derive(Clone, Default)]
struct State {
    record: SyncRecord,
    log: Vec<(Hash, Arc<Vec<u8>>)>,
    keys: BTreeMap<(u8, u32), CompartmentKey>,
    streams: BTreeMap<u8, StreamId>,
    chains: BTreeMap<(DeviceId, StreamId), ChainHead>,
    heads: BTreeMap<DocumentId, DocumentHead>,
    turns: BTreeMap<(DocumentId, u64), DocumentHead>,
    cuts: BTreeMap<u8, u64>,
    envelopes: BTreeMap<EnvelopeId, (u64, Arc<EnvelopeRow>)>,
    places: BTreeMap<(DocumentId, u64), BTreeSet<EnvelopeId>>,
    known: BTreeSet<DocumentId>,
    peers: BTreeMap<DeviceId, Peer>,
    quarantine: BTreeMap<EnvelopeId, Arc<QuarantineRow>>,
    refused: BTreeMap<DocumentId, String>,
    outbox: BTreeMap<u64, (Arc<OutboxRow>, Option<EnvelopeId>)>,
    invites: BTreeMap<InviteId, InviteSecret>,
    documents: BTreeMap<DocumentId, Arc<AutoCommit>>,
    next: u64,
}

/// The store; `fail_in` counts transactions down to one that fails at its commit.
#[derive(Default)]
pub(super) struct MemoryStore {
    state: Mutex<State>,
    fail_in: Mutex<Option<u32>>,
}

/// A copy of everything durable.
pub(super) struct MemoryBackup(State);

/// The disk refused at the commit.
#[derive(Debug, thiserror::Error)]
#[error("injected failure")]
struct Injected;

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the commit of the transaction after `transactions` more fail.
    pub(super) fn fail_in(&self, transactions: u32) {
        *self.fail_in.lock().unwrap() = Some(transactions);
    }

    /// Lets every commit work again.
    pub(super) fn heal(&self) {
        *self.fail_in.lock().unwrap() = None;
    }

    /// Copies everything durable, as a backup does.
    pub(super) fn backup(&self) -> MemoryBackup {
        MemoryBackup(self.lock().clone())
    }

    /// Puts a backup in the place of everything.
    pub(super) fn restore(&self, backup: &MemoryBackup) {
        *self.lock() = backup.0.clone();
    }

    /// Edits documents as one atomic batch: sets a key of each, makes the change, queues it.
    pub(super) fn edit(&self, actor: &[u8], documents: &[DocumentId], key: &str, value: &str) {
        let mut state = self.lock();
        state.next += 1;
        let batch = state.next;
        for document in documents {
            let mut doc = match state.documents.get(document) {
                Some(doc) => AutoCommit::clone(doc),
                None => AutoCommit::new(),
            };
            doc.set_actor(ActorId::from(actor));
            if doc.get(ROOT, "k").unwrap().is_none() {
                doc.put(ROOT, "k", "page").unwrap();
            }
            doc.put(ROOT, key, value).unwrap();
            doc.commit();
            let change = doc.get_last_local_change().unwrap().raw_bytes().to_vec();
            state.documents.insert(*document, Arc::new(doc));
            state.next += 1;
            let id = state.next;
            let row =
                OutboxRow { id, batch, document: *document, compartment: Compartment::Internal, change };
            state.outbox.insert(id, (Arc::new(row), None));
        }
    }

    /// Returns what every document holds, by document and key.
    pub(super) fn content(&self) -> BTreeMap<(DocumentId, String), String> {
        let state = self.lock();
        let mut content = BTreeMap::new();
        for (id, doc) in &state.documents {
            for key in doc.keys(ROOT) {
                let values = doc.get_all(ROOT, key.as_str()).unwrap();
                let mut values: Vec<String> = values.iter().map(|(value, _)| value.to_string()).collect();
                values.sort();
                content.insert((*id, key), values.join("|"));
            }
        }
        content
    }

    /// Returns the heads of every document, which are equal exactly if the histories are.
    pub(super) fn document_heads(&self) -> BTreeMap<DocumentId, Vec<String>> {
        let state = self.lock();
        let heads =
            |doc: &AutoCommit| doc.clone().get_heads().iter().map(ToString::to_string).collect::<Vec<_>>();
        state.documents.iter().map(|(id, doc)| (*id, heads(doc))).collect()
    }
}

impl SyncStore for MemoryStore {
    fn transaction(
        &self,
        work: &mut dyn FnMut(&mut dyn SyncTx) -> Result<(), SyncError>,
    ) -> Result<(), SyncError> {
        let mut copy = self.lock().clone();
        work(&mut copy)?;
        let mut fail_in = self.fail_in.lock().unwrap();
        match *fail_in {
            Some(0) => {
                *fail_in = None;
                return Err(SyncError::write(Injected));
            }
            Some(left) => *fail_in = Some(left - 1),
            None => {}
        }
        *self.lock() = copy;
        Ok(())
    }
}

/// Whether an envelope was verified or acknowledged.
fn verified(row: &EnvelopeRow) -> bool {
    matches!(row.state, EnvelopeState::Applied | EnvelopeState::Stored | EnvelopeState::Locked)
}

impl HealingTx for State {
    fn forget_places(&mut self) -> Result<(), SyncError> {
        let unverified = [EnvelopeState::Held, EnvelopeState::Waiting, EnvelopeState::Broken];
        self.envelopes.retain(|_, (_, row)| !unverified.contains(&row.state));
        self.envelopes.values_mut().for_each(|(_, row)| Arc::make_mut(row).place = None);
        self.places.clear();
        self.heads.clear();
        self.turns.clear();
        self.cuts.clear();
        Ok(())
    }
    fn places(&mut self) -> Result<Vec<(EnvelopeId, Place)>, SyncError> {
        let rows = self.envelopes.values().map(|(_, row)| row).filter(|row| verified(row));
        Ok(rows.filter_map(|row| Some((row.env_id, row.place?))).collect())
    }
    fn unplaced(&mut self) -> Result<Vec<(EnvelopeId, DeviceId, StreamId, u64)>, SyncError> {
        let rows = self.envelopes.values().filter(|(_, row)| verified(row) && row.place.is_none());
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(order, _)| *order);
        Ok(rows.iter().map(|(_, row)| (row.env_id, row.author, row.stream, row.dev_seq)).collect())
    }
    fn peer(&mut self, device: DeviceId) -> Result<Option<Peer>, SyncError> {
        Ok(self.peers.get(&device).copied())
    }
    fn set_peer(&mut self, device: DeviceId, peer: Peer) -> Result<(), SyncError> {
        self.peers.insert(device, peer);
        Ok(())
    }
    fn gaps(&mut self, limit: usize) -> Result<Vec<(DocumentId, u64, u64)>, SyncError> {
        let mut gaps = BTreeMap::new();
        for (_, row) in self.envelopes.values().filter(|(_, row)| row.state == EnvelopeState::Held) {
            let Some(place) = row.place else { continue };
            let first = gaps.entry(row.document).or_insert(place.doc_seq);
            *first = place.doc_seq.min(*first);
        }
        let head = |document: DocumentId| self.heads.get(&document).map_or(0, |head| head.doc_seq);
        Ok(gaps.into_iter().map(|(document, next)| (document, head(document), next)).take(limit).collect())
    }
    // Documents of histories are never deleted: the brake is tried on real ones.
    fn deletes(&mut self, _: DocumentId, _: &[Vec<u8>]) -> Result<bool, SyncError> {
        Ok(false)
    }
    fn living(&mut self) -> Result<u64, SyncError> {
        Ok(self.documents.len() as u64)
    }
    fn burst(&mut self, _: DeviceId) -> Result<Option<Burst>, SyncError> {
        Ok(None)
    }
    fn set_burst(&mut self, _: DeviceId, _: Burst) -> Result<(), SyncError> {
        Ok(())
    }
    fn brake(&mut self, _: EnvelopeId, _: DeviceId, _: u64, _: bool) -> Result<(), SyncError> {
        Ok(())
    }
    fn braked(&mut self) -> Result<Vec<Braked>, SyncError> {
        Ok(Vec::new())
    }
    fn unbrake(&mut self, _: DeviceId) -> Result<(), SyncError> {
        Ok(())
    }
}

impl SyncTx for State {
    fn record(&mut self) -> Result<SyncRecord, SyncError> {
        Ok(self.record.clone())
    }
    fn set_record(&mut self, record: &SyncRecord) -> Result<(), SyncError> {
        self.record = record.clone();
        Ok(())
    }
    fn log_from(&mut self, index: u64) -> Result<Vec<Vec<u8>>, SyncError> {
        Ok(self.log.iter().skip(index as usize).map(|(_, entry)| entry.to_vec()).collect())
    }
    fn log_hash(&mut self, index: u64) -> Result<Option<Hash>, SyncError> {
        Ok(self.log.get(index as usize).map(|(hash, _)| *hash))
    }
    fn log_append(&mut self, index: u64, hash: Hash, entry: &[u8]) -> Result<(), SyncError> {
        assert_eq!(index as usize, self.log.len());
        self.log.push((hash, Arc::new(entry.to_vec())));
        Ok(())
    }
    fn key(&mut self, compartment: Compartment, epoch: u32) -> Result<Option<CompartmentKey>, SyncError> {
        Ok(self.keys.get(&(compartment.number(), epoch)).cloned())
    }
    fn put_key(
        &mut self,
        compartment: Compartment,
        epoch: u32,
        key: &CompartmentKey,
    ) -> Result<(), SyncError> {
        self.keys.insert((compartment.number(), epoch), key.clone());
        Ok(())
    }
    fn purge(&mut self, compartment: Compartment) -> Result<(), SyncError> {
        self.keys.retain(|(of, _), _| *of != compartment.number());
        let heads = &self.heads;
        self.documents.retain(|id, _| heads.get(id).is_none_or(|head| head.compartment != Some(compartment)));
        self.outbox.retain(|_, (row, _)| row.compartment != compartment);
        self.streams.remove(&compartment.number());
        let own = [EnvelopeState::Sealed, EnvelopeState::Stored];
        self.envelopes.retain(|_, (_, row)| row.compartment != compartment || !own.contains(&row.state));
        for (_, row) in self.envelopes.values_mut().filter(|(_, row)| row.compartment == compartment) {
            if row.state == EnvelopeState::Applied {
                Arc::make_mut(row).state = EnvelopeState::Locked;
            }
        }
        Ok(())
    }
    fn own_stream(&mut self, compartment: Compartment) -> Result<Option<StreamId>, SyncError> {
        Ok(self.streams.get(&compartment.number()).copied())
    }
    fn set_own_stream(&mut self, compartment: Compartment, stream: StreamId) -> Result<(), SyncError> {
        self.streams.insert(compartment.number(), stream);
        Ok(())
    }
    fn chain(&mut self, author: DeviceId, stream: StreamId) -> Result<Option<ChainHead>, SyncError> {
        Ok(self.chains.get(&(author, stream)).copied())
    }
    fn set_chain(&mut self, author: DeviceId, stream: StreamId, head: ChainHead) -> Result<(), SyncError> {
        self.chains.insert((author, stream), head);
        Ok(())
    }
    fn head(&mut self, document: DocumentId) -> Result<DocumentHead, SyncError> {
        Ok(self.heads.get(&document).copied().unwrap_or(DocumentHead::START))
    }
    fn set_head(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError> {
        self.heads.insert(document, head);
        Ok(())
    }
    fn put_turn(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError> {
        self.turns.insert((document, head.log_index), head);
        Ok(())
    }
    fn stood(&mut self, compartment: Compartment, before: u64) -> Result<Vec<CutItem>, SyncError> {
        let of = self.heads.iter().filter(|(_, head)| head.compartment == Some(compartment));
        let then = of.filter_map(|(id, head)| {
            let turn = || self.turns.range((*id, 0)..(*id, before)).next_back().map(|(_, head)| head);
            let head = if head.log_index < before { Some(head) } else { turn() }?;
            Some(CutItem { document: *id, doc_seq: head.doc_seq, link: head.link })
        });
        Ok(then.collect())
    }
    fn cut(&mut self, compartment: Compartment) -> Result<u64, SyncError> {
        Ok(self.cuts.get(&compartment.number()).copied().unwrap_or(0))
    }
    fn set_cut(&mut self, compartment: Compartment, log_index: u64) -> Result<(), SyncError> {
        self.cuts.insert(compartment.number(), log_index);
        Ok(())
    }
    fn envelope(&mut self, id: EnvelopeId) -> Result<Option<EnvelopeRow>, SyncError> {
        Ok(self.envelopes.get(&id).map(|(_, row)| EnvelopeRow::clone(row)))
    }
    fn link_at(
        &mut self,
        document: DocumentId,
        doc_seq: u64,
    ) -> Result<Option<(EnvelopeId, Place)>, SyncError> {
        let ids = self.places.get(&(document, doc_seq)).into_iter().flatten();
        let rows = ids.filter_map(|id| self.envelopes.get(id));
        let first = rows.filter(|(_, row)| row.state != EnvelopeState::Held).min_by_key(|(order, _)| *order);
        Ok(first.and_then(|(_, row)| Some((row.env_id, row.place?))))
    }
    fn document_known(&mut self, document: DocumentId) -> Result<bool, SyncError> {
        Ok(self.known.contains(&document))
    }
    fn put_envelope(&mut self, row: &EnvelopeRow) -> Result<(), SyncError> {
        self.next += 1;
        let order = self.envelopes.get(&row.env_id).map_or(self.next, |(order, _)| *order);
        if let Some(place) = row.place {
            self.places.entry((row.document, place.doc_seq)).or_default().insert(row.env_id);
        }
        self.known.insert(row.document);
        self.envelopes.insert(row.env_id, (order, Arc::new(row.clone())));
        Ok(())
    }
    fn remove_envelope(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.envelopes.remove(&id);
        Ok(())
    }
    fn envelopes_in(&mut self, state: EnvelopeState, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError> {
        let mut rows: Vec<_> = self.envelopes.values().filter(|(_, row)| row.state == state).collect();
        rows.sort_by_key(|(order, row)| {
            let by_place = matches!(state, EnvelopeState::Waiting | EnvelopeState::Held);
            (row.place.filter(|_| by_place).map(|place| place.ws_seq), *order)
        });
        Ok(rows.into_iter().take(limit).map(|(_, row)| EnvelopeRow::clone(row)).collect())
    }
    fn count_in(&mut self, state: EnvelopeState) -> Result<u64, SyncError> {
        Ok(self.envelopes.values().filter(|(_, row)| row.state == state).count() as u64)
    }
    fn quarantine(&mut self, row: &QuarantineRow) -> Result<(), SyncError> {
        self.quarantine.entry(row.env_id).or_insert_with(|| Arc::new(row.clone()));
        Ok(())
    }
    fn quarantined(&mut self) -> Result<u64, SyncError> {
        Ok(self.quarantine.len() as u64)
    }
    fn quarantine_list(&mut self, limit: usize) -> Result<Vec<QuarantineRow>, SyncError> {
        Ok(self.quarantine.values().take(limit).map(|row| QuarantineRow::clone(row)).collect())
    }
    fn refuse_document(&mut self, document: DocumentId, _: &str, message: &str) -> Result<(), SyncError> {
        self.refused.insert(document, message.to_owned());
        Ok(())
    }
    fn refused(&mut self) -> Result<Option<(String, u64)>, SyncError> {
        Ok(self.refused.values().next().map(|message| (message.clone(), self.refused.len() as u64)))
    }
    fn clear_refused(&mut self) -> Result<(), SyncError> {
        self.refused.clear();
        Ok(())
    }
    fn outbox_unsealed(&mut self, rows: usize, bytes: usize) -> Result<Vec<OutboxRow>, SyncError> {
        let open = self
            .outbox
            .values()
            .filter(|(row, sealed)| sealed.is_none() && !self.refused.contains_key(&row.document));
        whole_batches(open.map(|(row, _)| Ok(OutboxRow::clone(row))), rows, bytes)
    }
    fn outbox_put(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        change: &[u8],
    ) -> Result<(), SyncError> {
        self.next += 1;
        let id = self.next;
        let row = OutboxRow { id, batch: id, document, compartment, change: change.to_vec() };
        self.outbox.insert(id, (Arc::new(row), None));
        Ok(())
    }
    fn outbox_seal(&mut self, rows: &[u64], id: EnvelopeId) -> Result<(), SyncError> {
        for row in rows {
            self.outbox.get_mut(row).expect("a sealed row is in the outbox").1 = Some(id);
        }
        Ok(())
    }
    fn outbox_unseal(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.outbox
            .values_mut()
            .filter(|(_, sealed)| *sealed == Some(id))
            .for_each(|(_, sealed)| *sealed = None);
        Ok(())
    }
    fn outbox_done(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.outbox.retain(|_, (_, sealed)| *sealed != Some(id));
        Ok(())
    }
    fn outbox_count(&mut self) -> Result<u64, SyncError> {
        Ok(self.outbox.len() as u64)
    }
    fn invite_secret(&mut self, invite: InviteId) -> Result<Option<InviteSecret>, SyncError> {
        Ok(self.invites.get(&invite).cloned())
    }
    fn put_invite_secret(
        &mut self,
        invite: InviteId,
        secret: &InviteSecret,
        _: u64,
    ) -> Result<(), SyncError> {
        self.invites.insert(invite, secret.clone());
        Ok(())
    }
    fn remove_invite_secret(&mut self, invite: InviteId) -> Result<(), SyncError> {
        self.invites.remove(&invite);
        Ok(())
    }
    fn actor(&mut self, change: &[u8]) -> Option<Vec<u8>> {
        Change::try_from(change).ok().map(|change| change.actor_id().to_bytes().to_vec())
    }
    fn change_hash(&mut self, change: &[u8]) -> Option<Hash> {
        Change::try_from(change).ok().map(|change| Hash(change.hash().0))
    }
    fn save(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, SyncError> {
        Ok(self.documents.get(&document).map(|doc| AutoCommit::clone(doc).save()))
    }
    fn saved_changes(&mut self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>> {
        crate::core::saved_changes(save).ok()
    }
    fn apply(
        &mut self,
        document: DocumentId,
        _: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError> {
        let mut doc =
            self.documents.get(&document).map_or_else(AutoCommit::new, |doc| AutoCommit::clone(doc));
        let bad = |_| Unappliable::Bad("not a change".to_owned());
        let parsed: Result<Vec<Change>, _> =
            changes.iter().map(|bytes| Change::try_from(&bytes[..])).collect();
        let applied = parsed.map_err(bad).and_then(|changes| {
            doc.apply_changes(changes).map_err(|error| Unappliable::Bad(error.to_string()))
        });
        if applied.is_ok() {
            self.documents.insert(document, Arc::new(doc));
        }
        Ok(applied)
    }
}
