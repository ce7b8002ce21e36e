//! Second factors in Postgres.

use async_trait::async_trait;
use groundplan_shared::wire::AccountId;

use super::{PostgresStore, failure, get};
use crate::store::{SecondFactor, SecondFactorStore, StoreResult, UnixMs, UsedStep};

#[async_trait]
impl SecondFactorStore for PostgresStore {
    async fn begin_second_factor(
        &self,
        account: AccountId,
        secret_sealed: Vec<u8>,
        now: UnixMs,
    ) -> StoreResult<bool> {
        let sql = "INSERT INTO second_factors (account_id, secret_sealed, created_at_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, last_step = 0, \
             created_at_ms = excluded.created_at_ms WHERE second_factors.confirmed_at_ms IS NULL";
        let stored = sqlx::query(sql).bind(account.0).bind(secret_sealed).bind(now).execute(&self.pool).await;
        stored.map(|done| done.rows_affected() > 0).map_err(failure)
    }

    async fn second_factor(&self, account: AccountId) -> StoreResult<Option<SecondFactor>> {
        let sql = "SELECT secret_sealed, last_step, confirmed_at_ms IS NOT NULL FROM second_factors \
             WHERE account_id = $1";
        let row = sqlx::query(sql).bind(account.0).fetch_optional(&self.pool).await.map_err(failure)?;
        row.map(|row| {
            Ok(SecondFactor {
                secret_sealed: get(&row, 0)?,
                last_step: get::<i64>(&row, 1)?.unsigned_abs(),
                confirmed: get(&row, 2)?,
            })
        })
        .transpose()
    }

    async fn use_second_factor(&self, used: UsedStep) -> StoreResult<bool> {
        let mut transaction = self.begin().await?;
        let sql = "UPDATE second_factors SET last_step = $2, \
             confirmed_at_ms = coalesce(confirmed_at_ms, $3) WHERE account_id = $1 AND last_step < $2";
        let updated = sqlx::query(sql).bind(used.account.0).bind(used.step as i64).bind(used.now);
        let fresh = updated.execute(&mut *transaction).await.map_err(failure)?.rows_affected() > 0;
        if let Some(device) = used.device.filter(|_| fresh) {
            let sql = "UPDATE refresh_families SET second_factor = 1 \
                 WHERE account_id = $1 AND device_id = $2 AND revoked_at_ms IS NULL";
            let proven = sqlx::query(sql).bind(used.account.0).bind(device.0);
            proven.execute(&mut *transaction).await.map_err(failure)?;
        }
        transaction.commit().await.map_err(failure)?;
        Ok(fresh)
    }

    async fn remove_second_factor(&self, account: AccountId) -> StoreResult<()> {
        let mut transaction = self.begin().await?;
        for sql in [
            "DELETE FROM second_factors WHERE account_id = $1",
            "UPDATE refresh_families SET second_factor = 0 WHERE account_id = $1",
        ] {
            sqlx::query(sql).bind(account.0).execute(&mut *transaction).await.map_err(failure)?;
        }
        transaction.commit().await.map_err(failure)
    }
}
