//! Commands of members, roles, clearances, invitations, keys and policy.
//!
//! Not here: accounts, devices and synchronisation (`account`), and the rules, which are the membership log's.

use serde::{Deserialize, Serialize};

use super::Hidden;

/// Lists members, newcomers, roles, keys and the policy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberListParams {}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its id in hexadecimal.
    pub id: String,
    /// Its name; the start of the id if unknown here.
    pub name: String,
    /// `owner`, `administrator`, `editor`, `viewer`, or the id of a custom role.
    pub role: String,
    /// The role's name.
    pub role_name: String,
    /// The levels it reads, lowest first.
    pub clearance: Vec<String>,
    /// Whether it is a service account.
    pub service: bool,
    /// Whether it is in the workspace.
    pub active: bool,
    /// Whether it is the person of this device.
    pub you: bool,
    /// Active devices, without recovery codes.
    pub devices: u32,
    /// Whether the person of this device compared the safety number with this member: none if not; false if the member has
    /// other devices since.
    #[serde(default)]
    pub compared: Option<bool>,
}

/// Somebody who joined and waits to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewcomerView {
    /// The id as a member.
    pub id: String,
    /// The id of the device.
    pub device: String,
    /// The promised role.
    pub role: String,
    /// The promised levels.
    pub clearance: Vec<String>,
    /// The invitation.
    pub invite: String,
    /// The safety number to compare with the newcomer before confirming by hand.
    pub safety_number: String,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleView {
    /// Its word, or its id for a custom one.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<String>,
    /// Whether every workspace has it.
    pub built_in: bool,
}

/// The key of a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// The level.
    pub level: String,
    /// Its epoch, from 1.
    pub epoch: u32,
    /// When the epoch began by its author's clock, in milliseconds since 1970.
    pub started_ms: u64,
    /// Whether somebody who left may still hold it, until a member rotates it.
    pub rotation_due: bool,
    /// Whether this device holds it.
    pub held: bool,
}

/// What the workspace demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// Whether a second factor is required at sign-in.
    pub second_factor_required: bool,
    /// Allowed ways to sign in: `password`, `sso`, `passkey`.
    pub sign_in: Vec<String>,
    /// Most days without contact before a device must confirm again.
    pub max_offline_days: Option<u32>,
    /// Levels whose documents may be exported.
    pub export: Vec<String>,
    /// Age at which keys are rotated, in days.
    pub rotate_after_days: Option<u32>,
}

/// Members, newcomers, roles, keys and the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberList {
    /// Members, those who left at the end.
    pub items: Vec<MemberView>,
    /// Newcomers who wait.
    pub waiting: Vec<NewcomerView>,
    /// Roles.
    pub roles: Vec<RoleView>,
    /// Keys, lowest level first.
    pub keys: Vec<KeyView>,
    /// The policy.
    pub policy: PolicyView,
}

/// Computes the number that two members compare.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSafetyParams {
    /// The other member, or a newcomer.
    pub member: String,
}

/// Sixty digits that both members see, if nobody stands between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyNumber {
    /// The other member.
    pub member: String,
    /// The name, if known here.
    pub name: String,
    /// Twelve groups of five digits.
    pub number: String,
}

/// Remembers on this device that the safety number of a member was compared and is the same on both sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberVerifyParams {
    /// The member, by name or id.
    pub member: String,
    /// The sixty digits as the other side reads them out; empty: it is not remembered any more.
    pub safety_number: String,
}

/// Lets a newcomer in whose safety number was compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfirmParams {
    /// The newcomer.
    pub member: String,
    /// The safety number that the newcomer reads out.
    pub safety_number: String,
    /// The name under which members will see the newcomer.
    pub name: String,
}

/// Removes a member, oneself included; a newcomer is turned away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRemoveParams {
    /// The member.
    pub member: String,
}

/// Gives a member another role.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRoleParams {
    /// The member.
    pub member: String,
    /// A role's word, name or id.
    pub role: String,
}

/// Sets what a member may read: keys are handed over or rotated as needed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberClearanceParams {
    /// The member.
    pub member: String,
    /// The highest level: `public`, `internal`, `confidential`, `restricted`.
    pub clearance: String,
}

/// Makes another member the owner; the former one becomes an administrator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberTransferParams {
    /// The new owner.
    pub member: String,
}

/// Lists invitations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteListParams {}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    /// Its id in hexadecimal.
    pub id: String,
    /// Who made it.
    pub inviter: String,
    /// The promised role.
    pub role: String,
    /// The promised levels.
    pub clearance: Vec<String>,
    /// `open`, `used`, `cancelled` or `expired`.
    pub state: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// Invitations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteList {
    /// The rows, open ones first.
    pub items: Vec<InviteView>,
}

/// Takes an invitation back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteCancelParams {
    /// The invitation.
    pub invite: String,
}

/// Makes a custom role, or changes one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDefineParams {
    /// The role to change, by name or id; a new one if none.
    #[serde(default)]
    pub role: Option<String>,
    /// Its name.
    pub name: String,
    /// What it may do: `read`, `comment`, `write`, `invite`, `manage_members`, …
    pub permissions: Vec<String>,
}

/// Adds a service account: a member without a person, with one key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAddParams {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: String,
    /// The highest level it reads.
    pub clearance: String,
}

/// A service account, with its key for the one time that it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAdded {
    /// Its id as a member.
    pub member: String,
    /// Its key.
    pub credential: Hidden,
}

/// Makes a fresh profile a service's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceUseParams {
    /// The key that `service/add` showed.
    pub credential: Hidden,
}

/// A profile that is a service's now; it takes effect when the program starts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUsed {
    /// The workspace that the key is for.
    pub workspace: String,
}

/// Opens the workspace of a service's profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceOpenParams {}

/// Changes the policy; what is not given stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySetParams {
    /// Whether a second factor is required.
    #[serde(default)]
    pub second_factor_required: Option<bool>,
    /// Allowed ways to sign in.
    #[serde(default)]
    pub sign_in: Option<Vec<String>>,
    /// Most days without contact; 0: no limit.
    #[serde(default)]
    pub max_offline_days: Option<u32>,
    /// Levels whose documents may be exported.
    #[serde(default)]
    pub export: Option<Vec<String>>,
    /// Age at which keys are rotated, in days; 0: never by age.
    #[serde(default)]
    pub rotate_after_days: Option<u32>,
}

/// Starts new keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotateParams {
    /// The levels; every level that this member reads if empty.
    #[serde(default)]
    pub levels: Vec<String>,
}

/// Gives a device that was shut out new keys, with which it can be let in again. Everything on it stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRenewParams {}

/// The device with its new keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRenewed {
    /// Its new id, in hexadecimal.
    pub device: String,
    /// Changes that were not sent; once it is let in, `sync/bring_in` sends them.
    pub unsent: u64,
}

/// Shuts a device out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRevokeParams {
    /// The device's id, or its name if only one has it.
    pub device: String,
}
