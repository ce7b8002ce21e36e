//! Devices and refresh tokens in SQLite.

use groundplan_shared::wire::{AccountId, DeviceId, Hash, PublicKey};
use rusqlite::{Connection, Row, params};

use super::{all, insert, one, run};
use crate::store::{
    Conflict, Device, Entity, FamilyId, LiveSession, REMEMBERED_MS, RefreshFamily, RefreshOwner, Rotate,
    Rotation, StoreError, StoreResult, UnixMs,
};

pub(super) fn register(db: &Connection, device: &Device) -> StoreResult<()> {
    let sql = "INSERT INTO devices (device_id, account_id, signing_key, sealing_key, created_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5)";
    let (id, account) = (device.id.0, device.account.0);
    if insert(db, sql, params![id, account, device.signing_key.0, device.sealing_key.0, device.created_at])? {
        return Ok(());
    }
    let there = match find(db, device.id) {
        Ok(there) => there,
        // The id is free, so the signing key is what is taken.
        Err(StoreError::NotFound(_)) => return Err(StoreError::Conflict(Conflict::DeviceExists)),
        Err(error) => return Err(error),
    };
    there.admits(device)
}

pub(super) fn find(db: &Connection, id: DeviceId) -> StoreResult<Device> {
    let sql = "SELECT device_id, account_id, signing_key, sealing_key, created_at_ms, \
         coalesce((SELECT max(f.rotated_at_ms) FROM refresh_families f WHERE f.device_id = devices.device_id), \
         created_at_ms), revoked_at_ms FROM devices WHERE device_id = ?1";
    one(db, sql, params![id.0], device)?.ok_or(StoreError::NotFound(Entity::Device))
}

pub(super) fn of_account(db: &Connection, account: AccountId) -> StoreResult<Vec<Device>> {
    let sql = "SELECT device_id, account_id, signing_key, sealing_key, created_at_ms, \
         coalesce((SELECT max(f.rotated_at_ms) FROM refresh_families f WHERE f.device_id = devices.device_id), \
         created_at_ms), revoked_at_ms FROM devices WHERE account_id = ?1 ORDER BY created_at_ms, device_id";
    all(db, sql, params![account.0], device)
}

pub(super) fn revoke(db: &Connection, account: AccountId, id: DeviceId, now: UnixMs) -> StoreResult<()> {
    let sql = "UPDATE devices SET revoked_at_ms = coalesce(revoked_at_ms, ?3) \
         WHERE device_id = ?1 AND account_id = ?2";
    if run(db, sql, params![id.0, account.0, now])? == 0 {
        return Err(StoreError::NotFound(Entity::Device));
    }
    end_sessions(db, account, Some(id), now)
}

pub(super) fn create_family(db: &Connection, family: &RefreshFamily) -> StoreResult<()> {
    let sql = "INSERT INTO refresh_families \
         (family_id, account_id, device_id, current_hash, rotated_at_ms, created_at_ms, expires_at_ms, \
         second_factor) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)";
    let (account, device) = (family.account.0, family.device.0);
    let values = params![
        family.id.0,
        account,
        device,
        family.current_hash.0,
        family.created_at,
        family.expires_at,
        family.second_factor
    ];
    run(db, sql, values)?;
    remember(db, family.id, family.current_hash, family.created_at)
}

fn remember(db: &Connection, id: FamilyId, token: Hash, now: UnixMs) -> StoreResult<()> {
    let sql = "INSERT INTO refresh_tokens (token_hash, family_id, issued_at_ms) VALUES (?1, ?2, ?3)";
    run(db, sql, params![token.0, id.0, now]).map(drop)
}

pub(super) fn rotate(db: &Connection, device: DeviceId, rotate: &Rotate) -> StoreResult<Rotation> {
    let sql = "SELECT f.account_id, f.device_id, f.current_hash, f.previous_hash, f.successor_sealed, \
         f.rotated_at_ms, f.expires_at_ms, \
         f.revoked_at_ms IS NULL AND d.revoked_at_ms IS NULL AND a.status = 'active', f.family_id \
         FROM refresh_tokens t JOIN refresh_families f USING (family_id) JOIN devices d USING (device_id) JOIN accounts a ON a.account_id = f.account_id \
         WHERE t.token_hash = ?1 AND f.device_id = ?2";
    let read = |row: &Row<'_>| {
        let owner = RefreshOwner { account: AccountId(row.get(0)?), device: DeviceId(row.get(1)?) };
        let current = Hash(row.get(2)?);
        let previous = row.get::<_, Option<[u8; 32]>>(3)?.map(Hash);
        let sealed: Option<Vec<u8>> = row.get(4)?;
        let (rotated_at, expires_at): (UnixMs, UnixMs) = (row.get(5)?, row.get(6)?);
        let times = (rotated_at, expires_at);
        Ok((owner, current, previous.zip(sealed), times, row.get::<_, bool>(7)?, FamilyId(row.get(8)?)))
    };
    let Some((owner, current, previous, times, alive, id)) =
        one(db, sql, params![rotate.presented.0, device.0], read)?
    else {
        return Err(StoreError::NotFound(Entity::RefreshFamily));
    };
    let rotation = rotate.judge(owner, current, previous, times, alive);
    match &rotation {
        Rotation::Rotated(_) => {
            let sql = "UPDATE refresh_families SET previous_hash = current_hash, current_hash = ?2, \
                 successor_sealed = ?3, rotated_at_ms = ?4 WHERE family_id = ?1";
            run(db, sql, params![id.0, rotate.next.0, rotate.next_sealed, rotate.now])?;
            let sql = "DELETE FROM refresh_tokens WHERE family_id = ?1 AND issued_at_ms < ?2";
            run(db, sql, params![id.0, rotate.now - REMEMBERED_MS])?;
            remember(db, id, rotate.next, rotate.now)?;
        }
        Rotation::Reused(_) => {
            let sql = "UPDATE refresh_families SET revoked_at_ms = ?2 WHERE family_id = ?1";
            run(db, sql, params![id.0, rotate.now])?;
        }
        Rotation::Repeated(..) | Rotation::Ended => {}
    }
    Ok(rotation)
}

pub(super) fn end_sessions(
    db: &Connection,
    account: AccountId,
    device: Option<DeviceId>,
    now: UnixMs,
) -> StoreResult<()> {
    let sql = "UPDATE refresh_families SET revoked_at_ms = ?3 \
         WHERE account_id = ?1 AND (?2 IS NULL OR device_id = ?2) AND revoked_at_ms IS NULL";
    run(db, sql, params![account.0, device.map(|id| id.0), now]).map(drop)
}

pub(super) fn session(
    db: &Connection,
    account: AccountId,
    device: DeviceId,
    now: UnixMs,
) -> StoreResult<Option<LiveSession>> {
    let sql = "SELECT f.second_factor FROM refresh_families f JOIN devices d USING (device_id) \
         JOIN accounts a ON a.account_id = f.account_id \
         WHERE f.device_id = ?2 AND f.account_id = ?1 AND f.revoked_at_ms IS NULL AND f.expires_at_ms > ?3 \
         AND d.revoked_at_ms IS NULL AND a.status = 'active' ORDER BY f.second_factor DESC LIMIT 1";
    one(db, sql, params![account.0, device.0, now], |row| Ok(LiveSession { second_factor: row.get(0)? }))
}

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: DeviceId(row.get(0)?),
        account: AccountId(row.get(1)?),
        signing_key: PublicKey(row.get(2)?),
        sealing_key: PublicKey(row.get(3)?),
        created_at: row.get(4)?,
        last_seen_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
