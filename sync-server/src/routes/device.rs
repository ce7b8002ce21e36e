//! The devices of the caller's account.

use axum::{Json, extract::State, http::StatusCode};
use groundplan_shared::wire::{DeviceId, rest::DeviceView};

use crate::{app::App, caller::Session, http::extract::PathParams, problem::Refusal};

fn ms(time: i64) -> u64 {
    u64::try_from(time).unwrap_or_default()
}

/// Lists the account's devices that are not revoked.
pub(super) async fn list(session: Session, State(app): State<App>) -> Result<Json<Vec<DeviceView>>, Refusal> {
    let devices = app.store.devices_of(session.account).await?;
    let views = devices.into_iter().filter(|device| device.revoked_at.is_none()).map(|device| DeviceView {
        device: device.id,
        registered_ms: ms(device.created_at),
        last_seen_ms: ms(device.last_seen_at),
        current: device.id == session.device,
    });
    Ok(Json(views.collect()))
}

/// Revokes a device of the account on this server: its sessions end and its keys do not come back.
pub(super) async fn remove(
    session: Session,
    State(app): State<App>,
    PathParams(device): PathParams<DeviceId>,
) -> Result<StatusCode, Refusal> {
    app.store.revoke_device(session.account, device, app.clock.now_ms()).await?;
    app.live.end_sessions(session.account);
    Ok(StatusCode::NO_CONTENT)
}
