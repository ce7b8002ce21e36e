//! What stories of synchronisation share: real profiles, the real server in this process, loopback only.
#![allow(dead_code, reason = "each story uses some of it")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tempfile::TempDir;

pub const PASSWORD: &str = "several words make a password";

pub struct Device {
    pub app: Arc<App>,
    _dir: TempDir,
}

pub fn options(dir: &Path) -> ProfileOptions {
    ProfileOptions {
        data_dir: Some(dir.to_owned()),
        key: KeyOptions {
            passphrase: Some("correct horse battery".to_owned().into()),
            prefer_passphrase: true,
        },
        create: true,
        profile: None,
    }
}

pub fn device(name: &str) -> Device {
    let dir = TempDir::new().unwrap();
    let app = App::open(&options(dir.path())).unwrap();
    let settings = SettingsSetParams { device_name: Some(name.to_owned()), ..SettingsSetParams::default() };
    ops::app::set_settings(&app, settings).unwrap();
    Device { app, _dir: dir }
}

pub async fn server() -> (RunningServer, TempDir) {
    let dir = TempDir::new().unwrap();
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    (Server::start(config).await.unwrap(), dir)
}

pub async fn register(device: &Device, server: &RunningServer, name: &str) {
    let params = AccountRegisterParams {
        server: server.base_url.clone(),
        name: name.to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        invitation: None,
        trust: None,
    };
    ops::account::register::run(&device.app, params).await.unwrap();
}

pub async fn login(device: &Device, server: &RunningServer, name: &str) {
    let params = AccountLoginParams {
        server: server.base_url.clone(),
        name: name.to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        trust: None,
        code: None,
    };
    ops::account::login::run(&device.app, params).await.unwrap();
}

pub fn element(device: &Device, name: &str) -> DocumentId {
    let params = ElementCreateParams {
        kind: ElementKind::Component,
        name: name.to_owned(),
        description: String::new(),
        properties: Default::default(),
        tags: Default::default(),
        parent: None,
    };
    ops::element::create(&device.app, params).unwrap().element.id
}

pub fn rename(device: &Device, id: DocumentId, name: &str) {
    let mut params: ElementUpdateParams = serde_json::from_value(serde_json::json!({ "id": id })).unwrap();
    params.name = Some(name.to_owned());
    ops::element::update(&device.app, params).unwrap();
}

pub fn everything(device: &Device) -> String {
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    ops::export::run(&device.app, params).unwrap().text.unwrap()
}

pub async fn sync(device: &Device) -> SyncStatus {
    let status = ops::sync::now::run(&device.app, SyncNowParams { timeout_ms: 60_000 }).await.unwrap();
    assert_eq!((status.state, status.waiting), (SyncState::UpToDate, 0), "{status:?}");
    status
}

/// Synchronises both until both have what either had.
pub async fn meet(a: &Device, b: &Device) {
    sync(a).await;
    sync(b).await;
    sync(a).await;
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    while everything(a) != everything(b) {
        assert!(tokio::time::Instant::now() < until, "{}\n\n{}", everything(a), everything(b));
        let mut events = a.app.subscribe();
        drop(tokio::time::timeout(Duration::from_millis(200), events.recv()).await);
    }
}

pub async fn founded(server: &RunningServer) -> Device {
    let a = device("Desk");
    ops::workspace::create(&a.app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    register(&a, server, "ada").await;
    let status = ops::sync::connect::run(&a.app, SyncConnectParams {}).await.unwrap();
    assert_eq!(status.state, SyncState::UpToDate, "{status:?}");
    a
}

/// Links `b` by a code of `a`.
pub async fn link(a: &Device, b: &Device) {
    let code = ops::device::link_start::run(&a.app, DeviceLinkStartParams {}).await.unwrap();
    let join = tokio::spawn({
        let app = Arc::clone(&b.app);
        async move {
            ops::device::link_join::run(&app, DeviceLinkJoinParams { code: code.code, timeout_ms: 60_000 })
                .await
        }
    });
    let request =
        ops::device::link_wait::run(&a.app, DeviceLinkWaitParams { timeout_ms: 30_000 }).await.unwrap();
    assert_eq!(request.device_name, "Laptop");
    let params = DeviceLinkConfirmParams { device: request.device.clone() };
    let list = ops::device::link_confirm::run(&a.app, params).await.unwrap();
    assert!(list.items.iter().any(|item| item.id == request.device && item.active && item.name == "Laptop"));
    let view = join.await.unwrap().unwrap();
    assert_eq!(view.name, "Shop");
}
