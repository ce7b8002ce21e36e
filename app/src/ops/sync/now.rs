//! `sync/now`: synchronises and waits until it is done or stuck.
//!
//! Not here: the driver (`net`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, SyncNowParams, SyncStatus};

use crate::runtime::App;

/// Synchronises the open workspace.
///
/// # Errors
/// `NotFound` if no workspace is open; what stands in the way is in the status.
pub async fn run(app: &Arc<App>, params: SyncNowParams) -> Result<SyncStatus, ApiError> {
    app.net.now(app, params.timeout_ms).await
}
