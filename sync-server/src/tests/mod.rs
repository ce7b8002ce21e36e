//! The server as its clients meet it: real sockets on a port that the system chose, real keys, real envelopes.

mod access;
mod accounts;
mod blobs;
mod client;
mod http;
mod membership;
mod second_factor;
mod socket;
mod stampede;
mod sync;
mod tls;

use crate::{Config, RunningServer, Server, testing};

/// A server with an embedded database of its own.
struct Fixture {
    server: RunningServer,
    folder: tempfile::TempDir,
}

impl Fixture {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = testing::config(folder.path());
        change(&mut config);
        Self { server: Server::start(config).await.unwrap(), folder }
    }

    async fn plain() -> Self {
        Self::start(|_| {}).await
    }

    /// On Postgres instead.
    async fn postgres() -> Self {
        let url = testing::postgres::database();
        Self::start(|config| config.database_url = Some(crate::config::Secret::new(url))).await
    }
}
