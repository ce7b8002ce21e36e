//! Appending to membership logs, making workspaces of them, reading them.

use std::sync::Arc;

use groundplan_shared::{
    auth::Compartment,
    crypto::safe::device_id,
    membership::{Body, MembershipState, Refusal as Broken, apply, parse_entry, replay},
    wire::{DeviceId, Hash, ProblemCode, WorkspaceId, cbor::Blob},
};

use super::Standing;
use crate::{
    app::App,
    caller::Session,
    problem::Refusal,
    store::{AppendLog, Conflict, LogRow, NewWorkspace, StoreError},
};

/// Entries in a new workspace's log at most.
const FIRST_ENTRIES: usize = 1024;
/// Bytes of entries in one answer, but never less than one entry.
const PAGE_BYTES: usize = 384 * 1024;
/// Entries in one answer.
const PAGE_ENTRIES: usize = 256;

/// The head of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Index of the last entry.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    fn of(state: &MembershipState) -> Self {
        Self { index: state.head_index(), hash: state.head_hash() }
    }
}

/// Makes a workspace of a log; the same log again gives the same answer.
///
/// # Errors
/// The rule that an entry breaks; `Exists` if the workspace is there with another log.
pub async fn create(app: &App, caller: Session, entries: Vec<Blob>) -> Result<(WorkspaceId, Head), Refusal> {
    if entries.is_empty() || entries.len() > FIRST_ENTRIES {
        let detail = format!("a workspace begins with 1 to {FIRST_ENTRIES} log entries, genesis first");
        return Err(Refusal::new(ProblemCode::Invalid, detail));
    }
    let state = replay(entries.iter().map(|entry| &**entry)).map_err(|(_, broken)| judge(broken))?;
    if state.active(&caller.device).is_none() {
        let detail = "the calling device is not active in this log; sign in as a device of the workspace";
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let id = state.workspace();
    let rows: Vec<LogRow> = (0..)
        .zip(entries)
        .map(|(index, entry)| LogRow {
            index,
            hash: state.hash_at(index).unwrap_or(Hash::ZERO),
            entry: entry.0,
        })
        .collect();
    let new = NewWorkspace {
        id,
        owner: caller.account,
        incarnation: app.identity.incarnation,
        entries: rows.clone(),
        active_devices: active_devices(&state),
        limit: u64::from(app.config.limits.workspaces_per_account),
        now: app.clock.now_ms(),
    };
    match app.store.create_workspace(new).await {
        Ok(()) => {
            let head = Head::of(&state);
            app.memberships.keep(id, Arc::new(state));
            Ok((id, head))
        }
        Err(StoreError::Conflict(Conflict::WorkspaceExists)) => {
            let there = app.store.log_entries(id, 0, rows.len()).await?;
            let (_, state) = app.memberships.at_head(&*app.store, id).await?;
            // A stranger learns only that the id is taken, which whoever made it up knew.
            if there == rows
                && matches!(Standing::of(&state, &caller), Standing::Active(_) | Standing::Waiting)
            {
                return Ok((id, Head::of(&state)));
            }
            Err(Conflict::WorkspaceExists.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Appends an entry if the head has not moved; the same entry again gives the same answer.
///
/// # Errors
/// The rule that it breaks, `LogHeadMoved`, or `NotFound` for a device that has no business here.
pub async fn append(
    app: &App,
    caller: Session,
    workspace: WorkspaceId,
    entry: &[u8],
) -> Result<Head, Refusal> {
    let (row, state) = app.memberships.at_head(&*app.store, workspace).await?;
    let parsed = parse_entry(entry).map_err(judge);
    let standing = Standing::of(&state, &caller);
    let may = match standing {
        Standing::Active(_) | Standing::Waiting => true,
        Standing::Unproven => false,
        // A newcomer may bring nothing but its own join, whose right the validator checks.
        Standing::ShutOut(_) | Standing::Stranger => parsed.as_ref().is_ok_and(
            |parsed| matches!(&parsed.entry.body, Body::Join(join) if device_id(&join.device) == caller.device),
        ),
    };
    if !may {
        return Err(standing.refusal());
    }
    let parsed = parsed?;
    if parsed.entry.index < row.log_length && state.hash_at(parsed.entry.index) == Some(parsed.hash) {
        return Ok(Head::of(&state));
    }
    let next = apply(&state, entry).map_err(judge)?;
    let cuts = Compartment::ALL
        .into_iter()
        .filter(|compartment| next.chain(*compartment).current() > state.chain(*compartment).current())
        .filter_map(|compartment| {
            next.chain(compartment).epoch_at(next.head_index()).map(|epoch| (compartment, epoch.cut))
        })
        .collect();
    let append = AppendLog {
        workspace,
        previous: state.head_hash(),
        row: LogRow { index: next.head_index(), hash: next.head_hash(), entry: entry.to_vec() },
        active_devices: active_devices(&next),
        cuts,
        now: app.clock.now_ms(),
    };
    app.store.append_log(append).await?;
    app.metrics.log_entries.add(1);
    let head = Head::of(&next);
    app.memberships.keep(workspace, Arc::new(next));
    app.live.wake(workspace);
    Ok(head)
}

/// A part of a log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// Index of the first entry.
    pub first_index: u64,
    /// Entries in order.
    pub entries: Vec<Blob>,
    /// The head when it was read.
    pub head: Head,
}

impl LogPage {
    /// Index after the last entry here.
    pub fn next_index(&self) -> u64 {
        self.first_index + self.entries.len() as u64
    }

    /// Whether there are more.
    pub fn has_more(&self) -> bool {
        self.next_index() <= self.head.index
    }
}

/// Reads a bounded part of the log, whoever asks: the caller has checked who may.
///
/// # Errors
/// What the store says.
pub async fn read(app: &App, workspace: WorkspaceId, from: u64) -> Result<LogPage, Refusal> {
    let row = app.store.workspace(workspace).await?;
    let head = Head { index: row.log_length.saturating_sub(1), hash: row.log_head };
    let rows = app.store.log_entries(workspace, from, PAGE_ENTRIES).await?;
    let mut bytes = 0;
    let fitting = rows.into_iter().enumerate().take_while(|(position, row)| {
        bytes += row.entry.len();
        // An entry appended since the head was read is left for the next time.
        row.index <= head.index && (*position == 0 || bytes <= PAGE_BYTES)
    });
    let entries = fitting.map(|(_, row)| Blob(row.entry)).collect();
    Ok(LogPage { first_index: from, entries, head })
}

fn active_devices(state: &MembershipState) -> Vec<DeviceId> {
    state.devices().map(|(id, _)| *id).filter(|id| state.active(id).is_some()).collect()
}

/// Gives a broken rule its code.
fn judge(broken: Broken) -> Refusal {
    let code = match broken {
        Broken::NotSupported { .. } => ProblemCode::NotSupported,
        _ if broken.is_stale() => ProblemCode::LogHeadMoved,
        _ => ProblemCode::EntryRefused,
    };
    Refusal::new(code, broken.to_string())
}
