//! Synchronisation as a state machine without I/O: events in, effects out (SYNC §§5–7).
//!
//! Lives here: the machine, what it needs of a store, and the checks of everything received. Not here: sockets and
//! timers (`net`), documents (`core`), formats and their validator (`groundplan_shared`).

mod backoff;
pub mod brake;
mod chain;
pub mod confirm;
mod cut;
mod database;
mod error;
mod event;
pub mod follow;
pub mod former;
mod frames;
pub mod healing;
pub mod life;
pub mod log;
mod machine;
#[cfg(test)]
mod memory;
pub mod names;
mod parts;
mod push;
mod ready;
mod receive;
mod restore;
pub mod rotate;
pub mod schema;
mod seal;
mod set_aside;
#[cfg(test)]
mod sim;
mod since;
mod snapshot;
mod sqlite;
mod sqlite_healing;
mod sqlite_rows;
pub mod status;
mod store;
mod upkeep;
mod weak;
pub mod workspace;

pub use database::Database;
pub use error::SyncError;
pub use event::{Effect, Env, Event};
pub use log::Log;
pub use machine::Machine;
pub use restore::may_sign;
pub use sqlite::SqliteTx;
pub use store::{
    Alarm, ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, SyncRecord,
    SyncStore, SyncTx, Unappliable, run,
};
