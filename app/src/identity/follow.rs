//! The way out of a fork that a restored server explains: asking for the other log, and taking it over.
//!
//! Not here: when one may be taken over and what becomes of everything (`sync::follow`).

use std::sync::Arc;

use groundplan_shared::api::ApiError;
use groundplan_shared::membership::MembershipState;
use ring::rand::SystemRandom;

use super::account;
use super::membership::{blocking, collect, load, sync_failed, verify};
use crate::core::Workspace;
use crate::runtime::App;
use crate::sync::follow::{Other, take_over};
use crate::sync::{SqliteTx, SyncError};

/// Takes over the server's log if an owner says in it that the server was restored. False: it does not say so.
///
/// # Errors
/// `NotFound` and others of the server if this device is none of that log; those of the store.
pub async fn follow(app: &Arc<App>) -> Result<bool, ApiError> {
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let session = account::session(app).await?;
    let entries = collect(|after| {
        let (session, id) = (session.clone(), state.workspace());
        async move { session.rest.log(id, after, session.bearer()).await }
    })
    .await?;
    let theirs = verify(state.workspace(), Some(state.genesis_hash()), &entries)?;
    let app = Arc::clone(app);
    blocking(move || take(&app, &workspace, &theirs, &entries)).await
}

/// Takes over a verified log in the place of the one that is here, if it differs by an owner's word.
///
/// # Errors
/// Those of the store.
pub(super) fn take(
    app: &App,
    workspace: &Workspace,
    theirs: &MembershipState,
    entries: &[Vec<u8>],
) -> Result<bool, ApiError> {
    let (own, _) = load(workspace)?;
    let Some(other) = Other::judge(&own, theirs, entries) else { return Ok(false) };
    let keys = Arc::clone(app.device().keys());
    workspace
        .transaction::<_, SyncError>(|tx| {
            let now_ms = tx.now_ms();
            take_over(&mut SqliteTx(tx), &own, &other, &keys, now_ms, &SystemRandom::new())
        })
        .map_err(sync_failed)?;
    tracing::info!(workspace.id = %workspace.id(), "the membership log of a restored server was taken over");
    Ok(true)
}
