//! The rows of healing in memory: places to forget, what others had seen, what the brake holds. Not here: the rest
//! (`rows`).

use std::collections::BTreeMap;
use std::sync::Arc;

use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, StreamId};

use super::State;
use super::documents::Documents;
use crate::sync::SyncError;
use crate::sync::healing::{Braked, Burst, HealingTx, Peer};
use crate::sync::store::{EnvelopeRow, EnvelopeState, Place, SyncTx as _};

/// Whether an envelope was verified or acknowledged.
fn verified(row: &EnvelopeRow) -> bool {
    matches!(row.state, EnvelopeState::Applied | EnvelopeState::Stored | EnvelopeState::Locked)
}

impl HealingTx for State {
    fn forget_places(&mut self) -> Result<(), SyncError> {
        let unverified = [EnvelopeState::Held, EnvelopeState::Waiting, EnvelopeState::Broken];
        let rows: Vec<Arc<EnvelopeRow>> = self.envelopes.values().map(|(_, row)| Arc::clone(row)).collect();
        for row in rows {
            if unverified.contains(&row.state) {
                self.remove_envelope(row.env_id)?;
            } else {
                self.put_envelope(&EnvelopeRow { place: None, ..EnvelopeRow::clone(&row) })?;
            }
        }
        self.places.empty();
        self.heads.empty();
        self.turns.empty();
        self.cuts.empty();
        Ok(())
    }
    fn places(&mut self) -> Result<Vec<(EnvelopeId, Place)>, SyncError> {
        let rows = self.envelopes.values().map(|(_, row)| row);
        let rows = rows.filter(|row| verified(row) && row.state != EnvelopeState::Stored);
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
    fn deletes(&mut self, document: DocumentId, changes: &[Vec<u8>]) -> Result<bool, SyncError> {
        let deletes = changes.iter().any(|change| Documents::deletes(change));
        Ok(deletes && self.documents.living().contains(&document))
    }
    fn living(&mut self) -> Result<u64, SyncError> {
        Ok(self.documents.living().len() as u64)
    }
    fn burst(&mut self, author: DeviceId) -> Result<Option<Burst>, SyncError> {
        Ok(self.bursts.get(&author).copied())
    }
    fn set_burst(&mut self, author: DeviceId, burst: Burst) -> Result<(), SyncError> {
        self.bursts.insert(author, burst);
        Ok(())
    }
    fn brake(
        &mut self,
        env_id: EnvelopeId,
        author: DeviceId,
        at_ms: u64,
        deletes: bool,
    ) -> Result<(), SyncError> {
        if self.braked.contains_key(&env_id) {
            return Ok(());
        }
        let document = self.envelope(env_id)?.map_or(DocumentId([0; 16]), |row| row.document);
        self.next += 1;
        self.braked.insert(env_id, (self.next, Braked { env_id, author, document, at_ms, deletes }));
        Ok(())
    }
    fn braked(&mut self) -> Result<Vec<Braked>, SyncError> {
        let mut all: Vec<(u64, Braked)> = self.braked.values().copied().collect();
        all.sort_by_key(|(order, _)| *order);
        Ok(all.into_iter().map(|(_, braked)| braked).collect())
    }
    fn unbrake(&mut self, author: DeviceId) -> Result<(), SyncError> {
        let ids = self.braked.values().filter(|(_, braked)| braked.author == author);
        let ids: Vec<EnvelopeId> = ids.map(|(_, braked)| braked.env_id).collect();
        ids.iter().for_each(|id| self.braked.remove(id));
        Ok(())
    }
}
