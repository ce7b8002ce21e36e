//! Mailboxes in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{SqliteStore, all, one, run};
use crate::store::{
    Conflict, Entity, MailboxFrom, MailboxPut, MailboxStore, StoreError, StoreResult, UnixMs,
};

#[async_trait]
impl MailboxStore for SqliteStore {
    async fn put_message(&self, put: MailboxPut) -> StoreResult<UnixMs> {
        self.engine.write(move |db| put_one(db, &put)).await
    }

    async fn messages(&self, from: MailboxFrom, now: UnixMs) -> StoreResult<(Vec<(u32, Vec<u8>)>, UnixMs)> {
        let sql = "SELECT sequence, message FROM mailbox_messages \
             WHERE mailbox_id = ?1 AND side = ?2 AND sequence >= ?3 ORDER BY sequence";
        self.engine
            .read(move |db| {
                let end = expiry(db, &from, now)?.ok_or(StoreError::NotFound(Entity::Mailbox))?;
                let values = params![from.mailbox.0, from.side, from.sequence];
                Ok((all(db, sql, values, |row| Ok((row.get(0)?, row.get(1)?)))?, end))
            })
            .await
    }

    async fn sweep_mailboxes(&self, now: UnixMs) -> StoreResult<u64> {
        let sql = "DELETE FROM mailboxes WHERE expires_at_ms <= ?1";
        self.engine.write(move |db| run(db, sql, params![now]).map(|count| count as u64)).await
    }
}

fn expiry(db: &Connection, at: &MailboxFrom, now: UnixMs) -> StoreResult<Option<UnixMs>> {
    let sql = "SELECT expires_at_ms FROM mailboxes WHERE mailbox_id = ?1 AND expires_at_ms > ?2";
    one(db, sql, params![at.mailbox.0, now], |row| row.get(0))
}

fn put_one(db: &Connection, put: &MailboxPut) -> StoreResult<UnixMs> {
    let at = &put.at;
    let end = match expiry(db, at, put.now)? {
        Some(end) => end,
        None => {
            run(db, "DELETE FROM mailboxes WHERE expires_at_ms <= ?1", params![put.now])?;
            let living: u64 =
                one(db, "SELECT count(*) FROM mailboxes", [], |row| row.get(0))?.unwrap_or_default();
            if living >= put.limit_mailboxes {
                return Err(StoreError::Conflict(Conflict::TooMany { limit: put.limit_mailboxes }));
            }
            let sql = "INSERT INTO mailboxes (mailbox_id, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3)";
            run(db, sql, params![at.mailbox.0, put.now, put.expires_at])?;
            put.expires_at
        }
    };
    let sql =
        "SELECT message = ?4 FROM mailbox_messages WHERE mailbox_id = ?1 AND side = ?2 AND sequence = ?3";
    match one(db, sql, params![at.mailbox.0, at.side, at.sequence, put.message], |row| row.get(0))? {
        Some(true) => return Ok(end),
        Some(false) => return Err(StoreError::Conflict(Conflict::MessageDiffers)),
        None => {}
    }
    let sql = "SELECT count(*) FROM mailbox_messages WHERE mailbox_id = ?1";
    let count: u64 = one(db, sql, params![at.mailbox.0], |row| row.get(0))?.unwrap_or_default();
    if count >= put.limit_messages {
        return Err(StoreError::Conflict(Conflict::MailboxFull));
    }
    let sql = "INSERT INTO mailbox_messages (mailbox_id, side, sequence, message) VALUES (?1, ?2, ?3, ?4)";
    run(db, sql, params![at.mailbox.0, at.side, at.sequence, put.message])?;
    Ok(end)
}
