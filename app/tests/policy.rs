//! What the workspace's policy does: levels that it does not let out stay inside, and what nothing could keep is refused.

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::api::*;
use groundplan_shared::auth::totp::{STEP_S, TotpSecret};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::helpers;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levels_that_the_policy_does_not_let_out_are_left_out_and_named() {
    let folder = TempDir::new().unwrap();
    let key =
        KeyOptions { passphrase: Some("correct horse battery".to_owned().into()), prefer_passphrase: true };
    let data_dir = Some(folder.path().join("profile"));
    let app = App::open(&ProfileOptions { data_dir, key, create: true, profile: None }).unwrap();
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Shop".into() }).unwrap();
    let params = json!({ "kind": "component", "name": "Ledger" });
    ops::element::create(&app, serde_json::from_value(params).unwrap()).unwrap();
    let params = json!({ "kind": "doc", "title": "Plans", "path": "plans.md" });
    ops::page::create(&app, serde_json::from_value(params).unwrap()).unwrap();
    let export = |format: &str, path: Option<&str>| {
        let path = path.map(|path| folder.path().join(path).display().to_string());
        ops::export::run(&app, ExportParams { format: format.into(), path, ..ExportParams::default() })
    };
    let set = async |params: Value| {
        ops::member::govern::policy(&app, serde_json::from_value(params).unwrap()).await
    };
    let all = export("json", None).unwrap();
    assert!(all.text.unwrap().contains("Ledger") && all.left_out.is_empty());

    // Everything is internal unless somebody says otherwise.
    let list = set(json!({ "export": ["public"] })).await.unwrap();
    assert_eq!(list.policy.export, ["public"]);
    let less = export("json", None).unwrap();
    let text = less.text.unwrap();
    assert!(!text.contains("Ledger") && !text.contains("Plans"), "{text}");
    assert_eq!(less.left_out.len(), 1, "{:?}", less.left_out);
    assert_eq!((less.left_out[0].level.as_str(), less.left_out[0].documents), ("internal", 2));
    assert_eq!(export("markdown", Some("vault")).unwrap().files, 0);
    let refused = export("svg", Some("drawing.svg")).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    assert!(refused.message.contains("internal"), "{refused}");
    assert!(!folder.path().join("drawing.svg").exists());

    set(json!({ "export": ["public", "internal"] })).await.unwrap();
    assert!(export("svg", Some("drawing.svg")).is_ok());
    assert_eq!(export("markdown", Some("vault again")).unwrap().files, 1);

    // What is classified anew lies elsewhere, and stays inside all the same.
    let ledger = text_of(&export("json", None).unwrap(), "Ledger");
    let params = json!({ "id": ledger, "properties": { "classification": "restricted" } });
    ops::element::update(&app, serde_json::from_value(params).unwrap()).unwrap();
    let less = export("json", None).unwrap();
    assert!(!less.text.as_ref().unwrap().contains("Ledger"), "{less:?}");
    assert_eq!((less.left_out[0].level.as_str(), less.left_out[0].documents), ("restricted", 1));
    for format in ["svg", "outline", "scene"] {
        let refused = export(format, Some("secret")).unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotAllowed, "{format}");
    }
    let file = json!({ "document": ledger, "name": "a.txt", "base64": "aGVsbG8=" });
    let id = ops::attachment::add(&app, serde_json::from_value(file).unwrap()).unwrap().id;
    let path = folder.path().join("a.txt");
    let get = |path: Option<String>| {
        ops::attachment::get(&app, AttachmentGetParams { id, path, only_fetch: false })
    };
    assert_eq!(get(Some(path.display().to_string())).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert!(!path.exists());
    assert!(get(None).await.is_ok(), "it can be looked at");

    for (field, params) in [
        ("second_factor_required", json!({ "second_factor_required": true })),
        ("sign_in", json!({ "sign_in": ["passkey"] })),
    ] {
        let error = set(params).await.unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some(field)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_demands_a_second_factor_waits_for_a_code() {
    let (server, _folder) = helpers::server().await;
    let desk = helpers::founded(&server).await;
    let laptop = helpers::device("Laptop");
    helpers::login(&laptop, &server, "ada").await;
    helpers::link(&desk, &laptop).await;
    helpers::meet(&desk, &laptop).await;
    let step = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / STEP_S;
    let status = ops::account::second_factor::status(&desk.app, SecondFactorStatusParams {}).await.unwrap();
    assert_eq!((status.enabled, status.proven), (false, false));
    let setup = ops::account::second_factor::begin(&desk.app, SecondFactorBeginParams {}).await.unwrap();
    let secret = TotpSecret::from_text(&setup.secret.0).unwrap();
    assert!(setup.uri.0.contains(&setup.secret.0) && setup.qr_svg.0.contains("<svg"));

    let confirm = async |code: String| {
        let params = SecondFactorConfirmParams { code: Hidden(code) };
        ops::account::second_factor::confirm(&desk.app, params).await
    };
    let error = confirm("000000".into()).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("code")));
    // A clock that is behind by one step is within bounds, and leaves the next codes unused.
    let first = step() - 1;
    let status = confirm(secret.code(first)).await.unwrap();
    assert_eq!((status.enabled, status.proven), (true, true));
    let demand = json!({ "second_factor_required": true });
    ops::member::govern::policy(&desk.app, serde_json::from_value(demand).unwrap()).await.unwrap();
    helpers::sync(&desk).await;

    // The laptop signed in with the password alone: what it does is kept, and goes once it brings a code.
    let cart = helpers::element(&laptop, "Cart");
    let now = SyncNowParams { timeout_ms: 60_000 };
    let status = ops::sync::now::run(&laptop.app, now).await.unwrap();
    assert_eq!(status.state, SyncState::Problem, "{status:?}");
    assert!(status.problem.as_ref().unwrap().message.contains("second factor"), "{status:?}");
    assert!(status.waiting > 0);
    let login = async |code: Option<String>| {
        let params = AccountLoginParams {
            server: server.base_url.clone(),
            name: "ada".to_owned(),
            password: Hidden(helpers::PASSWORD.to_owned()),
            trust: None,
            code: code.map(Hidden),
        };
        ops::account::login::run(&laptop.app, params).await
    };
    let error = login(None).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::NotAllowed, Some("code")));
    let error = login(Some(secret.code(first))).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("code")), "used before");
    login(Some(secret.code(first + 1))).await.unwrap();
    helpers::meet(&desk, &laptop).await;
    assert!(helpers::everything(&desk).contains(&cart.to_string()));
}

/// Returns the id of an element in an export.
fn text_of(exported: &Exported, name: &str) -> String {
    let all: Value = serde_json::from_str(exported.text.as_ref().unwrap()).unwrap();
    let elements = all["elements"].as_array().unwrap();
    let found = elements.iter().find(|element| element["name"] == json!(name)).unwrap();
    found["id"].as_str().unwrap().to_owned()
}
