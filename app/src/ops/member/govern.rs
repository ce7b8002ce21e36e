//! Changes of members, roles, clearances, invitations, policy and keys; each answers with how it stands then.
//!
//! Not here: the log entries (`identity::govern`) and who may make them (the membership rules).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, DeviceList, DeviceRevokeParams, InviteCancelParams, InviteList, KeyRotateParams,
    MemberClearanceParams, MemberConfirmParams, MemberList, MemberRemoveParams, MemberRoleParams,
    MemberTransferParams, PolicySetParams, RoleDefineParams, ServiceAddParams, ServiceAdded,
    ServiceOpenParams, ServiceUseParams, ServiceUsed, WorkspaceView,
};

use crate::identity::{govern, roster};
use crate::runtime::App;

/// `member/confirm`: lets a newcomer in whose safety number was compared.
///
/// # Errors
/// `ServerUntrusted` if the number differs, `Conflict` if nobody waits, `NotAllowed` by the rules.
pub async fn confirm(app: &Arc<App>, params: MemberConfirmParams) -> Result<MemberList, ApiError> {
    govern::confirm(app, params).await?;
    roster::members(app).await
}

/// `member/remove`: removes a member and rotates what they could read.
///
/// # Errors
/// `NotFound`, `NotAllowed` by the rules, `Offline` if the workspace has a server and it is away.
pub async fn remove(app: &Arc<App>, params: MemberRemoveParams) -> Result<MemberList, ApiError> {
    govern::remove(app, params.member).await?;
    roster::members(app).await
}

/// `member/role`: gives a member another role.
///
/// # Errors
/// `NotFound`, `InvalidInput` for the role, `NotAllowed` by the rules.
pub async fn role(app: &Arc<App>, params: MemberRoleParams) -> Result<MemberList, ApiError> {
    govern::set_role(app, params).await?;
    roster::members(app).await
}

/// `member/clearance`: sets the highest level that a member reads.
///
/// # Errors
/// Those of [`remove`], `InvalidInput` for the level.
pub async fn clearance(app: &Arc<App>, params: MemberClearanceParams) -> Result<MemberList, ApiError> {
    govern::set_clearance(app, params).await?;
    roster::members(app).await
}

/// `member/transfer`: makes another member the owner.
///
/// # Errors
/// `NotFound`, `NotAllowed` by the rules.
pub async fn transfer(app: &Arc<App>, params: MemberTransferParams) -> Result<MemberList, ApiError> {
    govern::transfer(app, params.member).await?;
    roster::members(app).await
}

/// `invite/cancel`: takes an invitation back.
///
/// # Errors
/// `NotFound`, `NotAllowed` by the rules.
pub async fn cancel(app: &Arc<App>, params: InviteCancelParams) -> Result<InviteList, ApiError> {
    govern::cancel_invite(app, &params.invite).await?;
    roster::invites(app).await
}

/// `role/define`: makes a custom role, or changes one.
///
/// # Errors
/// `InvalidInput` for name, role or permissions, `NotAllowed` by the rules.
pub async fn define(app: &Arc<App>, params: RoleDefineParams) -> Result<MemberList, ApiError> {
    govern::define_role(app, params).await?;
    roster::members(app).await
}

/// `service/add`: adds a service account.
///
/// # Errors
/// `InvalidInput` for name, role or level, `NotAllowed` by the rules.
pub async fn service(app: &Arc<App>, params: ServiceAddParams) -> Result<ServiceAdded, ApiError> {
    govern::add_service(app, params).await
}

/// `service/use`: makes a fresh profile a service's.
///
/// # Errors
/// `InvalidInput` for what is no key, `Conflict` for a profile that was used already.
pub async fn service_use(app: &Arc<App>, params: ServiceUseParams) -> Result<ServiceUsed, ApiError> {
    crate::identity::service::adopt_key(app, params).await
}

/// `service/open`: opens the workspace of a service's profile.
///
/// # Errors
/// `Conflict` if the profile is no service's, `NotConnected` if it is not signed in, `NotFound` if it was removed.
pub async fn service_open(app: &Arc<App>, params: ServiceOpenParams) -> Result<WorkspaceView, ApiError> {
    crate::identity::service::open(app, params).await
}

/// `policy/set`: changes what the workspace demands.
///
/// # Errors
/// `InvalidInput` for a value, `NotAllowed` by the rules.
pub async fn policy(app: &Arc<App>, params: PolicySetParams) -> Result<MemberList, ApiError> {
    govern::set_policy(app, params).await?;
    roster::members(app).await
}

/// `key/rotate`: starts new keys.
///
/// # Errors
/// Those of [`remove`], `InvalidInput` for a level.
pub async fn rotate(app: &Arc<App>, params: KeyRotateParams) -> Result<MemberList, ApiError> {
    govern::rotate_keys(app, params).await?;
    roster::members(app).await
}

/// `device/revoke`: shuts a device out and rotates what it could read.
///
/// # Errors
/// Those of [`remove`].
pub async fn revoke(app: &Arc<App>, params: DeviceRevokeParams) -> Result<DeviceList, ApiError> {
    govern::revoke_device(app, params.device).await?;
    crate::ops::device::list::listed(app).await
}
