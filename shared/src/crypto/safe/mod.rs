//! Keys, wraps and secrets as every feature uses them.
//!
//! Nothing here chooses algorithms: those are fixed in `hazmat`.

pub mod base32;
pub mod blob;
pub mod chunk;
pub mod compartment;
pub mod device;
pub mod invite;
pub mod keyring;
pub(crate) mod low;
pub mod names;
pub mod pairing;
pub mod presence;
pub mod recovery;
pub mod safety;

pub use blob::{BlobKey, NotOpened, open_blob, seal_blob};
pub use chunk::{ChunkError, ChunkPlace, SealedChunk, chunk_id, open_chunk, seal_chunk};
pub use compartment::{CompartmentKey, WrapError, WrapPlace};
pub use device::{DeviceKeys, device_id, key_thumbprint};
pub use invite::{InviteSecret, InviteTicket};
pub use keyring::Keyring;
pub use pairing::{PairingSecret, Side};
pub use presence::{PresenceBond, PresenceMessage, open_presence, seal_presence, sealed_under};
pub use recovery::RecoveryCode;
pub use safety::safety_number;
