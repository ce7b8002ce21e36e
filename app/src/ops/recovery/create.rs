//! `recovery/create`: makes the recovery code; it is shown once.
//!
//! Not here: the code's format (`groundplan_shared::crypto::safe`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, RecoveryCode, RecoveryCreateParams};

use crate::runtime::App;

/// Makes the recovery code.
///
/// # Errors
/// Those of the server, if the workspace has one.
pub async fn run(app: &Arc<App>, _: RecoveryCreateParams) -> Result<RecoveryCode, ApiError> {
    crate::identity::recovery::create(app).await
}
