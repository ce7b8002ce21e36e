//! `account/logout`: signs this device out; nothing on it is removed.
//!
//! Not here: tokens (`identity::account`).

use std::sync::Arc;

use groundplan_shared::api::{AccountLogoutParams, ApiError, Empty};

use crate::runtime::App;

/// Signs this device out.
///
/// # Errors
/// Those of the store; being offline is none.
pub async fn run(app: &Arc<App>, _: AccountLogoutParams) -> Result<Empty, ApiError> {
    crate::identity::account::logout(app).await?;
    Ok(Empty {})
}
