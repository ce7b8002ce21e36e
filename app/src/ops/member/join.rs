//! `member/join`: accepts an invitation.
//!
//! Not here: the log entry (`identity::invite`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, MemberJoinParams, WorkspaceView};

use crate::runtime::App;

/// Accepts an invitation.
///
/// # Errors
/// `InvalidInput` for a broken link, `ServerUntrusted` if the server shows another workspace, `Conflict` while nobody has let this person in.
pub async fn run(app: &Arc<App>, params: MemberJoinParams) -> Result<WorkspaceView, ApiError> {
    crate::identity::invite::join(app, params).await
}
