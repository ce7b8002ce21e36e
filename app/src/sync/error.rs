//! What can go wrong while synchronising on this side. What the server refuses is not an error here but a state.
//!
//! A failing check of received bytes is not an error either: the item is quarantined, see `receive`.

/// Why a step of synchronisation could not be taken; its transaction was rolled back.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The local store failed.
    #[error("the workspace's store could not be {what}; check the disk, then try again")]
    Store {
        /// What was attempted: `read` or `written`.
        what: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record in the local store does not have the form that this program writes.
    #[error("a record of {table} in the workspace's store is damaged; run `groundplan doctor`")]
    Corrupt {
        /// The table.
        table: &'static str,
    },
    /// The local membership log does not verify.
    #[error("the workspace's membership log does not verify at entry {index}; run `groundplan doctor`")]
    Log {
        /// The entry.
        index: u64,
    },
    /// This device has no key with which to seal.
    #[error("this device has no key for {compartment} content; ask a member with that clearance to grant it")]
    NoKey {
        /// The level's name.
        compartment: &'static str,
    },
    /// This device is not (any longer) a member's active device.
    #[error("this device is not an active device of the workspace; link it again from another device")]
    NotMember,
    /// Sealing or wrapping failed.
    #[error("a local change could not be sealed; run `groundplan doctor`")]
    Seal,
}

impl SyncError {
    /// Wraps a failure of a read.
    pub fn read(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store { what: "read", source: source.into() }
    }

    /// Wraps a failure of a write.
    pub fn write(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store { what: "written", source: source.into() }
    }
}
