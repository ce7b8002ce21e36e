//! Who may call what: a matrix made from the table of routes, and ids of other tenants.

use serde_json::{Value, json};

use super::{
    Fixture,
    client::{Client, request},
};
use crate::routes::{Access, table};

/// A path with ids that are valid and belong to nobody.
fn filled(path: &str) -> String {
    path.replace("{workspace}", "01010101-0101-0101-0101-010101010101")
        .replace("{device}", &"03".repeat(16))
        .replace("{blob}", &"0d".repeat(32))
        .replace("{mailbox}", &"0c".repeat(16))
}

#[tokio::test]
async fn every_route_asks_for_what_its_row_says() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let member = Client::new(at, "ada").await;
    let mut expired = member.tokens.access_token.clone();
    expired.replace_range(expired.len() - 4.., "AAAA");
    for route in table(true) {
        let body = route.request.as_ref().map(|shape| shape.example.clone());
        let path = filled(route.path);
        let (status, answer) = request(at, route.method, &path, None, body.as_ref()).await;
        let (forged, _) = request(at, route.method, &path, Some(&expired), body.as_ref()).await;
        if route.access == Access::Public {
            // What signs in refuses made-up messages; everything else that is public answers.
            let signs_in = route.path.starts_with("/v1/account/");
            assert!(signs_in || (status != 401 && forged != 401), "{} {}", route.method, route.path);
            assert_ne!(answer["code"], "forbidden", "{} {}", route.method, route.path);
            continue;
        }
        assert_eq!((status, answer["code"].as_str()), (401, Some("unauthenticated")), "{}", route.path);
        assert_eq!(forged, 401, "{}", route.path);
        if route.access == Access::Admin {
            let (status, _) = member.call(route.method, &path, body.as_ref()).await;
            assert_eq!(status, 403, "{}", route.path);
        }
    }
}

#[tokio::test]
async fn the_document_lists_exactly_what_the_router_has() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let (_, document) = request(at, "GET", "/v1/openapi.json", None, None).await;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let mut listed = 0;
    for (path, methods) in paths {
        for method in ["get", "post", "put", "patch", "delete"] {
            let (status, answer) = request(at, &method.to_uppercase(), &filled(path), None, None).await;
            let code = answer["code"].as_str().unwrap_or_default();
            if methods.get(method).is_some() {
                listed += 1;
                assert_ne!((status, code), (405, "method_not_allowed"), "{method} {path} is listed");
                let detail = answer["detail"].as_str().unwrap_or_default();
                assert!(!detail.contains("nothing at this address"), "{method} {path} is listed");
            } else {
                assert_eq!((status, code), (405, "method_not_allowed"), "{method} {path} is not listed");
            }
        }
    }
    assert_eq!(listed, table(true).len());
    for path in ["/", "/v1", "/v2/server", "/debug", "/v1/workspaces/", "/.env"] {
        assert_eq!(request(at, "GET", path, None, None).await.0, 404, "{path}");
    }
    // There is one place where routes are mounted, and it is fed from the table.
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(count(&source, ".route("), 1);
}

fn count(folder: &std::path::Path, needle: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true if path.ends_with("tests") => 0,
            true => count(&path, needle),
            false => std::fs::read_to_string(&path).unwrap().matches(needle).count(),
        })
        .sum()
}

#[tokio::test]
async fn strangers_cannot_tell_a_workspace_from_none() {
    let fixture = Fixture::plain().await;
    let owner = Client::new(fixture.server.addr, "ada").await;
    let stranger = Client::new(fixture.server.addr, "eve").await;
    let author = owner.workspace().await;
    let entry = json!({"entry": "AAAA"});
    let invite = json!({"invite": "0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b", "device": stranger.keys.id(),
        "signature": "0a".repeat(64)});
    let check = async |id: String, method: &str, rest: &str, body: Option<&Value>| {
        let (status, mut answer) = stranger.call(method, &format!("/v1/workspaces/{id}/{rest}"), body).await;
        answer["request_id"] = json!("");
        (status, answer)
    };
    let (own, none) = (author.id().to_string(), "01010101-0101-0101-0101-010101010101".to_owned());
    for (method, rest, body) in
        [("GET", "log", None), ("POST", "log", Some(&entry)), ("POST", "invite-access", Some(&invite))]
    {
        let real = check(own.clone(), method, rest, body).await;
        assert_eq!(real, check(none.clone(), method, rest, body).await, "{method} {rest}");
        assert!(matches!(real.0, 403 | 404), "{real:?}");
    }
    let (_, list) = stranger.call("GET", "/v1/workspaces", None).await;
    assert_eq!(list["workspaces"], json!([]));
    let (_, list) = owner.call("GET", "/v1/workspaces", None).await;
    assert_eq!(list["workspaces"][0]["workspace"], own);
    let device = format!("/v1/account/devices/{}", owner.keys.id());
    assert_eq!(stranger.call("DELETE", &device, None).await.0, 404);
    assert_eq!(owner.call("GET", "/v1/workspaces", None).await.0, 200);
}
