//! Who this device is: its keys, its account on a server, and the ways into a workspace (genesis, pairing, recovery
//! code, invitation).
//!
//! Not here: the membership rules (`groundplan_shared::membership`), sockets and HTTP (`net`), synchronisation (`sync`).

pub mod account;
mod adopt;
pub mod compared;
mod device;
pub mod follow;
mod genesis;
pub mod govern;
pub mod invite;
pub mod link;
pub mod membership;
pub mod people;
pub mod pinned;
pub mod policy;
pub mod recovery;
pub mod renew;
pub mod roster;
pub mod schema;
pub mod second_factor;
pub mod service;
mod stored;
pub(crate) mod words;

pub use device::Device;
pub use genesis::genesis;
