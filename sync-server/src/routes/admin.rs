//! For administrators: inviting people to register.

use axum::{Json, extract::State};
use groundplan_shared::wire::cbor::to_base64;
use serde::{Deserialize, Serialize};

use super::account::invitation_hash;
use crate::{
    app::App,
    caller::AdminSession,
    clock::random,
    http::extract::JsonBody,
    problem::Refusal,
    store::{AccountRole, Invitation},
};

/// Asks for an invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreateParams {
    /// How many hours it is valid, 1 to 720.
    pub valid_hours: u32,
}

/// An invitation; the token is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreateResponse {
    /// To be given to one person.
    pub invitation: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: u64,
}

/// Makes an invitation for one person.
pub(super) async fn invite(
    AdminSession(session): AdminSession,
    State(app): State<App>,
    JsonBody(params): JsonBody<InvitationCreateParams>,
) -> Result<Json<InvitationCreateResponse>, Refusal> {
    let now = app.clock.now_ms();
    let expires_at = now + i64::from(params.valid_hours.clamp(1, 720)) * 3_600_000;
    let token = to_base64(&random::<32>());
    let invitation = Invitation {
        token_hash: invitation_hash(&token),
        role: AccountRole::Member,
        created_by: Some(session.account),
        created_at: now,
        expires_at,
    };
    app.store.create_invitation(invitation).await?;
    Ok(Json(InvitationCreateResponse {
        invitation: token,
        expires_ms: u64::try_from(expires_at).unwrap_or_default(),
    }))
}
