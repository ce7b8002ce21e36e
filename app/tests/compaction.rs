//! Compaction on real profiles and the real server: a snapshot, a second opinion, dropping, and whoever comes later.

use std::path::Path;
use std::sync::Arc;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tempfile::TempDir;

const PASSWORD: &str = "several words make a password";
/// More than the envelopes after which a snapshot is made.
const EDITS: usize = 205;

struct Device {
    app: Arc<App>,
    _dir: TempDir,
}

fn device(name: &str) -> Device {
    let dir = TempDir::new().unwrap();
    let options = ProfileOptions {
        data_dir: Some(dir.path().to_owned()),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: true,
        profile: None,
    };
    let app = App::open(&options).unwrap();
    let settings = SettingsSetParams { device_name: Some(name.to_owned()), ..SettingsSetParams::default() };
    ops::app::set_settings(&app, settings).unwrap();
    Device { app, _dir: dir }
}

async fn link(a: &Device, b: &Device, server: &RunningServer) {
    let login = serde_json::json!({ "server": server.base_url, "name": "ada", "password": PASSWORD });
    ops::account::login::run(&b.app, serde_json::from_value(login).unwrap()).await.unwrap();
    let code = ops::device::link_start::run(&a.app, DeviceLinkStartParams {}).await.unwrap();
    let app = Arc::clone(&b.app);
    let join = tokio::spawn(async move {
        let params = DeviceLinkJoinParams { code: code.code, timeout_ms: 120_000 };
        ops::device::link_join::run(&app, params).await
    });
    let request =
        ops::device::link_wait::run(&a.app, DeviceLinkWaitParams { timeout_ms: 60_000 }).await.unwrap();
    let params = DeviceLinkConfirmParams { device: request.device };
    ops::device::link_confirm::run(&a.app, params).await.unwrap();
    join.await.unwrap().unwrap();
}

async fn sync(device: &Device) {
    let now = async || ops::sync::now::run(&device.app, SyncNowParams { timeout_ms: 120_000 }).await.unwrap();
    let mut status = now().await;
    // A snapshot is on its way, for which nobody waits.
    while status.state == SyncState::Syncing && status.waiting == 0 {
        status = now().await;
    }
    assert_eq!((status.state, status.waiting, status.quarantined), (SyncState::UpToDate, 0, 0), "{status:?}");
}

fn element(device: &Device, name: &str) -> DocumentId {
    let params = serde_json::json!({ "kind": "component", "name": name });
    ops::element::create(&device.app, serde_json::from_value(params).unwrap()).unwrap().element.id
}

fn rename(device: &Device, id: DocumentId, name: &str) {
    let params = ElementUpdateParams { name: Some(name.to_owned()), ..ElementUpdateParams::of(id) };
    ops::element::update(&device.app, params).unwrap();
}

fn everything(device: &Device) -> String {
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    ops::export::run(&device.app, params).unwrap().text.unwrap()
}

fn versions(device: &Device, document: DocumentId) -> usize {
    let params = HistoryListParams { limit: 500, every: true, ..HistoryListParams::of(document) };
    ops::history::list(&device.app, params).unwrap().items.len()
}

/// Bytes of envelopes that the server holds, and how many opinions it was told.
fn held(data: &Path) -> (u64, u64) {
    let database = rusqlite::Connection::open(data.join("server.db")).unwrap();
    let sql = "SELECT (SELECT sum(length(envelope)) FROM envelopes), (SELECT count(*) FROM snapshot_acks)";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_becomes_a_snapshot_and_everybody_still_gets_everything() {
    let data = TempDir::new().unwrap();
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: data.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    config.limits.compaction_grace_hours = 0;
    let server = Server::start(config).await.unwrap();
    let (desk, laptop, phone) = (device("Desk"), device("Laptop"), device("Phone"));
    ops::workspace::create(&desk.app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    let account = serde_json::json!({ "server": server.base_url, "name": "ada", "password": PASSWORD });
    ops::account::register::run(&desk.app, serde_json::from_value(account).unwrap()).await.unwrap();
    ops::sync::connect::run(&desk.app, SyncConnectParams {}).await.unwrap();
    let web = element(&desk, "Web");
    sync(&desk).await;
    link(&desk, &laptop, &server).await;
    link(&desk, &phone, &server).await;
    sync(&laptop).await;
    sync(&phone).await;
    laptop.app.stop_sync();
    phone.app.stop_sync();

    for n in 0..EDITS {
        rename(&desk, web, &format!("Web {n}"));
        sync(&desk).await;
    }
    // The snapshot is sent once nothing else is; without a second opinion everything stays.
    sync(&desk).await;
    let (before, acks) = held(data.path());
    assert_eq!(acks, 0);
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    // What came after the last snapshot stays: up to 32 KiB of some 150.
    while held(data.path()).1 == 0 || held(data.path()).0 * 2 > before {
        assert!(tokio::time::Instant::now() < until, "{before} {:?}", held(data.path()));
        sync(&laptop).await;
    }
    println!("{before} bytes of envelopes became {}", held(data.path()).0);

    // The phone was away for all of it, and wrote something itself.
    element(&phone, "From the phone");
    rename(&phone, web, "Web, says the phone");
    sync(&phone).await;
    sync(&desk).await;
    sync(&laptop).await;
    assert_eq!(everything(&phone), everything(&desk));
    assert_eq!(everything(&laptop), everything(&desk));
    // Both renamed it at the same time: whichever shows, everybody shows the same.
    assert!(everything(&desk).contains("From the phone"));

    // A new device reads everything from the snapshot and what follows, with all of its history.
    let tablet = device("Tablet");
    link(&desk, &tablet, &server).await;
    sync(&tablet).await;
    assert_eq!(everything(&tablet), everything(&desk));
    assert!(versions(&tablet, web) > EDITS);
    assert_eq!(versions(&tablet, web), versions(&desk, web));
    rename(&tablet, web, "Web, says the tablet");
    sync(&tablet).await;
    sync(&desk).await;
    assert_eq!(everything(&tablet), everything(&desk));
    server.shutdown().await;
}
