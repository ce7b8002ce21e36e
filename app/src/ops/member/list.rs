//! `member/list`, `member/safety`, `invite/list`: who is in the workspace and who was asked in.
//!
//! Not here: how it is found out (`identity::roster`).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, InviteList, InviteListParams, MemberList, MemberListParams, MemberSafetyParams,
    MemberVerifyParams, SafetyNumber,
};

use crate::identity::{compared, roster};
use crate::runtime::App;

/// Lists members, newcomers, roles, keys and the policy.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn run(app: &Arc<App>, _: MemberListParams) -> Result<MemberList, ApiError> {
    roster::members(app).await
}

/// Computes the number that two members compare.
///
/// # Errors
/// `NotFound` for an unknown member; those of the store.
pub async fn safety(app: &Arc<App>, params: MemberSafetyParams) -> Result<SafetyNumber, ApiError> {
    roster::safety(app, params.member).await
}

/// Remembers that the number was compared with a member.
///
/// # Errors
/// `Conflict` if it is not the member's number; those of the store.
pub async fn verify(app: &Arc<App>, params: MemberVerifyParams) -> Result<MemberList, ApiError> {
    compared::remember(app, params.member, params.safety_number).await?;
    roster::members(app).await
}

/// Lists invitations.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn invites(app: &Arc<App>, _: InviteListParams) -> Result<InviteList, ApiError> {
    roster::invites(app).await
}
