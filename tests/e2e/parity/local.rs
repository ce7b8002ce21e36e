//! A story that uses each command that needs no server.

use groundplan_tests::programs::PASSPHRASE;
use serde_json::{Value, json};

/// Tells it; `call` makes a call that must succeed.
pub(super) fn tell(call: &mut dyn FnMut(&str, Value) -> Value) {
    call("settings/set", json!({ "device_name": "Parity", "theme": "dark" }));
    call("settings/get", json!({}));
    let first = call("workspace/create", json!({ "name": "Shop" }))["id"].clone();
    let system = element(call, "system", "Shop");
    let web = element(call, "component", "Web");
    let store = element(call, "datastore", "Orders");
    let api = element(call, "api", "Orders API");
    call(
        "element/update",
        json!({
            "id": web, "name": "Web shop", "parent": system, "add_tags": ["core"],
            "properties": { "instances": 3, "technology": "Rust" },
        }),
    );
    call(
        "element/update",
        json!({ "id": web, "properties": { "technology": null }, "remove_tags": ["core"] }),
    );
    call("element/get", json!({ "id": web }));
    let relation =
        json!({ "kind": "uses", "source": web, "target": store, "properties": { "protocol": "SQL" } });
    let relation = call("relation/create", relation)["id"].clone();
    call(
        "relation/update",
        json!({ "source": web, "id": relation, "properties": { "description": "Reads" } }),
    );
    call("relation/list", json!({}));
    let endpoint = "00000000-0000-4000-8000-000000000001";
    call(
        "endpoint/set",
        json!({ "api": api, "endpoint": { "id": endpoint, "method": "GET", "path": "/orders" } }),
    );
    call("endpoint/remove", json!({ "api": api, "id": endpoint }));
    let page = json!({ "kind": "runbook", "title": "Restart", "body": "See [[Web shop]].", "about": web });
    let page = call("page/create", page)["page"]["id"].clone();
    call("page/update", json!({ "id": page, "title": "Restart it" }));
    call("page/get", json!({ "id": page }));
    call("page/list", json!({}));
    let file = json!({ "document": page, "name": "a.txt", "base64": "aGVsbG8=" });
    let file = call("attachment/add", file)["id"].clone();
    call("attachment/list", json!({}));
    call("attachment/get", json!({ "id": file }));
    call("attachment/remove", json!({ "id": file }));
    let thread = call("comment/add", json!({ "subject": web, "relation": relation, "text": "Why *two*?" }));
    let thread = thread["id"].clone();
    let reply =
        call("comment/add", json!({ "thread": thread, "text": "Load." }))["comments"][1]["id"].clone();
    call("comment/edit", json!({ "thread": thread, "comment": reply, "text": "Peak load." }));
    call("comment/resolve", json!({ "thread": thread, "resolved": true }));
    call("comment/remove", json!({ "thread": thread, "comment": reply }));
    call("comment/list", json!({ "subject": web }));
    call("changes/seen", json!({ "document": web }));
    call("changes/list", json!({}));
    call("presence/set", json!({ "document": web }));
    call("presence/list", json!({}));
    let text = call("text/open", json!({ "document": page, "field": "body" }));
    let changes = json!([{ "at": 0, "delete": 0, "insert": "First, breathe. " }]);
    call(
        "text/edit",
        json!({ "document": page, "field": "body", "version": text["version"], "changes": changes }),
    );
    let view =
        call("view/create", json!({ "kind": "container", "name": "Inside", "scope": system }))["id"].clone();
    call("view/scene", json!({ "id": view }));
    call(
        "view/move",
        json!({ "id": view, "positions": { web.as_str().expect("an id"): { "x": 40, "y": 80 } } }),
    );
    call("view/layout", json!({ "id": view }));
    call("view/update", json!({ "id": view, "name": "Inside the shop" }));
    call("view/list", json!({}));
    call("explorer/list", json!({ "part": "pages", "filter": "breathe" }));
    call("search/query", json!({ "text": "breathe" }));
    let compose =
        "c2VydmljZXM6CiAgYToKICAgIGltYWdlOiB4OjEKICAgIGRlcGVuZHNfb246IFtiXQogIGI6CiAgICBpbWFnZTogeToxCg==";
    let input = json!({ "files": [{ "path": "compose.yml", "base64": compose }] });
    call("import/preview", json!({ "input": input }));
    call("import/apply", json!({ "input": input }));
    call("import/list", json!({}));
    call("element/list", json!({}));
    call("relation/delete", json!({ "source": web, "id": relation }));
    backup(call);
    call("edit/state", json!({}));
    call("edit/undo", json!({}));
    call("edit/redo", json!({}));
    let versions = call("history/list", json!({ "document": web }));
    let start = &versions["items"].as_array().and_then(|items| items.last()).expect("a version")["version"];
    call("history/compare", json!({ "document": web, "from": start }));
    call("history/restore", json!({ "document": web, "version": start, "field": "name" }));
    call("edit/undo", json!({}));
    call("view/delete", json!({ "id": view }));
    call("page/delete", json!({ "id": page }));
    call("element/delete", json!({ "ids": [store] }));
    call("history/at", json!({ "at_ms": 1 }));
    call("history/recover", json!({ "at_ms": 1 }));
    call("workspace/rename", json!({ "name": "Corner shop" }));
    call("workspace/summary", json!({}));
    call("export/run", json!({ "format": "json" }));
    call("workspace/sample", json!({}));
    call("workspace/open", json!({ "id": first }));
    call("app/status", json!({}));
    call("sync/status", json!({}));
    // Each call of the command line is a process of its own, which opens the profile with the same passphrase.
    call("profile/passphrase", json!({ "current": PASSPHRASE, "new": PASSPHRASE }));
    call("profile/lock", json!({}));
    call("profile/unlock", json!({ "passphrase": PASSPHRASE }));
    call("profile/status", json!({}));
    call("account/server_key", json!({ "server": "http://127.0.0.1:9" }));
}

/// What a backup is made of differs from way to way, so only what is equal is compared: that each of them can be made
/// and checked, and is not written over. Restoring one has a story of its own.
fn backup(call: &mut dyn FnMut(&str, Value) -> Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("all.age");
    let opener = "words for a backup";
    call("backup/create", json!({ "path": path, "passphrase": opener }));
    call("backup/verify", json!({ "path": path, "passphrase": opener }));
    call("backup/inspect", json!({ "path": path, "passphrase": opener }));
}

fn element(call: &mut dyn FnMut(&str, Value) -> Value, kind: &str, name: &str) -> Value {
    call("element/create", json!({ "kind": kind, "name": name }))["element"]["id"].clone()
}
