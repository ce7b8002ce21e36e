//! The states of a profile, through the one way in that the window and the agent use.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::ErrorCode;
use serde_json::{Value, json};

use super::{Host, Standing};
use crate::dispatch::Caller;
use crate::profile::{KeyOptions, ProfileOptions};

/// A host that knows of no keyring: a passphrase is preferred, and none is there.
fn host(dir: &Path) -> Arc<Host> {
    Host::new(ProfileOptions {
        data_dir: Some(dir.to_owned()),
        key: KeyOptions { passphrase: None, prefer_passphrase: true },
        create: true,
        profile: None,
    })
}

async fn call(host: &Arc<Host>, method: &str, params: Value) -> Result<Value, ErrorCode> {
    host.call(Caller::Agent, method, params).await.map_err(|error| error.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_waits_for_the_passphrase_and_nothing_outlives_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    assert_eq!(call(&host, "app/status", json!({})).await, Err(ErrorCode::Locked));
    assert_eq!(call(&host, "workspace/create", json!({ "name": "A" })).await, Err(ErrorCode::Locked));
    assert_eq!(call(&host, "profile/status", json!({})).await.unwrap()["state"], "new");
    assert_eq!(
        call(&host, "profile/create", json!({ "passphrase": "short" })).await,
        Err(ErrorCode::InvalidInput)
    );
    assert_eq!(call(&host, "profile/unlock", json!({})).await, Err(ErrorCode::NotFound));
    let made = call(&host, "profile/create", json!({ "passphrase": "correct horse" })).await.unwrap();
    assert_eq!((&made["state"], &made["key_storage"]), (&json!("open"), &json!("passphrase")));
    assert_eq!(call(&host, "profile/create", json!({})).await, Err(ErrorCode::Conflict));
    call(&host, "workspace/create", json!({ "name": "A" })).await.unwrap();

    let Standing::Open(app) = host.standing() else { panic!("it is open") };
    let (gone, key) = (Arc::downgrade(&app), Arc::downgrade(&app.workspace().unwrap()));
    drop(app);
    assert_eq!(call(&host, "profile/lock", json!({})).await.unwrap()["state"], "locked");
    assert!(gone.upgrade().is_none() && key.upgrade().is_none(), "stores are closed and keys dropped");
    assert_eq!(call(&host, "element/list", json!({})).await, Err(ErrorCode::Locked));

    assert_eq!(call(&host, "profile/unlock", json!({})).await, Err(ErrorCode::Locked));
    let wrong = json!({ "passphrase": "wrong horse" });
    assert_eq!(call(&host, "profile/unlock", wrong).await, Err(ErrorCode::KeyWrong));
    assert_eq!(call(&host, "profile/status", json!({})).await.unwrap()["state"], "locked");
    let right = json!({ "passphrase": "correct horse" });
    assert_eq!(call(&host, "profile/unlock", right).await.unwrap()["state"], "open");
    let status = call(&host, "app/status", json!({})).await.unwrap();
    assert_eq!(status["workspaces"][0]["name"], "A");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_is_broken_off_by_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    call(&host, "profile/create", json!({ "passphrase": "correct horse" })).await.unwrap();
    let app = host.app().await.unwrap();
    let waiting = {
        let host = Arc::clone(&host);
        async move { host.closed(&app).await }
    };
    let (_, closed) = tokio::join!(waiting, host.close());
    closed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passphrase_changes_and_guessing_is_slowed() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    call(&host, "profile/create", json!({ "passphrase": "correct horse" })).await.unwrap();
    let change = |current: &str| json!({ "current": current, "new": "battery staple" });
    assert_eq!(call(&host, "profile/passphrase", change("wrong")).await, Err(ErrorCode::KeyWrong));
    call(&host, "profile/passphrase", change("correct horse")).await.unwrap();
    call(&host, "profile/lock", json!({})).await.unwrap();
    for _ in 0..3 {
        let old = json!({ "passphrase": "correct horse" });
        assert_eq!(call(&host, "profile/unlock", old).await, Err(ErrorCode::KeyWrong));
    }
    let new = json!({ "passphrase": "battery staple" });
    assert_eq!(call(&host, "profile/unlock", new).await, Err(ErrorCode::RateLimited));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_profile_says_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("key.json"), "{").unwrap();
    let host = host(dir.path());
    assert_eq!(call(&host, "app/status", json!({})).await, Err(ErrorCode::StoreCorrupt));
    let status = call(&host, "profile/status", json!({})).await.unwrap();
    assert_eq!(status["state"], "failed");
    assert_eq!(status["problem"]["code"], "store_corrupt");
}
