//! `recovery/use`: opens a workspace from the server with the recovery code.
//!
//! Not here: the log entry (`identity::recovery`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, RecoveryUseParams, WorkspaceView};

use crate::runtime::App;

/// Opens a workspace with its recovery code.
///
/// # Errors
/// `InvalidInput` for a mistyped code, `NotFound` if it belongs to no workspace of the account.
pub async fn run(app: &Arc<App>, params: RecoveryUseParams) -> Result<WorkspaceView, ApiError> {
    crate::identity::recovery::redeem(app, params).await
}
