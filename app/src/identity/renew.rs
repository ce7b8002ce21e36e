//! New keys for a device that was shut out: it comes back as a new device of the same profile, by a code, an invitation or
//! the recovery code, and keeps everything that it has. What it had not sent is written anew after that (`ops::sync::bring_in`).
//!
//! A profile has one device for all its workspaces: while another workspace knows the present keys, they stay.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceRenewed, ErrorCode};
use groundplan_shared::model::WorkspaceId;

use super::Device;
use super::account;
use super::membership::{blocking, load, sync_failed};
use crate::runtime::App;
use crate::sync::run;

/// Gives the device new keys.
///
/// # Errors
/// `Conflict` if it was not shut out, or another workspace of the profile still knows it; those of the store.
pub async fn renew(app: &Arc<App>) -> Result<DeviceRenewed, ApiError> {
    let here = Arc::clone(app);
    let unsent = blocking(move || check(&here)).await?;
    // The tokens were for the old keys, and nothing may be sent while they change.
    account::logout(app).await?;
    let here = Arc::clone(app);
    blocking(move || {
        let device = Device::renew(here.profile())?;
        here.become_device(device)?;
        Ok(DeviceRenewed { device: here.device().keys().id().to_string(), unsent })
    })
    .await
}

/// Fails unless this device was shut out of the open workspace and no other one knows it; counts what it did not send.
fn check(app: &App) -> Result<u64, ApiError> {
    let own = app.device().keys().id();
    let open = app.workspace()?;
    let (state, _) = load(&open)?;
    if state.active(&own).is_some() {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "This device was not shut out of the open workspace.",
            "Nothing was changed. Synchronise first: the workspace may not have told it yet.",
        ));
    }
    for view in crate::ops::workspace::all(app)?.into_iter().filter(|view| view.id != open.id()) {
        let (known, _) = load(&app.workspace_files(view.id)?)?;
        if known.active(&own).is_some() {
            return Err(still_known(&view.name, view.id));
        }
    }
    run(&*open, |tx| tx.outbox_count()).map_err(sync_failed)
}

fn still_known(name: &str, id: WorkspaceId) -> ApiError {
    ApiError::new(
        ErrorCode::Conflict,
        format!(
            "This profile\u{2019}s workspace \u{201c}{name}\u{201d} ({id}) knows this device by its present keys."
        ),
        "Come back with another profile (--profile NAME), and take along what was not sent: `groundplan sync --rescue --output FILE`.",
    )
}
