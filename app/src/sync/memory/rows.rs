//! The rows of the store in memory, as synchronisation reads and writes them. Not here: transactions and failing disks.

use std::sync::Arc;

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::membership::CutItem;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, InviteId, StreamId};

use super::documents::Documents;
use super::{State, compartment_of};
use crate::sync::SyncError;
use crate::sync::sqlite_rows::whole_batches;
use crate::sync::store::{
    ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, READ_BACK,
    SyncRecord, SyncTx, Unappliable,
};

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
        let rows: Vec<u64> = self
            .outbox
            .iter()
            .filter(|(_, (row, _))| row.compartment == compartment)
            .map(|(id, _)| *id)
            .collect();
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
    fn read_back(&mut self, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError> {
        let mut rows = self.envelopes_in(EnvelopeState::Stored, usize::MAX)?;
        rows.retain(|row| row.push == Some(READ_BACK));
        rows.truncate(limit);
        Ok(rows)
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
    fn talks(
        &mut self,
        _: DocumentId,
        changes: &[Vec<u8>],
        _: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, SyncError> {
        Ok(Some(changes.iter().all(|change| Documents::talks(change))))
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
