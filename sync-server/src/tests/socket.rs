//! The door of the socket: who gets in, and what ends a conversation.

use groundplan_shared::{
    crypto::safe::DeviceKeys,
    wire::{
        ClientFrame, Hash, ServerFrame, WorkspaceId,
        frames::{FRAME_VERSION, Presence, Subscribe},
        limits::FRAME_BYTES,
    },
};
use ring::rand::SystemRandom;

use super::{
    Fixture,
    client::{Client, Socket, parse, raw},
};

#[tokio::test]
async fn only_the_devices_own_key_opens_it() {
    let fixture = Fixture::plain().await;
    let at = fixture.server.addr;
    let (ada, eve) = (Client::new(at, "ada").await, Client::new(at, "eve").await);

    // A stolen token without the device's key, under the thief's and under the owner's id.
    let mut socket = Socket::open(at).await;
    socket.hello(&ada, &eve.keys).await;
    assert_eq!(socket.problem().await, ("unauthenticated".to_owned(), true));
    assert_eq!(socket.closed().await, Some(4001));

    // An answer to another challenge.
    let mut socket = Socket::open(at).await;
    socket.nonce = groundplan_shared::wire::Nonce([7; 32]);
    socket.hello(&ada, &ada.keys).await;
    assert_eq!(socket.problem().await, ("challenge_failed".to_owned(), true));

    // An answer meant for another server.
    let mut socket = Socket::open(at).await;
    socket.server = groundplan_shared::wire::ServerId([7; 16]);
    socket.hello(&ada, &ada.keys).await;
    assert_eq!(socket.problem().await, ("challenge_failed".to_owned(), true));

    // Anything else first.
    let mut socket = Socket::open(at).await;
    socket.send(ClientFrame::Ping(1)).await;
    assert_eq!(socket.problem().await, ("protocol_violation".to_owned(), true));
    Socket::signed_in(&ada).await;
}

#[tokio::test]
async fn broken_frames_end_the_conversation() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let check = async |bytes: Vec<u8>, code: &str| {
        let mut socket = Socket::signed_in(&client).await;
        socket.send_bytes(bytes).await;
        assert_eq!(socket.problem().await, (code.to_owned(), true));
        assert_eq!(socket.closed().await, Some(4002));
    };
    check(vec![FRAME_VERSION, 0xff, 0xff], "malformed").await;
    check(vec![], "malformed").await;
    check(vec![99, 0x82], "version_unsupported").await;
    let mut truncated = ClientFrame::Ping(70_000).encode();
    truncated.pop();
    check(truncated, "malformed").await;
    let mut socket = Socket::signed_in(&client).await;
    socket.send_text("hello").await;
    assert_eq!(socket.problem().await, ("protocol_violation".to_owned(), true));
    // Larger than any frame: the connection ends without an answer of ours.
    let mut socket = Socket::signed_in(&client).await;
    socket.send_bytes(vec![0; FRAME_BYTES + 1]).await;
    assert_ne!(socket.closed().await, Some(1000));
}

#[tokio::test]
async fn floods_are_ended() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut socket = Socket::signed_in(&client).await;
    for n in 0..405 {
        socket.send(ClientFrame::Ping(n)).await;
    }
    assert_eq!(socket.problem().await, ("rate_limited".to_owned(), true));
}

#[tokio::test]
async fn an_account_has_so_many_sockets() {
    let fixture = Fixture::start(|config| config.limits.sockets_per_account = 1).await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let first = Socket::signed_in(&client).await;
    let mut second = Socket::open(client.at).await;
    second.hello(&client, &client.keys).await;
    assert_eq!(second.problem().await, ("rate_limited".to_owned(), true));
    drop(first);
}

#[tokio::test]
async fn another_log_is_answered_by_a_problem() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    let subscribe = |log_index, log_head, ws_seq| {
        ClientFrame::Subscribe(Subscribe { workspace: author.id(), log_index, log_head, ws_seq, credit: 10 })
    };
    for frame in [
        subscribe(Some(0), Hash([1; 32]), 0),
        subscribe(Some(1), author.state.head_hash(), 0),
        subscribe(Some(0), author.state.head_hash(), 1),
    ] {
        socket.send(frame).await;
        assert_eq!(socket.problem().await, ("log_unknown".to_owned(), false));
    }
    socket.send(subscribe(Some(0), author.state.head_hash(), 0)).await;
    let ServerFrame::LogDelta(log) = socket.next().await else { panic!("the log") };
    assert_eq!((log.first_index, log.entries.len()), (1, 0));
    socket.subscribe(WorkspaceId([9; 16]), 0, 1).await;
    assert_eq!(socket.problem().await, ("not_found".to_owned(), false));
}

#[tokio::test]
async fn presence_reaches_the_others_and_is_not_kept() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    socket.subscribe(author.id(), 0, 10).await;
    assert!(matches!(socket.next().await, ServerFrame::LogDelta(_)));
    assert!(matches!(socket.next().await, ServerFrame::Feed(_)));
    let presence = Presence { workspace: author.id(), sealed: groundplan_shared::wire::cbor::Blob(vec![1]) };
    socket.send(ClientFrame::Presence(presence)).await;
    // One's own presence does not come back; the socket goes on.
    socket.send(ClientFrame::Ping(1)).await;
    assert_eq!(socket.next().await, ServerFrame::Pong(1));
}

#[tokio::test]
async fn web_pages_of_other_origins_stay_out() {
    let fixture =
        Fixture::start(|config| config.allowed_origins = vec!["https://app.example.org".to_owned()]).await;
    let open = async |origin: &str| {
        let text = format!(
            "GET /v1/socket HTTP/1.1\r\nhost: t\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n"
        );
        let mut stream = tokio::net::TcpStream::connect(fixture.server.addr).await.unwrap();
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut buffer = [0; 12];
        stream.read_exact(&mut buffer).await.unwrap();
        String::from_utf8(buffer[9..].to_vec()).unwrap()
    };
    assert_eq!(open("origin: https://evil.example\r\n").await, "403");
    assert_eq!(open("origin: null\r\n").await, "403");
    assert_eq!(open("origin: https://app.example.org\r\n").await, "101");
    assert_eq!(open("").await, "101");
    let plain =
        raw(fixture.server.addr, b"GET /v1/socket HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await;
    assert_eq!(parse(&plain).0, 400);
}

#[tokio::test]
async fn who_does_not_sign_in_in_time_is_let_go() {
    let fixture = Fixture::start(|config| config.limits.header_seconds = 1).await;
    let mut socket = Socket::open(fixture.server.addr).await;
    assert_eq!(socket.problem().await, ("challenge_failed".to_owned(), true));
    let unknown = DeviceKeys::make(&SystemRandom::new()).unwrap();
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut socket = Socket::open(fixture.server.addr).await;
    socket.hello(&client, &unknown).await;
    assert_eq!(socket.problem().await, ("unauthenticated".to_owned(), true));
}
