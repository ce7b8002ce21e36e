//! The store in memory, for the simulation: a transaction costs what it changes, and every commit may fail.
//!
//! Not here: documents (`documents`), going back to the last commit (`kept`), anything a person's data would lie in.

mod documents;
mod kept;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::membership::CutItem;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, InviteId, StreamId};

use super::SyncError;
use super::sqlite_rows::whole_batches;
use super::store::{
    ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, SyncRecord,
    SyncStore, SyncTx, Unappliable,
};
pub(super) use documents::Content;
use documents::Documents;
use kept::Kept;

/// Everything that is durable.
#[derive(Clone, Default)]
struct State {
    record: Kept<(), SyncRecord>,
    log: Kept<u64, (Hash, Arc<Vec<u8>>)>,
    keys: Kept<(u8, u32), CompartmentKey>,
    streams: Kept<u8, StreamId>,
    chains: Kept<(DeviceId, StreamId), ChainHead>,
    heads: Kept<DocumentId, DocumentHead>,
    turns: Kept<(DocumentId, u64), DocumentHead>,
    cuts: Kept<u8, u64>,
    envelopes: Kept<EnvelopeId, (u64, Arc<EnvelopeRow>)>,
    /// Envelopes that are not applied, by state and order.
    open: Kept<(u8, u64), EnvelopeId>,
    places: Kept<(DocumentId, u64, EnvelopeId), ()>,
    known: Kept<DocumentId, ()>,
    quarantine: Kept<EnvelopeId, Arc<QuarantineRow>>,
    refused: Kept<DocumentId, String>,
    outbox: Kept<u64, (Arc<OutboxRow>, Option<EnvelopeId>)>,
    invites: Kept<InviteId, InviteSecret>,
    documents: Documents,
    next: u64,
}

/// Does the same with every map of a state.
macro_rules! each_map {
    ($state:expr, $then:ident, $($join:tt)*) => {
        $state.record.$then() $($join)* $state.log.$then() $($join)* $state.keys.$then() $($join)*
        $state.streams.$then() $($join)* $state.chains.$then() $($join)* $state.heads.$then() $($join)*
        $state.turns.$then() $($join)* $state.cuts.$then() $($join)* $state.envelopes.$then() $($join)*
        $state.open.$then() $($join)* $state.places.$then() $($join)* $state.known.$then() $($join)*
        $state.quarantine.$then() $($join)* $state.refused.$then() $($join)* $state.outbox.$then() $($join)*
        $state.invites.$then() $($join)* $state.documents.$then()
    };
}

/// How the disk fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Disk {
    #[default]
    Sound,
    /// The commit after so many more fails.
    FailsIn(u32),
    /// Nothing can be written; reading works.
    Full,
    /// Commits succeed and are lost: what no disk should do, to see that it is noticed.
    Lies,
}

/// The store.
#[derive(Default)]
pub(super) struct MemoryStore {
    state: Mutex<State>,
    disk: Mutex<Disk>,
}

/// A copy of everything durable.
#[derive(Clone)]
pub(super) struct MemoryBackup(State);

/// The disk refused at the commit.
#[derive(Debug, thiserror::Error)]
#[error("injected failure")]
struct Injected;

/// The compartment that the simulation keeps a document in: its last byte says so.
pub(super) fn compartment_of(document: DocumentId) -> Compartment {
    let number = document.0[15].wrapping_sub(COMPARTMENT);
    Compartment::ALL.get(usize::from(number)).copied().unwrap_or(Compartment::Internal)
}

/// Last bytes of document ids from here on name a compartment.
pub(super) const COMPARTMENT: u8 = 0xc0;

impl MemoryStore {
    /// A store whose documents are real ones of Automerge, or of paper.
    pub(super) fn new(real: bool) -> Self {
        let state = State { documents: Documents::new(real), ..State::default() };
        Self { state: Mutex::new(state), disk: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_disk(&self, disk: Disk) {
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = disk;
    }

    /// Makes the commit after `transactions` more fail.
    pub(super) fn fail_in(&self, transactions: u32) {
        self.set_disk(Disk::FailsIn(transactions));
    }

    /// Lets every commit fail until there is room again.
    pub(super) fn fill(&self) {
        self.set_disk(Disk::Full);
    }

    /// Lets commits be lost.
    pub(super) fn lie(&self) {
        self.set_disk(Disk::Lies);
    }

    /// Lets every commit work again.
    pub(super) fn heal(&self) {
        self.set_disk(Disk::Sound);
    }

    /// Copies everything durable, as a backup does.
    pub(super) fn backup(&self) -> MemoryBackup {
        MemoryBackup(self.lock().clone())
    }

    /// Puts a backup in the place of everything.
    pub(super) fn restore(&self, backup: &MemoryBackup) {
        *self.lock() = backup.0.clone();
    }

    fn settle(&self, state: &mut State) -> Result<(), SyncError> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let writes = each_map!(state, is_changed, ||);
        let fails = match *disk {
            Disk::Full => writes,
            Disk::FailsIn(_) if !writes => false,
            Disk::FailsIn(0) => {
                *disk = Disk::Sound;
                true
            }
            Disk::FailsIn(left) => {
                *disk = Disk::FailsIn(left - 1);
                false
            }
            Disk::Sound => false,
            Disk::Lies => {
                each_map!(state, roll_back, ;);
                return Ok(());
            }
        };
        if fails {
            return Err(SyncError::write(Injected));
        }
        each_map!(state, commit, ;);
        Ok(())
    }

    /// Edits documents as one atomic batch: sets a key of each, makes the change, queues it. Returns the changes.
    pub(super) fn edit(
        &self,
        actor: &[u8],
        documents: &[DocumentId],
        key: &str,
        value: &str,
    ) -> Result<Vec<Vec<u8>>, SyncError> {
        let mut state = self.lock();
        state.next += 1;
        let batch = state.next;
        let mut changes = Vec::new();
        for document in documents {
            let change = state.documents.edit(actor, *document, key, value);
            changes.push(change.clone());
            state.next += 1;
            let id = state.next;
            let compartment = compartment_of(*document);
            let row = OutboxRow { id, batch, document: *document, compartment, change };
            state.outbox.insert(id, (Arc::new(row), None));
        }
        let settled = self.settle(&mut state);
        if settled.is_err() {
            each_map!(state, roll_back, ;);
        }
        settled.map(|()| changes)
    }

    /// Returns what is shown of every document, by document and key.
    pub(super) fn content(&self) -> Content {
        self.lock().documents.shown()
    }

    /// Returns what would be shown if it was made anew from the documents.
    pub(super) fn rebuilt(&self) -> Content {
        self.lock().documents.rebuilt()
    }

    /// Spoils what is shown of a document.
    pub(super) fn forget_shown(&self, place: &(DocumentId, String)) {
        self.lock().documents.forget_shown(place);
    }

    /// Returns the heads of every document, which are equal exactly if the histories are.
    pub(super) fn document_heads(&self) -> BTreeMap<DocumentId, Vec<String>> {
        self.lock().documents.heads()
    }

    /// Whether a document has something to show.
    pub(super) fn has(&self, document: DocumentId) -> bool {
        self.lock().documents.has(document)
    }

    /// Changes that were not acknowledged.
    pub(super) fn unsent(&self) -> Vec<(DocumentId, Vec<u8>)> {
        self.lock().outbox.values().map(|(row, _)| (row.document, row.change.clone())).collect()
    }

    /// Every byte of content and every envelope that lies here, for whoever looks for what must not be here.
    pub(super) fn bytes(&self) -> Vec<Vec<u8>> {
        let state = self.lock();
        let shown = state.documents.shown();
        let mut all: Vec<Vec<u8>> =
            shown.into_iter().map(|((_, key), value)| (key + &value).into()).collect();
        all.extend(state.outbox.values().map(|(row, _)| row.change.clone()));
        all.extend(state.envelopes.values().map(|(_, row)| row.bytes.clone()));
        all.extend(state.quarantine.values().map(|row| row.bytes.clone()));
        all
    }

    /// The keys that lie here: compartment and epoch.
    pub(super) fn key_places(&self) -> Vec<(u8, u32)> {
        self.lock().keys.keys().copied().collect()
    }
}

impl SyncStore for MemoryStore {
    fn transaction(
        &self,
        work: &mut dyn FnMut(&mut dyn SyncTx) -> Result<(), SyncError>,
    ) -> Result<(), SyncError> {
        let mut state = self.lock();
        let done = work(&mut *state).and_then(|()| self.settle(&mut state));
        if done.is_err() {
            each_map!(state, roll_back, ;);
        }
        done
    }
}

impl SyncTx for State {
    fn record(&mut self) -> Result<SyncRecord, SyncError> {
        Ok(self.record.get(&()).cloned().unwrap_or_default())
    }
    fn set_record(&mut self, record: &SyncRecord) -> Result<(), SyncError> {
        if self.record.get(&()) != Some(record) {
            self.record.insert((), record.clone());
        }
        Ok(())
    }
    fn log_from(&mut self, index: u64) -> Result<Vec<Vec<u8>>, SyncError> {
        Ok(self.log.range(index..).map(|(_, (_, entry))| entry.to_vec()).collect())
    }
    fn log_hash(&mut self, index: u64) -> Result<Option<Hash>, SyncError> {
        Ok(self.log.get(&index).map(|(hash, _)| *hash))
    }
    fn log_append(&mut self, index: u64, hash: Hash, entry: &[u8]) -> Result<(), SyncError> {
        assert_eq!(index, self.log.len() as u64);
        self.log.insert(index, (hash, Arc::new(entry.to_vec())));
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
        let number = compartment.number();
        let keys: Vec<(u8, u32)> = self.keys.keys().filter(|(of, _)| *of == number).copied().collect();
        keys.iter().for_each(|key| self.keys.remove(key));
        let of = |document: DocumentId| compartment_of(document) == compartment;
        self.documents.forget(&of);
        let rows: Vec<u64> =
            self.outbox.iter().filter(|(_, (row, _))| row.compartment == compartment).map(|(id, _)| *id).collect();
        rows.iter().for_each(|row| self.outbox.remove(row));
        self.streams.remove(&number);
        let all = self.envelopes.values().map(|(_, row)| Arc::clone(row));
        let own = [EnvelopeState::Sealed, EnvelopeState::Stored];
        for row in all.filter(|row| row.compartment == compartment).collect::<Vec<_>>() {
            if own.contains(&row.state) {
                self.remove_envelope(row.env_id)?;
            } else if row.state == EnvelopeState::Applied {
                self.put_envelope(&EnvelopeRow { state: EnvelopeState::Locked, ..EnvelopeRow::clone(&row) })?;
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
        let (first, last) = (EnvelopeId([0; 32]), EnvelopeId([255; 32]));
        let ids = self.places.range((document, doc_seq, first)..=(document, doc_seq, last));
        let rows = ids.filter_map(|((.., id), ())| self.envelopes.get(id));
        let first = rows.filter(|(_, row)| row.state != EnvelopeState::Held).min_by_key(|(order, _)| *order);
        Ok(first.and_then(|(_, row)| Some((row.env_id, row.place?))))
    }
    fn document_known(&mut self, document: DocumentId) -> Result<bool, SyncError> {
        Ok(self.known.contains_key(&document))
    }
    fn put_envelope(&mut self, row: &EnvelopeRow) -> Result<(), SyncError> {
        self.next += 1;
        let before = self.envelopes.get(&row.env_id).map(|(order, old)| (*order, old.state));
        let order = before.map_or(self.next, |(order, _)| order);
        if let Some((_, state)) = before {
            self.open.remove(&(state as u8, order));
        }
        if row.state != EnvelopeState::Applied {
            self.open.insert((row.state as u8, order), row.env_id);
        }
        if let Some(place) = row.place {
            self.places.insert((row.document, place.doc_seq, row.env_id), ());
        }
        self.known.insert(row.document, ());
        self.envelopes.insert(row.env_id, (order, Arc::new(row.clone())));
        Ok(())
    }
    fn remove_envelope(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        if let Some(open) = self.envelopes.get(&id).map(|(order, row)| (row.state as u8, *order)) {
            self.open.remove(&open);
        }
        self.envelopes.remove(&id);
        Ok(())
    }
    fn envelopes_in(&mut self, state: EnvelopeState, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError> {
        assert_ne!(state, EnvelopeState::Applied, "those are not listed");
        let ids = self.open.range((state as u8, 0)..=(state as u8, u64::MAX)).map(|(_, id)| id);
        let mut rows: Vec<_> = ids.filter_map(|id| self.envelopes.get(id)).collect();
        if matches!(state, EnvelopeState::Waiting | EnvelopeState::Held) {
            rows.sort_by_key(|(order, row)| (row.place.map(|place| place.ws_seq), *order));
        }
        Ok(rows.into_iter().take(limit).map(|(_, row)| EnvelopeRow::clone(row)).collect())
    }
    fn count_in(&mut self, state: EnvelopeState) -> Result<u64, SyncError> {
        Ok(self.open.range((state as u8, 0)..=(state as u8, u64::MAX)).count() as u64)
    }
    fn quarantine(&mut self, row: &QuarantineRow) -> Result<(), SyncError> {
        if !self.quarantine.contains_key(&row.env_id) {
            self.quarantine.insert(row.env_id, Arc::new(row.clone()));
        }
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
        let all: Vec<DocumentId> = self.refused.keys().copied().collect();
        all.iter().for_each(|document| self.refused.remove(document));
        Ok(())
    }
    fn outbox_unsealed(&mut self, rows: usize, bytes: usize) -> Result<Vec<OutboxRow>, SyncError> {
        let open = self
            .outbox
            .values()
            .filter(|(row, sealed)| sealed.is_none() && !self.refused.contains_key(&row.document));
        whole_batches(open.map(|(row, _)| Ok(OutboxRow::clone(row))), rows, bytes)
    }
    fn outbox_seal(&mut self, rows: &[u64], id: EnvelopeId) -> Result<(), SyncError> {
        for row in rows {
            let (change, _) = self.outbox.get(row).expect("a sealed row is in the outbox").clone();
            self.outbox.insert(*row, (change, Some(id)));
        }
        Ok(())
    }
    fn outbox_unseal(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        for row in self.sealed_as(id) {
            let (change, _) = self.outbox.get(&row).expect("it was found").clone();
            self.outbox.insert(row, (change, None));
        }
        Ok(())
    }
    fn outbox_done(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.sealed_as(id).iter().for_each(|row| self.outbox.remove(row));
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
        self.documents.actor(change)
    }
    fn change_hash(&mut self, change: &[u8]) -> Option<Hash> {
        self.documents.change_hash(change)
    }
    fn save(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, SyncError> {
        Ok(self.documents.save(document))
    }
    fn saved_changes(&mut self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>> {
        self.documents.saved_changes(save)
    }
    fn apply(
        &mut self,
        document: DocumentId,
        _: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError> {
        Ok(self.documents.apply(document, changes))
    }
}

impl State {
    /// Rows of the outbox that travel in an envelope.
    fn sealed_as(&self, id: EnvelopeId) -> Vec<u64> {
        self.outbox.iter().filter(|(_, (_, sealed))| *sealed == Some(id)).map(|(row, _)| *row).collect()
    }
}
