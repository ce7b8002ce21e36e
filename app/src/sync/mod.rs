//! Synchronisation as a state machine without I/O: events in, effects out (SYNC §§5–7).
//!
//! Lives here: the machine, what it needs of a store, and the checks of everything received. Not here: sockets and
//! timers (`net`), documents (`core`), formats and their validator (`groundplan_shared`).

mod error;
pub mod schema;
mod store;

pub use error::SyncError;
pub use store::{
    Alarm, ChainHead, DocumentHead, EnvelopeRow, EnvelopeState, OutboxRow, Place, QuarantineRow, Secret, SyncRecord,
    SyncStore, SyncTx, Unappliable, run,
};
