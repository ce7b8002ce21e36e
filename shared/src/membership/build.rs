//! Building entries: the wraps, new epochs and signatures that the rules demand. The validator does not trust any of
//! this.

use super::body::{Body, DeviceKeysPublic, EpochStart, Genesis, Policy, WrapSet};
use super::entry::{Entry, sign_entry};
use super::state::MembershipState;
use crate::auth::role::{Clearance, Compartment};
use crate::crypto::safe::compartment::{CompartmentKey, WrapError, WrapPlace};
use crate::crypto::safe::low::random::{Random, RandomFailed, draw};
use crate::crypto::safe::names::{NameError, NameOf, seal_name};
use crate::crypto::safe::{DeviceKeys, Keyring, device_id};
use crate::wire::ids::{DeviceId, Hash, MemberId, WorkspaceId};

/// Why an entry could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// This device does not hold the key of a compartment that it must hand over.
    #[error("this device holds no current key of the compartment {compartment:?}; synchronise first")]
    KeyMissing {
        /// The compartment.
        compartment: Compartment,
    },
    /// A key could not be wrapped.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// A name could not be sealed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

/// What a new workspace starts with.
#[derive(Debug, Clone)]
pub struct NewWorkspace<'a> {
    /// The workspace's id, random.
    pub workspace: WorkspaceId,
    /// The owner's id, random.
    pub owner: MemberId,
    /// The owner's name.
    pub owner_name: &'a str,
    /// The device's name.
    pub device_name: &'a str,
    /// The first policy.
    pub policy: Policy,
    /// Advisory time, in milliseconds since the epoch.
    pub time_ms: u64,
}

/// Makes a genesis entry and the four first keys.
///
/// # Errors
/// [`BuildError`].
pub fn make_genesis(
    new: &NewWorkspace<'_>,
    device: &DeviceKeys,
    random: &dyn Random,
) -> Result<(Vec<u8>, Keyring), BuildError> {
    let (mut ring, mut epochs) = (Keyring::default(), Vec::new());
    let keys = device.public();
    for compartment in Compartment::ALL {
        let key = CompartmentKey::make(random)?;
        let place = WrapPlace { workspace: new.workspace, compartment, epoch: 1, log_index: 0 };
        epochs.push(EpochStart {
            compartment,
            epoch: 1,
            key_commitment: key.commitment(&new.workspace, compartment, 1),
            previous: None,
            cut: Hash::ZERO,
            wraps: vec![key.wrap_for(&keys, &place, random)?],
        });
        ring.insert(compartment, 1, key);
    }
    let missing = BuildError::KeyMissing { compartment: Compartment::Public };
    let public = ring.get(Compartment::Public, 1).ok_or(missing)?;
    let name = |of, text| seal_name(public, 1, &new.workspace, of, text, random);
    let genesis = Genesis {
        random: Hash(draw(random)?),
        owner: new.owner,
        device: keys,
        owner_name: name(NameOf::Member(new.owner.0), new.owner_name)?,
        device_name: name(NameOf::Device(device.id().0), new.device_name)?,
        epochs,
        policy: new.policy,
    };
    let body = Body::Genesis(genesis);
    let entry = Entry {
        version: body.version(),
        workspace: new.workspace,
        index: 0,
        previous: Hash::ZERO,
        actor: device.id(),
        time_ms: new.time_ms,
        body,
    };
    Ok((sign_entry(&entry, device), ring))
}

/// Signs a body as the entry that follows the state's head.
pub fn next_entry(state: &MembershipState, device: &DeviceKeys, time_ms: u64, body: Body) -> Vec<u8> {
    let entry = Entry {
        version: body.version(),
        workspace: state.workspace(),
        index: state.head_index() + 1,
        previous: state.head_hash(),
        actor: device.id(),
        time_ms,
        body,
    };
    sign_entry(&entry, device)
}

/// Wraps the current keys of a clearance to devices, for the entry that follows the state's head.
///
/// # Errors
/// [`BuildError`].
pub fn wrap_current(
    state: &MembershipState,
    ring: &Keyring,
    clearance: Clearance,
    recipients: &[DeviceKeysPublic],
    random: &dyn Random,
) -> Result<Vec<WrapSet>, BuildError> {
    let mut recipients = recipients.to_vec();
    recipients.sort_by_key(device_id);
    let mut sets = Vec::new();
    for compartment in clearance.compartments() {
        let (epoch, key) = ring.current(state, compartment).ok_or(BuildError::KeyMissing { compartment })?;
        let place =
            WrapPlace { workspace: state.workspace(), compartment, epoch, log_index: state.head_index() + 1 };
        let wraps = recipients.iter().map(|r| key.wrap_for(r, &place, random)).collect::<Result<_, _>>()?;
        sets.push(WrapSet { compartment, epoch, wraps });
    }
    Ok(sets)
}

/// Makes new epochs of a clearance for the entry that follows the state's head, leaving out whoever `keeps` refuses;
/// `cut` gives the hash of each compartment's list ([`super::cut_hash`]).
///
/// # Errors
/// [`BuildError`].
pub fn start_epochs(
    state: &MembershipState,
    ring: &Keyring,
    clearance: Clearance,
    keeps: impl Fn(Compartment, &DeviceId) -> bool,
    cut: impl Fn(Compartment) -> Hash,
    random: &dyn Random,
) -> Result<(Vec<EpochStart>, Keyring), BuildError> {
    let (mut starts, mut made) = (Vec::new(), Keyring::default());
    let workspace = state.workspace();
    for compartment in clearance.compartments() {
        let (before, old) = ring.current(state, compartment).ok_or(BuildError::KeyMissing { compartment })?;
        let (epoch, key) = (before + 1, CompartmentKey::make(random)?);
        let place = WrapPlace { workspace, compartment, epoch, log_index: state.head_index() + 1 };
        let mut wraps = Vec::new();
        for id in state.recipients(compartment).iter().filter(|id| keeps(compartment, id)) {
            if let Some(device) = state.device(id) {
                wraps.push(key.wrap_for(&device.keys, &place, random)?);
            }
        }
        starts.push(EpochStart {
            compartment,
            epoch,
            key_commitment: key.commitment(&workspace, compartment, epoch),
            previous: Some(key.seal_previous(old, &workspace, compartment, before, random)?),
            cut: cut(compartment),
            wraps,
        });
        made.insert(compartment, epoch, key);
    }
    Ok((starts, made))
}
