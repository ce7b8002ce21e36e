//! The commands that run something: serving until a signal, making an administrator's token.

use std::process::ExitCode;

use groundplan_shared::{auth::opaque, wire::cbor::to_base64};
use tracing_subscriber::EnvFilter;

use super::{complain, say};
use crate::{
    Server, StartError,
    clock::{Clock, random},
    config::{Config, LogFormat},
    identity::Identity,
    open_files,
    routes::account::invitation_hash,
    server::open_store,
    store::{AccountRole, Invitation, StoreError},
};

/// How long an administrator's token may lie unused.
const TOKEN_LIFE_MS: i64 = 24 * 60 * 60 * 1000;

/// Serves until the process is told to stop.
pub(super) async fn serve(config: Config) -> ExitCode {
    start_log(&config);
    open_files::raise(config.limits.connections);
    let server = match Server::start(config).await {
        Ok(server) => server,
        Err(error) => return complain(&error, 1),
    };
    // Tests and scripts read the port from this line.
    let code = say(&format!("listening on {}", server.base_url));
    if let Some(admin) = server.admin_addr {
        tracing::info!("metrics on http://{admin}/metrics");
    }
    until_signal().await;
    tracing::info!("stopping: sockets are being closed");
    server.shutdown().await;
    tracing::info!("stopped");
    code
}

async fn until_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        tracing::warn!("signals cannot be received; stop this process from outside");
        std::future::pending::<()>().await;
    }
}

fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    // A log that a test has set up already stays.
    let _ = match config.log_format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Pretty => log.with_target(false).try_init(),
    };
}

/// Stores an administrator's invitation and returns what to tell the person.
pub(crate) async fn admin_create(config: &Config) -> Result<String, StartError> {
    let clock = Clock::system();
    let store = open_store(config, &clock).await?;
    let token = to_base64(&random::<32>());
    let invitation = Invitation {
        token_hash: invitation_hash(&token),
        role: AccountRole::Admin,
        created_by: None,
        created_at: clock.now_ms(),
        expires_at: clock.now_ms() + TOKEN_LIFE_MS,
    };
    store.create_invitation(invitation).await.map_err(StartError::Store)?;
    Ok(token)
}

/// Removes an account's second factor, whose owner lost the authenticator.
pub(crate) async fn admin_reset_second_factor(config: &Config, name: &str) -> Result<String, StartError> {
    let store = open_store(config, &Clock::system()).await?;
    let account = store.account_by_name(name).await.map_err(StartError::Store)?;
    store.remove_second_factor(account.id).await.map_err(StartError::Store)?;
    Ok(format!("{name} signs in by password alone now; ask them to set up another second factor"))
}

/// Returns the fingerprint of the server's sign-in key.
pub(super) async fn fingerprint(config: &Config) -> Result<String, StartError> {
    let clock = Clock::system();
    let store = open_store(config, &clock).await?;
    let identity = Identity::load(&*store, String::new(), clock).await.map_err(StartError::Store)?;
    let key = identity.opaque.public_key().ok_or(StoreError::corrupt("server_state.opaque"));
    Ok(opaque::fingerprint(&identity.server, &key.map_err(StartError::Store)?))
}

/// Gives the database a new life after it was restored from a backup.
pub(super) async fn restored(config: &Config) -> Result<String, StartError> {
    let store = open_store(config, &Clock::system()).await?;
    let life = Identity::begin_new_life(&*store).await.map_err(StartError::Store)?;
    Ok(format!(
        "the database has a new life, {life}; serve again, and ask an owner of each workspace to confirm it with \
         `groundplan sync --settle restored`"
    ))
}
