//! A small client: HTTP by hand, OPAQUE, a socket that is signed in, and an author who seals envelopes.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use groundplan_shared::{
    auth::{
        Compartment,
        opaque::{FLOOR, OpaqueIdentity, login_finish, login_start, register_finish, register_start},
        token::token_hash,
    },
    crypto::safe::{DeviceKeys, Keyring},
    envelope::{EnvelopeBody, Kind, LogPoint, SealInput, seal},
    membership::{
        Body, MembershipState, Policy,
        build::{NewWorkspace, make_genesis, next_entry},
        start,
    },
    wire::{
        ClientFrame, DocumentId, EnvelopeId, MemberId, Nonce, ServerFrame, ServerId, StreamId, WorkspaceId,
        cbor::Blob,
        frames::{Hello, Outcome, Push, PushResult, Subscribe},
        payload::{device_registration, socket_challenge, token_refresh},
        rest::{LoginStartResponse, TokenPair},
    },
};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{RunningServer, clock::random};

/// Sends one request and returns status and JSON body.
pub(super) async fn request(
    at: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let body = body.map(Value::to_string);
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some(body) = &body {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    let answer = raw(at, format!("{text}\r\n{}", body.unwrap_or_default()).as_bytes()).await;
    parse(&answer)
}

/// Sends bytes and returns everything that comes back.
pub(super) async fn raw(at: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub(super) fn parse(answer: &str) -> (u16, Value) {
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A device that is signed in.
pub(super) struct Client {
    pub(super) at: SocketAddr,
    pub(super) keys: DeviceKeys,
    pub(super) server: ServerId,
    pub(super) tokens: TokenPair,
}

pub(super) async fn register(
    at: SocketAddr,
    name: &str,
    password: &str,
    invitation: Option<&str>,
) -> (u16, Value) {
    let rng = SystemRandom::new();
    let (_, info) = request(at, "GET", "/v1/server", None, None).await;
    let server: ServerId = info["server"].as_str().unwrap().parse().unwrap();
    let (state, message) = register_start(password, &rng).unwrap();
    let mut body = json!({"username": name, "request": Blob(message)});
    if let Some(invitation) = invitation {
        body["invitation"] = json!(invitation);
    }
    let (status, answer) = request(at, "POST", "/v1/account/register/start", None, Some(&body)).await;
    if status != 200 {
        return (status, answer);
    }
    let response: Blob = serde_json::from_value(answer["response"].clone()).unwrap();
    let identity = OpaqueIdentity { username: name, server };
    let done = register_finish(state, password, &response, &identity, FLOOR, &rng).unwrap();
    let mut body = json!({"username": name, "upload": Blob(done.upload)});
    if let Some(invitation) = invitation {
        body["invitation"] = json!(invitation);
    }
    request(at, "POST", "/v1/account/register/finish", None, Some(&body)).await
}

/// Signs in up to the last request, whose status and body are returned with it.
pub(super) async fn sign_in(
    at: SocketAddr,
    name: &str,
    password: &str,
    keys: &DeviceKeys,
) -> (u16, Value, Value) {
    sign_in_with(at, name, password, keys, &[]).await
}

/// The same with more fields in the last request.
pub(super) async fn sign_in_with(
    at: SocketAddr,
    name: &str,
    password: &str,
    keys: &DeviceKeys,
    more: &[(&str, &str)],
) -> (u16, Value, Value) {
    let rng = SystemRandom::new();
    let (state, message) = login_start(password, &rng).unwrap();
    let body = json!({"username": name, "request": Blob(message)});
    let (status, answer) = request(at, "POST", "/v1/account/login/start", None, Some(&body)).await;
    if status != 200 {
        return (status, answer, Value::Null);
    }
    let started: LoginStartResponse = serde_json::from_value(answer).unwrap();
    let identity = OpaqueIdentity { username: name, server: started.server };
    // A client that cannot finish sends something of the right length.
    let finalization = login_finish(state, password, &started.response, &identity, FLOOR, &rng)
        .map_or(vec![7; 64], |done| done.finalization);
    let proof =
        keys.sign(&device_registration(&started.server, &started.nonce, &started.account, &keys.id()));
    let public = keys.public();
    let mut body = json!({"login": started.login, "finalization": Blob(finalization),
        "device": {"signing_key": public.signing, "hpke_key": public.hpke, "proof": proof}});
    for (field, text) in more {
        body[*field] = json!(text);
    }
    let (status, answer) = request(at, "POST", "/v1/account/login/finish", None, Some(&body)).await;
    (status, answer, body)
}

impl Client {
    /// Registers an account and signs its first device in.
    pub(super) async fn new(at: SocketAddr, name: &str) -> Self {
        let (status, answer) = register(at, name, "correct horse", None).await;
        assert_eq!(status, 200, "{answer}");
        Self::another(at, name).await
    }

    /// Signs another device of the account in.
    pub(super) async fn another(at: SocketAddr, name: &str) -> Self {
        let keys = DeviceKeys::make(&SystemRandom::new()).unwrap();
        let (status, answer, _) = sign_in(at, name, "correct horse", &keys).await;
        assert_eq!(status, 200, "{answer}");
        let (_, info) = request(at, "GET", "/v1/server", None, None).await;
        Self {
            at,
            keys,
            server: info["server"].as_str().unwrap().parse().unwrap(),
            tokens: serde_json::from_value(answer["tokens"].clone()).unwrap(),
        }
    }

    /// Enlists another device without the cost of a password.
    pub(super) async fn enlist(server: &RunningServer, name: &str) -> Self {
        let (app, keys) = (server.app(), DeviceKeys::make(&SystemRandom::new()).unwrap());
        let account = app.store.account_by_name(name).await.unwrap();
        let done = crate::routes::account::enlist(app, &account, &keys.public(), false).await.unwrap();
        Self { at: server.addr, keys, server: app.identity.server, tokens: done.tokens }
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        request(self.at, method, path, Some(&self.tokens.access_token), body).await
    }

    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        use groundplan_shared::auth::refresh::RefreshToken;
        let hash = RefreshToken::parse(token).unwrap().hash();
        let proof = self.keys.sign(&token_refresh(&self.server, &self.keys.id(), &hash));
        let body = json!({"device": self.keys.id(), "refresh_token": token, "proof": proof});
        request(self.at, "POST", "/v1/account/token/refresh", None, Some(&body)).await
    }

    /// Makes a workspace with this device as its owner's.
    pub(super) async fn workspace(&self) -> Author {
        let new = NewWorkspace {
            workspace: WorkspaceId(random()),
            owner: MemberId(random()),
            owner_name: "Ada",
            device_name: "Laptop",
            policy: Policy::default(),
            time_ms: 1,
        };
        let (entry, ring) = make_genesis(&new, &self.keys, &SystemRandom::new()).unwrap();
        let body = json!({"entries": [Blob(entry.clone())]});
        let (status, answer) = self.call("POST", "/v1/workspaces", Some(&body)).await;
        assert_eq!(status, 200, "{answer}");
        Author::new(self.keys.clone(), start(&entry).unwrap(), ring)
    }
}

/// Seals envelopes into one stream.
pub(super) struct Author {
    pub(super) keys: DeviceKeys,
    pub(super) state: MembershipState,
    pub(super) ring: Keyring,
    stream: StreamId,
    pub(super) dev_seq: u64,
    pub(super) previous: EnvelopeId,
}

impl Author {
    pub(super) fn new(keys: DeviceKeys, state: MembershipState, ring: Keyring) -> Self {
        let stream = StreamId::from_slice(&random::<8>()).unwrap();
        Self { keys, state, ring, stream, dev_seq: 0, previous: EnvelopeId::ZERO }
    }

    pub(super) fn id(&self) -> WorkspaceId {
        self.state.workspace()
    }

    pub(super) fn point(&self) -> LogPoint {
        LogPoint { index: self.state.head_index(), hash: self.state.head_hash() }
    }

    /// Seals the next envelope.
    pub(super) fn seal(&mut self, document: u8, text: &str) -> Blob {
        self.seal_at(document, text, self.point())
    }

    pub(super) fn seal_at(&mut self, document: u8, text: &str, log: LogPoint) -> Blob {
        let (epoch, key) = self.ring.current(&self.state, Compartment::Internal).unwrap();
        let body = EnvelopeBody::of_changes([text.as_bytes().to_vec()]);
        let input = SealInput {
            kind: Kind::Change,
            workspace: self.state.workspace(),
            document: DocumentId([document; 16]),
            compartment: Compartment::Internal,
            epoch,
            stream: self.stream,
            dev_seq: self.dev_seq + 1,
            previous: self.previous,
            log,
            seen: None,
            body: &body,
        };
        let sealed = seal(&input, &self.keys, key, &SystemRandom::new()).unwrap();
        self.dev_seq += 1;
        self.previous = sealed.id;
        Blob(sealed.bytes)
    }

    /// Signs the next entry of the log and takes it as appended.
    pub(super) fn entry(&mut self, body: Body) -> Blob {
        let entry = next_entry(&self.state, &self.keys, 2, body);
        self.state = groundplan_shared::membership::apply(&self.state, &entry).unwrap();
        Blob(entry)
    }
}

/// A socket.
pub(super) struct Socket {
    stream: WebSocketStream<TcpStream>,
    pub(super) nonce: Nonce,
    pub(super) server: ServerId,
}

impl Socket {
    /// Opens a socket and takes its challenge.
    pub(super) async fn open(at: SocketAddr) -> Self {
        Self::try_open(at).await.expect("the server has room")
    }

    /// Opens a socket and takes its challenge; `None` if the server has no room.
    pub(super) async fn try_open(at: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(at).await.ok()?;
        let (stream, _) = client_async(format!("ws://{at}/v1/socket"), stream).await.ok()?;
        let mut socket = Self { stream, nonce: Nonce([0; 32]), server: ServerId([0; 16]) };
        let ServerFrame::Challenge(challenge) = socket.next().await else {
            panic!("a challenge comes first")
        };
        socket.nonce = challenge.nonce;
        socket.server = challenge.server;
        Some(socket)
    }

    /// Opens a socket and signs in on it.
    pub(super) async fn signed_in(client: &Client) -> Self {
        Self::open(client.at).await.sign_in(client).await
    }

    /// Signs in on an open socket.
    pub(super) async fn sign_in(mut self, client: &Client) -> Self {
        self.hello(client, &client.keys).await;
        let frame = self.next().await;
        assert!(matches!(frame, ServerFrame::Welcome(_)), "{frame:?}");
        self
    }

    /// Answers the challenge with a client's token and the given keys.
    pub(super) async fn hello(&mut self, client: &Client, keys: &DeviceKeys) {
        let token = &client.tokens.access_token;
        let device = keys.id();
        let answer = keys.sign(&socket_challenge(&self.server, &self.nonce, &device, &token_hash(token)));
        let access_token = Blob(token.as_bytes().to_vec());
        self.send(ClientFrame::Hello(Hello { device, answer, access_token, agent: "test".to_owned() })).await;
    }

    pub(super) async fn send(&mut self, frame: ClientFrame) {
        self.send_bytes(frame.encode()).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.stream.send(Message::Binary(bytes.into())).await.unwrap();
    }

    pub(super) async fn send_text(&mut self, text: &'static str) {
        self.stream.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next frame; panics at the end.
    pub(super) async fn next(&mut self) -> ServerFrame {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => return ServerFrame::decode(&bytes).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    /// The close code at the end, after whatever frames still came.
    pub(super) async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub(super) async fn subscribe(&mut self, workspace: WorkspaceId, ws_seq: u64, credit: u32) {
        let log_head = groundplan_shared::wire::Hash::ZERO;
        let subscribe = Subscribe { workspace, log_index: None, log_head, ws_seq, credit };
        self.send(ClientFrame::Subscribe(subscribe)).await;
    }

    /// Pushes and waits for the answer, leaving other frames aside.
    pub(super) async fn push(
        &mut self,
        workspace: WorkspaceId,
        envelopes: Vec<Blob>,
        atomic: bool,
    ) -> Vec<Outcome> {
        self.send(ClientFrame::Push(Push { request: 9, workspace, atomic, envelopes })).await;
        loop {
            match self.next().await {
                ServerFrame::PushResult(PushResult { request: 9, outcomes }) => return outcomes,
                ServerFrame::Problem(problem) => panic!("{problem:?}"),
                _ => {}
            }
        }
    }

    /// The next problem, leaving other frames aside.
    pub(super) async fn problem(&mut self) -> (String, bool) {
        loop {
            if let ServerFrame::Problem(problem) = self.next().await {
                return (problem.code.to_string(), problem.fatal);
            }
        }
    }

    /// Items of the feed until there are as many as wanted.
    pub(super) async fn items(&mut self, wanted: usize) -> Vec<groundplan_shared::wire::frames::FeedItem> {
        let mut items = Vec::new();
        while items.len() < wanted {
            if let ServerFrame::Feed(feed) = self.next().await {
                items.extend(feed.items);
            }
        }
        items
    }
}

pub(super) fn codes(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Accepted(accepted) => format!("{}", accepted.ws_seq),
            Outcome::Refused(refused) => refused.code.to_string(),
        })
        .collect()
}
