//! `member/invite`: invites a person with a role and clearance.
//!
//! Not here: the log entry (`identity::invite`).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, InviteLink, MemberInviteParams};

use crate::runtime::App;

/// Invites a person.
///
/// # Errors
/// `InvalidInput` for role or clearance, `NotAllowed` by the membership rules.
pub async fn run(app: &Arc<App>, params: MemberInviteParams) -> Result<InviteLink, ApiError> {
    crate::identity::invite::invite(app, params).await
}
