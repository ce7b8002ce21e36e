//! Accounts and invitations in SQLite; forwards devices and refresh tokens to their file.

use async_trait::async_trait;
use groundplan_shared::wire::{AccountId, DeviceId, Hash};
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, devices, insert, one, run};
use crate::store::{
    Account, AccountRole, AccountStatus, AccountStore, Conflict, Device, Entity, Invitation, LiveSession,
    RefreshFamily, Rotate, Rotation, StoreError, StoreResult, UnixMs,
};

#[async_trait]
impl AccountStore for SqliteStore {
    async fn register_account(&self, account: Account, invitation: Option<Hash>) -> StoreResult<AccountRole> {
        self.engine.write(move |db| register(db, &account, invitation)).await
    }

    async fn account_by_name(&self, name: &str) -> StoreResult<Account> {
        let name = name.to_owned();
        self.engine
            .read(move |db| {
                let sql = "SELECT account_id, name, opaque_record, role, status, created_at_ms FROM accounts \
                     WHERE name = ?1";
                found_account(one(db, sql, params![name], account_row)?)
            })
            .await
    }

    async fn account(&self, id: AccountId) -> StoreResult<Account> {
        self.engine
            .read(move |db| {
                let sql = "SELECT account_id, name, opaque_record, role, status, created_at_ms FROM accounts \
                     WHERE account_id = ?1";
                found_account(one(db, sql, params![id.0], account_row)?)
            })
            .await
    }

    async fn set_account_status(&self, id: AccountId, status: AccountStatus, now: UnixMs) -> StoreResult<()> {
        self.engine
            .write(move |db| {
                let sql = "UPDATE accounts SET status = ?2 WHERE account_id = ?1";
                if run(db, sql, params![id.0, status.word()])? == 0 {
                    return Err(StoreError::NotFound(Entity::Account));
                }
                match status {
                    AccountStatus::Disabled => devices::end_sessions(db, id, None, now),
                    AccountStatus::Active => Ok(()),
                }
            })
            .await
    }

    async fn create_invitation(&self, invitation: Invitation) -> StoreResult<()> {
        self.engine
            .write(move |db| {
                let sql = "INSERT INTO invitations \
                     (token_hash, role, created_by, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
                let by = invitation.created_by.map(|id| id.0);
                let values = params![
                    invitation.token_hash.0,
                    invitation.role.word(),
                    by,
                    invitation.created_at,
                    invitation.expires_at
                ];
                run(db, sql, values).map(drop)
            })
            .await
    }

    async fn open_invitation(&self, token_hash: Hash, now: UnixMs) -> StoreResult<Invitation> {
        self.engine.read(move |db| invitation(db, token_hash, now)).await
    }

    async fn register_device(&self, device: Device) -> StoreResult<()> {
        self.engine.write(move |db| devices::register(db, &device)).await
    }

    async fn device(&self, id: DeviceId) -> StoreResult<Device> {
        self.engine.read(move |db| devices::find(db, id)).await
    }

    async fn devices_of(&self, account: AccountId) -> StoreResult<Vec<Device>> {
        self.engine.read(move |db| devices::of_account(db, account)).await
    }

    async fn revoke_device(&self, account: AccountId, device: DeviceId, now: UnixMs) -> StoreResult<()> {
        self.engine.write(move |db| devices::revoke(db, account, device, now)).await
    }

    async fn create_refresh_family(&self, family: RefreshFamily) -> StoreResult<()> {
        self.engine.write(move |db| devices::create_family(db, &family)).await
    }

    async fn rotate_refresh(&self, device: DeviceId, rotate: Rotate) -> StoreResult<Rotation> {
        self.engine.write(move |db| devices::rotate(db, device, &rotate)).await
    }

    async fn end_sessions(
        &self,
        account: AccountId,
        device: Option<DeviceId>,
        now: UnixMs,
    ) -> StoreResult<()> {
        self.engine.write(move |db| devices::end_sessions(db, account, device, now)).await
    }

    async fn session(
        &self,
        account: AccountId,
        device: DeviceId,
        now: UnixMs,
    ) -> StoreResult<Option<LiveSession>> {
        self.engine.read(move |db| devices::session(db, account, device, now)).await
    }
}

fn register(db: &Connection, account: &Account, token: Option<Hash>) -> StoreResult<AccountRole> {
    let role = match token {
        Some(token) => match invitation(db, token, account.created_at) {
            Ok(invitation) => invitation.role,
            Err(StoreError::NotFound(_)) => return Err(StoreError::Conflict(Conflict::InvitationSpent)),
            Err(error) => return Err(error),
        },
        None => account.role,
    };
    let sql = "INSERT INTO accounts (account_id, name, opaque_record, role, status, created_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let id = account.id.0;
    let values = params![
        id,
        account.name,
        account.opaque_record,
        role.word(),
        account.status.word(),
        account.created_at
    ];
    if !insert(db, sql, values)? {
        return Err(StoreError::Conflict(Conflict::NameTaken));
    }
    if let Some(token) = token {
        let sql = "UPDATE invitations SET used_by = ?2, used_at_ms = ?3 WHERE token_hash = ?1";
        run(db, sql, params![token.0, id, account.created_at])?;
    }
    Ok(role)
}

fn invitation(db: &Connection, token_hash: Hash, now: UnixMs) -> StoreResult<Invitation> {
    let sql = "SELECT role, created_by, created_at_ms, expires_at_ms FROM invitations \
         WHERE token_hash = ?1 AND used_at_ms IS NULL AND expires_at_ms > ?2";
    let read = |row: &Row<'_>| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<[u8; 16]>>(1)?, row.get(2)?, row.get(3)?))
    };
    let (role, by, created_at, expires_at) =
        one(db, sql, params![token_hash.0, now], read)?.ok_or(StoreError::NotFound(Entity::Invitation))?;
    Ok(Invitation {
        token_hash,
        role: AccountRole::from_word(&role).ok_or(StoreError::corrupt("invitations.role"))?,
        created_by: by.map(AccountId),
        created_at,
        expires_at,
    })
}

type AccountRow = ([u8; 16], String, Vec<u8>, String, String, UnixMs);

fn account_row(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn found_account(row: Option<AccountRow>) -> StoreResult<Account> {
    let (id, name, opaque_record, role, status, created_at) =
        row.ok_or(StoreError::NotFound(Entity::Account))?;
    Ok(Account {
        id: AccountId(id),
        name,
        opaque_record,
        role: AccountRole::from_word(&role).ok_or(StoreError::corrupt("accounts.role"))?,
        status: AccountStatus::from_word(&status).ok_or(StoreError::corrupt("accounts.status"))?,
        created_at,
    })
}
