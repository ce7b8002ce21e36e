//! `account/login`: signs this device in to a server.
//!
//! Not here: OPAQUE and tokens (`identity::account`).

use std::sync::Arc;

use groundplan_shared::api::{AccountLoginParams, AccountView, ApiError};

use crate::runtime::App;

/// Signs this device in.
///
/// # Errors
/// `NotAllowed` for a wrong name or password, `ServerUntrusted` for a server whose key changed.
pub async fn run(app: &Arc<App>, params: AccountLoginParams) -> Result<AccountView, ApiError> {
    crate::identity::account::login(app, params).await
}
