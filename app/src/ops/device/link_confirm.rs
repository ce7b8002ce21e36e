//! `device/link_confirm`: lets the device in that answered.
//!
//! Not here: the exchange (`identity::link`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceLinkConfirmParams, DeviceList};

use crate::runtime::App;

/// Lets the device in whose digits were compared.
///
/// # Errors
/// `InvalidInput` for another device than the one that asked.
pub async fn run(app: &Arc<App>, params: DeviceLinkConfirmParams) -> Result<DeviceList, ApiError> {
    crate::identity::link::confirm(app, &params.device).await
}
