//! `device/link_wait`: waits for the other device to answer the code.
//!
//! Not here: the exchange (`identity::link`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceLinkWaitParams, LinkRequest};

use crate::runtime::App;

/// Waits for the other device's request.
///
/// # Errors
/// `Conflict` if no code was made, `NotFound` if the time is over.
pub async fn run(app: &Arc<App>, params: DeviceLinkWaitParams) -> Result<LinkRequest, ApiError> {
    crate::identity::link::wait(app, params.timeout_ms).await
}
