//! Genesis: the owner, the first device, epoch 1 of the four compartments.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{check_keys, check_name_at, keys};
use crate::auth::role::{Clearance, Compartment, Permissions, Role};
use crate::crypto::safe::device_id;
use crate::membership::body::Genesis;
use crate::membership::entry::Entry;
use crate::membership::refusal::Refusal;
use crate::membership::state::{Device, DeviceKind, Member, MembershipState, Rights};
use crate::wire::ids::Hash;

pub(in crate::membership) fn start(entry: &Entry, genesis: &Genesis) -> Result<MembershipState, Refusal> {
    check_keys(&genesis.device)?;
    check_name_at(&genesis.owner_name, 1)?;
    check_name_at(&genesis.device_name, 1)?;
    let owner = Member {
        role: Role::Owner,
        clearance: Clearance::ALL,
        name: genesis.owner_name.clone(),
        service: false,
        removed_index: None,
        history: vec![Rights { from_index: 0, permissions: Permissions::ALL, clearance: Clearance::ALL }],
    };
    let device = Device {
        keys: genesis.device,
        member: genesis.owner,
        kind: DeviceKind::Ordinary,
        name: Some(genesis.device_name.clone()),
        added_index: 0,
        revoked_index: None,
    };
    let mut state = MembershipState {
        workspace: entry.workspace,
        hashes: Arc::default(),
        members: BTreeMap::from([(genesis.owner, owner)]),
        devices: BTreeMap::from([(device_id(&genesis.device), device)]),
        invites: BTreeMap::new(),
        pending: BTreeMap::new(),
        roles: BTreeMap::new(),
        chains: Default::default(),
        policy: genesis.policy,
        incarnations: Vec::new(),
    };
    if !genesis.epochs.iter().map(|e| e.compartment).eq(Compartment::ALL) {
        return Err(Refusal::Rotation);
    }
    for epoch in &genesis.epochs {
        if epoch.epoch != 1 || epoch.previous.is_some() || epoch.cut != Hash::ZERO {
            return Err(Refusal::Rotation);
        }
        keys::begin(&mut state, (0, entry.time_ms), epoch)?;
    }
    super::workspace::check_policy(&genesis.policy)?;
    Ok(state)
}
