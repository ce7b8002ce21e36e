//! Workspaces and membership logs in Postgres.

use async_trait::async_trait;
use groundplan_shared::{
    auth::Compartment,
    membership::{CutItem, cut_hash},
    wire::{DeviceId, Hash, WorkspaceId},
};
use sqlx::{PgConnection, postgres::PgRow};

use super::{
    PostgresStore, account_id, document_id, failure, get, hash, incarnation, is_unique_violation, number,
    signed, size, workspace_id,
};
use crate::store::{
    AppendLog, Conflict, Entity, LogRow, NewWorkspace, StoreError, StoreResult, UnixMs, Workspace,
    WorkspaceStore,
};

const FIND: &str = "SELECT workspace_id, owner_account, incarnation, log_length, log_head, last_ws_seq, stored_bytes \
     FROM workspaces WHERE workspace_id = $1";
const LOCK: &str = "SELECT workspace_id, owner_account, incarnation, log_length, log_head, last_ws_seq, stored_bytes \
     FROM workspaces WHERE workspace_id = $1 FOR UPDATE";

#[async_trait]
impl WorkspaceStore for PostgresStore {
    async fn create_workspace(&self, new: NewWorkspace) -> StoreResult<()> {
        let mut transaction = self.begin().await?;
        // Two creations of one account wait for each other, so that its limit holds.
        let owner = sqlx::query("SELECT 1 FROM accounts WHERE account_id = $1 FOR UPDATE");
        owner.bind(new.owner.0).execute(&mut *transaction).await.map_err(failure)?;
        let count = sqlx::query("SELECT count(*) FROM workspaces WHERE owner_account = $1");
        let owned = count.bind(new.owner.0).fetch_one(&mut *transaction).await.map_err(failure)?;
        let sql = "INSERT INTO workspaces (workspace_id, owner_account, incarnation, created_at_ms, log_length, \
             log_head, last_ws_seq, stored_bytes) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
        let (length, head, bytes) = new.summary();
        let inserted = sqlx::query(sql)
            .bind(new.id.0)
            .bind(new.owner.0)
            .bind(new.incarnation.0)
            .bind(new.now)
            .bind(size(length))
            .bind(head.0)
            .bind(size(bytes))
            .execute(&mut *transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(error) if is_unique_violation(&error) => {
                return Err(StoreError::Conflict(Conflict::WorkspaceExists));
            }
            Err(error) => return Err(failure(error)),
        }
        if number(&owned, 0)? >= new.limit {
            return Err(StoreError::Conflict(Conflict::TooMany { limit: new.limit }));
        }
        for row in &new.entries {
            insert_entry(&mut transaction, new.id, row, new.now).await?;
        }
        replace_devices(&mut transaction, new.id, &new.active_devices).await?;
        transaction.commit().await.map_err(failure)
    }

    async fn workspace(&self, id: WorkspaceId) -> StoreResult<Workspace> {
        let row = sqlx::query(FIND).bind(id.0).fetch_optional(&self.pool).await.map_err(failure)?;
        workspace(&row.ok_or(StoreError::NotFound(Entity::Workspace))?)
    }

    async fn workspaces_of(&self, device: DeviceId) -> StoreResult<Vec<Workspace>> {
        let sql = "SELECT w.workspace_id, w.owner_account, w.incarnation, w.log_length, w.log_head, w.last_ws_seq, \
             w.stored_bytes FROM workspaces w JOIN workspace_devices m USING (workspace_id) \
             WHERE m.device_id = $1 ORDER BY w.workspace_id";
        let rows = sqlx::query(sql).bind(device.0).fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter().map(workspace).collect()
    }

    async fn is_active_device(&self, workspace: WorkspaceId, device: DeviceId) -> StoreResult<bool> {
        let sql = "SELECT 1 FROM workspace_devices WHERE workspace_id = $1 AND device_id = $2";
        let row = sqlx::query(sql).bind(workspace.0).bind(device.0).fetch_optional(&self.pool).await;
        row.map(|row| row.is_some()).map_err(failure)
    }

    async fn append_log(&self, append: AppendLog) -> StoreResult<()> {
        let mut transaction = self.begin().await?;
        let there = lock(&mut transaction, append.workspace).await?;
        if there.log_length != append.row.index || there.log_head != append.previous {
            let sql = "SELECT entry = $3 FROM log_entries WHERE workspace_id = $1 AND log_index = $2";
            let same = sqlx::query(sql)
                .bind(append.workspace.0)
                .bind(signed(append.row.index))
                .bind(&append.row.entry)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failure)?;
            if same.map(|row| get(&row, 0)).transpose()? == Some(true) {
                return Ok(());
            }
            let moved = Conflict::HeadMoved { length: there.log_length, head: there.log_head };
            return Err(StoreError::Conflict(moved));
        }
        for (compartment, expected) in &append.cuts {
            check_cut(&mut transaction, append.workspace, *compartment, expected).await?;
        }
        insert_entry(&mut transaction, append.workspace, &append.row, append.now).await?;
        let sql = "UPDATE workspaces SET log_length = log_length + 1, log_head = $2, stored_bytes = stored_bytes + $3 \
             WHERE workspace_id = $1";
        sqlx::query(sql)
            .bind(append.workspace.0)
            .bind(append.row.hash.0)
            .bind(size(append.row.entry.len()))
            .execute(&mut *transaction)
            .await
            .map_err(failure)?;
        replace_devices(&mut transaction, append.workspace, &append.active_devices).await?;
        transaction.commit().await.map_err(failure)
    }

    async fn log_entries(&self, id: WorkspaceId, from: u64, limit: usize) -> StoreResult<Vec<LogRow>> {
        self.workspace(id).await?;
        let sql = "SELECT log_index, hash, entry FROM log_entries WHERE workspace_id = $1 AND log_index >= $2 \
             ORDER BY log_index LIMIT $3";
        let query = sqlx::query(sql).bind(id.0).bind(signed(from)).bind(size(limit));
        let rows = query.fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter()
            .map(|row| Ok(LogRow { index: number(row, 0)?, hash: hash(row, 1)?, entry: get(row, 2)? }))
            .collect()
    }
}

/// Reads and locks the row whose counters order everything in the workspace.
pub(super) async fn lock(connection: &mut PgConnection, id: WorkspaceId) -> StoreResult<Workspace> {
    let row = sqlx::query(LOCK).bind(id.0).fetch_optional(connection).await.map_err(failure)?;
    workspace(&row.ok_or(StoreError::NotFound(Entity::Workspace))?)
}

/// Compares where the documents of a compartment stand with what a rotation was built on.
async fn check_cut(
    connection: &mut PgConnection,
    id: WorkspaceId,
    compartment: Compartment,
    expected: &Hash,
) -> StoreResult<()> {
    let sql = "SELECT document_id, doc_seq, link FROM documents WHERE workspace_id = $1 AND compartment = $2";
    let query = sqlx::query(sql).bind(id.0).bind(i64::from(compartment.number()));
    let rows = query.fetch_all(connection).await.map_err(failure)?;
    let items: Vec<CutItem> = rows
        .iter()
        .map(|row| {
            Ok(CutItem { document: document_id(row, 0)?, doc_seq: number(row, 1)?, link: hash(row, 2)? })
        })
        .collect::<StoreResult<_>>()?;
    if cut_hash(&id, compartment, &items) == *expected {
        Ok(())
    } else {
        Err(StoreError::Conflict(Conflict::CutMoved))
    }
}

async fn insert_entry(
    connection: &mut PgConnection,
    id: WorkspaceId,
    row: &LogRow,
    now: UnixMs,
) -> StoreResult<()> {
    let sql = "INSERT INTO log_entries (workspace_id, log_index, hash, entry, received_at_ms) \
         VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(sql)
        .bind(id.0)
        .bind(signed(row.index))
        .bind(row.hash.0)
        .bind(&row.entry)
        .bind(now)
        .execute(connection)
        .await
        .map(drop)
        .map_err(failure)
}

async fn replace_devices(
    connection: &mut PgConnection,
    id: WorkspaceId,
    devices: &[DeviceId],
) -> StoreResult<()> {
    let delete = sqlx::query("DELETE FROM workspace_devices WHERE workspace_id = $1");
    delete.bind(id.0).execute(&mut *connection).await.map_err(failure)?;
    let sql = "INSERT INTO workspace_devices (workspace_id, device_id) SELECT $1, unnest($2::bytea[])";
    let list: Vec<Vec<u8>> = devices.iter().map(|device| device.0.to_vec()).collect();
    sqlx::query(sql).bind(id.0).bind(list).execute(connection).await.map(drop).map_err(failure)
}

fn workspace(row: &PgRow) -> StoreResult<Workspace> {
    Ok(Workspace {
        id: workspace_id(row, 0)?,
        owner: account_id(row, 1)?,
        incarnation: incarnation(row, 2)?,
        log_length: number(row, 3)?,
        log_head: hash(row, 4)?,
        last_ws_seq: number(row, 5)?,
        stored_bytes: number(row, 6)?,
    })
}
