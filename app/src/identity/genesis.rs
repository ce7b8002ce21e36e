//! The beginning of a workspace: its first log entry, its keys, and this device's streams.
//!
//! Not here: its documents.

use groundplan_shared::api::ApiError;
use groundplan_shared::membership::build::{NewWorkspace, make_genesis};
use groundplan_shared::membership::{Policy, start};
use groundplan_shared::model::WorkspaceId;
use groundplan_shared::wire::MemberId;
use ring::rand::SystemRandom;

use super::Device;
use super::membership::{failed, sync_failed};
use crate::core::Tx;
use crate::sync::workspace::wire_workspace;
use crate::sync::{SqliteTx, SyncTx as _};

/// Writes the first entry of a new workspace's membership log and the keys of its four compartments, in the
/// transaction that makes the workspace. `owner_name` is how members see its owner. A workspace that stays on this device has them too.
///
/// # Errors
/// Those of the store and of the system's random generator.
pub fn genesis(
    tx: &mut Tx<'_>,
    device: &Device,
    owner_name: &str,
    device_name: &str,
    workspace: WorkspaceId,
    now_ms: u64,
) -> Result<(), ApiError> {
    let random = SystemRandom::new();
    let new = NewWorkspace {
        workspace: wire_workspace(workspace),
        owner: MemberId(crate::env::make_uuid().into_bytes()),
        owner_name,
        device_name,
        policy: Policy::default(),
        time_ms: now_ms,
    };
    let (entry, ring) = make_genesis(&new, device.keys(), &random).map_err(failed)?;
    let state = start(&entry).map_err(failed)?;
    let mut tx = SqliteTx(tx);
    tx.log_append(0, state.head_hash(), &entry).map_err(sync_failed)?;
    for (compartment, epoch, key) in ring.iter() {
        tx.put_key(compartment, epoch, key).map_err(sync_failed)?;
    }
    Ok(())
}
