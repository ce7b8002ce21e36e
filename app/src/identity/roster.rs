//! Who is in the workspace, by the verified log: members, newcomers, roles, keys, policy, invitations, safety numbers.
//!
//! Not here: changing any of it (`govern`), and what the server says, which is not believed (M2, M3, M4).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, InviteList, InviteView, KeyView, MemberList, MemberView, NewcomerView, PolicyView, RoleView,
    SafetyNumber,
};
use groundplan_shared::auth::{Compartment, Role};
use groundplan_shared::crypto::safe::safety_number;
use groundplan_shared::membership::{DeviceKeysPublic, DeviceKind, MembershipState, OpenInvite, Policy};
use groundplan_shared::wire::MemberId;

use super::compared;
use super::membership::{blocking, load, sync_failed};
use super::words::{self, ROLES};
use crate::runtime::App;
use crate::sync::{SyncError, SyncTx, names, run};

/// Lists everything of [`MemberList`].
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn members(app: &Arc<App>) -> Result<MemberList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let own = state.device(&app.device().keys().id()).map(|device| device.member);
        let compared = compared::all(&workspace, &state)?;
        let mut list = run(&*workspace, |tx| list(tx, &state, own)).map_err(sync_failed)?;
        for member in &mut list.items {
            member.compared = compared.get(&member.id).copied();
        }
        Ok(list)
    })
    .await
}

fn list(
    tx: &mut dyn SyncTx,
    state: &MembershipState,
    own: Option<MemberId>,
) -> Result<MemberList, SyncError> {
    let mut items = Vec::new();
    for (id, member) in state.members() {
        let devices = state.devices_of(*id).filter(|(_, device)| device.kind != DeviceKind::Recovery);
        items.push(MemberView {
            id: id.to_string(),
            name: name(tx, state, *id)?,
            role: words::role(member.role),
            role_name: role_name(tx, state, member.role)?,
            clearance: words::levels(member.clearance),
            service: member.service,
            active: member.is_active(),
            you: own == Some(*id),
            devices: u32::try_from(devices.count()).unwrap_or(u32::MAX),
            compared: None,
        });
    }
    items.sort_by(|a, b| (!a.active, &a.name, &a.id).cmp(&(!b.active, &b.name, &b.id)));
    let waiting = state.pending().map(|(id, pending)| NewcomerView {
        id: id.to_string(),
        device: pending.device.to_string(),
        role: words::role(pending.role),
        clearance: words::levels(pending.clearance),
        invite: pending.join.invite.to_string(),
        safety_number: newcomers_number(state, &pending.join.device),
    });
    let waiting = waiting.collect();
    let mut roles: Vec<RoleView> = ROLES
        .iter()
        .map(|(role, word)| RoleView {
            id: (*word).to_owned(),
            name: (*word).to_owned(),
            permissions: role.built_in().map(words::permissions).unwrap_or_default(),
            built_in: true,
        })
        .collect();
    for (id, role) in state.roles() {
        roles.push(RoleView {
            id: id.to_string(),
            name: names::role(tx, state, *id)?,
            permissions: words::permissions(role.permissions),
            built_in: false,
        });
    }
    let mut keys = Vec::new();
    for compartment in Compartment::ALL {
        let chain = state.chain(compartment);
        keys.push(KeyView {
            level: words::level(compartment).to_owned(),
            epoch: chain.current(),
            started_ms: chain.epochs.last().map_or(0, |epoch| epoch.started_ms),
            rotation_due: chain.rotation_due,
            held: tx.key(compartment, chain.current())?.is_some(),
        });
    }
    Ok(MemberList { items, waiting, roles, keys, policy: policy(state.policy()) })
}

fn name(tx: &mut dyn SyncTx, state: &MembershipState, id: MemberId) -> Result<String, SyncError> {
    let name = names::member(tx, state, id)?;
    Ok(if name.is_empty() { id.to_string().chars().take(8).collect() } else { name })
}

fn role_name(tx: &mut dyn SyncTx, state: &MembershipState, role: Role) -> Result<String, SyncError> {
    match role {
        Role::Custom(id) => names::role(tx, state, id),
        known => Ok(words::role(known)),
    }
}

fn policy(policy: &Policy) -> PolicyView {
    let ways = [
        (policy.sign_in.password, "password"),
        (policy.sign_in.sso, "sso"),
        (policy.sign_in.passkey, "passkey"),
    ];
    PolicyView {
        second_factor_required: policy.second_factor_required,
        sign_in: ways.iter().filter(|(allowed, _)| *allowed).map(|(_, way)| (*way).to_owned()).collect(),
        max_offline_days: policy.max_offline_days,
        export: words::levels(policy.export),
        rotate_after_days: policy.rotate_after_days,
    }
}

fn number(state: &MembershipState, keys: &[DeviceKeysPublic]) -> String {
    safety_number(&state.workspace(), &state.genesis_hash(), keys).join(" ")
}

fn keys_of(state: &MembershipState, member: MemberId) -> Vec<DeviceKeysPublic> {
    state.devices_of(member).map(|(_, device)| device.keys).collect()
}

/// The number of a newcomer and everybody who is in: both sides compute it from the log that they see.
pub(super) fn newcomers_number(state: &MembershipState, newcomer: &DeviceKeysPublic) -> String {
    let active = state.devices().filter(|(id, _)| state.active(id).is_some());
    let keys: Vec<_> = active.map(|(_, device)| device.keys).chain([*newcomer]).collect();
    number(state, &keys)
}

/// Computes the number that the member of this device and another one compare.
///
/// # Errors
/// `NotFound` for an unknown member; those of the store.
pub async fn safety(app: &Arc<App>, member: String) -> Result<SafetyNumber, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let id = words::member_of(&workspace, &state, &member)?;
        let newcomer = state.pending().find(|(pending, _)| **pending == id).map(|(_, p)| p.join.device);
        let number = match newcomer {
            Some(device) => newcomers_number(&state, &device),
            None => {
                let own = state.device(&app.device().keys().id()).map(|device| device.member);
                let mut keys = keys_of(&state, id);
                keys.extend(own.map(|own| keys_of(&state, own)).unwrap_or_default());
                number(&state, &keys)
            }
        };
        let name = run(&*workspace, |tx| name(tx, &state, id)).map_err(sync_failed)?;
        Ok(SafetyNumber { member: id.to_string(), name, number })
    })
    .await
}

/// Lists invitations.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn invites(app: &Arc<App>) -> Result<InviteList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let now_ms = crate::env::now_ms();
        let mut items = Vec::new();
        run(&*workspace, |tx| {
            items.clear();
            for (id, open) in state.invites() {
                items.push(InviteView {
                    id: id.to_string(),
                    inviter: name(tx, &state, open.inviter)?,
                    role: role_name(tx, &state, open.invite.role)?,
                    clearance: words::levels(open.invite.clearance),
                    state: became(&state, open, now_ms).to_owned(),
                    expires_ms: open.invite.expires_ms,
                });
            }
            Ok(())
        })
        .map_err(sync_failed)?;
        items.sort_by(|a, b| {
            (a.state != "open", b.expires_ms, &a.id).cmp(&(b.state != "open", a.expires_ms, &b.id))
        });
        Ok(InviteList { items })
    })
    .await
}

fn became(state: &MembershipState, open: &OpenInvite, now_ms: u64) -> &'static str {
    if open.used {
        "used"
    } else if open.cancelled_index.is_some() {
        "cancelled"
    } else if open.invite.expires_ms < now_ms || open.invite.expires_index <= state.head_index() {
        "expired"
    } else {
        "open"
    }
}
