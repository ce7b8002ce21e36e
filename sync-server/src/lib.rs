//! The Groundplan sync server.
//!
//! It orders, stores and forwards ciphertext. No code in this crate holds, asks for or could use a content key.
//! Entry points: [`Server::start`] for a server inside a process, [`cli::main`] for the binary.

pub mod app;
pub mod blobs;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod identity;
mod jobs;
pub mod limit;
pub mod metrics;
mod open_files;
pub mod problem;
pub mod routes;
pub mod server;
pub mod socket;
pub mod store;
pub mod sync;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[cfg(test)]
mod tests;
pub mod tickets;

pub use config::Config;
pub use server::{RunningServer, Server, StartError};
