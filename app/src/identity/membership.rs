//! Reading the membership log of an open workspace, and appending to it: on the server first, if it has one.
//!
//! Not here: what entries say (`link`, `recovery`, `invite`) and the rules (`groundplan_shared::membership`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, ErrorCode, SyncState};
use groundplan_shared::membership::{MembershipState, apply, replay};
use groundplan_shared::wire::rest::{LogAppendParams, LogGetResponse};
use groundplan_shared::wire::{Hash, WorkspaceId};

use super::account;
use crate::core::Workspace;
use crate::runtime::App;
use crate::sync::workspace::wire_workspace;
use crate::sync::{Log, SyncError, SyncRecord, SyncTx, log, run, status};

/// How often an append is built again because somebody else was first.
const ATTEMPTS: u32 = 8;
/// The same for entries that depend on where all documents stand, which move more often.
const SETTLED_ATTEMPTS: u32 = 20;
/// Entries read from a server in one go; more is not believed.
const ENTRIES: usize = 1_000_000;

/// A failure of making something cryptographic.
pub(super) fn failed(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(
        ErrorCode::Conflict,
        format!("It could not be done: {error}."),
        "Synchronise, then try again.",
    )
}

/// A failure of the workspace's synchronisation tables.
pub fn sync_failed(error: SyncError) -> ApiError {
    let code = match &error {
        SyncError::Store { .. } => ErrorCode::StorageFailed,
        SyncError::Corrupt { .. } | SyncError::Log { .. } => ErrorCode::StoreCorrupt,
        SyncError::NoKey { .. } | SyncError::NotMember => ErrorCode::NotAllowed,
        SyncError::Seal => ErrorCode::Unsupported,
    };
    ApiError::new(code, format!("{error}."), "Nothing was changed. Run `groundplan doctor` if this persists.")
}

/// Reads the verified state and the record of a workspace. Blocks.
pub fn load(workspace: &Workspace) -> Result<(MembershipState, SyncRecord), ApiError> {
    let id = wire_workspace(workspace.id());
    run(workspace, |tx| Ok((log::Log::load(tx, id)?.state().clone(), tx.record()?))).map_err(sync_failed)
}

/// Folds a log that a server sent and compares it with what is known of it.
///
/// # Errors
/// `ServerUntrusted` if it does not verify, is another workspace's, or does not begin with `genesis`.
pub(super) fn verify(
    workspace: WorkspaceId,
    genesis: Option<Hash>,
    entries: &[Vec<u8>],
) -> Result<MembershipState, ApiError> {
    let state = replay(entries.iter().map(Vec::as_slice)).map_err(|(index, refusal)| {
        untrusted(&format!("The workspace's membership log breaks a rule at entry {index}: {refusal}."))
    })?;
    if state.workspace() != workspace || genesis.is_some_and(|genesis| genesis != state.genesis_hash()) {
        return Err(untrusted("The server sent the membership log of another workspace."));
    }
    Ok(state)
}

/// What the server sent is not what it should be.
pub(super) fn untrusted(message: &str) -> ApiError {
    ApiError::new(
        ErrorCode::ServerUntrusted,
        message,
        "Nothing was taken over. Tell the person who gave you the code, and the server's administrator.",
    )
}

/// Collects a whole log, a piece at a time.
pub(super) async fn collect<F: Future<Output = Result<LogGetResponse, ApiError>>>(
    mut piece: impl FnMut(Option<u64>) -> F,
) -> Result<Vec<Vec<u8>>, ApiError> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    loop {
        let after = (entries.len() as u64).checked_sub(1);
        let answer = piece(after).await?;
        let fits = answer.first_index == entries.len() as u64 || answer.entries.is_empty();
        if !fits || entries.len() + answer.entries.len() > ENTRIES {
            return Err(untrusted("The server sent the membership log in pieces that do not fit together."));
        }
        let empty = answer.entries.is_empty();
        entries.extend(answer.entries.into_iter().map(|entry| entry.0));
        if entries.len() as u64 > answer.head_index {
            return Ok(entries);
        }
        if empty {
            return Err(untrusted("The server sent less of the membership log than it says there is."));
        }
    }
}

/// Reads what the server has of the log beyond what is here, verifies it and stores it.
async fn pull(app: &Arc<App>, workspace: &Arc<Workspace>) -> Result<MembershipState, ApiError> {
    let (mut state, _) = load(workspace)?;
    let id = state.workspace();
    loop {
        let session = account::session(app).await?;
        let answer = session.rest.log(id, Some(state.head_index()), session.bearer()).await?;
        if answer.head_index < state.head_index() {
            return Err(untrusted("The server shows an older membership log than before."));
        }
        if answer.entries.is_empty() {
            return Ok(state);
        }
        let mut fresh = Vec::new();
        for entry in &answer.entries {
            state = apply(&state, entry).map_err(|refusal| {
                untrusted(&format!("The server sent a membership entry that is refused: {refusal}."))
            })?;
            fresh.push((state.head_index(), state.head_hash(), entry.0.clone()));
        }
        store(app, workspace, &state, fresh).await?;
    }
}

/// Stores entries and the keys that they hand to this device; entries that are there already are passed over.
async fn store(
    app: &Arc<App>,
    workspace: &Arc<Workspace>,
    state: &MembershipState,
    entries: Vec<(u64, Hash, Vec<u8>)>,
) -> Result<(), ApiError> {
    let (workspace, state, keys) = (Arc::clone(workspace), state.clone(), Arc::clone(app.device().keys()));
    blocking(move || {
        run(&*workspace, |tx| {
            for (index, hash, entry) in &entries {
                match tx.log_hash(*index)? {
                    None => tx.log_append(*index, *hash, entry)?,
                    Some(known) if known == *hash => {}
                    Some(_) => return Err(SyncError::Log { index: *index }),
                }
            }
            log::unlock(tx, &state, &keys)
        })
        .map_err(sync_failed)
    })
    .await
}

/// Runs store work on a blocking thread.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        if error.is_panic() {
            tracing::error!(%error, "an operation broke off");
        } else {
            tracing::debug!(%error, "an operation was cut off by the end of the program");
        }
        ApiError::new(
            ErrorCode::StorageFailed,
            "The operation broke off in the middle; nothing was changed.",
            "Please report this with the log.",
        )
    })?
}

/// Appends an entry to the log of a workspace. `build` makes it for a state; it is called again if somebody else was
/// first. Safe to repeat after a lost answer: an entry fits one place only.
///
/// # Errors
/// Those of `build`, of the server (a connected workspace needs it), and `Conflict` if others are always first.
pub async fn append(
    app: &Arc<App>,
    workspace: &Arc<Workspace>,
    build: impl Fn(&mut dyn SyncTx, &MembershipState) -> Result<Vec<u8>, ApiError> + Send + Sync + 'static,
) -> Result<MembershipState, ApiError> {
    let build = move |tx: &mut dyn SyncTx, log: &Log| build(tx, log.state()).map(Some);
    append_built(app, workspace, false, build).await
}

/// Appends an entry that depends on where all documents stand: before each attempt everything is read. `build` returns
/// `None` when others have done it already, and nothing is appended then.
///
/// # Errors
/// Those of [`append`], and what keeps this device from synchronising.
pub async fn append_settled(
    app: &Arc<App>,
    workspace: &Arc<Workspace>,
    build: impl Fn(&mut dyn SyncTx, &Log) -> Result<Option<Vec<u8>>, ApiError> + Send + Sync + 'static,
) -> Result<MembershipState, ApiError> {
    append_built(app, workspace, true, build).await
}

/// Reads everything that the server has.
async fn settle(app: &Arc<App>) -> Result<(), ApiError> {
    let status = app.net.now(app, 0).await?;
    match (status.state, status.problem) {
        (SyncState::UpToDate, _) | (SyncState::Syncing, None) => Ok(()),
        (_, Some(problem)) => Err(problem),
        _ => Err(ApiError::new(
            ErrorCode::Offline,
            "The server cannot be reached, and this takes effect only there.",
            "Nothing was changed. Try again when the server can be reached.",
        )),
    }
}

async fn append_built(
    app: &Arc<App>,
    workspace: &Arc<Workspace>,
    settled: bool,
    build: impl Fn(&mut dyn SyncTx, &Log) -> Result<Option<Vec<u8>>, ApiError> + Send + Sync + 'static,
) -> Result<MembershipState, ApiError> {
    let build = Arc::new(build);
    for _ in 0..if settled { SETTLED_ATTEMPTS } else { ATTEMPTS } {
        let (mut state, record) = load(workspace)?;
        if record.uploaded {
            if let Some(alarm) = record.alarm {
                return Err(status::alarm_text(alarm));
            }
            if settled {
                settle(app).await?;
            }
            state = pull(app, workspace).await?;
        }
        let (files, with, builder) = (Arc::clone(workspace), Log::of(state.clone()), Arc::clone(&build));
        let entry = blocking(move || run(&*files, |tx| Ok(builder(tx, &with))).map_err(sync_failed)?).await?;
        let Some(entry) = entry else { return Ok(state) };
        let next = apply(&state, &entry).map_err(|refusal| {
            ApiError::new(
                ErrorCode::NotAllowed,
                format!("It is not allowed: {refusal}."),
                "Ask an owner or administrator.",
            )
        })?;
        if record.uploaded {
            let session = account::session(app).await?;
            let params = LogAppendParams { entry: entry.clone().into() };
            match session.rest.append(state.workspace(), &params, session.bearer()).await {
                Ok(answer) if answer.head_index >= next.head_index() => {}
                Ok(_) => {
                    return Err(untrusted("The server says that it took an entry and does not have it."));
                }
                Err(error) if error.code == ErrorCode::Conflict => continue,
                Err(error) => return Err(error),
            }
        }
        store(app, workspace, &next, vec![(next.head_index(), next.head_hash(), entry)]).await?;
        app.net.nudge(workspace.id());
        return Ok(next);
    }
    Err(ApiError::new(
        ErrorCode::Conflict,
        "Others keep changing the workspace at the same moment.",
        "Nothing was changed. Try again in a moment.",
    ))
}
