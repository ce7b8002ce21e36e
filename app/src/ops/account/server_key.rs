//! `account/server_key`: shows which key of a server is trusted, and which was refused.
//!
//! Not here: comparing keys (`identity::account`).

use groundplan_shared::api::{AccountServerKeyParams, ApiError, ServerKeys};

use crate::runtime::App;

/// Shows the fingerprints of a server's keys.
///
/// # Errors
/// `InvalidInput` for what is no address.
pub fn run(app: &App, params: AccountServerKeyParams) -> Result<ServerKeys, ApiError> {
    crate::identity::pinned::server_keys(app, &params.server)
}
