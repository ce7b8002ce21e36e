//! The store in memory, for the simulation: a transaction costs what it changes, and every commit may fail.
//!
//! Not here: rows one by one (`rows`, `healing`), documents (`documents`), going back to the last commit (`kept`), anything a
//! person's data would lie in.

mod documents;
mod healing;
mod kept;
mod rows;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, InviteId, StreamId};

use super::SyncError;
use super::healing::{Braked, Burst, Peer};
use super::store::{
    ChainHead, DocumentHead, EnvelopeRow, OutboxRow, QuarantineRow, SyncRecord, SyncStore, SyncTx,
};
use documents::Documents;
pub(super) use documents::{COMMENT, Content, DELETED};
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
    peers: Kept<DeviceId, Peer>,
    bursts: Kept<DeviceId, Burst>,
    braked: Kept<EnvelopeId, (u64, Braked)>,
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
        $state.invites.$then() $($join)* $state.peers.$then() $($join)* $state.bursts.$then() $($join)*
        $state.braked.$then() $($join)* $state.documents.$then()
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
        key: &str,
        values: &[(DocumentId, String)],
    ) -> Result<Vec<Vec<u8>>, SyncError> {
        let mut state = self.lock();
        state.next += 1;
        let batch = state.next;
        let mut changes = Vec::new();
        for (document, value) in values {
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

    /// What is shown of a document, and whether it is not deleted.
    pub(super) fn read(&self, document: DocumentId) -> (Option<String>, bool) {
        let state = self.lock();
        (state.documents.first_of(document), state.documents.living().contains(&document))
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
