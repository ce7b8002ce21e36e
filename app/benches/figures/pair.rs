//! Two devices of one person and a real server, in one process: registering, linking, filling, synchronising.
//!
//! Not here: the way between them (`wire`), what is measured (the figures).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use groundplan_app::core::CoreError;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{doc, ops};
use groundplan_server::clock::Clock;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

use crate::wire::Proxy;
use crate::{element, say};

const PASSWORD: &str = "several words make a password";
const PATIENCE: Duration = Duration::from_secs(900);

/// A server, the way to it, a desk that is connected, and the folder of a laptop that is linked and off.
pub(crate) struct Pair {
    pub(crate) server: RunningServer,
    pub(crate) proxy: Proxy,
    pub(crate) desk: Arc<App>,
    pub(crate) laptop: PathBuf,
    pub(crate) dir: tempfile::TempDir,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        Self::start_at(Clock::system()).await
    }

    /// With a server that goes by this clock.
    pub(crate) async fn start_at(clock: Clock) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let server = server(&dir.path().join("server"), clock).await;
        let proxy = Proxy::start(server.base_url.trim_start_matches("http://").to_owned()).await;
        let desk = device(&dir.path().join("desk"), "Desk");
        ops::workspace::create(&desk, WorkspaceCreateParams { name: "Bench".into() }).expect("creates");
        // Both know the server by one address, as a pairing code demands.
        register(&desk, &proxy.url).await;
        ops::sync::connect::run(&desk, SyncConnectParams {}).await.expect("connects");
        let folder = dir.path().join("laptop");
        let laptop = device(&folder, "Laptop");
        login(&laptop, &proxy.url).await;
        link(&desk, &laptop).await;
        laptop.stop_sync();
        drop(laptop);
        Self { server, proxy, desk, laptop: folder, dir }
    }

    pub(crate) async fn end(self) {
        self.desk.stop_sync();
        drop(self.desk);
        self.server.shutdown().await;
    }
}

async fn server(dir: &Path, clock: Clock) -> RunningServer {
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    // Filling up is no part of the measurement.
    config.limits.envelopes_per_second = 1_000_000;
    config.limits.envelope_burst = 1_000_000;
    // Nor is the week for which compaction waits.
    config.limits.compaction_grace_hours = 0;
    Server::start_with(config, clock).await.expect("the server starts")
}

pub(crate) fn open(dir: &Path) -> Arc<App> {
    let key = KeyOptions { passphrase: Some("a long passphrase".to_owned().into()), prefer_passphrase: true };
    App::open(&ProfileOptions { data_dir: Some(dir.to_owned()), key, create: true, profile: None })
        .expect("opens")
}

fn device(dir: &Path, name: &str) -> Arc<App> {
    let app = open(dir);
    let settings = SettingsSetParams { device_name: Some(name.to_owned()), ..SettingsSetParams::default() };
    ops::app::set_settings(&app, settings).expect("takes a name");
    app
}

async fn register(app: &Arc<App>, server: &str) {
    let params = AccountRegisterParams {
        server: server.to_owned(),
        name: "ada".to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        invitation: None,
        trust: None,
    };
    ops::account::register::run(app, params).await.expect("registers");
}

pub(crate) async fn login(app: &Arc<App>, server: &str) {
    let params = AccountLoginParams {
        server: server.to_owned(),
        name: "ada".to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        trust: None,
        code: None,
    };
    ops::account::login::run(app, params).await.expect("signs in");
}

async fn link(desk: &Arc<App>, laptop: &Arc<App>) {
    let code = ops::device::link_start::run(desk, DeviceLinkStartParams {}).await.expect("a code");
    let join = tokio::spawn({
        let app = Arc::clone(laptop);
        async move {
            ops::device::link_join::run(&app, DeviceLinkJoinParams { code: code.code, timeout_ms: 60_000 })
                .await
        }
    });
    let request = ops::device::link_wait::run(desk, DeviceLinkWaitParams { timeout_ms: 60_000 })
        .await
        .expect("the laptop asks");
    ops::device::link_confirm::run(desk, DeviceLinkConfirmParams { device: request.device })
        .await
        .expect("confirms");
    join.await.expect("runs").expect("joins");
}

pub(crate) async fn synced(app: &Arc<App>) {
    let timeout_ms = u64::try_from(PATIENCE.as_millis()).expect("small");
    let now = async || ops::sync::now::run(app, SyncNowParams { timeout_ms }).await.expect("synchronises");
    let mut status = now().await;
    // A snapshot is on its way, for which nobody waits.
    while status.state == SyncState::Syncing && status.waiting == 0 {
        status = now().await;
    }
    assert_eq!((status.state, status.waiting), (SyncState::UpToDate, 0), "{status:?}");
}

/// Opens a device and lets it connect by itself, until it is up to date.
pub(crate) async fn reopen(dir: &Path) -> Arc<App> {
    let app = open(dir);
    catch_up(&app).await;
    app
}

/// Lets a device connect, until it is up to date.
pub(crate) async fn catch_up(app: &Arc<App>) {
    let mut events = app.subscribe();
    app.start_sync();
    let done = async {
        loop {
            if let Event::Sync { status, .. } = events.recv().await.expect("the program runs")
                && status.state == SyncState::UpToDate
            {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, done).await.expect("the laptop catches up");
}

/// Ends the laptop: the last holder of its profile is gone when this returns.
pub(crate) async fn shut(app: Arc<App>) {
    app.stop_sync();
    let gone = Arc::downgrade(&app);
    drop(app);
    while gone.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn grow(app: &App, ids: &mut Vec<DocumentId>, size: usize) {
    let workspace = app.workspace().expect("open");
    while ids.len() < size {
        let until = size.min(ids.len() + 500);
        let made = workspace
            .edit("Fill", |tx| {
                (ids.len()..until)
                    .map(|n| {
                        let element = element(n);
                        tx.create(element.id, DocumentKind::Element, |doc| {
                            Ok(doc::element::write(doc, &element)?)
                        })?;
                        Ok(element.id)
                    })
                    .collect::<Result<Vec<_>, CoreError>>()
            })
            .expect("fills")
            .0;
        ids.extend(made);
        if ids.len().is_multiple_of(10_000) {
            say(&format!("… {} documents made", ids.len()));
        }
    }
}

/// Changes documents spread over all of them.
pub(crate) fn rename(app: &App, ids: &[DocumentId], count: usize, name: &str) {
    let step = ids.len() / count.max(1);
    app.workspace()
        .expect("open")
        .edit("Rename", |tx| {
            for n in 0..count {
                tx.edit(ids[n * step], |doc| Ok(doc::element::set_name(doc, name)?))?;
            }
            Ok(())
        })
        .expect("renames");
}

pub(crate) fn named(app: &App, name: &str) -> usize {
    let count = |tx: &mut groundplan_app::core::Tx<'_>| {
        Ok(tx.sql().query_row("SELECT count(*) FROM element WHERE name = ?1", [name], |row| row.get(0))?)
    };
    app.read_index(count).expect("reads")
}
