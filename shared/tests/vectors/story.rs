//! The people, devices and keys of the vectors: all fixed.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::Secret;
use groundplan_shared::crypto::safe::names::{NameOf, seal_name};
use groundplan_shared::crypto::safe::{CompartmentKey, DeviceKeys, InviteSecret, WrapPlace, device_id};
use groundplan_shared::membership::{DeviceKeysPublic, EpochStart, SealedName, Wrap};
use groundplan_shared::wire::{Hash, MemberId, WorkspaceId};

use crate::kept::fixed;

pub const WORKSPACE: WorkspaceId = WorkspaceId([0xa1; 16]);
pub const ADA: MemberId = MemberId([1; 16]);
pub const BOB: MemberId = MemberId([2; 16]);
pub const ROBOT: MemberId = MemberId([3; 16]);

/// A device by its name.
pub fn device(name: &str) -> DeviceKeys {
    DeviceKeys::make(&fixed(&format!("device {name}"))).unwrap()
}

pub fn invite_secret() -> InviteSecret {
    InviteSecret::from_secret_bytes(&[0x51; 20]).unwrap()
}

/// The key of a compartment and epoch.
pub fn key(compartment: Compartment, epoch: u32) -> CompartmentKey {
    let byte = 0x40 + compartment.number() * 16 + u8::try_from(epoch).unwrap();
    CompartmentKey::from_secret(Secret::new([byte; 32]))
}

pub fn wrap(compartment: Compartment, epoch: u32, log_index: u64, to: &DeviceKeysPublic) -> Wrap {
    let place = WrapPlace { workspace: WORKSPACE, compartment, epoch, log_index };
    let label = format!("wrap {compartment:?} {epoch} {log_index} {}", device_id(to));
    key(compartment, epoch).wrap_for(to, &place, &fixed(&label)).unwrap()
}

pub fn wraps(compartment: Compartment, epoch: u32, log_index: u64, to: &[DeviceKeysPublic]) -> Vec<Wrap> {
    let mut to = to.to_vec();
    to.sort_by_key(device_id);
    to.iter().map(|keys| wrap(compartment, epoch, log_index, keys)).collect()
}

pub fn epoch_start(
    compartment: Compartment,
    epoch: u32,
    log_index: u64,
    to: &[DeviceKeysPublic],
) -> EpochStart {
    let new = key(compartment, epoch);
    let previous = (epoch > 1).then(|| {
        let label = format!("previous {compartment:?} {epoch}");
        let old = key(compartment, epoch - 1);
        new.seal_previous(&old, &WORKSPACE, compartment, epoch - 1, &fixed(&label)).unwrap()
    });
    EpochStart {
        compartment,
        epoch,
        key_commitment: new.commitment(&WORKSPACE, compartment, epoch),
        cut: if previous.is_some() { Hash([0xc7; 32]) } else { Hash::ZERO },
        previous,
        wraps: wraps(compartment, epoch, log_index, to),
    }
}

/// A name sealed for everybody under the first key of `public`.
pub fn name(of: NameOf, epoch: u32, text: &str) -> SealedName {
    let key = key(Compartment::Public, epoch);
    seal_name(&key, epoch, &WORKSPACE, of, text, &fixed(&format!("name {of:?} {text}"))).unwrap()
}
