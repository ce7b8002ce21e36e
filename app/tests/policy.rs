//! What the workspace's policy does: levels that it does not let out stay inside, and what nothing could keep is refused.
#![cfg(test)]

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::api::*;
use serde_json::{Value, json};
use tempfile::TempDir;

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

    for (field, params) in [
        ("second_factor_required", json!({ "second_factor_required": true })),
        ("sign_in", json!({ "sign_in": ["passkey"] })),
    ] {
        let error = set(params).await.unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some(field)));
    }
}
