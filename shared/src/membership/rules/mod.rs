//! The rule of each body, and what they share: who acts, wrapped keys, new epochs, names.

pub(super) mod clearance;
pub(super) mod device;
pub(super) mod genesis;
pub(super) mod invite;
pub(super) mod keys;
pub(super) mod member;
pub(super) mod workspace;

use super::body::{DeviceKeysPublic, SealedName};
use super::refusal::Refusal;
use super::state::{DeviceKind, MembershipState, Rights};
use crate::auth::role::{Clearance, Compartment, Permissions};
use crate::crypto::safe::device::consent_payload;
use crate::crypto::safe::device_id;
use crate::crypto::safe::low::sign::{is_small_order, verify};
use crate::crypto::safe::names::SEALED_NAME_BYTES;
use crate::proof::{Check, left_out};
use crate::wire::ids::{DeviceId, MemberId, Signature};

/// Who acts, as of the entry before.
pub(super) struct Actor {
    pub(super) device: DeviceId,
    pub(super) kind: DeviceKind,
    pub(super) member: MemberId,
    pub(super) rights: Rights,
    /// Index of the entry.
    pub(super) index: u64,
    /// Advisory time of the entry.
    pub(super) time_ms: u64,
}

impl Actor {
    /// Index and advisory time of the entry.
    pub(super) fn at(&self) -> (u64, u64) {
        (self.index, self.time_ms)
    }

    pub(super) fn must(&self, permissions: Permissions) -> Result<(), Refusal> {
        let may = self.rights.permissions.contains(permissions) || left_out(Check::Permission);
        if may { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    /// Nobody grants above, or acts on, what exceeds their own role and clearance.
    pub(super) fn must_outrank(&self, permissions: Permissions, clearance: Clearance) -> Result<(), Refusal> {
        self.must(permissions)?;
        if self.rights.clearance.contains(clearance) { Ok(()) } else { Err(Refusal::Clearance) }
    }
}

/// Checks that a name is sealed under the current epoch of `public`.
pub(super) fn check_name(state: &MembershipState, name: &SealedName) -> Result<(), Refusal> {
    check_name_at(name, state.chain(Compartment::Public).current())
}

pub(super) fn check_name_at(name: &SealedName, epoch: u32) -> Result<(), Refusal> {
    let fits = name.epoch == epoch && !name.sealed.is_empty() && name.sealed.len() <= SEALED_NAME_BYTES;
    if fits { Ok(()) } else { Err(Refusal::Name) }
}

/// Checks that a device's keys are usable and new; returns its id.
pub(super) fn check_new_device(
    state: &MembershipState,
    keys: &DeviceKeysPublic,
) -> Result<DeviceId, Refusal> {
    check_keys(keys)?;
    let id = device_id(keys);
    let known = state.devices.iter().any(|(other, d)| *other == id || d.keys.signing == keys.signing)
        || state.pending.values().any(|p| p.device == id || p.join.device.signing == keys.signing);
    if known { Err(Refusal::Reused) } else { Ok(id) }
}

pub(super) fn check_keys(keys: &DeviceKeysPublic) -> Result<(), Refusal> {
    if is_small_order(&keys.signing) { Err(Refusal::KeyInvalid) } else { Ok(()) }
}

/// Checks a new device's consent to being one of a member's.
pub(super) fn check_consent(
    state: &MembershipState,
    member: &MemberId,
    keys: &DeviceKeysPublic,
    consent: &Signature,
) -> Result<(), Refusal> {
    let payload = consent_payload(&state.workspace, member, keys);
    if verify(&keys.signing, &payload, consent) { Ok(()) } else { Err(Refusal::Consent) }
}

/// Checks that a member id was never used.
pub(super) fn check_new_member(state: &MembershipState, id: &MemberId) -> Result<(), Refusal> {
    let used = state.members.contains_key(id) || state.pending.contains_key(id);
    if used { Err(Refusal::Reused) } else { Ok(()) }
}

/// Records what a member can do from an index on.
pub(super) fn set_rights(
    state: &mut MembershipState,
    id: &MemberId,
    index: u64,
    permissions: Permissions,
    clearance: Clearance,
) {
    if let Some(member) = state.members.get_mut(id) {
        member.clearance = clearance;
        member.history.push(Rights { from_index: index, permissions, clearance });
    }
}
