//! The account's second factor: an authenticator that gives a code every half minute.
//!
//! It guards the account on the server, and with it what the server hands out; data is opened by device keys alone
//! (SYNC §1). Not here: judging codes, which the server does.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, Hidden, SecondFactorSetup, SecondFactorStatus};
use groundplan_shared::wire::rest::SecondFactorCode;

use super::account;
use super::link::qr;
use crate::runtime::App;

/// Tells whether the account has one.
///
/// # Errors
/// `NotConnected` without a sign-in; those of the server.
pub async fn status(app: &Arc<App>) -> Result<SecondFactorStatus, ApiError> {
    let session = account::session(app).await?;
    let view = session.rest.second_factor(session.bearer()).await?;
    Ok(SecondFactorStatus { enabled: view.enabled, proven: view.proven })
}

/// Makes a secret for an authenticator.
///
/// # Errors
/// `Conflict` if the account has a second factor; those of the server.
pub async fn begin(app: &Arc<App>) -> Result<SecondFactorSetup, ApiError> {
    let session = account::session(app).await?;
    let begun = session.rest.begin_second_factor(session.bearer()).await?;
    Ok(SecondFactorSetup { qr_svg: qr(&begun.uri), secret: Hidden(begun.secret), uri: Hidden(begun.uri) })
}

/// Gives the first code back: from now on sign-ins need one.
///
/// # Errors
/// `InvalidInput` for a wrong code; those of the server.
pub async fn confirm(app: &Arc<App>, code: Hidden) -> Result<SecondFactorStatus, ApiError> {
    let session = account::session(app).await?;
    session.rest.confirm_second_factor(&SecondFactorCode { code: code.0 }, session.bearer()).await?;
    // Workspaces that demand one let this sign-in in from now on.
    app.net.signed_in(app);
    status(app).await
}

/// Removes it, given one more code.
///
/// # Errors
/// `InvalidInput` for a wrong code, `NotFound` if there is none; those of the server.
pub async fn remove(app: &Arc<App>, code: Hidden) -> Result<SecondFactorStatus, ApiError> {
    let session = account::session(app).await?;
    session.rest.remove_second_factor(&SecondFactorCode { code: code.0 }, session.bearer()).await?;
    status(app).await
}
