//! Mailboxes in Postgres.

use async_trait::async_trait;
use sqlx::{PgConnection, PgPool};

use super::{PostgresStore, failure, get, number};
use crate::store::{
    Conflict, Entity, MailboxFrom, MailboxPut, MailboxStore, StoreError, StoreResult, UnixMs,
};

/// Makes writers of mailboxes wait for each other, so that their bounds hold; the number has no meaning but to be ours.
const MAILBOX_LOCK: i64 = 0x6770_6d62;

#[async_trait]
impl MailboxStore for PostgresStore {
    async fn put_message(&self, put: MailboxPut) -> StoreResult<UnixMs> {
        let mut transaction = self.begin().await?;
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MAILBOX_LOCK);
        lock.execute(&mut *transaction).await.map_err(failure)?;
        let end = match expiry(&mut transaction, &put.at, put.now).await? {
            Some(end) => end,
            None => make(&mut transaction, &put).await?,
        };
        let (mailbox, side, sequence) =
            (put.at.mailbox.0, i64::from(put.at.side), i64::from(put.at.sequence));
        let sql =
            "SELECT message = $4 FROM mailbox_messages WHERE mailbox_id = $1 AND side = $2 AND sequence = $3";
        let query = sqlx::query(sql).bind(mailbox).bind(side).bind(sequence).bind(&put.message);
        let there = query.fetch_optional(&mut *transaction).await.map_err(failure)?;
        match there.map(|row| get(&row, 0)).transpose()? {
            Some(true) => return Ok(end),
            Some(false) => return Err(StoreError::Conflict(Conflict::MessageDiffers)),
            None => {}
        }
        let count = sqlx::query("SELECT count(*) FROM mailbox_messages WHERE mailbox_id = $1").bind(mailbox);
        if number(&count.fetch_one(&mut *transaction).await.map_err(failure)?, 0)? >= put.limit_messages {
            return Err(StoreError::Conflict(Conflict::MailboxFull));
        }
        let sql =
            "INSERT INTO mailbox_messages (mailbox_id, side, sequence, message) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(sql).bind(mailbox).bind(side).bind(sequence).bind(&put.message);
        query.execute(&mut *transaction).await.map_err(failure)?;
        transaction.commit().await.map_err(failure)?;
        Ok(end)
    }

    async fn messages(&self, from: MailboxFrom, now: UnixMs) -> StoreResult<(Vec<(u32, Vec<u8>)>, UnixMs)> {
        let mut connection = self.pool.acquire().await.map_err(failure)?;
        let end = expiry(&mut connection, &from, now).await?.ok_or(StoreError::NotFound(Entity::Mailbox))?;
        let sql = "SELECT sequence, message FROM mailbox_messages \
             WHERE mailbox_id = $1 AND side = $2 AND sequence >= $3 ORDER BY sequence";
        let query =
            sqlx::query(sql).bind(from.mailbox.0).bind(i64::from(from.side)).bind(i64::from(from.sequence));
        let rows = query.fetch_all(&mut *connection).await.map_err(failure)?;
        let corrupt = || StoreError::corrupt("mailbox_messages.sequence");
        let messages = rows
            .iter()
            .map(|row| Ok((u32::try_from(number(row, 0)?).map_err(|_| corrupt())?, get(row, 1)?)))
            .collect::<StoreResult<_>>()?;
        Ok((messages, end))
    }

    async fn sweep_mailboxes(&self, now: UnixMs) -> StoreResult<u64> {
        sweep(&self.pool, now).await
    }
}

async fn sweep(pool: &PgPool, now: UnixMs) -> StoreResult<u64> {
    let swept = sqlx::query("DELETE FROM mailboxes WHERE expires_at_ms <= $1").bind(now).execute(pool).await;
    swept.map(|done| done.rows_affected()).map_err(failure)
}

async fn expiry(connection: &mut PgConnection, at: &MailboxFrom, now: UnixMs) -> StoreResult<Option<UnixMs>> {
    let sql = "SELECT expires_at_ms FROM mailboxes WHERE mailbox_id = $1 AND expires_at_ms > $2";
    let row =
        sqlx::query(sql).bind(at.mailbox.0).bind(now).fetch_optional(connection).await.map_err(failure)?;
    row.map(|row| get(&row, 0)).transpose()
}

async fn make(connection: &mut PgConnection, put: &MailboxPut) -> StoreResult<UnixMs> {
    let expired = sqlx::query("DELETE FROM mailboxes WHERE expires_at_ms <= $1").bind(put.now);
    expired.execute(&mut *connection).await.map_err(failure)?;
    let living =
        sqlx::query("SELECT count(*) FROM mailboxes").fetch_one(&mut *connection).await.map_err(failure)?;
    if number(&living, 0)? >= put.limit_mailboxes {
        return Err(StoreError::Conflict(Conflict::TooMany { limit: put.limit_mailboxes }));
    }
    let sql = "INSERT INTO mailboxes (mailbox_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3)";
    let query = sqlx::query(sql).bind(put.at.mailbox.0).bind(put.now).bind(put.expires_at);
    query.execute(connection).await.map_err(failure)?;
    Ok(put.expires_at)
}
