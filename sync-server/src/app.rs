//! What handlers and sockets share.

use std::{ops::Deref, sync::Arc};

use tokio::sync::{mpsc, watch};

use crate::{
    blobs::Blobs,
    clock::Clock,
    config::Config,
    identity::Identity,
    limit::RateLimiter,
    metrics::Metrics,
    socket::SocketCount,
    store::Store,
    sync::{live::Live, memberships::Memberships},
    tickets::Tickets,
};

/// The running server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Bytes of attachments.
    pub blobs: Blobs,
    /// Who this server is, and its keys.
    pub identity: Identity,
    /// Rate limits.
    pub limiter: RateLimiter,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Folded membership logs.
    pub memberships: Memberships,
    /// Tells those who listen.
    pub live: Arc<Live>,
    /// Sign-ins under way.
    pub tickets: Tickets,
    /// Open sockets by account.
    pub sockets: SocketCount,
    /// Time.
    pub clock: Clock,
    /// Turns true when the server stops.
    pub stop: watch::Receiver<bool>,
    /// Taken by tasks that must end before the server has stopped.
    pub alive: mpsc::WeakSender<()>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
