//! Taking a workspace from a server into this profile, once its membership log is verified and this device is in it.
//!
//! Not here: how the device got in (`link`, `recovery`, `invite`). Documents come with the first synchronisation.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, WorkspaceView};
use groundplan_shared::membership::MembershipState;
use groundplan_shared::model::WorkspaceId;

use super::account::Session;
use super::follow;
use super::membership::{blocking, sync_failed, untrusted};
use crate::runtime::App;
use crate::sync::{log, run};

/// How long joining waits for the content, so that the workspace appears under its own name and not empty. More than
/// that comes in later, like every change.
const CONTENT_MS: u64 = 10_000;

/// Makes the workspace's database with log and keys, makes it the open workspace and starts synchronising.
///
/// `name` is what the workspace is called until its own name is here. Safe to repeat after a crash: what is there already is kept.
pub(super) async fn workspace(
    app: &Arc<App>,
    session: &Session,
    state: MembershipState,
    entries: Vec<Vec<u8>>,
    name: &str,
) -> Result<WorkspaceView, ApiError> {
    let id = WorkspaceId::from_bytes(state.workspace().0);
    let (app_here, keys, name) = (Arc::clone(app), Arc::clone(app.device().keys()), name.to_owned());
    let (url, server) = (session.address.to_string(), session.server);
    if !state.active(&keys.id()).is_some_and(|(device, _)| device.keys == keys.public()) {
        return Err(untrusted("This device is not in the workspace's membership log."));
    }
    blocking(move || {
        let workspace = match app_here.open_now().filter(|open| open.id() == id) {
            Some(open) => open,
            None => Arc::new(app_here.workspace_files(id)?),
        };
        // A device that comes back may have held entries that a restored server lost.
        if run(&*workspace, |tx| tx.log_hash(0)).map_err(sync_failed)?.is_some() {
            follow::take(&app_here, &workspace, &state, &entries)?;
        }
        run(&*workspace, |tx| {
            for (index, entry) in (0u64..).zip(&entries) {
                let hash = state.hash_at(index).ok_or(crate::sync::SyncError::Log { index })?;
                match tx.log_hash(index)? {
                    None => tx.log_append(index, hash, entry)?,
                    Some(known) if known == hash => {}
                    Some(_) => return Err(crate::sync::SyncError::Log { index }),
                }
            }
            log::unlock(tx, &state, &keys)?;
            let mut record = tx.record()?;
            record.server_url = Some(url.clone());
            record.server_id = Some(server);
            record.uploaded = true;
            tx.set_record(&record)
        })
        .map_err(sync_failed)?;
        app_here.register_workspace(workspace, &name)
    })
    .await?;
    app.net.start(app);
    if let Err(error) = app.net.now(app, CONTENT_MS).await {
        tracing::info!(error.code = ?error.code, "the content of the workspace comes later");
    }
    let app = Arc::clone(app);
    blocking(move || {
        crate::ops::workspace::refresh_name(&app)?;
        crate::ops::workspace::view(&app, id)
    })
    .await
}
