//! Starting and stopping a whole server, in a process of its own or inside a test.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

use crate::{
    app::{App, Parts},
    blobs::Blobs,
    clock::Clock,
    config::Config,
    http::{
        listen::{self, Serving},
        tls::{self, TlsError},
    },
    identity::Identity,
    jobs,
    limit::RateLimiter,
    metrics::Metrics,
    routes,
    socket::SocketCount,
    store::{Store, StoreError, sqlite::SqliteStore},
    sync::{live::Live, memberships::Memberships},
    tickets::Tickets,
};

/// Why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder cannot be made or written.
    #[error("{}: the data folder cannot be used: {source}; choose another with --data-dir", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened or migrated.
    #[error("the database cannot be used: {}", chain(.0))]
    Store(#[source] StoreError),
    /// Where the bytes of attachments lie cannot be used.
    #[error("the place of attachments cannot be used: {0}; check the settings that begin with `blobs.`")]
    Blobs(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificate and key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// A server that is being started.
pub struct Server;

/// A server that runs; it stops when [`RunningServer::shutdown`] is awaited, or is cut off when dropped.
pub struct RunningServer {
    /// Where it listens; the port is the one that the system chose.
    pub addr: SocketAddr,
    /// Where the operators' listener is, if there is one.
    pub admin_addr: Option<SocketAddr>,
    /// The address for clients on this machine, with scheme.
    pub base_url: String,
    app: App,
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
    drain: Duration,
}

impl Server {
    /// Opens the store, listens and serves in the background.
    ///
    /// # Errors
    /// Whatever keeps the server from answering.
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        Self::start_with(config, Clock::system()).await
    }

    /// Like [`Server::start`], with a clock of the caller's.
    ///
    /// # Errors
    /// Whatever keeps the server from answering.
    pub async fn start_with(config: Config, clock: Clock) -> Result<RunningServer, StartError> {
        let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let store = open_store(&config, &clock).await?;
        let blobs = Blobs::open(&config)?;
        let listener = bind(config.listen).await?;
        let admin = match config.admin_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let local = |listener: &TcpListener, address| {
            listener.local_addr().map_err(|source| StartError::Listen { address, source })
        };
        let addr = local(&listener, config.listen)?;
        let admin_addr = match &admin {
            Some(listener) => Some(local(listener, addr)?),
            None => None,
        };
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let base_url = format!("{scheme}://{addr}");
        let issuer = config.public_url.clone().unwrap_or_else(|| base_url.clone());
        let identity = Identity::load(&*store, issuer, clock.clone()).await.map_err(StartError::Store)?;
        let (stop, stopping) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let metrics = Arc::new(Metrics::default());
        let (limits, proxies) = (config.limits.clone(), config.trusted_proxies.clone());
        let live = Live::start(Arc::clone(&store)).await.map_err(StartError::Store)?;
        let app = App::new(Parts {
            memberships: Memberships::default(),
            live,
            tickets: Tickets::default(),
            sockets: SocketCount::default(),
            limiter: RateLimiter::new(limits.clone(), clock.clone()),
            config,
            store,
            blobs,
            identity,
            metrics: Arc::clone(&metrics),
            clock,
            stop: stopping.clone(),
            alive: alive.downgrade(),
        });
        let serving = |listener, tls, router| Serving {
            listener,
            tls,
            router,
            limits: limits.clone(),
            proxies: proxies.clone(),
            metrics: Arc::clone(&metrics),
            stop: stopping.clone(),
            alive: alive.clone(),
        };
        tokio::spawn(listen::serve(serving(listener, acceptor, routes::public(&app))));
        if let Some(listener) = admin {
            tokio::spawn(listen::serve(serving(listener, None, routes::admin(&app))));
        }
        tokio::spawn(jobs::sweep(app.clone()));
        let drain = Duration::from_secs(u64::from(limits.drain_seconds));
        Ok(RunningServer { addr, admin_addr, base_url, app, stop, ended, drain })
    }

    /// Brings the database to this program's schema and does nothing else.
    ///
    /// # Errors
    /// What keeps the database from being used.
    pub async fn migrate(config: &Config) -> Result<(), StartError> {
        open_store(config, &Clock::system()).await.map(drop)
    }
}

impl RunningServer {
    /// What the server is made of, for tests and administration in the same process.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Stops accepting, lets requests and sockets end, and returns when they have or the time is over. The database is
    /// closed then.
    pub async fn shutdown(mut self) {
        // Without receivers everything has ended already.
        let _ = self.stop.send(true);
        if tokio::time::timeout(self.drain, self.ended.recv()).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut off");
        }
        match tokio::time::timeout(self.drain, self.app.store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(store.error = %error, "the database was not closed as it should be")
            }
            Err(_) => tracing::warn!("the database still has work and is not waited for"),
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Opens the store that the settings name.
///
/// # Errors
/// What keeps it from being used.
pub async fn open_store(config: &Config, clock: &Clock) -> Result<Arc<dyn Store>, StartError> {
    if let Some(url) = &config.database_url {
        let store =
            crate::store::postgres::PostgresStore::open(url, config.database_connections, clock.now_ms())
                .await
                .map_err(StartError::Store)?;
        return Ok(Arc::new(store));
    }
    let path = prepare_data_dir(&config.data_dir)?;
    let now = clock.now_ms();
    // Opening may wait for another process and does file work: not on a thread that serves.
    tokio::task::spawn_blocking(move || SqliteStore::open(&path, now))
        .await
        .map_err(|source| StartError::Store(StoreError::Backend(Box::new(source))))?
        .map(|store| Arc::new(store) as Arc<dyn Store>)
        .map_err(StartError::Store)
}

/// Makes the data folder, readable by this user only, and returns the path of the database in it.
fn prepare_data_dir(folder: &Path) -> Result<PathBuf, StartError> {
    let failed = |source| StartError::DataDir { path: folder.to_owned(), source };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let path = folder.join("server.db");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).map_err(failed)?;
    Ok(path)
}
