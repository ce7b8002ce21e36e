//! `sync/bring_in`: what a device had not sent when it was shut out goes on as edits of the device that it became.
//!
//! Not here: how a change becomes another author's (`core::reauthor`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, BroughtIn, ErrorCode, SyncBringInParams};
use groundplan_shared::wire;

use crate::core::{CoreError, Renamed};
use crate::identity::membership::{blocking, load, sync_failed};
use crate::runtime::App;
use crate::sync::{Log, SqliteTx, SyncTx, former, healing::HealingTx};

/// Writes everything anew that waits, and sends it.
///
/// # Errors
/// `NotAllowed` while the device is shut out, `Offline` while not everything was read; those of the store.
pub async fn run(app: &Arc<App>, _: SyncBringInParams) -> Result<BroughtIn, ApiError> {
    // What the server has of it already must be known: nothing is written twice.
    let status = app.net.now(app, 0).await?;
    let here = Arc::clone(app);
    let (documents, changes, left) = blocking(move || {
        let workspace = here.workspace()?;
        let (state, _) = load(&workspace)?;
        let own = here.device().keys().id();
        if state.active(&own).is_none() {
            return Err(ApiError::new(
                ErrorCode::NotAllowed,
                "This device is not an active device of the workspace.",
                "Link it from another of your devices first: `groundplan device link`.",
            ));
        }
        let log = Log::of(state);
        let done = here.edit("Bring in what was not sent", |tx| {
            let failed = |error| CoreError::Api(sync_failed(error));
            let waiting = tx.foreign_unsent()?;
            if waiting.is_empty() {
                return Ok((0, 0, 0));
            }
            if SqliteTx(tx).former().map_err(failed)? == 0 {
                return Err(CoreError::Api(status.problem.clone().unwrap_or_else(not_read)));
            }
            let (mut renamed, mut documents, mut left) = (Renamed::default(), 0, 0);
            for id in waiting {
                let stored = former::stored(&mut SqliteTx(tx), &log, wire::DocumentId(id.to_bytes()));
                let done = match stored.map_err(failed)? {
                    Some(sent) => tx.reauthor(id, &sent, &mut renamed)?,
                    None => false,
                };
                match done {
                    true => documents += 1,
                    false => left += 1,
                }
            }
            tx.rename_steps(&renamed)?;
            SqliteTx(tx).clear_refused().map_err(failed)?;
            Ok((documents, renamed.count() as u64, left))
        })?;
        here.net.nudge(workspace.id());
        Ok(done)
    })
    .await?;
    let status = app.net.now(app, 0).await?;
    Ok(BroughtIn { documents, changes, left, status })
}

fn not_read() -> ApiError {
    ApiError::new(
        ErrorCode::Offline,
        "Not everything that the server has was read yet.",
        "Nothing was changed. Try again when this device is up to date.",
    )
}
