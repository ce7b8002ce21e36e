//! What the log says at its head, and enough of the past to judge envelopes that name an older entry.
//!
//! Read-only from outside; only [`super::apply`] changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::body::{DeviceKeysPublic, Invite, Join, Policy, SealedName, Wrap};
use crate::auth::role::{Clearance, Compartment, Permissions, Role};
use crate::wire::cbor::Blob;
use crate::wire::ids::{DeviceId, Hash, Incarnation, InviteId, MemberId, RoleId, WorkspaceId};

/// What kind of device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// A person's computer.
    Ordinary,
    /// A recovery code's; it may only add and revoke its member's devices.
    Recovery,
    /// A service account's key.
    Service,
}

/// A device of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its public keys.
    pub keys: DeviceKeysPublic,
    /// Its member.
    pub member: MemberId,
    /// Its kind.
    pub kind: DeviceKind,
    /// Its sealed name; recovery devices have none.
    pub name: Option<SealedName>,
    /// Log index from which it is active.
    pub added_index: u64,
    /// Log index from which it is shut out.
    pub revoked_index: Option<u64>,
}

impl Device {
    /// Says whether the device was active after the entry of this index.
    pub fn active_at(&self, index: u64) -> bool {
        self.added_index <= index && self.revoked_index.is_none_or(|revoked| index < revoked)
    }
}

/// What a member could do from an index on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Log index from which it holds.
    pub from_index: u64,
    /// What the role allows; none after removal.
    pub permissions: Permissions,
    /// Cleared compartments; none after removal.
    pub clearance: Clearance,
}

/// A confirmed member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The role; the last one, after removal.
    pub role: Role,
    /// Cleared compartments; none after removal.
    pub clearance: Clearance,
    /// The sealed name.
    pub name: SealedName,
    /// True for a service account.
    pub service: bool,
    /// Log index from which the member is removed.
    pub removed_index: Option<u64>,
    /// Oldest first.
    pub history: Vec<Rights>,
}

impl Member {
    /// Says whether the member is in the workspace.
    pub fn is_active(&self) -> bool {
        self.removed_index.is_none()
    }

    /// Returns what the member could do after the entry of this index.
    pub fn rights_at(&self, index: u64) -> Option<Rights> {
        self.history.iter().rev().find(|r| r.from_index <= index).copied()
    }
}

/// An open invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvite {
    /// The invitation.
    pub invite: Invite,
    /// Who made it.
    pub inviter: MemberId,
    /// Whether somebody joined by it.
    pub used: bool,
    /// Log index from which it is taken back.
    pub cancelled_index: Option<u64>,
}

impl OpenInvite {
    /// Says whether somebody may still try to join by it; dates and rights are judged at the join.
    pub fn is_open(&self) -> bool {
        !self.used && self.cancelled_index.is_none()
    }
}

/// A newcomer who is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingJoin {
    /// The join.
    pub join: Join,
    /// The newcomer's device.
    pub device: DeviceId,
    /// The promised role.
    pub role: Role,
    /// The promised clearance.
    pub clearance: Clearance,
}

/// An epoch of a compartment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: u32,
    /// Index of the entry that started it.
    pub started_index: u64,
    /// Advisory time of that entry, in milliseconds since the epoch: when rotation by age is due, and no more.
    pub started_ms: u64,
    /// Commitment to its key.
    pub key_commitment: Hash,
    /// The previous epoch's key, sealed under this one's.
    pub previous: Option<Blob>,
    /// The rotation cut; zero for epoch 1.
    pub cut: Hash,
}

/// A wrap and the index of the entry that carries it (bound in its HPKE info).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedWrap {
    /// Index of the entry.
    pub log_index: u64,
    /// The wrap.
    pub wrap: Wrap,
}

/// A compartment's key chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChain {
    /// From epoch 1 without gaps.
    pub epochs: Vec<Epoch>,
    /// Wraps of the current epoch's key.
    pub wraps: BTreeMap<DeviceId, Arc<PlacedWrap>>,
    /// True if somebody who left may hold the current key.
    pub rotation_due: bool,
}

impl KeyChain {
    /// Returns the current epoch's number; 0 before genesis.
    pub fn current(&self) -> u32 {
        self.epochs.last().map_or(0, |e| e.epoch)
    }

    /// Returns the epoch that was current after the entry of this index.
    pub fn epoch_at(&self, index: u64) -> Option<&Epoch> {
        self.epochs.iter().rev().find(|e| e.started_index <= index)
    }
}

/// A custom role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    /// Its sealed name.
    pub name: SealedName,
    /// What it may do.
    pub permissions: Permissions,
}

/// The fold of a membership log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipState {
    pub(super) workspace: WorkspaceId,
    pub(super) hashes: Arc<Vec<Hash>>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) devices: BTreeMap<DeviceId, Device>,
    pub(super) invites: BTreeMap<InviteId, OpenInvite>,
    pub(super) pending: BTreeMap<MemberId, PendingJoin>,
    pub(super) roles: BTreeMap<RoleId, CustomRole>,
    pub(super) chains: [KeyChain; 4],
    pub(super) policy: Policy,
    pub(super) incarnations: Vec<Incarnation>,
}

impl MembershipState {
    /// Returns the workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
    /// Returns the head's index.
    pub fn head_index(&self) -> u64 {
        (self.hashes.len() as u64).saturating_sub(1)
    }
    /// Returns the head's hash.
    pub fn head_hash(&self) -> Hash {
        self.hashes.last().copied().unwrap_or(Hash::ZERO)
    }
    /// Returns the genesis' hash: the log's anchor.
    pub fn genesis_hash(&self) -> Hash {
        self.hashes.first().copied().unwrap_or(Hash::ZERO)
    }
    /// Returns the hash of an entry.
    pub fn hash_at(&self, index: u64) -> Option<Hash> {
        self.hashes.get(usize::try_from(index).ok()?).copied()
    }
    /// Returns a member, removed ones too.
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }
    /// Lists members, removed ones too, in order of id.
    pub fn members(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }
    /// Returns a device, revoked ones too.
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }
    /// Lists devices, revoked ones too, in order of id.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &Device)> {
        self.devices.iter()
    }
    /// Lists the active devices of a member.
    pub fn devices_of(&self, member: MemberId) -> impl Iterator<Item = (&DeviceId, &Device)> {
        self.devices.iter().filter(move |(_, d)| d.member == member && d.revoked_index.is_none())
    }
    /// Returns an invitation, used ones too.
    pub fn invite(&self, id: &InviteId) -> Option<&OpenInvite> {
        self.invites.get(id)
    }
    /// Lists invitations, used and cancelled ones too, in order of id.
    pub fn invites(&self) -> impl Iterator<Item = (&InviteId, &OpenInvite)> {
        self.invites.iter()
    }
    /// Lists newcomers who wait to be confirmed.
    pub fn pending(&self) -> impl Iterator<Item = (&MemberId, &PendingJoin)> {
        self.pending.iter()
    }
    /// Returns a custom role.
    pub fn role(&self, id: &RoleId) -> Option<&CustomRole> {
        self.roles.get(id)
    }
    /// Lists custom roles, in order of id.
    pub fn roles(&self) -> impl Iterator<Item = (&RoleId, &CustomRole)> {
        self.roles.iter()
    }
    /// Returns a compartment's key chain.
    pub fn chain(&self, compartment: Compartment) -> &KeyChain {
        let [public, internal, confidential, restricted] = &self.chains;
        match compartment {
            Compartment::Public => public,
            Compartment::Internal => internal,
            Compartment::Confidential => confidential,
            Compartment::Restricted => restricted,
        }
    }
    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
    /// Lists server incarnations that owners acknowledged, oldest first.
    pub fn incarnations(&self) -> &[Incarnation] {
        &self.incarnations
    }
    /// Returns a role's permissions.
    pub fn permissions_of(&self, role: Role) -> Option<Permissions> {
        match role {
            Role::Custom(id) => self.roles.get(&id).map(|r| r.permissions),
            built_in => built_in.built_in(),
        }
    }
    /// Returns the active device and the rights of its member at the head.
    pub fn active(&self, device: &DeviceId) -> Option<(&Device, Rights)> {
        self.active_at(device, self.head_index())
    }
    /// Returns the device and the rights of its member after the entry of this index, if both were active then.
    pub fn active_at(&self, device: &DeviceId, index: u64) -> Option<(&Device, Rights)> {
        let device = self.devices.get(device).filter(|d| d.active_at(index))?;
        let rights = self.members.get(&device.member)?.rights_at(index)?;
        (!rights.permissions.is_empty()).then_some((device, rights))
    }
    /// Lists, in order of id, the active devices whose member is cleared for a compartment: whom a rotation serves.
    pub fn recipients(&self, compartment: Compartment) -> Vec<DeviceId> {
        let cleared = |member: &MemberId| {
            self.members.get(member).is_some_and(|m| m.is_active() && m.clearance.allows(compartment))
        };
        self.devices
            .iter()
            .filter(|(_, d)| d.revoked_index.is_none() && cleared(&d.member))
            .map(|(id, _)| *id)
            .collect()
    }
}
