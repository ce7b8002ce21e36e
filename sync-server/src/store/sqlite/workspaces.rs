//! Workspaces and membership logs in SQLite.

use async_trait::async_trait;
use groundplan_shared::{
    auth::Compartment,
    membership::{CutItem, cut_hash},
    wire::{AccountId, DeviceId, DocumentId, Hash, Incarnation, WorkspaceId},
};
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, all, insert, one, run};
use crate::store::{
    AppendLog, Conflict, Entity, LogRow, NewWorkspace, StoreError, StoreResult, UnixMs, Workspace,
    WorkspaceStore,
};

#[async_trait]
impl WorkspaceStore for SqliteStore {
    async fn create_workspace(&self, new: NewWorkspace) -> StoreResult<()> {
        self.engine.write(move |db| create(db, &new)).await
    }

    async fn workspace(&self, id: WorkspaceId) -> StoreResult<Workspace> {
        self.engine.read(move |db| find(db, id)).await
    }

    async fn workspaces_of(&self, device: DeviceId) -> StoreResult<Vec<Workspace>> {
        let sql = "SELECT w.workspace_id, w.owner_account, w.incarnation, w.log_length, w.log_head, w.last_ws_seq, \
             w.stored_bytes FROM workspaces w JOIN workspace_devices m USING (workspace_id) \
             WHERE m.device_id = ?1 ORDER BY w.workspace_id";
        self.engine.read(move |db| all(db, sql, params![device.0], workspace)).await
    }

    async fn is_active_device(&self, workspace: WorkspaceId, device: DeviceId) -> StoreResult<bool> {
        let sql = "SELECT 1 FROM workspace_devices WHERE workspace_id = ?1 AND device_id = ?2";
        self.engine
            .read(move |db| Ok(one(db, sql, params![workspace.0, device.0], |_| Ok(()))?.is_some()))
            .await
    }

    async fn append_log(&self, append: AppendLog) -> StoreResult<()> {
        self.engine.write(move |db| append_entry(db, &append)).await
    }

    async fn log_entries(&self, id: WorkspaceId, from: u64, limit: usize) -> StoreResult<Vec<LogRow>> {
        let sql = "SELECT log_index, hash, entry FROM log_entries \
             WHERE workspace_id = ?1 AND log_index >= ?2 ORDER BY log_index LIMIT ?3";
        self.engine
            .read(move |db| {
                find(db, id)?;
                all(db, sql, params![id.0, from, limit], |row| {
                    Ok(LogRow { index: row.get(0)?, hash: Hash(row.get(1)?), entry: row.get(2)? })
                })
            })
            .await
    }
}

fn create(db: &Connection, new: &NewWorkspace) -> StoreResult<()> {
    let owned = "SELECT count(*) FROM workspaces WHERE owner_account = ?1";
    let owned: u64 = one(db, owned, params![new.owner.0], |row| row.get(0))?.unwrap_or_default();
    let sql = "INSERT INTO workspaces (workspace_id, owner_account, incarnation, created_at_ms, log_length, log_head, \
         last_ws_seq, stored_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)";
    let (length, head, bytes) = new.summary();
    let values = params![new.id.0, new.owner.0, new.incarnation.0, new.now, length, head.0, bytes];
    if !insert(db, sql, values)? {
        return Err(StoreError::Conflict(Conflict::WorkspaceExists));
    }
    if owned >= new.limit {
        return Err(StoreError::Conflict(Conflict::TooMany { limit: new.limit }));
    }
    for row in &new.entries {
        insert_entry(db, new.id, row, new.now)?;
    }
    replace_devices(db, new.id, &new.active_devices)
}

fn append_entry(db: &Connection, append: &AppendLog) -> StoreResult<()> {
    let there = find(db, append.workspace)?;
    if there.log_length != append.row.index || there.log_head != append.previous {
        let sql = "SELECT entry = ?3 FROM log_entries WHERE workspace_id = ?1 AND log_index = ?2";
        let values = params![append.workspace.0, append.row.index, append.row.entry];
        if one(db, sql, values, |row| row.get(0))? == Some(true) {
            return Ok(());
        }
        let moved = Conflict::HeadMoved { length: there.log_length, head: there.log_head };
        return Err(StoreError::Conflict(moved));
    }
    for (compartment, expected) in &append.cuts {
        check_cut(db, append.workspace, *compartment, expected)?;
    }
    insert_entry(db, append.workspace, &append.row, append.now)?;
    let sql = "UPDATE workspaces SET log_length = log_length + 1, log_head = ?2, stored_bytes = stored_bytes + ?3 \
         WHERE workspace_id = ?1";
    run(db, sql, params![append.workspace.0, append.row.hash.0, append.row.entry.len()])?;
    replace_devices(db, append.workspace, &append.active_devices)
}

/// Compares where the documents of a compartment stand with what a rotation was built on.
fn check_cut(db: &Connection, id: WorkspaceId, compartment: Compartment, expected: &Hash) -> StoreResult<()> {
    let sql = "SELECT document_id, doc_seq, link FROM documents WHERE workspace_id = ?1 AND compartment = ?2";
    let items = all(db, sql, params![id.0, compartment.number()], |row| {
        Ok(CutItem { document: DocumentId(row.get(0)?), doc_seq: row.get(1)?, link: Hash(row.get(2)?) })
    })?;
    if cut_hash(&id, compartment, &items) == *expected {
        Ok(())
    } else {
        Err(StoreError::Conflict(Conflict::CutMoved))
    }
}

fn insert_entry(db: &Connection, id: WorkspaceId, row: &LogRow, now: UnixMs) -> StoreResult<()> {
    let sql = "INSERT INTO log_entries (workspace_id, log_index, hash, entry, received_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5)";
    run(db, sql, params![id.0, row.index, row.hash.0, row.entry, now]).map(drop)
}

fn replace_devices(db: &Connection, id: WorkspaceId, devices: &[DeviceId]) -> StoreResult<()> {
    run(db, "DELETE FROM workspace_devices WHERE workspace_id = ?1", params![id.0])?;
    for device in devices {
        let sql = "INSERT INTO workspace_devices (workspace_id, device_id) VALUES (?1, ?2)";
        run(db, sql, params![id.0, device.0])?;
    }
    Ok(())
}

pub(super) fn find(db: &Connection, id: WorkspaceId) -> StoreResult<Workspace> {
    let sql = "SELECT workspace_id, owner_account, incarnation, log_length, log_head, last_ws_seq, stored_bytes \
         FROM workspaces WHERE workspace_id = ?1";
    one(db, sql, params![id.0], workspace)?.ok_or(StoreError::NotFound(Entity::Workspace))
}

fn workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: WorkspaceId(row.get(0)?),
        owner: AccountId(row.get(1)?),
        incarnation: Incarnation(row.get(2)?),
        log_length: row.get(3)?,
        log_head: Hash(row.get(4)?),
        last_ws_seq: row.get(5)?,
        stored_bytes: row.get(6)?,
    })
}
