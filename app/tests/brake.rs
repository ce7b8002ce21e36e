//! The mass-delete brake between two real devices and the real server in this process: what deletes much asks first on
//! the other device, everything else goes on, and both answers end in agreement.

use std::sync::Arc;
use std::time::Duration;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use serde_json::json;
use tempfile::TempDir;

const PASSWORD: &str = "several words make a password";

/// Two devices of one person that agree on a workspace of sixty elements, each related to the first.
struct Pair {
    desk: Arc<App>,
    laptop: Arc<App>,
    elements: Vec<DocumentId>,
    hub: DocumentId,
    _server: RunningServer,
    _folders: [TempDir; 3],
}

fn open(folder: &TempDir, name: &str) -> Arc<App> {
    let key =
        KeyOptions { passphrase: Some("correct horse battery".to_owned().into()), prefer_passphrase: true };
    let options =
        ProfileOptions { data_dir: Some(folder.path().to_owned()), key, create: true, profile: None };
    let app = App::open(&options).unwrap();
    let settings = SettingsSetParams { device_name: Some(name.to_owned()), ..SettingsSetParams::default() };
    ops::app::set_settings(&app, settings).unwrap();
    app
}

fn element(app: &App, name: &str) -> DocumentId {
    let params = json!({ "kind": "component", "name": name });
    ops::element::create(app, serde_json::from_value(params).unwrap()).unwrap().element.id
}

fn everything(app: &App) -> String {
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    ops::export::run(app, params).unwrap().text.unwrap()
}

fn count(app: &App) -> usize {
    everything(app).matches("\"Service ").count()
}

async fn now(app: &Arc<App>) -> SyncStatus {
    ops::sync::now::run(app, SyncNowParams { timeout_ms: 60_000 }).await.unwrap()
}

impl Pair {
    async fn new() -> Self {
        let folders = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data_dir: folders[2].path().to_owned(),
            registration: RegistrationMode::Open,
            ..Config::default()
        };
        let server = Server::start(config).await.unwrap();
        let (desk, laptop) = (open(&folders[0], "Desk"), open(&folders[1], "Laptop"));
        ops::workspace::create(&desk, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
        let account = json!({ "server": server.base_url, "name": "ada", "password": PASSWORD });
        let params = serde_json::from_value(account.clone()).unwrap();
        ops::account::register::run(&desk, params).await.unwrap();
        let hub = element(&desk, "Hub");
        let elements: Vec<DocumentId> = (0..60).map(|n| element(&desk, &format!("Service {n}"))).collect();
        for id in &elements[..20] {
            let params = json!({ "source": hub, "kind": "uses", "target": id });
            ops::relation::create(&desk, serde_json::from_value(params).unwrap()).unwrap();
        }
        ops::sync::connect::run(&desk, SyncConnectParams {}).await.unwrap();
        let params = serde_json::from_value(account).unwrap();
        ops::account::login::run(&laptop, params).await.unwrap();
        let code = ops::device::link_start::run(&desk, DeviceLinkStartParams {}).await.unwrap().code;
        let join = tokio::spawn({
            let app = Arc::clone(&laptop);
            async move {
                ops::device::link_join::run(&app, DeviceLinkJoinParams { code, timeout_ms: 60_000 }).await
            }
        });
        let wait = DeviceLinkWaitParams { timeout_ms: 30_000 };
        let device = ops::device::link_wait::run(&desk, wait).await.unwrap().device;
        ops::device::link_confirm::run(&desk, DeviceLinkConfirmParams { device }).await.unwrap();
        join.await.unwrap().unwrap();
        let pair = Self { desk, laptop, elements, hub, _server: server, _folders: folders };
        pair.agree().await;
        pair
    }

    async fn agree(&self) {
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            for app in [&self.laptop, &self.desk, &self.laptop] {
                now(app).await;
            }
            let (desk, laptop) = (everything(&self.desk), everything(&self.laptop));
            if desk == laptop {
                return;
            }
            assert!(tokio::time::Instant::now() < until, "{desk}\n\n{laptop}");
            let mut events = self.desk.subscribe();
            drop(tokio::time::timeout(Duration::from_millis(200), events.recv()).await);
        }
    }

    fn delete(&self, range: std::ops::Range<usize>) {
        let params = json!({ "ids": self.elements[range] });
        ops::element::delete(&self.laptop, serde_json::from_value(params).unwrap()).unwrap();
    }

    /// Waits until the desk holds something.
    async fn held(&self) -> HeldView {
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            now(&self.laptop).await;
            now(&self.desk).await;
            let list = ops::sync::held::list(&self.desk, SyncHeldParams {}).await.unwrap();
            if let Some(held) = list.items.into_iter().next() {
                return held;
            }
            assert!(tokio::time::Instant::now() < until, "nothing is held");
        }
    }

    fn relations(&self) -> usize {
        let params = serde_json::from_value(json!({ "id": self.hub })).unwrap();
        ops::element::get(&self.desk, params).unwrap().outgoing.len()
    }

    async fn decide(&self, held: &HeldView, answer: &str) {
        let params = SyncDecideParams { device: held.device.clone(), answer: answer.to_owned() };
        let left = ops::sync::held::decide(&self.desk, params).await.unwrap();
        assert!(left.items.is_empty(), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_deletes_ask_nobody() {
    let pair = Pair::new().await;
    pair.delete(0..9);
    pair.agree().await;
    assert_eq!(count(&pair.desk), 51);
    assert!(ops::sync::held::list(&pair.desk, SyncHeldParams {}).await.unwrap().items.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_deletion_is_held_and_can_be_taken_back_or_let_through() {
    let pair = Pair::new().await;
    let related = pair.relations();
    pair.delete(0..30);
    let held = pair.held().await;
    assert_eq!((held.name.as_str(), held.deletes), ("Laptop", 30), "{held:?}");
    assert!(held.things.iter().any(|thing| thing.name == "Service 7"), "{held:?}");
    assert_eq!((count(&pair.desk), pair.relations()), (60, related), "nothing of it is applied");
    let status = now(&pair.desk).await;
    assert_eq!((status.state, status.held), (SyncState::Problem, 30), "{status:?}");
    assert!(status.problem.unwrap().hint.contains("--held"));
    // The rest goes on, in both directions.
    element(&pair.desk, "Made meanwhile");
    now(&pair.desk).await;
    now(&pair.laptop).await;
    assert!(everything(&pair.laptop).contains("Made meanwhile"));

    pair.decide(&held, "undo").await;
    pair.agree().await;
    assert_eq!((count(&pair.laptop), pair.relations()), (60, related), "everything is back, everywhere");
    assert_eq!(now(&pair.desk).await.state, SyncState::UpToDate);

    // Whoever tries again is held again.
    pair.delete(20..60);
    let held = pair.held().await;
    assert_eq!((held.deletes, count(&pair.desk)), (40, 60));
    pair.decide(&held, "apply").await;
    pair.agree().await;
    assert_eq!(count(&pair.desk), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_deletion_that_is_let_through_is_applied() {
    let pair = Pair::new().await;
    pair.delete(0..60);
    let held = pair.held().await;
    let wrong = SyncDecideParams { device: held.device.clone(), answer: "perhaps".to_owned() };
    assert_eq!(ops::sync::held::decide(&pair.desk, wrong).await.unwrap_err().code, ErrorCode::InvalidInput);
    pair.decide(&held, "apply").await;
    pair.agree().await;
    assert_eq!((count(&pair.desk), pair.relations()), (0, 0));
    assert_eq!(now(&pair.desk).await.held, 0);
}
