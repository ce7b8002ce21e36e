//! Devices and refresh tokens in Postgres.

use groundplan_shared::wire::{AccountId, DeviceId, Hash};
use sqlx::{PgConnection, PgPool, postgres::PgRow};

use super::{PostgresStore, account_id, device_id, failure, get, hash, is_unique_violation, public_key};
use crate::store::{
    Conflict, Device, Entity, FamilyId, LiveSession, REMEMBERED_MS, RefreshFamily, RefreshOwner, Rotate,
    Rotation, StoreError, StoreResult, UnixMs,
};

const DEVICE: &str = "SELECT device_id, account_id, signing_key, sealing_key, created_at_ms, \
     coalesce((SELECT max(f.rotated_at_ms) FROM refresh_families f WHERE f.device_id = devices.device_id), \
     created_at_ms), revoked_at_ms FROM devices WHERE device_id = $1";
const DEVICES: &str = "SELECT device_id, account_id, signing_key, sealing_key, created_at_ms, \
     coalesce((SELECT max(f.rotated_at_ms) FROM refresh_families f WHERE f.device_id = devices.device_id), \
     created_at_ms), revoked_at_ms FROM devices WHERE account_id = $1 ORDER BY created_at_ms, device_id";

pub(super) async fn register(store: &PostgresStore, device: &Device) -> StoreResult<()> {
    let sql = "INSERT INTO devices (device_id, account_id, signing_key, sealing_key, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5)";
    let inserted = sqlx::query(sql)
        .bind(device.id.0)
        .bind(device.account.0)
        .bind(device.signing_key.0)
        .bind(device.sealing_key.0)
        .bind(device.created_at)
        .execute(&store.pool)
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_unique_violation(&error) => match find(&store.pool, device.id).await {
            Ok(there) => there.admits(device),
            // The id is free, so the signing key is what is taken.
            Err(StoreError::NotFound(_)) => Err(StoreError::Conflict(Conflict::DeviceExists)),
            Err(error) => Err(error),
        },
        Err(error) => Err(failure(error)),
    }
}

pub(super) async fn find(pool: &PgPool, id: DeviceId) -> StoreResult<Device> {
    let row = sqlx::query(DEVICE).bind(id.0).fetch_optional(pool).await.map_err(failure)?;
    device(&row.ok_or(StoreError::NotFound(Entity::Device))?)
}

pub(super) async fn of_account(pool: &PgPool, account: AccountId) -> StoreResult<Vec<Device>> {
    let rows = sqlx::query(DEVICES).bind(account.0).fetch_all(pool).await.map_err(failure)?;
    rows.iter().map(device).collect()
}

pub(super) async fn revoke(
    store: &PostgresStore,
    account: AccountId,
    id: DeviceId,
    now: UnixMs,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let sql = "UPDATE devices SET revoked_at_ms = coalesce(revoked_at_ms, $3) WHERE device_id = $1 AND account_id = $2";
    let changed = sqlx::query(sql)
        .bind(id.0)
        .bind(account.0)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    if changed.rows_affected() == 0 {
        return Err(StoreError::NotFound(Entity::Device));
    }
    end_sessions(&mut transaction, account, Some(id), now).await?;
    transaction.commit().await.map_err(failure)
}

pub(super) async fn create_family(store: &PostgresStore, family: &RefreshFamily) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let sql = "INSERT INTO refresh_families \
         (family_id, account_id, device_id, current_hash, rotated_at_ms, created_at_ms, expires_at_ms, \
         second_factor) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)";
    sqlx::query(sql)
        .bind(family.id.0)
        .bind(family.account.0)
        .bind(family.device.0)
        .bind(family.current_hash.0)
        .bind(family.created_at)
        .bind(family.expires_at)
        .bind(i64::from(family.second_factor))
        .execute(&mut *transaction)
        .await
        .map_err(failure)?;
    remember(&mut transaction, family.id, family.current_hash, family.created_at).await?;
    transaction.commit().await.map_err(failure)
}

async fn remember(connection: &mut PgConnection, id: FamilyId, token: Hash, now: UnixMs) -> StoreResult<()> {
    let sql = "INSERT INTO refresh_tokens (token_hash, family_id, issued_at_ms) VALUES ($1, $2, $3)";
    let query = sqlx::query(sql).bind(token.0).bind(id.0).bind(now);
    query.execute(connection).await.map(drop).map_err(failure)
}

pub(super) async fn rotate(
    store: &PostgresStore,
    device: DeviceId,
    rotate: &Rotate,
) -> StoreResult<Rotation> {
    let mut transaction = store.begin().await?;
    let sql = "SELECT f.account_id, f.device_id, f.current_hash, f.previous_hash, f.successor_sealed, \
         f.rotated_at_ms, f.expires_at_ms, \
         f.revoked_at_ms IS NULL AND d.revoked_at_ms IS NULL AND a.status = 'active', f.family_id \
         FROM refresh_tokens t JOIN refresh_families f USING (family_id) JOIN devices d USING (device_id) JOIN accounts a ON a.account_id = f.account_id \
         WHERE t.token_hash = $1 AND f.device_id = $2 FOR UPDATE OF f";
    let row = sqlx::query(sql)
        .bind(rotate.presented.0)
        .bind(device.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failure)?
        .ok_or(StoreError::NotFound(Entity::RefreshFamily))?;
    let id = FamilyId(get(&row, 8)?);
    let owner = RefreshOwner { account: account_id(&row, 0)?, device: device_id(&row, 1)? };
    let previous = get::<Option<[u8; 32]>>(&row, 3)?.map(Hash).zip(get::<Option<Vec<u8>>>(&row, 4)?);
    let times = (get(&row, 5)?, get(&row, 6)?);
    let rotation = rotate.judge(owner, hash(&row, 2)?, previous, times, get(&row, 7)?);
    match &rotation {
        Rotation::Rotated(_) => {
            let sql = "UPDATE refresh_families SET previous_hash = current_hash, current_hash = $2, \
                 successor_sealed = $3, rotated_at_ms = $4 WHERE family_id = $1";
            let next =
                sqlx::query(sql).bind(id.0).bind(rotate.next.0).bind(&rotate.next_sealed).bind(rotate.now);
            next.execute(&mut *transaction).await.map_err(failure)?;
            let old = sqlx::query("DELETE FROM refresh_tokens WHERE family_id = $1 AND issued_at_ms < $2");
            let old = old.bind(id.0).bind(rotate.now - REMEMBERED_MS);
            old.execute(&mut *transaction).await.map_err(failure)?;
            remember(&mut transaction, id, rotate.next, rotate.now).await?;
        }
        Rotation::Reused(_) => {
            let sql = "UPDATE refresh_families SET revoked_at_ms = $2 WHERE family_id = $1";
            let revoked = sqlx::query(sql).bind(id.0).bind(rotate.now);
            revoked.execute(&mut *transaction).await.map_err(failure)?;
        }
        Rotation::Repeated(..) | Rotation::Ended => return Ok(rotation),
    }
    transaction.commit().await.map_err(failure)?;
    Ok(rotation)
}

pub(super) async fn end_sessions(
    connection: &mut PgConnection,
    account: AccountId,
    device: Option<DeviceId>,
    now: UnixMs,
) -> StoreResult<()> {
    let sql = "UPDATE refresh_families SET revoked_at_ms = $3 \
         WHERE account_id = $1 AND ($2::bytea IS NULL OR device_id = $2) AND revoked_at_ms IS NULL";
    sqlx::query(sql)
        .bind(account.0)
        .bind(device.map(|id| id.0))
        .bind(now)
        .execute(connection)
        .await
        .map(drop)
        .map_err(failure)
}

pub(super) async fn session(
    pool: &PgPool,
    account: AccountId,
    device: DeviceId,
    now: UnixMs,
) -> StoreResult<Option<LiveSession>> {
    let sql = "SELECT f.second_factor FROM refresh_families f JOIN devices d USING (device_id) \
         JOIN accounts a ON a.account_id = f.account_id \
         WHERE f.device_id = $2 AND f.account_id = $1 AND f.revoked_at_ms IS NULL AND f.expires_at_ms > $3 \
         AND d.revoked_at_ms IS NULL AND a.status = 'active' ORDER BY f.second_factor DESC LIMIT 1";
    let row = sqlx::query(sql).bind(account.0).bind(device.0).bind(now).fetch_optional(pool).await;
    row.map_err(failure)?.map(|row| Ok(LiveSession { second_factor: get::<i64>(&row, 0)? != 0 })).transpose()
}

fn device(row: &PgRow) -> StoreResult<Device> {
    Ok(Device {
        id: device_id(row, 0)?,
        account: account_id(row, 1)?,
        signing_key: public_key(row, 2)?,
        sealing_key: public_key(row, 3)?,
        created_at: get(row, 4)?,
        last_seen_at: get(row, 5)?,
        revoked_at: get(row, 6)?,
    })
}
