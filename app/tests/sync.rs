//! Stories of synchronisation: real profiles, the real server in this process, loopback only.

use std::time::Duration;

use crate::helpers::*;
use groundplan_app::{identity, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_edit_apart_and_agree() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let shared: Vec<DocumentId> = (0..5).map(|n| element(&a, &format!("Service {n}"))).collect();
    sync(&a).await;
    let b = device("Laptop");
    login(&b, &server, "ada").await;
    link(&a, &b).await;
    meet(&a, &b).await;
    assert!(everything(&b).contains("Service 4"));

    a.app.stop_sync();
    b.app.stop_sync();
    for n in 0..20 {
        element(&a, &format!("From the desk {n}"));
        element(&b, &format!("From the laptop {n}"));
        rename(&a, shared[n % 2], &format!("Desk says {n}"));
        rename(&b, shared[2 + n % 3], &format!("Laptop says {n}"));
    }
    let waiting = ops::sync::status::run(&a.app, SyncStatusParams {}).await.unwrap();
    assert!(waiting.waiting > 0 || waiting.state == SyncState::UpToDate, "{waiting:?}");
    meet(&a, &b).await;
    let all = everything(&a);
    for n in 0..20 {
        assert!(all.contains(&format!("From the desk {n}")) && all.contains(&format!("From the laptop {n}")));
    }
    assert!(all.contains("Desk says 19") && all.contains("Laptop says 19"));
    let status = sync(&a).await;
    assert_eq!(status.last_heard.map(|(name, _)| name).as_deref(), Some("Laptop"));
    assert_eq!(status.quarantined, 0);

    let ours = ops::device::list::run(&a.app, DeviceListParams {}).await.unwrap();
    let theirs = ops::device::list::run(&b.app, DeviceListParams {}).await.unwrap();
    assert_eq!(ours.safety_number, theirs.safety_number);
    a.app.stop_sync();
    b.app.stop_sync();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_reaches_an_open_window_by_itself() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    let b = device("Laptop");
    login(&b, &server, "ada").await;
    link(&a, &b).await;
    meet(&a, &b).await;
    let mut events = b.app.subscribe();
    let id = element(&a, "Seen live");
    let seen = async {
        loop {
            match events.recv().await.unwrap() {
                Event::Changed { documents, remote: true, .. } if documents.contains(&id) => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
    assert!(everything(&b).contains("Seen live"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_opens_the_workspace_on_a_new_device() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    element(&a, "Kept");
    sync(&a).await;
    let code = ops::recovery::create::run(&a.app, RecoveryCreateParams {}).await.unwrap().code;
    a.app.stop_sync();

    let b = device("Replacement");
    login(&b, &server, "ada").await;
    let wrong = RecoveryUseParams { code: Hidden("AAAAAA".into()), workspace: None };
    let refused = ops::recovery::redeem::run(&b.app, wrong).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidInput);
    ops::recovery::redeem::run(&b.app, RecoveryUseParams { code, workspace: None }).await.unwrap();
    sync(&b).await;
    assert!(everything(&b).contains("Kept"));
    let list = ops::device::list::run(&b.app, DeviceListParams {}).await.unwrap();
    assert!(list.items.iter().any(|item| item.kind == "recovery"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_person_joins_and_edits() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    element(&a, "Shared with guests");
    sync(&a).await;
    let params = MemberInviteParams { role: "editor".into(), clearance: "internal".into(), days: 0 };
    let invite = ops::member::invite::run(&a.app, params).await.unwrap();

    let b = device("Guest's laptop");
    register(&b, &server, "grace").await;
    let join = MemberJoinParams { link: invite.link.clone(), name: "Grace".into(), timeout_ms: 60_000 };
    ops::member::join::run(&b.app, join).await.unwrap();
    meet(&a, &b).await;
    element(&b, "By the guest");
    meet(&a, &b).await;
    assert!(everything(&a).contains("By the guest"));
    let list = ops::device::list::run(&a.app, DeviceListParams {}).await.unwrap();
    assert!(list.items.iter().any(|item| item.member == "Grace" && item.role == "editor" && item.active));

    let c = device("Stranger");
    register(&c, &server, "mallory").await;
    let again = MemberJoinParams { link: invite.link, name: "Mallory".into(), timeout_ms: 1_000 };
    assert_eq!(
        ops::member::join::run(&c.app, again).await.unwrap_err().code,
        ErrorCode::ServerRefused,
        "used once"
    );
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_tells_apart_what_went_wrong() {
    let (server, _data) = server().await;
    let a = device("Desk");
    register(&a, &server, "ada").await;
    let wrong = AccountLoginParams {
        server: server.base_url.clone(),
        name: "ada".into(),
        password: Hidden("another password".into()),
        trust: None,
        code: None,
    };
    assert_eq!(ops::account::login::run(&a.app, wrong).await.unwrap_err().code, ErrorCode::NotAllowed);
    ops::account::logout::run(&a.app, AccountLogoutParams {}).await.unwrap();
    assert!(!identity::account::view(&a.app).unwrap().unwrap().signed_in);
    let url = server.base_url.clone();
    server.shutdown().await;
    let away = AccountLoginParams {
        server: url,
        name: "ada".into(),
        password: Hidden(PASSWORD.into()),
        trust: None,
        code: None,
    };
    assert_eq!(ops::account::login::run(&a.app, away).await.unwrap_err().code, ErrorCode::Offline);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_key_of_the_server_is_trusted_only_by_its_fingerprint() {
    let (server, _data) = server().await;
    let a = device("Desk");
    register(&a, &server, "ada").await;
    let keys = || {
        let params = AccountServerKeyParams { server: server.base_url.clone() };
        ops::account::server_key::run(&a.app, params).unwrap()
    };
    let before = keys();
    assert!(before.known.is_some() && before.refused.is_none());
    // As if the server had had another key when this device met it.
    let changed = a.app.profile().transaction(|tx| {
        Ok::<_, groundplan_app::store::StoreError>(
            tx.execute("UPDATE pinned_server SET fingerprint = randomblob(32)", [])?,
        )
    });
    assert_eq!(changed.unwrap(), 1);
    let login = async |trust: Option<String>| {
        let (server, name) = (server.base_url.clone(), "ada".to_owned());
        let params =
            AccountLoginParams { server, name, password: Hidden(PASSWORD.into()), trust, code: None };
        ops::account::login::run(&a.app, params).await
    };
    let refused = login(None).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::ServerUntrusted, Some("server_key")));
    let shown = keys();
    assert_eq!(shown.refused, before.known, "the key that was refused is shown");
    assert_ne!(shown.known, shown.refused);
    assert!(login(shown.known).await.is_err(), "the old fingerprint does not let the new key in");
    login(shown.refused).await.unwrap();
    let after = keys();
    assert_eq!((after.known, after.refused), (before.known, None));
    login(None).await.unwrap();
    server.shutdown().await;
}

/// A device that is busy for longer than it would wait for a silent server does not take the server for gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_device_does_not_take_the_server_for_gone() {
    let (server, _data) = server().await;
    let a = founded(&server).await;
    for _ in 0..2 {
        let workspace = a.app.workspace().unwrap();
        let (started, starts) = std::sync::mpsc::channel();
        let busy = std::thread::spawn(move || {
            workspace.read(|_| {
                started.send(()).unwrap();
                // Nobody answers: this is how long it takes.
                let (_kept, never) = std::sync::mpsc::channel::<()>();
                assert!(never.recv_timeout(Duration::from_secs(6)).is_err());
                Ok(())
            })
        });
        starts.recv().unwrap();
        sync(&a).await;
        busy.join().unwrap().unwrap();
    }
    a.app.stop_sync();
    server.shutdown().await;
}
