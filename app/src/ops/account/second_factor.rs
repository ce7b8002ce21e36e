//! `account/second_factor…`: shows, begins, confirms and removes the second factor of the account.
//!
//! Not here: what a code proves (`identity::second_factor`, and the server).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, SecondFactorBeginParams, SecondFactorConfirmParams, SecondFactorRemoveParams,
    SecondFactorSetup, SecondFactorStatus, SecondFactorStatusParams,
};

use crate::identity::second_factor;
use crate::runtime::App;

/// Shows whether there is one.
///
/// # Errors
/// `NotConnected` without a sign-in; those of the server.
pub async fn status(app: &Arc<App>, _: SecondFactorStatusParams) -> Result<SecondFactorStatus, ApiError> {
    second_factor::status(app).await
}

/// Makes a secret for an authenticator.
///
/// # Errors
/// `Conflict` if there is one that counts.
pub async fn begin(app: &Arc<App>, _: SecondFactorBeginParams) -> Result<SecondFactorSetup, ApiError> {
    second_factor::begin(app).await
}

/// Takes the first code.
///
/// # Errors
/// `InvalidInput` for a wrong one.
pub async fn confirm(
    app: &Arc<App>,
    params: SecondFactorConfirmParams,
) -> Result<SecondFactorStatus, ApiError> {
    second_factor::confirm(app, params.code).await
}

/// Removes it, given a code.
///
/// # Errors
/// `InvalidInput` for a wrong one, `NotFound` if there is none.
pub async fn remove(
    app: &Arc<App>,
    params: SecondFactorRemoveParams,
) -> Result<SecondFactorStatus, ApiError> {
    second_factor::remove(app, params.code).await
}
