//! Who is where at this moment: messages that a device signs and seals for whoever may read the place, forwarded and
//! forgotten by the server.
//!
//! Layout: version (1) ‖ compartment (1) ‖ epoch (4) ‖ box; inside it: signature (64) ‖ length (2) ‖ message ‖ zeros up to
//! a multiple of 256 bytes. Box and signature bind workspace, device, compartment and epoch. Against replays a message
//! names a session, counts, and says what its author heard of others: whoever finds a young number of its own in
//! there knows, without any clock but its own, that the message is young. Not here: what is young (the client), and
//! rates (both sides).

use minicbor::{Decode, Encode};

use super::compartment::CompartmentKey;
use super::device::DeviceKeys;
use crate::auth::role::{Compartment, Permissions};
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::sign::verify;
use crate::membership::MembershipState;
use crate::wire::cbor;
use crate::wire::ids::{DeviceId, DocumentId, SessionId, Signature, WorkspaceId};
use crate::wire::limits::PRESENCE_BYTES;

/// Most sessions that a message says something about.
pub const HEARD_MAX: usize = 64;
/// Most cards of a diagram that are told as selected.
pub const SELECTED_MAX: usize = 32;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 6;
const PAD_BYTES: usize = 256;

/// A stretch of a text, in UTF-16 code units; where both ends are equal, a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Stretch {
    /// Where it was begun.
    #[n(0)]
    pub anchor: u32,
    /// Where the cursor stands.
    #[n(1)]
    pub head: u32,
}

/// A place in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// The document that is shown.
    #[n(0)]
    pub document: DocumentId,
    /// The cursor in its long text.
    #[n(1)]
    pub cursor: Option<Stretch>,
    /// The selected cards, if it is a diagram.
    #[n(2)]
    pub selected: Vec<DocumentId>,
}

/// What a message says about its author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Whereabouts {
    /// In the workspace.
    #[n(0)]
    Here,
    /// At a place.
    #[n(1)]
    At(#[n(0)] Place),
    /// No longer at a place that readers of this compartment saw.
    #[n(2)]
    Left,
    /// No longer there at all.
    #[n(3)]
    Gone,
}

/// The last that an author heard of another session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Heard {
    /// The session.
    #[n(0)]
    pub session: SessionId,
    /// The number of its last message.
    #[n(1)]
    pub number: u64,
}

/// A presence message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PresenceMessage {
    /// One run of a program: random.
    #[n(0)]
    pub session: SessionId,
    /// Counts the session's messages, from 1.
    #[n(1)]
    pub number: u64,
    /// What its author heard of others.
    #[n(2)]
    pub heard: Vec<Heard>,
    /// Where its author is.
    #[n(3)]
    pub whereabouts: Whereabouts,
}

/// What a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceBond {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The device that says it.
    pub device: DeviceId,
    /// The compartment whose readers may know.
    pub compartment: Compartment,
    /// Its epoch.
    pub epoch: u32,
}

impl PresenceBond {
    fn bytes(&self, tag: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 5] =
            [tag, &self.workspace.0, &self.device.0, &[self.compartment.number()], &self.epoch.to_be_bytes()];
        parts.concat()
    }

    fn context(&self) -> Vec<u8> {
        self.bytes(b"groundplan/presence/v1\0")
    }

    fn payload(&self, message: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes(b"groundplan/presence-signature/v1\0");
        bytes.extend_from_slice(message);
        bytes
    }
}

/// Why a message could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// It says more than fits.
    #[error("a presence message holds at most {HEARD_MAX} sessions and {SELECTED_MAX} cards")]
    TooLarge,
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

/// Signs and seals a message under a compartment's key.
///
/// # Errors
/// [`PresenceError`].
pub fn seal_presence(
    key: &CompartmentKey,
    device: &DeviceKeys,
    bond: &PresenceBond,
    message: &PresenceMessage,
    random: &dyn Random,
) -> Result<Vec<u8>, PresenceError> {
    let encoded = cbor::encode(message);
    let length = u16::try_from(encoded.len()).map_err(|_| PresenceError::TooLarge)?;
    if !is_small(message) {
        return Err(PresenceError::TooLarge);
    }
    let mut plain = device.sign(&bond.payload(&encoded)).0.to_vec();
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(&encoded);
    plain.resize(plain.len().next_multiple_of(PAD_BYTES), 0);
    let mut out = vec![VERSION, bond.compartment.number()];
    out.extend_from_slice(&bond.epoch.to_be_bytes());
    out.extend(sealed::seal(&key.derive(b"presence"), &bond.context(), &plain, random)?);
    if out.len() > PRESENCE_BYTES { Err(PresenceError::TooLarge) } else { Ok(out) }
}

fn is_small(message: &PresenceMessage) -> bool {
    let selected = match &message.whereabouts {
        Whereabouts::At(place) => place.selected.len(),
        Whereabouts::Here | Whereabouts::Left | Whereabouts::Gone => 0,
    };
    message.heard.len() <= HEARD_MAX && selected <= SELECTED_MAX
}

/// Says which key a message claims to be sealed under: compartment and epoch.
pub fn sealed_under(sealed_message: &[u8]) -> Option<(Compartment, u32)> {
    let (head, _) = sealed_message.split_at_checked(HEAD_BYTES)?;
    let [VERSION, number, epoch @ ..] = head else { return None };
    let compartment = Compartment::ALL.into_iter().find(|one| one.number() == *number)?;
    let small = sealed_message.len() <= PRESENCE_BYTES;
    small.then_some((compartment, u32::from_be_bytes(epoch.try_into().ok()?)))
}

/// Opens a message that a server says is from `device`: it must be sealed under the current epoch of a compartment that
/// the device may read, and signed by the device; `key` is that of [`sealed_under`]. `None` for everything else; nothing of it is believed then.
pub fn open_presence(
    sealed_message: &[u8],
    state: &MembershipState,
    device: DeviceId,
    key: &CompartmentKey,
) -> Option<PresenceMessage> {
    let (compartment, epoch) = sealed_under(sealed_message)?;
    let (_, body) = sealed_message.split_at_checked(HEAD_BYTES)?;
    let (known, rights) = state.active(&device)?;
    let may = rights.permissions.contains(Permissions::READ) && rights.clearance.allows(compartment);
    if !may || state.chain(compartment).current() != epoch {
        return None;
    }
    let bond = PresenceBond { workspace: state.workspace(), device, compartment, epoch };
    let plain = sealed::open(&key.derive(b"presence"), &bond.context(), body)?;
    let (signature, rest) = plain.split_first_chunk::<64>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (encoded, zeros) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    if zeros.len() >= PAD_BYTES
        || zeros.iter().any(|byte| *byte != 0)
        || !verify(&known.keys.signing, &bond.payload(encoded), &Signature(*signature))
    {
        return None;
    }
    let message: PresenceMessage = cbor::decode_canonical(encoded, PRESENCE_BYTES).ok()?;
    is_small(&message).then_some(message)
}

#[cfg(test)]
mod tests;
