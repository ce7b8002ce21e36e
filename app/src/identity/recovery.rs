//! The recovery code: a device on paper. It is listed in the membership log like any other and may only let devices
//! of its member in.
//!
//! Using it needs the account's password first, so that it never bypasses the server's own checks.

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, Hidden, RecoveryCode as Answer, RecoveryUseParams, WorkspaceView,
};
use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{DeviceKeys, Keyring, RecoveryCode};
use groundplan_shared::membership::build::{next_entry, wrap_current};
use groundplan_shared::membership::{Body, DeviceAdd, DeviceKind, MembershipState, RecoverySet, apply};
use groundplan_shared::wire::WorkspaceId;
use groundplan_shared::wire::rest::LogAppendParams;
use ring::rand::SystemRandom;

use super::account::{self, Session};
use super::adopt;
use super::device::no_randomness;
use super::membership::{append, collect, failed, sync_failed, verify};
use crate::runtime::App;
use crate::sync::SyncError;
use crate::sync::confirm::keyring;

/// Makes a recovery code for the open workspace; an earlier one of the same member stops working.
pub async fn create(app: &Arc<App>) -> Result<Answer, ApiError> {
    let workspace = app.workspace()?;
    let code = RecoveryCode::make(&SystemRandom::new()).map_err(no_randomness)?;
    let (recovery, own) = (code.device_keys(), Arc::clone(app.device().keys()));
    let now_ms = crate::env::now_ms();
    append(app, &workspace, move |tx, state| {
        let me = state.device(&own.id()).ok_or_else(|| sync_failed(SyncError::NotMember))?;
        let member = state.member(&me.member).ok_or_else(|| sync_failed(SyncError::NotMember))?;
        let ring = keyring(tx, state).map_err(sync_failed)?;
        let earlier = state.devices_of(me.member).find(|(_, device)| device.kind == DeviceKind::Recovery);
        let set = RecoverySet {
            member: me.member,
            device: recovery.public(),
            consent: recovery.consent(&state.workspace(), &me.member),
            replaces: earlier.map(|(id, _)| *id),
            keys: wrap_current(state, &ring, member.clearance, &[recovery.public()], &SystemRandom::new())
                .map_err(failed)?,
        };
        Ok(next_entry(state, &own, now_ms, Body::RecoverySet(set)))
    })
    .await?;
    Ok(Answer { code: Hidden(code.to_text().as_str().to_owned()) })
}

fn other_code(message: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NotFound,
        message,
        "Check the code, sign in with the account it belongs to, or name the workspace.",
    )
}

/// Reads and verifies one workspace's log.
async fn fetch(
    session: &Session,
    workspace: WorkspaceId,
) -> Result<(MembershipState, Vec<Vec<u8>>), ApiError> {
    let entries = collect(|after| {
        let session = session.clone();
        async move { session.rest.log(workspace, after, session.bearer()).await }
    })
    .await?;
    Ok((verify(workspace, None, &entries)?, entries))
}

/// Makes the entry by which the recovery device lets this device in.
fn device_add(app: &App, state: &MembershipState, recovery: &DeviceKeys) -> Result<Vec<u8>, ApiError> {
    let random = SystemRandom::new();
    let device =
        state.device(&recovery.id()).ok_or_else(|| other_code("The code is not one of this workspace."))?;
    let member = state.member(&device.member).ok_or_else(|| other_code("The code's member has left."))?;
    let (ring, _) = Keyring::open(state, recovery);
    let (epoch, public) = ring
        .current(state, Compartment::Public)
        .ok_or_else(|| sync_failed(SyncError::NoKey { compartment: "public" }))?;
    let device_here = app.device();
    let own = device_here.keys();
    let name = crate::ops::app::device_name(app)?;
    let add = DeviceAdd {
        member: device.member,
        device: own.public(),
        consent: own.consent(&state.workspace(), &device.member),
        device_name: seal_name(public, epoch, &state.workspace(), NameOf::Device(own.id().0), &name, &random)
            .map_err(failed)?,
        keys: wrap_current(state, &ring, member.clearance, &[own.public()], &random).map_err(failed)?,
    };
    Ok(next_entry(state, recovery, crate::env::now_ms(), Body::DeviceAdd(add)))
}

/// Opens a workspace of the account with its recovery code on a device that has nothing of it.
pub async fn redeem(app: &Arc<App>, params: RecoveryUseParams) -> Result<WorkspaceView, ApiError> {
    let code = RecoveryCode::parse(&params.code.0).map_err(|error| {
        let mut error =
            ApiError::new(ErrorCode::InvalidInput, format!("{error}."), "Compare it with the printout.");
        error.field = Some("code".to_owned());
        error
    })?;
    let recovery = code.device_keys();
    // The server shows the workspace to the code's device only: it signs in for a moment.
    let session = account::session_as(app, &recovery).await?;
    let wanted = params.workspace.map(|id| WorkspaceId(id.to_bytes()));
    let listed = session.rest.workspaces(session.bearer()).await?.workspaces;
    let candidates =
        listed.into_iter().map(|view| view.workspace).filter(|id| wanted.is_none_or(|wanted| wanted == *id));
    for id in candidates {
        let (mut state, mut entries) = fetch(&session, id).await?;
        let fits = |state: &MembershipState| {
            state.active(&recovery.id()).is_some_and(|(device, _)| device.kind == DeviceKind::Recovery)
        };
        if !fits(&state) {
            continue;
        }
        // Somebody else may append at the same moment, or an earlier try may have gone through.
        for _ in 0..8 {
            if state.active(&app.device().keys().id()).is_some() {
                break;
            }
            let entry = device_add(app, &state, &recovery)?;
            let next = apply(&state, &entry).map_err(failed)?;
            let sent = LogAppendParams { entry: entry.clone().into() };
            match session.rest.append(id, &sent, session.bearer()).await {
                Ok(_) => {
                    entries.push(entry);
                    state = next;
                }
                Err(error) if error.code == ErrorCode::Conflict => {
                    (state, entries) = fetch(&session, id).await?;
                }
                Err(error) => return Err(error),
            }
        }
        if let Err(error) = session.rest.logout(session.bearer()).await {
            tracing::info!(error.code = ?error.code, "the recovery device's session ends by itself");
        }
        let session = account::session(app).await?;
        return adopt::workspace(app, &session, state, entries, "Recovered workspace").await;
    }
    Err(other_code("No workspace of this account has this recovery code."))
}
