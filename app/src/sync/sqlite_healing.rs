//! The store over a workspace's database: the part of [`HealingTx`].
//!
//! Not here: the rest of it (`sqlite`) and the reading of rows (`sqlite_rows`).

use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, StreamId};
use rusqlite::params;

use super::healing::{Braked, Burst, HealingTx, Peer};
use super::sqlite::SqliteTx;
use super::sqlite_rows::{id, number};
use super::store::Place;
use super::{SyncError, former, sqlite_rows};

impl HealingTx for SqliteTx<'_> {
    fn forget_places(&mut self) -> Result<(), SyncError> {
        let statements = [
            "DELETE FROM envelope WHERE state IN ('held', 'waiting', 'broken')",
            "UPDATE envelope SET ws_seq = NULL, doc_seq = NULL, link = NULL, log_index = NULL",
            "DELETE FROM document_head",
            "DELETE FROM document_turn",
            "DELETE FROM verified_cut",
        ];
        statements.iter().try_for_each(|sql| self.write(sql, []))
    }

    fn renewed(&mut self) -> Result<bool, SyncError> {
        Ok(self.count("SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'renewed')", [])? > 0)
    }

    fn former(&mut self) -> Result<u64, SyncError> {
        self.count("SELECT count(*) FROM refused_document WHERE code = ?1", [former::CODE])
    }

    fn places(&mut self) -> Result<Vec<(EnvelopeId, Place)>, SyncError> {
        self.all(sqlite_rows::PLACES, [], |row| {
            let (ws_seq, doc_seq) = (sqlite_rows::count(row, 1)?, sqlite_rows::count(row, 2)?);
            let place =
                Place { ws_seq, doc_seq, link: Hash(id(row, 3)?), log_index: sqlite_rows::count(row, 4)? };
            Ok((EnvelopeId(id(row, 0)?), place))
        })
    }

    fn unplaced(&mut self) -> Result<Vec<(EnvelopeId, DeviceId, StreamId, u64)>, SyncError> {
        self.all(sqlite_rows::UNPLACED, [], sqlite_rows::unplaced_of)
    }

    fn peer(&mut self, device: DeviceId) -> Result<Option<Peer>, SyncError> {
        self.one("SELECT heard_ms, log_index, ws_seq FROM peer WHERE device = ?1", [device.0], |row| {
            let (heard_ms, log_index) = (sqlite_rows::count(row, 0)?, sqlite_rows::count(row, 1)?);
            Ok(Peer { heard_ms, log_index, ws_seq: sqlite_rows::count(row, 2)? })
        })
    }

    fn set_peer(&mut self, device: DeviceId, peer: Peer) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO peer (device, heard_ms, log_index, ws_seq) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (device) DO UPDATE SET heard_ms = excluded.heard_ms, log_index = excluded.log_index,
             ws_seq = excluded.ws_seq",
            params![device.0, number(peer.heard_ms), number(peer.log_index), number(peer.ws_seq)],
        )
    }

    fn gaps(&mut self, limit: usize) -> Result<Vec<(DocumentId, u64, u64)>, SyncError> {
        self.all(sqlite_rows::GAPS, [i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok((DocumentId(id(row, 0)?), sqlite_rows::count(row, 1)?, sqlite_rows::count(row, 2)?))
        })
    }

    fn deletes(&mut self, document: DocumentId, changes: &[Vec<u8>]) -> Result<bool, SyncError> {
        let sql = "SELECT count(*) FROM document WHERE id = ?1 AND deleted = 0";
        Ok(changes.iter().any(|change| self.0.deletes(change)) && self.count(sql, [document.0])? > 0)
    }

    fn living(&mut self) -> Result<u64, SyncError> {
        self.count("SELECT count(*) FROM document WHERE deleted = 0 AND kind <> 'settings'", [])
    }

    fn burst(&mut self, author: DeviceId) -> Result<Option<Burst>, SyncError> {
        self.one(sqlite_rows::BURST, [author.0], sqlite_rows::burst_of)
    }

    fn set_burst(&mut self, author: DeviceId, burst: Burst) -> Result<(), SyncError> {
        self.write(
            "INSERT OR REPLACE INTO delete_burst (author, deleted, living, allowed, last_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![author.0, number(burst.deleted), number(burst.living), burst.allowed, number(burst.last_ms)],
        )
    }

    fn brake(
        &mut self,
        id: EnvelopeId,
        author: DeviceId,
        at_ms: u64,
        deletes: bool,
    ) -> Result<(), SyncError> {
        let sql = "INSERT INTO braked (env_id, author, at_ms, deletes) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.write(sql, params![id.0, author.0, number(at_ms), deletes])
    }

    fn braked(&mut self) -> Result<Vec<Braked>, SyncError> {
        self.all(sqlite_rows::BRAKED, [], sqlite_rows::braked_of)
    }

    fn unbrake(&mut self, author: DeviceId) -> Result<(), SyncError> {
        self.write("DELETE FROM braked WHERE author = ?1", [author.0])
    }
}
