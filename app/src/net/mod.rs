//! Talking to a sync server: REST, the WebSocket, and the driver that feeds the synchronisation's state machine.
//!
//! Not here: what is said and when (`sync`, `identity`). Only addresses that a person gave are ever contacted.

mod address;
mod driver;
mod problem;
mod rest;
mod service;
mod socket;

pub use address::ServerAddress;
pub use rest::{Bearer, Rest};
pub use service::Net;
