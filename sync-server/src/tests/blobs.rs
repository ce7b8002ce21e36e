//! Blobs over REST: who may put and read them, what is checked, what outlives and what is swept.

use std::net::SocketAddr;

use groundplan_shared::{
    auth::Compartment,
    crypto::sha256,
    wire::{BlobId, limits::BLOB_BYTES},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    Fixture,
    client::{Author, Client},
};

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

async fn send(at: SocketAddr, method: &str, path: &str, token: &str, body: &[u8]) -> Answer {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(at).await.unwrap();
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    Answer { status, head, body: answer[split + 4..].to_vec() }
}

struct Story {
    fixture: Fixture,
    owner: Client,
    author: Author,
}

impl Story {
    async fn begin(fixture: Fixture) -> Self {
        let owner = Client::new(fixture.server.addr, "ada").await;
        let author = owner.workspace().await;
        Self { fixture, owner, author }
    }

    fn path(&self, id: BlobId) -> String {
        format!("/v1/workspaces/{}/blobs/{id}", self.author.id())
    }

    async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        send(self.fixture.server.addr, method, path, &self.owner.tokens.access_token, body).await
    }

    async fn put(&self, id: BlobId, bytes: &[u8]) -> Answer {
        let epoch = self.author.state.chain(Compartment::Internal).current();
        let query = format!("compartment=internal&epoch={epoch}&sha256={}", sha256(&[bytes]));
        self.send("PUT", &format!("{}?{query}", self.path(id)), bytes).await
    }

    async fn missing(&self, ids: &[BlobId]) -> Value {
        let path = format!("/v1/workspaces/{}/blobs/missing", self.author.id());
        let (status, answer) = self.owner.call("POST", &path, Some(&json!({ "blobs": ids }))).await;
        assert_eq!(status, 200, "{answer}");
        answer["missing"].clone()
    }
}

const ONE: BlobId = BlobId([1; 32]);
const TWO: BlobId = BlobId([2; 32]);

#[tokio::test]
async fn blobs_are_put_found_and_given_on_the_embedded_store() {
    story(Fixture::plain().await).await;
}

#[tokio::test]
async fn blobs_are_put_found_and_given_on_postgres() {
    story(Fixture::postgres().await).await;
}

async fn story(fixture: Fixture) {
    let story = Story::begin(fixture).await;
    assert_eq!(story.missing(&[ONE, TWO]).await, json!([ONE, TWO]));
    assert_eq!(story.put(ONE, b"sealed").await.status, 204);
    assert_eq!(story.put(ONE, b"sealed").await.status, 204, "again changes nothing");
    assert_eq!(story.missing(&[TWO, ONE]).await, json!([TWO]));
    let got = story.send("GET", &story.path(ONE), b"").await;
    assert_eq!((got.status, got.body.as_slice()), (200, b"sealed".as_slice()));
    assert!(got.head.contains("content-type: application/octet-stream"));
    assert!(got.head.contains(&format!("etag: \"{}\"", sha256(&[b"sealed"]))));
    assert!(got.head.contains("x-content-type-options: nosniff"));
    let head = story.send("HEAD", &story.path(ONE), b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(story.send("HEAD", &story.path(TWO), b"").await.status, 404);
    // Other bytes under the same id only where it was declared unused.
    assert_eq!(story.put(ONE, b"other").await.code(), "exists");
    assert_eq!(story.send("DELETE", &story.path(ONE), b"").await.status, 204);
    assert_eq!(story.send("GET", &story.path(ONE), b"").await.body, b"sealed", "it is kept for a while");
    assert_eq!(story.put(ONE, b"other").await.status, 204);
    assert_eq!(story.send("GET", &story.path(ONE), b"").await.body, b"other");
    // Limits and the hash.
    let full = vec![7; BLOB_BYTES];
    assert_eq!(story.put(TWO, &full).await.status, 204);
    assert_eq!(story.put(BlobId([3; 32]), &vec![7; BLOB_BYTES + 1]).await.status, 413);
    assert_eq!(story.put(BlobId([3; 32]), b"").await.code(), "invalid");
    let epoch = story.author.state.chain(Compartment::Internal).current();
    let check = async |compartment: &str, epoch: u32, hash: &[u8], expected: &str| {
        let query = format!("compartment={compartment}&epoch={epoch}&sha256={}", sha256(&[hash]));
        let answer = story.send("PUT", &format!("{}?{query}", story.path(BlobId([3; 32]))), b"x").await;
        assert_eq!(answer.code(), expected);
    };
    check("internal", epoch, b"y", "invalid").await;
    check("internal", epoch + 1, b"x", "epoch_stale").await;
    check("secret", epoch, b"x", "malformed").await;
    assert_eq!(story.missing(&[BlobId([3; 32])]).await, json!([BlobId([3; 32])]));
    let too_many = vec![ONE; 1025];
    let path = format!("/v1/workspaces/{}/blobs/missing", story.author.id());
    let (status, _) = story.owner.call("POST", &path, Some(&json!({ "blobs": too_many }))).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn strangers_see_nothing_and_quotas_hold() {
    let fixture = Fixture::start(|config| config.limits.workspace_blob_bytes = 10).await;
    let story = Story::begin(fixture).await;
    assert_eq!(story.put(ONE, b"123456").await.status, 204);
    assert_eq!(story.put(TWO, b"12345").await.code(), "quota_exceeded");
    assert_eq!(story.put(TWO, b"1234").await.status, 204);
    let eve = Client::new(story.fixture.server.addr, "eve").await;
    let at = story.fixture.server.addr;
    for method in ["GET", "HEAD", "DELETE", "PUT"] {
        let query = format!("?compartment=internal&epoch=1&sha256={}", sha256(&[b"x"]));
        let path = story.path(ONE) + if method == "PUT" { &query } else { "" };
        let answer = send(at, method, &path, &eve.tokens.access_token, b"x").await;
        assert_eq!(answer.status, 404, "{method}");
    }
    let path = format!("/v1/workspaces/{}/blobs/missing", story.author.id());
    let (status, _) = eve.call("POST", &path, Some(&json!({ "blobs": [ONE] }))).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn lost_and_damaged_objects_count_as_missing_and_unused_ones_are_swept() {
    let story = Story::begin(Fixture::plain().await).await;
    let three = BlobId([3; 32]);
    for id in [ONE, TWO, three] {
        assert_eq!(story.put(id, &id.0).await.status, 204);
    }
    let objects = || {
        let mut found = Vec::new();
        let mut folders = vec![story.fixture.folder.path().join("blobs")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    };
    let of = |id: BlobId| objects().into_iter().find(|path| std::fs::read(path).unwrap() == id.0).unwrap();
    std::fs::remove_file(of(ONE)).unwrap();
    std::fs::write(of(TWO), [9; 32]).unwrap();
    for id in [ONE, TWO] {
        assert_eq!(story.missing(&[id]).await, json!([]));
        assert_eq!(story.send("GET", &story.path(id), b"").await.status, 404);
        assert_eq!(story.missing(&[id]).await, json!([id]));
        assert_eq!(story.put(id, &id.0).await.status, 204);
        assert_eq!(story.send("GET", &story.path(id), b"").await.body, id.0);
    }
    assert_eq!(objects().len(), 3, "what was replaced is gone");
    let app = story.fixture.server.app();
    assert_eq!(crate::blobs::sweep(app).await.unwrap(), 0);
    // Declared unused longer ago than blobs are kept: one is asked for in time.
    let days = i64::from(app.config.limits.blob_unused_days) + 1;
    let long_ago = app.clock.now_ms() - days * 24 * 60 * 60 * 1000;
    for id in [ONE, TWO] {
        app.store.abandon_blob(story.author.id(), id, long_ago).await.unwrap();
    }
    assert_eq!(story.missing(&[TWO]).await, json!([]));
    assert_eq!(crate::blobs::sweep(app).await.unwrap(), 1);
    assert_eq!((story.missing(&[ONE, TWO]).await, objects().len()), (json!([ONE]), 2));
}

/// As much of an S3-compatible service as a server asks of one: objects by path, signatures taken on trust.
async fn bucket() -> (SocketAddr, Objects) {
    use axum::{
        body::Bytes,
        extract::State,
        http::{Method, StatusCode, Uri},
        response::IntoResponse as _,
    };
    async fn serve(
        State(objects): State<Objects>,
        method: Method,
        uri: Uri,
        headers: axum::http::HeaderMap,
        body: Bytes,
    ) -> axum::response::Response {
        let signed = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !signed.starts_with("AWS4-HMAC-SHA256 Credential=the-key/") {
            return StatusCode::FORBIDDEN.into_response();
        }
        let mut objects = objects.lock().unwrap();
        let about = [("etag", "\"1\""), ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT")];
        match method.as_str() {
            "PUT" => {
                objects.insert(uri.path().to_owned(), body.to_vec());
                about.into_response()
            }
            "GET" => match objects.get(uri.path()) {
                Some(bytes) => (about, bytes.clone()).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            },
            "DELETE" => {
                objects.remove(uri.path());
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }
    let objects = Objects::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(serve).with_state(objects.clone());
    let router = router.layer(axum::extract::DefaultBodyLimit::max(4 << 20));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (at, objects)
}

type Objects = std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<String, Vec<u8>>>>;

#[tokio::test]
async fn blobs_are_put_found_and_given_in_a_bucket() {
    let (at, objects) = bucket().await;
    let fixture = Fixture::start(|config| {
        config.blobs = crate::config::Blobs {
            s3_bucket: Some("shelf".to_owned()),
            s3_region: Some("eu-central-1".to_owned()),
            s3_endpoint: Some(format!("http://{at}")),
            s3_prefix: Some("groundplan".to_owned()),
            s3_access_key_id: Some("the-key".to_owned()),
            s3_secret_access_key: Some(crate::config::Secret::new("the secret")),
            s3_allow_http: true,
            folder: None,
        };
    })
    .await;
    let folder = fixture.folder.path().join("blobs");
    story(fixture).await;
    let objects = objects.lock().unwrap();
    assert_eq!(objects.len(), 2, "what was replaced is gone");
    assert!(objects.keys().all(|path| path.starts_with("/shelf/groundplan/")), "{:?}", objects.keys());
    assert!(!folder.exists());
}
