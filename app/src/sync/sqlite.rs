//! The store over a workspace's database.
//!
//! Not here: documents and their projections, which [`Database`] brings, and the tables (`schema`).

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::Secret;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::membership::CutItem;
use groundplan_shared::wire::{DeviceId, DocumentId, EnvelopeId, Hash, InviteId, StreamId};
use rusqlite::{OptionalExtension as _, Row, params};

use zeroize::Zeroizing;

use super::database::Database;
use super::sqlite_rows::{corrupt, envelope_of, id, number, record_of};
use super::store::{
    ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, READ_BACK,
    SyncRecord, SyncTx, Unappliable,
};
use super::{SyncError, sqlite_rows};

/// One transaction.
pub struct SqliteTx<'t>(pub &'t mut dyn Database);

impl SqliteTx<'_> {
    pub(super) fn one<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, SyncError> {
        let mut statement = self.0.sql().prepare_cached(sql).map_err(SyncError::read)?;
        statement.query_row(values, read).optional().map_err(SyncError::read)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, SyncError> {
        let mut statement = self.0.sql().prepare_cached(sql).map_err(SyncError::read)?;
        let rows = statement.query_map(values, read).map_err(SyncError::read)?;
        rows.collect::<rusqlite::Result<Vec<T>>>().map_err(SyncError::read)
    }

    pub(super) fn write(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), SyncError> {
        let mut statement = self.0.sql().prepare_cached(sql).map_err(SyncError::write)?;
        statement.execute(values).map(drop).map_err(SyncError::write)
    }

    pub(super) fn count(&self, sql: &str, values: impl rusqlite::Params) -> Result<u64, SyncError> {
        Ok(self.one(sql, values, |row| row.get::<_, i64>(0))?.map_or(0, |n| u64::try_from(n).unwrap_or(0)))
    }
}

impl SyncTx for SqliteTx<'_> {
    fn record(&mut self) -> Result<SyncRecord, SyncError> {
        self.one(sqlite_rows::RECORD, [], record_of)?.ok_or(corrupt("sync_state"))
    }

    fn set_record(&mut self, record: &SyncRecord) -> Result<(), SyncError> {
        self.write(
            "UPDATE sync_state SET server_url = ?1, server_id = ?2, incarnation = ?3, uploaded = ?4, feed_cursor = ?5,
             synced_ms = ?6, heard_device = ?7, heard_ms = ?8, alarm = ?9, found = ?10, approved = ?11, resend = ?12, contact_ms = ?13
             WHERE one = 1",
            params![
                record.server_url,
                record.server_id.map(|id| id.0),
                record.incarnation.map(|id| id.0),
                record.uploaded,
                number(record.feed_cursor),
                number(record.synced_ms),
                record.heard_device.map(|id| id.0),
                number(record.heard_ms),
                record.alarm.map(super::Alarm::word),
                record.found.map(|id| id.0),
                record.approved.map(|id| id.0),
                record.resend,
                number(record.contact_ms),
            ],
        )
    }

    fn log_from(&mut self, index: u64) -> Result<Vec<Vec<u8>>, SyncError> {
        self.all(
            "SELECT entry FROM membership_log WHERE log_index >= ?1 ORDER BY log_index",
            [number(index)],
            |row| row.get(0),
        )
    }

    fn log_hash(&mut self, index: u64) -> Result<Option<Hash>, SyncError> {
        self.one("SELECT hash FROM membership_log WHERE log_index = ?1", [number(index)], |row| {
            Ok(Hash(id(row, 0)?))
        })
    }

    fn log_append(&mut self, index: u64, hash: Hash, entry: &[u8]) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO membership_log (log_index, hash, entry) VALUES (?1, ?2, ?3)",
            params![number(index), hash.0, entry],
        )
    }

    fn key(&mut self, compartment: Compartment, epoch: u32) -> Result<Option<CompartmentKey>, SyncError> {
        self.one(
            "SELECT secret FROM compartment_key WHERE compartment = ?1 AND epoch = ?2",
            params![compartment.number(), epoch],
            |row| Ok(CompartmentKey::from_secret(Secret::new(id(row, 0)?))),
        )
    }

    fn put_key(
        &mut self,
        compartment: Compartment,
        epoch: u32,
        key: &CompartmentKey,
    ) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO compartment_key (compartment, epoch, secret) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![compartment.number(), epoch, key.secret().expose()],
        )
    }

    fn purge(&mut self, compartment: Compartment) -> Result<(), SyncError> {
        self.0.purge(compartment)
    }

    fn own_stream(&mut self, compartment: Compartment) -> Result<Option<StreamId>, SyncError> {
        let bytes: Option<Vec<u8>> = self.one(
            "SELECT stream FROM own_stream WHERE compartment = ?1",
            [compartment.number()],
            |row| row.get(0),
        )?;
        bytes.map(|bytes| StreamId::from_slice(&bytes).ok_or(corrupt("own_stream"))).transpose()
    }

    fn set_own_stream(&mut self, compartment: Compartment, stream: StreamId) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO own_stream (compartment, stream) VALUES (?1, ?2)
             ON CONFLICT (compartment) DO UPDATE SET stream = excluded.stream",
            params![compartment.number(), stream.as_slice()],
        )
    }

    fn chain(&mut self, author: DeviceId, stream: StreamId) -> Result<Option<ChainHead>, SyncError> {
        self.one(
            "SELECT dev_seq, env_id FROM author_chain WHERE author = ?1 AND stream = ?2",
            params![author.0, stream.as_slice()],
            |row| Ok(ChainHead { dev_seq: sqlite_rows::count(row, 0)?, env_id: EnvelopeId(id(row, 1)?) }),
        )
    }

    fn set_chain(&mut self, author: DeviceId, stream: StreamId, head: ChainHead) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO author_chain (author, stream, dev_seq, env_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (author, stream) DO UPDATE SET dev_seq = excluded.dev_seq, env_id = excluded.env_id",
            params![author.0, stream.as_slice(), number(head.dev_seq), head.env_id.0],
        )
    }

    fn head(&mut self, document: DocumentId) -> Result<DocumentHead, SyncError> {
        let head = self.one(
            "SELECT doc_seq, link, log_index, compartment FROM document_head WHERE document = ?1",
            [document.0],
            sqlite_rows::head_of,
        )?;
        Ok(head.unwrap_or(DocumentHead::START))
    }

    fn set_head(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO document_head (document, doc_seq, link, log_index, compartment) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (document) DO UPDATE SET doc_seq = excluded.doc_seq, link = excluded.link,
             log_index = excluded.log_index, compartment = excluded.compartment",
            params![
                document.0,
                number(head.doc_seq),
                head.link.0,
                number(head.log_index),
                head.compartment.map(Compartment::number),
            ],
        )
    }

    fn put_turn(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO document_turn (document, log_index, doc_seq, link) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (document, log_index) DO UPDATE SET doc_seq = excluded.doc_seq, link = excluded.link",
            params![document.0, number(head.log_index), number(head.doc_seq), head.link.0],
        )
    }

    fn stood(&mut self, compartment: Compartment, before: u64) -> Result<Vec<CutItem>, SyncError> {
        self.all(sqlite_rows::STOOD, params![compartment.number(), number(before)], |row| {
            Ok(CutItem {
                document: DocumentId(id(row, 0)?),
                doc_seq: sqlite_rows::count(row, 1)?,
                link: Hash(id(row, 2)?),
            })
        })
    }

    fn cut(&mut self, compartment: Compartment) -> Result<u64, SyncError> {
        self.count("SELECT log_index FROM verified_cut WHERE compartment = ?1", [compartment.number()])
    }

    fn set_cut(&mut self, compartment: Compartment, log_index: u64) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO verified_cut (compartment, log_index) VALUES (?1, ?2)
             ON CONFLICT (compartment) DO UPDATE SET log_index = excluded.log_index",
            params![compartment.number(), number(log_index)],
        )
    }

    fn envelope(&mut self, id: EnvelopeId) -> Result<Option<EnvelopeRow>, SyncError> {
        self.one(&sqlite_rows::envelopes("WHERE env_id = ?1"), [id.0], envelope_of)
    }

    fn link_at(
        &mut self,
        document: DocumentId,
        doc_seq: u64,
    ) -> Result<Option<(EnvelopeId, Place)>, SyncError> {
        let row = self.one(&sqlite_rows::at_place(), params![document.0, number(doc_seq)], envelope_of)?;
        Ok(row.and_then(|row| Some((row.env_id, row.place?))))
    }

    fn document_known(&mut self, document: DocumentId) -> Result<bool, SyncError> {
        Ok(self.count("SELECT EXISTS (SELECT 1 FROM envelope WHERE document = ?1)", [document.0])? > 0)
    }

    fn put_envelope(&mut self, row: &EnvelopeRow) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO envelope (env_id, document, compartment, author, stream, dev_seq, previous, state, push,
             ws_seq, doc_seq, link, log_index, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (env_id) DO UPDATE SET state = excluded.state, push = excluded.push,
             ws_seq = excluded.ws_seq, doc_seq = excluded.doc_seq, link = excluded.link,
             log_index = excluded.log_index",
            params![
                row.env_id.0,
                row.document.0,
                row.compartment.number(),
                row.author.0,
                row.stream.as_slice(),
                number(row.dev_seq),
                row.previous.0,
                row.state.word(),
                row.push.map(number),
                row.place.map(|place| number(place.ws_seq)),
                row.place.map(|place| number(place.doc_seq)),
                row.place.map(|place| place.link.0),
                row.place.map(|place| number(place.log_index)),
                row.bytes,
            ],
        )
    }

    fn remove_envelope(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.write("DELETE FROM envelope WHERE env_id = ?1", [id.0])
    }

    fn envelopes_in(&mut self, state: EnvelopeState, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError> {
        self.all(&sqlite_rows::in_state(state), [i64::try_from(limit).unwrap_or(i64::MAX)], envelope_of)
    }

    fn read_back(&mut self, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError> {
        self.all(
            &sqlite_rows::stored_of_push(),
            [number(READ_BACK), i64::try_from(limit).unwrap_or(i64::MAX)],
            envelope_of,
        )
    }

    fn count_in(&mut self, state: EnvelopeState) -> Result<u64, SyncError> {
        self.count(&sqlite_rows::count_in(state), [])
    }

    fn quarantine(&mut self, row: &QuarantineRow) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO quarantine (env_id, document, ws_seq, doc_seq, reason, at_ms, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            params![
                row.env_id.0,
                row.document.0,
                number(row.ws_seq),
                number(row.doc_seq),
                row.reason,
                number(row.at_ms),
                row.bytes,
            ],
        )
    }

    fn quarantined(&mut self) -> Result<u64, SyncError> {
        self.count("SELECT count(*) FROM quarantine", [])
    }

    fn quarantine_list(&mut self, limit: usize) -> Result<Vec<QuarantineRow>, SyncError> {
        self.all(
            "SELECT env_id, document, ws_seq, doc_seq, reason, at_ms, bytes FROM quarantine
             ORDER BY at_ms DESC, ws_seq DESC LIMIT ?1",
            [i64::try_from(limit).unwrap_or(i64::MAX)],
            sqlite_rows::quarantine_of,
        )
    }

    fn refuse_document(&mut self, document: DocumentId, code: &str, message: &str) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO refused_document (document, code, message) VALUES (?1, ?2, ?3)
             ON CONFLICT (document) DO UPDATE SET code = excluded.code, message = excluded.message",
            params![document.0, code, message],
        )
    }

    fn refused(&mut self) -> Result<Option<(String, u64)>, SyncError> {
        self.one(
            "SELECT message, (SELECT count(*) FROM refused_document) FROM refused_document ORDER BY document LIMIT 1",
            [],
            |row| Ok((row.get(0)?, sqlite_rows::count(row, 1)?)),
        )
    }

    fn clear_refused(&mut self) -> Result<(), SyncError> {
        self.write("DELETE FROM refused_document", [])
    }

    fn outbox_unsealed(&mut self, rows: usize, bytes: usize) -> Result<Vec<OutboxRow>, SyncError> {
        self.0.settle()?;
        let mut statement = self
            .0
            .sql()
            .prepare_cached(
                "SELECT id, batch, document, compartment, change FROM outbox
                 WHERE sealed_id IS NULL AND document NOT IN (SELECT document FROM refused_document)
                 ORDER BY id LIMIT ?1",
            )
            .map_err(SyncError::read)?;
        // One row more than asked tells whether the last batch is whole.
        let limit = i64::try_from(rows.saturating_add(1)).unwrap_or(i64::MAX);
        let found = statement.query_map([limit], sqlite_rows::outbox_of).map_err(SyncError::read)?;
        sqlite_rows::whole_batches(found.map(|row| row.map_err(SyncError::read)), rows, bytes)
    }

    fn outbox_put(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        change: &[u8],
    ) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO outbox (batch, document, kind, compartment, change, created_ms)
             SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) + 1, id, kind, ?2, ?3, changed_ms
             FROM document WHERE id = ?1",
            params![document.0, compartment.number(), change],
        )
    }

    fn outbox_seal(&mut self, rows: &[u64], id: EnvelopeId) -> Result<(), SyncError> {
        rows.iter().try_for_each(|row| {
            self.write("UPDATE outbox SET sealed_id = ?2 WHERE id = ?1", params![number(*row), id.0])
        })
    }

    fn outbox_unseal(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.write("UPDATE outbox SET sealed_id = NULL WHERE sealed_id = ?1", [id.0])
    }

    fn outbox_done(&mut self, id: EnvelopeId) -> Result<(), SyncError> {
        self.write("DELETE FROM outbox WHERE sealed_id = ?1", [id.0])
    }

    fn outbox_count(&mut self) -> Result<u64, SyncError> {
        self.count("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM typed)", [])
    }

    fn invite_secret(&mut self, invite: InviteId) -> Result<Option<InviteSecret>, SyncError> {
        let bytes: Option<Zeroizing<Vec<u8>>> =
            self.one("SELECT secret FROM invite_secret WHERE invite = ?1", [invite.0], |row| {
                row.get(0).map(Zeroizing::new)
            })?;
        bytes.map(|bytes| InviteSecret::from_secret_bytes(&bytes).ok_or(corrupt("invite_secret"))).transpose()
    }

    fn put_invite_secret(
        &mut self,
        invite: InviteId,
        secret: &InviteSecret,
        expires_ms: u64,
    ) -> Result<(), SyncError> {
        self.write(
            "INSERT INTO invite_secret (invite, secret, expires_ms) VALUES (?1, ?2, ?3)",
            params![invite.0, secret.to_secret_bytes().as_slice(), number(expires_ms)],
        )
    }

    fn remove_invite_secret(&mut self, invite: InviteId) -> Result<(), SyncError> {
        self.write("DELETE FROM invite_secret WHERE invite = ?1", [invite.0])
    }

    fn actor(&mut self, change: &[u8]) -> Option<Vec<u8>> {
        self.0.actor(change)
    }

    fn change_hash(&mut self, change: &[u8]) -> Option<Hash> {
        self.0.change_hash(change)
    }

    fn save(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, SyncError> {
        self.0.save(document)
    }

    fn saved_changes(&mut self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>> {
        self.0.saved_changes(save)
    }

    fn talks(
        &mut self,
        document: DocumentId,
        changes: &[Vec<u8>],
        own: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, SyncError> {
        self.0.talks(document, changes, own)
    }

    fn apply(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError> {
        self.0.apply_remote(document, compartment, changes)
    }
}
