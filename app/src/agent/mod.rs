//! The local agent: the interface and the command table for a browser on this machine.
//!
//! Listens on 127.0.0.1 only. Who calls is decided by `guard` (one-time link, session cookie, Host and Origin), what
//! they may do by `dispatch`. Not here: any operation.

mod assets;
mod attachment;
mod guard;
mod routes;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::net::TcpListener;

use crate::host::Host;
use guard::Sessions;

/// How to serve.
#[derive(Debug, Clone, Default)]
pub struct AgentOptions {
    /// Port; any free one if 0.
    pub port: u16,
    /// Folder of the interface, instead of the one built in.
    pub ui_dir: Option<PathBuf>,
}

/// A bound agent that does not serve yet.
pub struct Agent {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What every request sees.
struct Shared {
    host: Arc<Host>,
    sessions: Sessions,
    assets: assets::Assets,
    /// Pages that listen to events.
    pages: AtomicUsize,
}

impl Agent {
    /// Binds 127.0.0.1.
    pub async fn bind(host: Arc<Host>, options: AgentOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Shared {
            host,
            sessions: Sessions::new(address),
            assets: assets::Assets::new(options.ui_dir),
            pages: AtomicUsize::new(0),
        };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives `tell` a link that opens one session, and a new one each time a link was used.
    pub fn on_link(&self, tell: impl Fn(&str) + Send + Sync + 'static) {
        self.shared.sessions.on_link(tell);
    }

    /// Serves until `shutdown` completes, then lets running requests finish.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        self.shared.host.keep_watch();
        let stopping = Arc::new(tokio::sync::Notify::new());
        let router = routes::router(Arc::clone(&self.shared), Arc::clone(&stopping));
        let served = axum::serve(self.listener, router)
            .with_graceful_shutdown(async move {
                shutdown.await;
                // Event streams never end by themselves.
                stopping.notify_waiters();
            })
            .await;
        self.shared.host.leave().await;
        served
    }
}
