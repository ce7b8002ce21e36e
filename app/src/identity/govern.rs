//! Changing members, roles, clearances, keys and policy: each is one entry of the membership log.
//!
//! Whoever may do it is decided by the validator, the same for everybody. Not here: coming in (`link`, `recovery`,
//! `invite`), lists (`roster`), and how entries that rotate keys are made (`sync::rotate`).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, Hidden, KeyRotateParams, MemberClearanceParams, MemberConfirmParams,
    MemberRoleParams, PolicySetParams, RoleDefineParams, ServiceAddParams, ServiceAdded,
};
use groundplan_shared::auth::{Clearance, Compartment, Role};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::membership::build::{next_entry, wrap_current};
use groundplan_shared::membership::{
    Body, Confirm, DeviceKeysPublic, Grant, InviteCancel, MembershipState, OwnerTransfer, PolicySet,
    RoleDefine, RoleSet, SealedName, ServiceAccountAdd, SignInMethods,
};
use groundplan_shared::wire::{InviteId, MemberId, RoleId};
use ring::rand::SystemRandom;

use super::device::no_randomness;
use super::membership::{append, append_settled, failed, load, sync_failed};
use super::policy;
use super::roster::newcomers_number;
use super::words::{clearance_of, device_of, field, levels_of, member_of, permissions_of, role_of};
use crate::core::Workspace;
use crate::runtime::App;
use crate::sync::confirm::keyring;
use crate::sync::rotate::{self, Action, RotateError};
use crate::sync::{SyncError, SyncTx};

/// Appends the entry of an action that rotates keys; nothing if others have done it.
async fn act(
    app: &Arc<App>,
    workspace: &Arc<Workspace>,
    action: Action,
) -> Result<MembershipState, ApiError> {
    let own = Arc::clone(app.device().keys());
    append_settled(app, workspace, move |tx, log| {
        let made = rotate::entry(tx, log, &own, action, crate::env::now_ms(), &SystemRandom::new());
        made.map_err(|error| match error {
            RotateError::Sync(error) => sync_failed(error),
            RotateError::Build(error) => failed(error),
        })
    })
    .await
}

/// Appends a body that hands over no keys.
async fn put(app: &Arc<App>, workspace: &Arc<Workspace>, body: Body) -> Result<(), ApiError> {
    let own = Arc::clone(app.device().keys());
    append(app, workspace, move |_, state| Ok(next_entry(state, &own, crate::env::now_ms(), body.clone())))
        .await
        .map(drop)
}

fn find(app: &App, member: &str) -> Result<(Arc<Workspace>, MembershipState, MemberId), ApiError> {
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let id = member_of(&workspace, &state, member)?;
    Ok((workspace, state, id))
}

/// Seals a name for all members.
fn seal(
    tx: &mut dyn SyncTx,
    state: &MembershipState,
    of: NameOf,
    name: &str,
) -> Result<SealedName, ApiError> {
    let ring = keyring(tx, state).map_err(sync_failed)?;
    let (epoch, key) = ring
        .current(state, Compartment::Public)
        .ok_or_else(|| sync_failed(SyncError::NoKey { compartment: "public" }))?;
    seal_name(key, epoch, &state.workspace(), of, name, &SystemRandom::new()).map_err(failed)
}

/// Shuts a device out.
pub async fn revoke_device(app: &Arc<App>, device: String) -> Result<(), ApiError> {
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let id = device_of(&workspace, &state, &device)?;
    act(app, &workspace, Action::RevokeDevice(id)).await.map(drop)
}

/// Removes a member, or turns a newcomer away.
pub async fn remove(app: &Arc<App>, member: String) -> Result<(), ApiError> {
    let (workspace, _, id) = find(app, &member)?;
    act(app, &workspace, Action::RemoveMember(id)).await.map(drop)
}

/// Starts new keys.
pub async fn rotate_keys(app: &Arc<App>, params: KeyRotateParams) -> Result<(), ApiError> {
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let own = state.active(&app.device().keys().id()).map_or(Clearance::NONE, |(_, rights)| rights.clearance);
    let clearance = match params.levels.is_empty() {
        true => own,
        false => levels_of("levels", &params.levels)?,
    };
    let action = Action::Rotate { clearance, since: state.head_index() };
    act(app, &workspace, action).await.map(drop)
}

/// Gives a member another role.
pub async fn set_role(app: &Arc<App>, params: MemberRoleParams) -> Result<(), ApiError> {
    let (workspace, state, member) = find(app, &params.member)?;
    let role = role_of(&workspace, &state, &params.role)?;
    put(app, &workspace, Body::RoleSet(RoleSet { member, role })).await
}

/// Sets what a member may read: what is missing is granted with its keys, what is too much taken with a rotation.
pub async fn set_clearance(app: &Arc<App>, params: MemberClearanceParams) -> Result<(), ApiError> {
    let (workspace, state, member) = find(app, &params.member)?;
    let wanted = clearance_of(&params.clearance)?;
    let has = state.member(&member).map_or(Clearance::NONE, |member| member.clearance);
    let (more, less) = (wanted.without(has), has.without(wanted));
    if !more.is_empty() {
        let own = Arc::clone(app.device().keys());
        append(app, &workspace, move |tx, state| {
            let devices: Vec<DeviceKeysPublic> =
                state.devices_of(member).map(|(_, device)| device.keys).collect();
            let ring = keyring(tx, state).map_err(sync_failed)?;
            let keys = wrap_current(state, &ring, more, &devices, &SystemRandom::new()).map_err(failed)?;
            let grant = Body::Grant(Grant { member, clearance: more, keys });
            Ok(next_entry(state, &own, crate::env::now_ms(), grant))
        })
        .await?;
    }
    if !less.is_empty() {
        act(app, &workspace, Action::TakeClearance(member, less)).await?;
    }
    Ok(())
}

/// Makes another member the owner.
pub async fn transfer(app: &Arc<App>, member: String) -> Result<(), ApiError> {
    let (workspace, _, to) = find(app, &member)?;
    put(app, &workspace, Body::OwnerTransfer(OwnerTransfer { to })).await
}

/// Takes an invitation back.
pub async fn cancel_invite(app: &Arc<App>, invite: &str) -> Result<(), ApiError> {
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let found: Vec<InviteId> =
        state.invites().map(|(id, _)| *id).filter(|id| id.to_string() == invite).collect();
    let [invite] = found.as_slice() else {
        return Err(ApiError::new(
            ErrorCode::NotFound,
            "There is no such invitation.",
            "See them with `groundplan member invitations`.",
        ));
    };
    put(app, &workspace, Body::InviteCancel(InviteCancel { invite: *invite })).await
}

/// Makes a custom role, or changes one.
pub async fn define_role(app: &Arc<App>, params: RoleDefineParams) -> Result<(), ApiError> {
    groundplan_shared::validate::check_name("name", &params.name)?;
    let permissions = permissions_of(&params.permissions)?;
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let role = match &params.role {
        None => RoleId(crate::env::make_uuid().into_bytes()),
        Some(known) => match role_of(&workspace, &state, known)? {
            Role::Custom(id) => id,
            _ => return Err(field("role", "Built-in roles do not change.", "Make a role of your own.")),
        },
    };
    let own = Arc::clone(app.device().keys());
    append(app, &workspace, move |tx, state| {
        let name = seal(tx, state, NameOf::Role(role.0), &params.name)?;
        let define = Body::RoleDefine(RoleDefine { role, name, permissions });
        Ok(next_entry(state, &own, crate::env::now_ms(), define))
    })
    .await
    .map(drop)
}

/// Lets a newcomer in whose safety number was compared, without the invitation's secret (M1).
pub async fn confirm(app: &Arc<App>, params: MemberConfirmParams) -> Result<(), ApiError> {
    groundplan_shared::validate::check_name("name", &params.name)?;
    let (workspace, state, member) = find(app, &params.member)?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let device = state.pending().find(|(id, _)| **id == member).map(|(_, pending)| pending.join.device);
    let device = device.ok_or_else(|| {
        ApiError::new(
            ErrorCode::Conflict,
            "Nobody of this id waits to be let in.",
            "See `groundplan member list`.",
        )
    })?;
    if digits(&newcomers_number(&state, &device)) != digits(&params.safety_number) {
        return Err(ApiError::new(
            ErrorCode::ServerUntrusted,
            "The safety number is not the one that this device computes: nobody was let in.",
            "Synchronise both and compare again. If it differs then, somebody stands between you: do not confirm.",
        ));
    }
    let own = Arc::clone(app.device().keys());
    append(app, &workspace, move |tx, state| {
        let gone = || failed("the newcomer does not wait any more");
        let pending = state.pending().find(|(id, _)| **id == member).map(|(_, pending)| pending.clone());
        // The key that was compared, and no other.
        let pending = pending.filter(|pending| pending.join.device == device).ok_or_else(gone)?;
        let ring = keyring(tx, state).map_err(sync_failed)?;
        let confirm = Confirm {
            member,
            device: pending.device,
            member_name: seal(tx, state, NameOf::Member(member.0), &params.name)?,
            device_name: seal(tx, state, NameOf::Device(pending.device.0), &params.name)?,
            keys: wrap_current(state, &ring, pending.clearance, &[device], &SystemRandom::new())
                .map_err(failed)?,
        };
        Ok(next_entry(state, &own, crate::env::now_ms(), Body::Confirm(confirm)))
    })
    .await
    .map(drop)
}

/// Adds a service account with a key made here; the key is in the answer and nowhere else.
pub async fn add_service(app: &Arc<App>, params: ServiceAddParams) -> Result<ServiceAdded, ApiError> {
    groundplan_shared::validate::check_name("name", &params.name)?;
    let workspace = app.workspace()?;
    let (state, _) = load(&workspace)?;
    let role = role_of(&workspace, &state, &params.role)?;
    let clearance = clearance_of(&params.clearance)?;
    let service = DeviceKeys::make(&SystemRandom::new()).map_err(no_randomness)?;
    let member = MemberId(crate::env::make_uuid().into_bytes());
    let (own, keys) = (Arc::clone(app.device().keys()), service.clone());
    append(app, &workspace, move |tx, state| {
        let ring = keyring(tx, state).map_err(sync_failed)?;
        let add = ServiceAccountAdd {
            member,
            device: keys.public(),
            consent: keys.consent(&state.workspace(), &member),
            name: seal(tx, state, NameOf::Member(member.0), &params.name)?,
            role,
            clearance,
            keys: wrap_current(state, &ring, clearance, &[keys.public()], &SystemRandom::new())
                .map_err(failed)?,
        };
        Ok(next_entry(state, &own, crate::env::now_ms(), Body::ServiceAccountAdd(add)))
    })
    .await?;
    let credential = super::service::credential(&state, &service);
    Ok(ServiceAdded { member: member.to_string(), credential: Hidden(credential.to_string()) })
}

/// Changes the policy.
pub async fn set_policy(app: &Arc<App>, params: PolicySetParams) -> Result<(), ApiError> {
    let proven = match params.second_factor_required {
        Some(true) => match super::second_factor::status(app).await {
            Ok(status) => status.proven,
            Err(error) if error.code == ErrorCode::NotConnected => false,
            Err(error) => return Err(error),
        },
        _ => false,
    };
    policy::check_possible(&params, proven)?;
    let workspace = app.workspace()?;
    let export = params.export.as_deref().map(|levels| levels_of("export", levels)).transpose()?;
    let sign_in = params.sign_in.as_deref().map(ways_of).transpose()?;
    let own = Arc::clone(app.device().keys());
    append(app, &workspace, move |_, state| {
        // Changed on what holds at that moment, so that two changes of different points both stay.
        let mut policy = *state.policy();
        policy.second_factor_required =
            params.second_factor_required.unwrap_or(policy.second_factor_required);
        policy.sign_in = sign_in.unwrap_or(policy.sign_in);
        policy.export = export.unwrap_or(policy.export);
        if let Some(days) = params.max_offline_days {
            policy.max_offline_days = (days > 0).then_some(days);
        }
        if let Some(days) = params.rotate_after_days {
            policy.rotate_after_days = (days > 0).then_some(days);
        }
        Ok(next_entry(state, &own, crate::env::now_ms(), Body::PolicySet(PolicySet { policy })))
    })
    .await
    .map(drop)
}

fn ways_of(texts: &[String]) -> Result<SignInMethods, ApiError> {
    let known = ["password", "sso", "passkey"];
    if texts.is_empty() || !texts.iter().all(|text| known.contains(&text.as_str())) {
        return Err(field(
            "sign_in",
            "Ways to sign in are password, sso and passkey.",
            "Allow at least one.",
        ));
    }
    let has = |way: &str| texts.iter().any(|text| text == way);
    Ok(SignInMethods { password: has("password"), sso: has("sso"), passkey: has("passkey") })
}
