//! `device/renew`: new keys for a device that was shut out.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceRenewParams, DeviceRenewed};

use crate::identity;
use crate::runtime::App;

/// Gives the device new keys; it keeps everything and is to be let in again.
///
/// # Errors
/// Those of [`identity::renew::renew`].
pub async fn run(app: &Arc<App>, _: DeviceRenewParams) -> Result<DeviceRenewed, ApiError> {
    identity::renew::renew(app).await
}
