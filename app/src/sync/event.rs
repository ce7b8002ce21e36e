//! What goes into the state machine and what comes out.
//!
//! Not here: how effects are performed (`net`).

use groundplan_shared::api::ApiError;
use groundplan_shared::crypto::Random;
use groundplan_shared::wire::frames::{ClientFrame, ServerFrame};
use groundplan_shared::wire::{DocumentId, Incarnation, ServerId};

/// What the machine may know of the world besides events.
pub struct Env<'a> {
    /// Now, in milliseconds since 1970; for display and for waiting, never for ordering.
    pub now_ms: u64,
    /// Randomness.
    pub random: &'a dyn Random,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A socket is open and logged in.
    Connected {
        /// The server's identity.
        server: ServerId,
        /// The life of its database.
        incarnation: Incarnation,
    },
    /// The server sent a frame.
    Frame(Box<ServerFrame>),
    /// The socket is gone or could not be opened; with the reason if a person can do something about it.
    Disconnected(Option<ApiError>),
    /// A local edit was committed.
    LocalChange,
    /// Some time has passed.
    Tick,
    /// A person asks to try again now what was refused.
    Retry,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a frame.
    Send(ClientFrame),
    /// Close the socket and report [`Event::Disconnected`].
    Close,
    /// Connect again after this many milliseconds.
    Reconnect(u64),
    /// Send a [`Event::Tick`] after this many milliseconds at the latest.
    Wake(u64),
    /// Tell interfaces that documents changed.
    Changed(Vec<DocumentId>),
    /// Tell interfaces that members, devices or their names changed.
    Members,
    /// Tell interfaces that the state of synchronisation changed.
    Status,
}
