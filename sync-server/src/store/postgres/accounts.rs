//! Accounts and invitations in Postgres; forwards devices and refresh tokens to their file.

use async_trait::async_trait;
use groundplan_shared::wire::{AccountId, DeviceId, Hash};
use sqlx::{PgConnection, postgres::PgRow};

use super::{PostgresStore, account_id, devices, failure, get, is_unique_violation};
use crate::store::{
    Account, AccountRole, AccountStatus, AccountStore, Conflict, Device, Entity, Invitation, LiveSession,
    RefreshFamily, Rotate, Rotation, StoreError, StoreResult, UnixMs,
};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn register_account(&self, account: Account, token: Option<Hash>) -> StoreResult<AccountRole> {
        let mut transaction = self.begin().await?;
        let role = match token {
            // The lock makes a second registration with the same token wait, and then find it spent.
            Some(token) => match invitation(&mut transaction, token, account.created_at, true).await {
                Ok(invitation) => invitation.role,
                Err(StoreError::NotFound(_)) => return Err(StoreError::Conflict(Conflict::InvitationSpent)),
                Err(error) => return Err(error),
            },
            None => account.role,
        };
        let sql = "INSERT INTO accounts (account_id, name, opaque_record, role, status, created_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)";
        let inserted = sqlx::query(sql)
            .bind(account.id.0)
            .bind(&account.name)
            .bind(&account.opaque_record)
            .bind(role.word())
            .bind(account.status.word())
            .bind(account.created_at)
            .execute(&mut *transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(error) if is_unique_violation(&error) => {
                return Err(StoreError::Conflict(Conflict::NameTaken));
            }
            Err(error) => return Err(failure(error)),
        }
        if let Some(token) = token {
            sqlx::query("UPDATE invitations SET used_by = $2, used_at_ms = $3 WHERE token_hash = $1")
                .bind(token.0)
                .bind(account.id.0)
                .bind(account.created_at)
                .execute(&mut *transaction)
                .await
                .map_err(failure)?;
        }
        transaction.commit().await.map_err(failure)?;
        Ok(role)
    }

    async fn account_by_name(&self, name: &str) -> StoreResult<Account> {
        let sql = "SELECT account_id, name, opaque_record, role, status, created_at_ms FROM accounts WHERE name = $1";
        found(sqlx::query(sql).bind(name).fetch_optional(&self.pool).await.map_err(failure)?)
    }

    async fn account(&self, id: AccountId) -> StoreResult<Account> {
        let sql = "SELECT account_id, name, opaque_record, role, status, created_at_ms FROM accounts WHERE account_id = $1";
        found(sqlx::query(sql).bind(id.0).fetch_optional(&self.pool).await.map_err(failure)?)
    }

    async fn set_account_status(&self, id: AccountId, status: AccountStatus, now: UnixMs) -> StoreResult<()> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query("UPDATE accounts SET status = $2 WHERE account_id = $1")
            .bind(id.0)
            .bind(status.word())
            .execute(&mut *transaction)
            .await
            .map_err(failure)?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::NotFound(Entity::Account));
        }
        if status == AccountStatus::Disabled {
            devices::end_sessions(&mut transaction, id, None, now).await?;
        }
        transaction.commit().await.map_err(failure)
    }

    async fn create_invitation(&self, invitation: Invitation) -> StoreResult<()> {
        let sql = "INSERT INTO invitations (token_hash, role, created_by, created_at_ms, expires_at_ms) \
             VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(invitation.token_hash.0)
            .bind(invitation.role.word())
            .bind(invitation.created_by.map(|id| id.0))
            .bind(invitation.created_at)
            .bind(invitation.expires_at)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failure)
    }

    async fn open_invitation(&self, token_hash: Hash, now: UnixMs) -> StoreResult<Invitation> {
        let mut connection = self.pool.acquire().await.map_err(failure)?;
        invitation(&mut connection, token_hash, now, false).await
    }

    async fn register_device(&self, device: Device) -> StoreResult<()> {
        devices::register(self, &device).await
    }

    async fn device(&self, id: DeviceId) -> StoreResult<Device> {
        devices::find(&self.pool, id).await
    }

    async fn devices_of(&self, account: AccountId) -> StoreResult<Vec<Device>> {
        devices::of_account(&self.pool, account).await
    }

    async fn revoke_device(&self, account: AccountId, device: DeviceId, now: UnixMs) -> StoreResult<()> {
        devices::revoke(self, account, device, now).await
    }

    async fn create_refresh_family(&self, family: RefreshFamily) -> StoreResult<()> {
        devices::create_family(self, &family).await
    }

    async fn rotate_refresh(&self, device: DeviceId, rotate: Rotate) -> StoreResult<Rotation> {
        devices::rotate(self, device, &rotate).await
    }

    async fn end_sessions(
        &self,
        account: AccountId,
        device: Option<DeviceId>,
        now: UnixMs,
    ) -> StoreResult<()> {
        let mut connection = self.pool.acquire().await.map_err(failure)?;
        devices::end_sessions(&mut connection, account, device, now).await
    }

    async fn session(
        &self,
        account: AccountId,
        device: DeviceId,
        now: UnixMs,
    ) -> StoreResult<Option<LiveSession>> {
        devices::session(&self.pool, account, device, now).await
    }
}

async fn invitation(
    connection: &mut PgConnection,
    token_hash: Hash,
    now: UnixMs,
    lock: bool,
) -> StoreResult<Invitation> {
    let sql = if lock {
        "SELECT role, created_by, created_at_ms, expires_at_ms FROM invitations \
         WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 FOR UPDATE"
    } else {
        "SELECT role, created_by, created_at_ms, expires_at_ms FROM invitations \
         WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2"
    };
    let row = sqlx::query(sql)
        .bind(token_hash.0)
        .bind(now)
        .fetch_optional(connection)
        .await
        .map_err(failure)?
        .ok_or(StoreError::NotFound(Entity::Invitation))?;
    Ok(Invitation {
        token_hash,
        role: AccountRole::from_word(get(&row, 0)?).ok_or(StoreError::corrupt("invitations.role"))?,
        created_by: get::<Option<[u8; 16]>>(&row, 1)?.map(AccountId),
        created_at: get(&row, 2)?,
        expires_at: get(&row, 3)?,
    })
}

fn found(row: Option<PgRow>) -> StoreResult<Account> {
    let row = row.ok_or(StoreError::NotFound(Entity::Account))?;
    Ok(Account {
        id: account_id(&row, 0)?,
        name: get(&row, 1)?,
        opaque_record: get(&row, 2)?,
        role: AccountRole::from_word(get(&row, 3)?).ok_or(StoreError::corrupt("accounts.role"))?,
        status: AccountStatus::from_word(get(&row, 4)?).ok_or(StoreError::corrupt("accounts.status"))?,
        created_at: get(&row, 5)?,
    })
}
