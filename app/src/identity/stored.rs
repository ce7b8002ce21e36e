//! What the profile's store knows of the account: where it is, who it is, and the tokens of this device.
//!
//! Not here: how they come about (`account`), and whose server it was (`pinned`).

use groundplan_shared::api::ApiError;
use groundplan_shared::wire::{AccountId, PublicKey, ServerId};
use rusqlite::OptionalExtension as _;

use crate::runtime::App;
use crate::store::StoreError;

/// What the profile knows of the account.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) server_url: String,
    pub(super) server_id: ServerId,
    pub(super) name: String,
    pub(super) account_id: AccountId,
    pub(super) access_token: Option<String>,
    pub(super) access_expires_ms: u64,
    pub(super) refresh_token: Option<String>,
}

pub(super) fn load(app: &App) -> Result<Option<Account>, ApiError> {
    let row = app.profile().transaction(|tx| {
        let row = tx.query_row(
            "SELECT server_url, server_id, name, account_id, access_token, access_expires_ms, refresh_token
             FROM account WHERE one = 1",
            [],
            |row| {
                Ok(Account {
                    server_url: row.get(0)?,
                    server_id: ServerId(row.get(1)?),
                    name: row.get(2)?,
                    account_id: AccountId(row.get(3)?),
                    access_token: row.get(4)?,
                    access_expires_ms: row.get::<_, i64>(5)?.unsigned_abs(),
                    refresh_token: row.get(6)?,
                })
            },
        );
        Ok::<_, StoreError>(row.optional()?)
    })?;
    Ok(row)
}

pub(super) fn save(app: &App, account: &Account, fingerprint: &PublicKey) -> Result<(), ApiError> {
    app.profile().transaction(|tx| {
        tx.execute(
            "INSERT OR REPLACE INTO account (one, server_url, server_id, server_fingerprint, name, account_id,
             access_token, access_expires_ms, refresh_token) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                &account.server_url,
                account.server_id.0,
                fingerprint.0,
                &account.name,
                account.account_id.0,
                &account.access_token,
                account.access_expires_ms as i64,
                &account.refresh_token,
            ),
        )?;
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

pub(super) fn save_tokens(
    app: &App,
    access: Option<&str>,
    expires_ms: u64,
    refresh: Option<&str>,
) -> Result<(), ApiError> {
    app.profile().transaction(|tx| {
        tx.execute(
            "UPDATE account SET access_token = ?1, access_expires_ms = ?2, refresh_token = ?3 WHERE one = 1",
            (access, expires_ms as i64, refresh),
        )?;
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

/// Forgets the access token, because the server no longer takes it; the next [`session`](super::account::session) renews it.
pub(crate) fn token_refused(app: &App) -> Result<(), ApiError> {
    app.profile().transaction(|tx| {
        tx.execute("UPDATE account SET access_token = NULL, access_expires_ms = 0 WHERE one = 1", [])?;
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}
