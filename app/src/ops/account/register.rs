//! `account/register`: registers on a server and signs this device in.
//!
//! Not here: OPAQUE and tokens (`identity::account`).

use std::sync::Arc;

use groundplan_shared::api::{AccountRegisterParams, AccountView, ApiError};

use crate::runtime::App;

/// Registers on a server and signs this device in.
///
/// # Errors
/// `InvalidInput` for name, password or address; those of the server.
pub async fn run(app: &Arc<App>, params: AccountRegisterParams) -> Result<AccountView, ApiError> {
    crate::identity::account::register(app, params).await
}
