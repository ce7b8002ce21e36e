//! `device/link_start`: makes a code with which another device joins.
//!
//! Not here: the exchange (`identity::link`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceLinkStartParams, LinkCode};

use crate::runtime::App;

/// Makes a code for another device of this member.
///
/// # Errors
/// `NotConnected` if the workspace is on this device only or nobody is signed in.
pub async fn run(app: &Arc<App>, _: DeviceLinkStartParams) -> Result<LinkCode, ApiError> {
    crate::identity::link::start(app).await
}
