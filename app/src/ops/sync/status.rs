//! `sync/status`: says truthfully how synchronisation stands.
//!
//! Not here: how it is found out (`sync::status`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, SyncStatus, SyncStatusParams};

use crate::identity::membership::blocking;
use crate::runtime::App;

/// Returns how synchronisation of the open workspace stands.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn run(app: &Arc<App>, _: SyncStatusParams) -> Result<SyncStatus, ApiError> {
    app.net.start(app);
    let app = Arc::clone(app);
    blocking(move || app.net.status(&app, app.workspace()?.id())).await
}
