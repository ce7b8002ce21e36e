//! Attacks on transport and sign-in, over real sockets: the real client, the real server in this process, and an evil
//! server between them. The list of all attacks is the table in `sync/sim/attacks`, read here as well.

mod evil;
#[path = "../src/sync/sim/attacks/table.rs"]
mod table;

use std::process::Command;
use std::sync::Arc;

use evil::Evil;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{identity, ops};
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, RunningServer, Server};
use groundplan_shared::api::*;
use groundplan_shared::auth::opaque::login_start;
use groundplan_shared::model::*;
use groundplan_shared::wire::cbor::Blob;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use table::{Place, TABLE, Twin};
use tempfile::TempDir;

const PASSWORD: &str = "several words make a password";
const CANARY: &str = "Canaryxyzzyplugh";

struct Device {
    app: Arc<App>,
    _dir: TempDir,
}

fn device() -> Device {
    let dir = TempDir::new().unwrap();
    let key = KeyOptions { passphrase: Some("correct horse".to_owned().into()), prefer_passphrase: true };
    let options = ProfileOptions { data_dir: Some(dir.path().to_owned()), key, create: true, profile: None };
    Device { app: App::open(&options).unwrap(), _dir: dir }
}

async fn server_with(change: impl FnOnce(&mut Config)) -> (RunningServer, TempDir) {
    let dir = TempDir::new().unwrap();
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    change(&mut config);
    (Server::start(config).await.unwrap(), dir)
}

async fn server() -> (RunningServer, TempDir) {
    server_with(|_| ()).await
}

async fn register(device: &Device, url: &str) -> Result<(), ApiError> {
    let params = AccountRegisterParams {
        server: url.to_owned(),
        name: "ada".to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        invitation: None,
        trust: None,
    };
    ops::account::register::run(&device.app, params).await.map(drop)
}

async fn login(device: &Device, url: &str) -> Result<(), ApiError> {
    let params = AccountLoginParams {
        server: url.to_owned(),
        name: "ada".to_owned(),
        password: Hidden(PASSWORD.to_owned()),
        trust: None,
        code: None,
    };
    ops::account::login::run(&device.app, params).await.map(drop)
}

fn element(device: &Device, name: &str) -> DocumentId {
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

fn everything(device: &Device) -> String {
    let params = ExportParams { format: "json".into(), ..ExportParams::default() };
    ops::export::run(&device.app, params).unwrap().text.unwrap()
}

async fn sync(device: &Device) -> SyncStatus {
    ops::sync::now::run(&device.app, SyncNowParams { timeout_ms: 30_000 }).await.unwrap()
}

/// A workspace whose device reaches the server through an evil one.
async fn founded(evil: &Evil) -> Device {
    let device = device();
    ops::workspace::create(&device.app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    register(&device, &evil.url()).await.unwrap();
    ops::sync::connect::run(&device.app, SyncConnectParams {}).await.unwrap();
    device
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m15_plaintext_frames_are_not_shown() {
    let (server, _data) = server().await;
    let evil = Evil::before(server.addr);
    let desk = founded(&evil).await;
    element(&desk, "Ours");
    sync(&desk).await;
    let lies = [
        (true, br#"{"title":"Canaryxyzzyplugh","op":"element/create"}"#.to_vec()),
        (false, br#"{"title":"Canaryxyzzyplugh"}"#.to_vec()),
        (false, [&[0xa2, 0x00, 0x18, 0x63, 0x01, 0x70][..], CANARY.as_bytes()].concat()),
        (false, [&[0xa1, 0x01, 0x70][..], CANARY.as_bytes()].concat()),
    ];
    for (text, bytes) in lies {
        evil.inject(text, bytes);
        element(&desk, "Kept while the server lies");
        sync(&desk).await;
        assert!(!everything(&desk).contains(CANARY));
    }
    assert!(evil.injected() > 0, "the frames were sent");
    let status = sync(&desk).await;
    assert_eq!((status.state, status.waiting, status.quarantined), (SyncState::UpToDate, 0, 0), "{status:?}");
    assert_eq!(everything(&desk).matches("Kept while the server lies").count(), 4);
    desk.app.stop_sync();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m16_a_server_that_names_a_cost_is_not_signed_in_to() {
    let (server, _data) = server().await;
    let evil = Evil::before(server.addr);
    let desk = founded(&evil).await;
    for cost in
        [json!({"memory_kib": 8, "passes": 1}), json!({"memory_kib": 4_000_000_000_u64, "passes": 99})]
    {
        evil.alter("login/start", move |answer| answer["cost"] = cost.clone());
        assert!(login(&desk, &evil.url()).await.is_err(), "an answer with a cost is none");
    }
    evil.leave();
    login(&desk, &evil.url()).await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m17_another_key_of_the_server_is_refused() {
    let ((first, _one), (second, _two)) = (server().await, server().await);
    let evil = Evil::before(first.addr);
    let desk = founded(&evil).await;
    element(&desk, "Ours");
    sync(&desk).await;
    desk.app.stop_sync();
    // The second server knows the password, and still is not the one that this device met.
    register(&device(), &second.base_url).await.unwrap();
    evil.lead_to(second.addr);
    let refused = login(&desk, &evil.url()).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::ServerUntrusted, Some("server_key")));
    assert!(everything(&desk).contains("Ours"));
    evil.lead_to(first.addr);
    login(&desk, &evil.url()).await.unwrap();
    assert!(identity::account::view(&desk.app).unwrap().unwrap().signed_in);
    first.shutdown().await;
    second.shutdown().await;
}

/// What an answer tells: everything but what is random in each.
fn told(status: u16, answer: &Value) -> String {
    let mut answer = answer.clone();
    for field in ["request_id", "login", "response", "nonce", "account"] {
        if let Some(value) = answer.get_mut(field) {
            *value = json!(value.as_str().map_or(0, str::len));
        }
    }
    format!("{status} {answer}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m18_ten_thousand_malformed_sign_ins_tell_nothing() {
    let (server, _data) = server_with(|config| {
        let limits = &mut config.limits;
        limits.sign_ins_per_minute = 1_000_000;
        limits.sign_ins_per_name_per_minute = 1_000_000;
        limits.requests_per_minute = 10_000_000;
    })
    .await;
    register(&device(), &server.base_url).await.unwrap();
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("{}/v1/account/login/start", server.base_url);
    let (_, mut message) = login_start("guess", &SystemRandom::new()).unwrap();
    let (mut statuses, mut state) = (std::collections::BTreeMap::<u16, u32>::new(), 1_u64);
    for attempt in 0..5_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = message.clone();
        match state % 4 {
            0 => bytes.truncate((state >> 8) as usize % bytes.len()),
            1 => bytes.extend_from_slice(&state.to_le_bytes()),
            _ => {
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] ^= 1 << (state >> 40 & 7);
            }
        }
        let mut seen = Vec::new();
        for name in ["ada", "bob"] {
            let body = json!({ "username": name, "request": Blob(bytes.clone()) });
            let answer = client.post(&url).json(&body).send().await.unwrap();
            let status = answer.status().as_u16();
            let answer: Value = answer.json().await.unwrap();
            seen.push((status, told(status, &answer)));
        }
        assert_eq!(
            seen[0].1, seen[1].1,
            "attempt {attempt}: a known name is answered otherwise than an unknown one"
        );
        *statuses.entry(seen[0].0).or_default() += 2;
        // Adaptive: what was taken is changed further.
        if seen[0].0 == 200 {
            message = bytes;
        }
    }
    println!("10,000 sign-ins answered: {statuses:?}");
    assert_eq!(statuses.values().sum::<u32>(), 10_000);
    assert!(statuses.keys().all(|status| [200, 400, 422].contains(status)), "{statuses:?}");
    login(&device(), &server.base_url).await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m28_nothing_is_fetched_without_a_click() {
    let trap = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/a.png", trap.local_addr().unwrap());
    let desk = device();
    ops::workspace::create(&desk.app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    let body = format!("![picture]({url}) <img src=\"{url}\"> [link]({url}) ![[{url}]] <{url}>");
    let page = json!({ "kind": "doc", "title": url, "body": body, "path": "a.md" });
    let caller = groundplan_app::dispatch::Caller::CommandLine;
    let made = desk.app.call(caller, "page/create", page).await.unwrap();
    element(&desk, &url);
    let id = made["page"]["id"].clone();
    let shown = desk.app.call(caller, "page/get", json!({ "id": id })).await.unwrap();
    let shown = shown["html"].as_str().unwrap().to_owned();
    desk.app.call(caller, "search/query", json!({ "text": "http" })).await.ok();
    everything(&desk);
    for way in ["src=\"http", "srcset", "url(", "<link", "<iframe", "<object", "poster="] {
        assert!(!shown.contains(way), "{way}: {shown}");
    }
    assert!(shown.contains("picture"), "it is what was written: {shown}");
    assert!(trap.accept().is_err(), "something was fetched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m30_flags_and_versions_of_a_server_weaken_nothing() {
    let (server, _data) = server().await;
    let evil = Evil::before(server.addr);
    evil.alter("/v1/server", |answer| {
        answer["flags"] = json!({ "end_to_end_encryption": false, "escrow": true, "verify": false });
        answer["minimum_version"] = json!("99.0.0");
        answer["update"] =
            json!({ "url": "http://127.0.0.1:9/groundplan", "version": "0.0.1", "force": true });
        answer["recovery_key"] = json!("00".repeat(32));
    });
    let desk = founded(&evil).await;
    element(&desk, CANARY);
    let status = sync(&desk).await;
    assert_eq!((status.state, status.waiting), (SyncState::UpToDate, 0), "{status:?}");
    let sent = evil.sent();
    assert!(sent.len() > 5_000, "everything passed here");
    assert!(
        !sent.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()),
        "content is sealed as ever"
    );
    let devices = ops::device::list::run(&desk.app, DeviceListParams {}).await.unwrap();
    assert!(devices.items.iter().all(|item| item.kind != "recovery"), "no recovery key but by its member");
    desk.app.stop_sync();
    server.shutdown().await;
}

#[test]
fn every_test_fails_without_its_check() {
    let rows: Vec<(&str, &str)> = TABLE
        .iter()
        .filter(|row| row.place == Place::Sockets)
        .filter_map(|row| match row.twin {
            Twin::Without(check) => Some((row.test, check)),
            Twin::None(_) => None,
        })
        .collect();
    for (test, check) in &rows {
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("attacks::{test}")])
            .env("GROUNDPLAN_LEFT_OUT", check)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        let failed = !run.status.success() && said.contains("1 failed");
        assert!(failed, "{test} passes without {check}\n{said}");
    }
    assert!(table::missing().is_empty());
    TABLE.iter().filter(|row| row.place == Place::Sockets).for_each(|row| println!("{}", row.describe()));
    println!("{} tests fail without their check", rows.len());
}
