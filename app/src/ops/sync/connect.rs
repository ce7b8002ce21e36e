//! `sync/connect`: uploads the open workspace to the account's server.
//!
//! Not here: the driver (`net`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, SyncConnectParams, SyncStatus};

use crate::runtime::App;

/// Connects the open workspace to the account's server and waits until it is there.
///
/// # Errors
/// `NotConnected` if nobody is signed in.
pub async fn run(app: &Arc<App>, _: SyncConnectParams) -> Result<SyncStatus, ApiError> {
    app.net.connect(app).await
}
