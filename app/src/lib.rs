//! The client core of Groundplan, without a user interface: documents, the encrypted local store, synchronisation,
//! import, diagrams, and the dispatcher that the desktop shell, the local agent and the command line call.
//!
//! Only `cli` prints. Not here: the interface (`ui`), the server (`sync-server`), what both sides share (`shared`).

pub mod agent;
pub mod attachment;
pub mod backup;
pub mod cli;
pub mod core;
pub mod dispatch;
pub mod doc;
mod drawing;
pub mod env;
pub mod history;
pub mod host;
pub mod identity;
pub mod jobs;
pub mod net;
pub mod ops;
mod presence;
pub mod profile;
pub mod project;
pub mod query;
pub mod runtime;
mod sample;
pub mod store;
pub mod sync;
mod watch;
