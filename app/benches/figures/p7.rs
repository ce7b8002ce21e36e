//! P7: what a reconnection costs when 0, 1 or 100 of N documents changed elsewhere. Real server, real clients, every
//! byte counted on the reconnecting client's connections by a proxy between them.
//!
//! `P7_SIZES=100,10000,100000` names the sizes; the largest takes long to make. A run in which the reconnected client does not hold every change prints no
//! figure. Not here: what the figures share (`main`).

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use groundplan_app::core::CoreError;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{doc, ops};
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{element, say};

const PASSWORD: &str = "several words make a password";
const PATIENCE: Duration = Duration::from_secs(900);

pub(crate) fn run() {
    let sizes: Vec<usize> = std::env::var("P7_SIZES")
        .unwrap_or_else(|_| "100,10000".to_owned())
        .split(',')
        .map(|word| word.trim().parse().expect("P7_SIZES is a list of numbers"))
        .collect();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&sizes));
}

async fn measure(sizes: &[usize]) {
    let dir = tempfile::tempdir().expect("a folder");
    let server = server(&dir.path().join("server")).await;
    let proxy = Proxy::start(server.base_url.trim_start_matches("http://").to_owned()).await;
    let desk = device(&dir.path().join("desk"), "Desk");
    ops::workspace::create(&desk, WorkspaceCreateParams { name: "Bench".into() }).expect("creates");
    // Both know the server by one address, as a pairing code demands; the desk is silent while the laptop is counted.
    register(&desk, &proxy.url).await;
    ops::sync::connect::run(&desk, SyncConnectParams {}).await.expect("connects");
    let laptop_dir = dir.path().join("laptop");
    let laptop = device(&laptop_dir, "Laptop");
    login(&laptop, &proxy.url).await;
    link(&desk, &laptop).await;
    laptop.stop_sync();
    drop(laptop);

    let mut ids: Vec<DocumentId> = Vec::new();
    let mut first: [Option<u64>; 3] = [None; 3];
    for &size in sizes {
        let began = Instant::now();
        grow(&desk, &mut ids, size);
        synced(&desk).await;
        let laptop = reopen(&laptop_dir).await;
        say(&format!(
            "P7 {size} documents: made, pushed and caught up in {:.0} s",
            began.elapsed().as_secs_f64()
        ));
        shut(laptop).await;
        for (case, changed) in [0_usize, 1, 100].into_iter().enumerate() {
            let name = format!("Changed at {size}, {changed}");
            rename(&desk, &ids, changed, &name);
            synced(&desk).await;
            desk.stop_sync();
            let before = {
                let laptop = open(&laptop_dir);
                last_seq(&laptop)
            };
            proxy.forget();
            let laptop = reopen(&laptop_dir).await;
            let traffic = proxy.traffic();
            assert_eq!(named(&laptop, &name), changed, "every change arrived");
            let (count, bytes) = envelopes_after(&laptop, before);
            assert_eq!(count, changed as u64, "one envelope a changed document");
            shut(laptop).await;
            desk.start_sync();
            let wire = traffic.after_login();
            let growth = first[case].map_or(0.0, |first| (wire as f64 / first as f64 - 1.0) * 100.0);
            first[case].get_or_insert(wire);
            say(&format!(
                "P7 {size} documents, {changed} changed: {wire} bytes after the login for {bytes} bytes of envelopes: \
                 {} (target 1.2 x + 1024 bytes); {} round trips (target 1); {growth:+.1} % against the smallest; \
                 to connect and log in: {} bytes on the socket, {} beside it",
                if wire <= bytes * 6 / 5 + 1024 {
                    format!("{} bytes of overhead", wire - bytes)
                } else {
                    format!("MISSED by {} bytes", wire - (bytes * 6 / 5 + 1024))
                },
                traffic.round_trips(),
                traffic.socket() - wire,
                traffic.beside,
            ));
        }
    }
    desk.stop_sync();
    drop(desk);
    server.shutdown().await;
}

async fn server(dir: &Path) -> RunningServer {
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    // Filling up is no part of the measurement.
    config.limits.envelopes_per_second = 1_000_000;
    config.limits.envelope_burst = 1_000_000;
    Server::start(config).await.expect("the server starts")
}

fn open(dir: &Path) -> Arc<App> {
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

async fn login(app: &Arc<App>, server: &str) {
    let params = AccountLoginParams {
        server: server.to_owned(),
        name: "ada".to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        trust: None,
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

async fn synced(app: &Arc<App>) {
    let timeout_ms = u64::try_from(PATIENCE.as_millis()).expect("small");
    let status = ops::sync::now::run(app, SyncNowParams { timeout_ms }).await.expect("synchronises");
    assert_eq!((status.state, status.waiting), (SyncState::UpToDate, 0), "{status:?}");
}

/// Opens the laptop and lets it connect by itself, until it is up to date.
async fn reopen(dir: &Path) -> Arc<App> {
    let app = open(dir);
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
    app
}

/// Ends the laptop: the last holder of its profile is gone when this returns.
async fn shut(app: Arc<App>) {
    app.stop_sync();
    let gone = Arc::downgrade(&app);
    drop(app);
    while gone.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}

fn grow(app: &App, ids: &mut Vec<DocumentId>, size: usize) {
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
            say(&format!("P7 … {} documents made", ids.len()));
        }
    }
}

/// Changes documents spread over all of them.
fn rename(app: &App, ids: &[DocumentId], count: usize, name: &str) {
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

fn named(app: &App, name: &str) -> usize {
    let count = |tx: &mut groundplan_app::core::Tx<'_>| {
        Ok(tx.sql().query_row("SELECT count(*) FROM element WHERE name = ?1", [name], |row| row.get(0))?)
    };
    app.read_index(count).expect("reads")
}

fn last_seq(app: &App) -> i64 {
    app.read(|tx| {
        Ok(tx.sql().query_row("SELECT coalesce(max(ws_seq), 0) FROM envelope", [], |row| row.get(0))?)
    })
    .expect("reads")
}

fn envelopes_after(app: &App, ws_seq: i64) -> (u64, u64) {
    app.read(|tx| {
        Ok(tx.sql().query_row(
            "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM envelope WHERE ws_seq > ?1",
            [ws_seq],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    })
    .expect("reads")
}

/// What went through: runs of bytes in one direction on the socket, and the bytes of other connections.
#[derive(Debug, Default, Clone)]
struct Traffic {
    /// Whether the client sent it, and how much.
    runs: Vec<(bool, u64)>,
    beside: u64,
}

/// Upgrade and challenge, hello and welcome: two runs of the client and two of the server before the first request.
const LOGIN_RUNS: usize = 4;

impl Traffic {
    fn socket(&self) -> u64 {
        self.runs.iter().map(|(_, bytes)| bytes).sum()
    }

    fn after_login(&self) -> u64 {
        self.runs.iter().skip(LOGIN_RUNS).map(|(_, bytes)| bytes).sum()
    }

    /// How often the client sent something and was answered.
    fn round_trips(&self) -> usize {
        let after = self.runs.get(LOGIN_RUNS..).unwrap_or_default();
        after.windows(2).filter(|pair| pair[0].0 && !pair[1].0).count()
    }
}

/// Passes TCP on and counts.
struct Proxy {
    url: String,
    traffic: Arc<Mutex<Traffic>>,
}

impl Proxy {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let counted = Arc::clone(&traffic);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, counted) = (target.clone(), Arc::clone(&counted));
                tokio::spawn(async move { pass(client, &target, &counted).await });
            }
        });
        Self { url, traffic }
    }

    fn forget(&self) {
        *self.traffic.lock().expect("no panic") = Traffic::default();
    }

    fn traffic(&self) -> Traffic {
        self.traffic.lock().expect("no panic").clone()
    }
}

async fn pass(client: TcpStream, target: &str, traffic: &Mutex<Traffic>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut socket = None;
    loop {
        let (sent, count) = tokio::select! {
            count = from_client.read(&mut up) => (true, count),
            count = from_server.read(&mut down) => (false, count),
        };
        let Ok(count @ 1..) = count else { return };
        let is_socket = *socket.get_or_insert_with(|| {
            let head = String::from_utf8_lossy(&up[..count]).to_ascii_lowercase();
            sent && head.contains("sec-websocket-key")
        });
        {
            let mut traffic = traffic.lock().expect("no panic");
            let bytes = count as u64;
            match traffic.runs.last_mut() {
                _ if !is_socket => traffic.beside += bytes,
                Some((direction, total)) if *direction == sent => *total += bytes,
                _ => traffic.runs.push((sent, bytes)),
            }
        }
        let passed = if sent {
            to_server.write_all(&up[..count]).await
        } else {
            to_client.write_all(&down[..count]).await
        };
        if passed.is_err() {
            return;
        }
    }
}
