//! `device/link_join`: joins a workspace with a code from another device.
//!
//! Not here: the exchange (`identity::link`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceLinkJoinParams, WorkspaceView};

use crate::runtime::App;

/// Joins with a code from another device.
///
/// # Errors
/// `InvalidInput` for a mistyped code, `NotConnected` if this device is not signed in there, `ServerUntrusted`.
pub async fn run(app: &Arc<App>, params: DeviceLinkJoinParams) -> Result<WorkspaceView, ApiError> {
    crate::identity::link::join(app, params).await
}
