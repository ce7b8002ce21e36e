//! `device/list`: members and devices by the verified membership log, and the workspace's safety number.
//!
//! Not here: what the server says about devices; that is not believed (M2, M3).

use std::sync::Arc;

use groundplan_shared::api::{ApiError, DeviceList, DeviceListParams, DeviceView};
use groundplan_shared::auth::Role;
use groundplan_shared::crypto::safe::safety_number;
use groundplan_shared::membership::{DeviceKind, MembershipState};

use crate::identity::membership::{blocking, load, sync_failed};
use crate::runtime::App;
use crate::sync::{names, run as in_store};

/// Lists members and devices of the open workspace.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn run(app: &Arc<App>, _: DeviceListParams) -> Result<DeviceList, ApiError> {
    listed(app).await
}

/// The same, for commands that answer with it.
pub(crate) async fn listed(app: &Arc<App>) -> Result<DeviceList, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let own = app.device().keys().id();
        let mut items = Vec::new();
        in_store(&*workspace, |tx| {
            items.clear();
            let record = tx.record()?;
            for (id, device) in state.devices() {
                let name = match device.kind {
                    DeviceKind::Recovery => String::new(),
                    DeviceKind::Ordinary | DeviceKind::Service => names::device(tx, &state, *id)?,
                };
                items.push(DeviceView {
                    id: id.to_string(),
                    name,
                    member: names::member(tx, &state, device.member)?,
                    member_id: device.member.to_string(),
                    role: state.member(&device.member).map_or("", |member| role(member.role)).to_owned(),
                    kind: if device.kind == DeviceKind::Recovery { "recovery" } else { "device" }.to_owned(),
                    active: state.active(id).is_some(),
                    this: *id == own,
                    heard_ms: if record.heard_device == Some(*id) { record.heard_ms } else { 0 },
                });
            }
            Ok(())
        })
        .map_err(sync_failed)?;
        Ok(DeviceList { items, safety_number: number(&state) })
    })
    .await
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Administrator => "administrator",
        Role::Editor => "editor",
        Role::Viewer => "viewer",
        Role::Custom(_) => "custom",
    }
}

/// Computes the safety number over the active devices, so that it changes when somebody comes or goes.
fn number(state: &MembershipState) -> String {
    let active = state.devices().filter(|(id, _)| state.active(id).is_some());
    let keys: Vec<_> = active.map(|(_, device)| device.keys).collect();
    safety_number(&state.workspace(), &state.genesis_hash(), &keys).join(" ")
}
