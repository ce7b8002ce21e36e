//! Limits and manners of the HTTP side.

use groundplan_shared::wire::cbor::Blob;
use serde_json::json;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use super::{
    Fixture,
    client::{Socket, parse, raw, request},
};

#[tokio::test]
async fn bodies_are_checked_before_they_are_used() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let path = "/v1/account/login/start";
    let check = async |text: String, status: u16, code: &str| {
        let (found, answer) = parse(&raw(at, text.as_bytes()).await);
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{text}");
    };
    let post = |headers: &str, body: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{headers}\r\n{body}")
    };
    check(post("content-length: 2\r\n", "{}"), 415, "unsupported_media_type").await;
    let json = "content-type: application/json\r\n";
    check(post(&format!("{json}content-length: 2\r\n"), "{}"), 400, "malformed").await;
    check(post(&format!("{json}content-length: 99999\r\n"), "{"), 413, "too_large").await;
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 20_000, " ".repeat(20_000));
    check(post(&format!("{json}transfer-encoding: chunked\r\n"), &chunk), 413, "too_large").await;
    let (status, answer) =
        request(at, "POST", path, None, Some(&json!({"username": "a", "request": "AAAA", "role": "admin"})))
            .await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("malformed")), "unknown fields are refused");
    assert!(!answer["detail"].as_str().unwrap().contains("admin"), "bodies are not quoted");
    let (status, answer) = request(at, "GET", &format!("/{}", "x".repeat(3000)), None, None).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("too_large")));
    let (status, answer) = request(at, "GET", "/v1/workspaces/not-an-id/log", None, None).await;
    assert_eq!(status, 401, "{answer}");
    assert!(answer["request_id"].as_str().is_some());
}

#[tokio::test]
async fn silent_connections_are_closed() {
    let fixture = Fixture::start(|config| config.limits.header_seconds = 1).await;
    let mut idle = TcpStream::connect(fixture.server.addr).await.unwrap();
    let mut rest = Vec::new();
    // Ends when the server closes; a test that hangs here has failed.
    let _ = idle.read_to_end(&mut rest).await;
    assert_eq!(request(fixture.server.addr, "GET", "/healthz", None, None).await.0, 200);
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_requests() {
    let fixture = Fixture::start(|config| {
        config.limits.connections_per_ip = 2;
        config.limits.requests_per_minute = 5;
    })
    .await;
    let at = fixture.server.addr;
    let (_one, _two) = (TcpStream::connect(at).await.unwrap(), TcpStream::connect(at).await.unwrap());
    // The server sees connections in the order in which they were made.
    assert_eq!(raw(at, b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n").await, "");
    drop((_one, _two));
    let mut limited = 0;
    for _ in 0..12 {
        let status = request(at, "GET", "/healthz", None, None).await.0;
        limited += usize::from(status == 429);
        assert!(matches!(status, 0 | 200 | 429), "{status}");
    }
    assert!(limited >= 1);
}

#[tokio::test]
async fn a_trusted_proxy_stands_for_many_clients() {
    let fixture = Fixture::start(|config| {
        config.limits.connections_per_ip = 2;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let at = fixture.server.addr;
    let (_one, _two) = (TcpStream::connect(at).await.unwrap(), TcpStream::connect(at).await.unwrap());
    assert_eq!(request(at, "GET", "/healthz", None, None).await.0, 200);
}

#[tokio::test]
async fn a_socket_takes_up_the_room_of_its_connection() {
    let fixture = Fixture::start(|config| config.limits.connections_per_ip = 1).await;
    let at = fixture.server.addr;
    let socket = Socket::open(at).await;
    assert!(Socket::try_open(at).await.is_none(), "the room is taken for as long as the socket is open");
    drop(socket);
}

#[tokio::test]
async fn metrics_stay_off_the_public_listener() {
    let fixture = Fixture::start(|config| {
        config.metrics_on_main = false;
        config.admin_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    assert_eq!(request(fixture.server.addr, "GET", "/metrics", None, None).await.0, 404);
    let admin = fixture.server.admin_addr.unwrap();
    let text = raw(admin, b"GET /metrics HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
    assert!(text.contains("groundplan_http_requests_total"), "{text}");
    assert_eq!(request(admin, "GET", "/readyz", None, None).await.0, 200);
    assert_eq!(request(admin, "GET", "/v1/server", None, None).await.0, 404);
}

#[tokio::test]
async fn mailboxes_hand_sealed_messages_over() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let path = format!("/v1/mailboxes/{}", "0c".repeat(16));
    let (status, empty) = request(at, "GET", &format!("{path}?side=new"), None, None).await;
    assert_eq!((status, empty["messages"].as_array().unwrap().len()), (200, 0));
    let put = json!({"side": "new", "sequence": 0, "sealed": Blob(vec![1, 2, 3])});
    for _ in 0..2 {
        assert_eq!(request(at, "POST", &path, None, Some(&put)).await.0, 200);
    }
    let other = json!({"side": "new", "sequence": 0, "sealed": Blob(vec![9])});
    assert_eq!(request(at, "POST", &path, None, Some(&other)).await.0, 409);
    let (_, found) = request(at, "GET", &format!("{path}?side=new&after=0"), None, None).await;
    assert_eq!(found["messages"], json!([{"sequence": 0, "sealed": Blob(vec![1, 2, 3])}]));
    let large = json!({"side": "new", "sequence": 1, "sealed": Blob(vec![0; 70_000])});
    assert_eq!(request(at, "POST", &path, None, Some(&large)).await.0, 413);
    for bad in ["side=old", "side=new&after=x", "after=0", "side=new&more=1"] {
        assert_eq!(request(at, "GET", &format!("{path}?{bad}"), None, None).await.0, 400, "{bad}");
    }
}
