//! Second factors in SQLite.

use async_trait::async_trait;
use groundplan_shared::wire::AccountId;
use rusqlite::params;

use super::{SqliteStore, one, run};
use crate::store::{SecondFactor, SecondFactorStore, StoreResult, UnixMs, UsedStep};

#[async_trait]
impl SecondFactorStore for SqliteStore {
    async fn begin_second_factor(
        &self,
        account: AccountId,
        secret_sealed: Vec<u8>,
        now: UnixMs,
    ) -> StoreResult<bool> {
        self.engine
            .write(move |db| {
                let sql = "INSERT INTO second_factors (account_id, secret_sealed, created_at_ms) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (account_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, last_step = 0, \
                     created_at_ms = excluded.created_at_ms WHERE confirmed_at_ms IS NULL";
                Ok(run(db, sql, params![account.0, secret_sealed, now])? > 0)
            })
            .await
    }

    async fn second_factor(&self, account: AccountId) -> StoreResult<Option<SecondFactor>> {
        self.engine
            .read(move |db| {
                let sql = "SELECT secret_sealed, last_step, confirmed_at_ms IS NOT NULL FROM second_factors \
                     WHERE account_id = ?1";
                one(db, sql, params![account.0], |row| {
                    Ok(SecondFactor {
                        secret_sealed: row.get(0)?,
                        last_step: row.get::<_, i64>(1)?.unsigned_abs(),
                        confirmed: row.get(2)?,
                    })
                })
            })
            .await
    }

    async fn use_second_factor(&self, used: UsedStep) -> StoreResult<bool> {
        self.engine
            .write(move |db| {
                let sql = "UPDATE second_factors SET last_step = ?2, \
                     confirmed_at_ms = coalesce(confirmed_at_ms, ?3) WHERE account_id = ?1 AND last_step < ?2";
                let fresh = run(db, sql, params![used.account.0, used.step as i64, used.now])? > 0;
                if let Some(device) = used.device.filter(|_| fresh) {
                    let sql = "UPDATE refresh_families SET second_factor = 1 \
                         WHERE account_id = ?1 AND device_id = ?2 AND revoked_at_ms IS NULL";
                    run(db, sql, params![used.account.0, device.0])?;
                }
                Ok(fresh)
            })
            .await
    }

    async fn remove_second_factor(&self, account: AccountId) -> StoreResult<()> {
        self.engine
            .write(move |db| {
                run(db, "DELETE FROM second_factors WHERE account_id = ?1", params![account.0])?;
                let sql = "UPDATE refresh_families SET second_factor = 0 WHERE account_id = ?1";
                run(db, sql, params![account.0]).map(drop)
            })
            .await
    }
}
