//! One socket from its challenge to its close: signing in, reading frames in order, deadlines, orderly end.
//!
//! Frames are handled one after another, so that a device's pushes keep their order; feeds and pulls run beside.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket},
};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use groundplan_shared::{
    auth::{claims::AccessClaims, token::token_hash},
    crypto::verify,
    wire::{
        AccountId, ClientFrame, CodecError, Nonce, ProblemCode, ServerFrame, WorkspaceId,
        frames::{AckResult, AckSnapshot, Challenge, Hello, ProblemFrame, Refused, Welcome},
        payload::socket_challenge,
    },
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, sleep_until, timeout},
};

use super::follow::{Following, Outgoing};
use crate::{
    app::App,
    caller::{Session, refuse_token},
    clock::random,
    http::listen::stopped,
    limit::{Caller, Use},
    problem::Refusal,
    sync::{compaction, log, push},
};

/// Frames on their way out; beyond it feeds wait.
const OUTGOING: usize = 8;
/// Pushes that a client may have under way.
const PUSH_WINDOW: u32 = 4;
/// Frames of a client in a burst, and in a second in the long run.
const FRAME_BURST: f64 = 400.0;
const FRAMES_PER_SECOND: f64 = 100.0;
/// A close code of our own: the session is over, sign in again.
const CLOSE_SESSION: u16 = 4001;
/// A close code of our own: the client broke the protocol.
const CLOSE_PROTOCOL: u16 = 4002;
/// Going away (RFC 6455).
const CLOSE_AWAY: u16 = 1001;

/// Runs a socket to its end.
pub(super) async fn run(app: App, mut socket: WebSocket) {
    let Some(_alive) = app.alive.upgrade() else { return };
    let _counted = app.metrics.sockets.hold();
    let nonce = Nonce(random());
    let challenge = Challenge { server: app.identity.server, incarnation: app.identity.incarnation, nonce };
    let opening = Message::Binary(ServerFrame::Challenge(challenge).encode().into());
    if socket.send(opening).await.is_err() {
        return;
    }
    let patience = Duration::from_secs(u64::from(app.config.limits.header_seconds));
    let hello = match timeout(patience, first_frame(&mut socket)).await {
        Ok(Some(frame)) => frame.and_then(|frame| match frame {
            ClientFrame::Hello(hello) => Ok(hello),
            _ => Err(Refusal::new(
                ProblemCode::ProtocolViolation,
                "the first frame must be Hello; sign in first",
            )),
        }),
        Ok(None) => return,
        Err(_) => Err(Refusal::new(ProblemCode::ChallengeFailed, "no Hello came in time; connect again")),
    };
    let login = match hello {
        Ok(hello) => sign_in(&app, &hello, nonce).await,
        Err(refusal) => Err(refusal),
    };
    let ((claims, session), place) = match login.and_then(|(claims, session)| {
        let place =
            app.sockets.enter(claims.sub, app.config.limits.sockets_per_account).ok_or_else(|| {
                let detail = "this account has as many connections as it may; close one";
                Refusal { retry_after_ms: Some(5000), ..Refusal::new(ProblemCode::RateLimited, detail) }
            })?;
        Ok(((claims, session), place))
    }) {
        Ok(login) => login,
        Err(refusal) => {
            app.metrics.refuse(refusal.code);
            // A client that has gone does not need to be told.
            let _ = socket.send(Message::Binary(fatal(refusal).encode().into())).await;
            let _ = socket.send(close(CLOSE_SESSION, "not signed in")).await;
            return;
        }
    };
    let (sink, stream) = socket.split();
    let (out, outgoing) = mpsc::channel(OUTGOING);
    let mut writer = tokio::spawn(write(sink, outgoing));
    let mut conversation = Conversation {
        following: Following::new(app.clone(), session, out.clone()),
        app: app.clone(),
        session,
        nonce,
        out,
        ends_at: Instant::now(),
        frames: FRAME_BURST,
        last_frame: Instant::now(),
    };
    if conversation.welcome(&claims).await.is_ok() {
        let end = conversation.converse(stream).await;
        conversation.say_goodbye(end).await;
    }
    drop(conversation);
    // The writer ends when everything queued is sent, or is cut off if the client does not take it.
    if timeout(Duration::from_secs(5), &mut writer).await.is_err() {
        writer.abort();
    }
    drop(place);
}

async fn first_frame(socket: &mut WebSocket) -> Option<Result<ClientFrame, Refusal>> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(bytes))) => return Some(decode(&bytes)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => return Some(Err(text_refused())),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
        }
    }
}

fn decode(bytes: &[u8]) -> Result<ClientFrame, Refusal> {
    ClientFrame::decode(bytes).map_err(|error| {
        let code = match error {
            CodecError::TooLarge { .. } | CodecError::TooMany => ProblemCode::TooLarge,
            CodecError::Version { .. } => ProblemCode::VersionUnsupported,
            _ => ProblemCode::Malformed,
        };
        Refusal::new(code, error.to_string())
    })
}

fn text_refused() -> Refusal {
    Refusal::new(ProblemCode::ProtocolViolation, "frames are binary here; use a client of Groundplan")
}

/// Checks the access token, and that whoever holds it holds the device's key too.
async fn sign_in(app: &App, hello: &Hello, nonce: Nonce) -> Result<(AccessClaims, Session), Refusal> {
    let token = std::str::from_utf8(&hello.access_token).map_err(|_| Refusal::unauthenticated())?;
    let claims = app.identity.check(token).map_err(refuse_token)?;
    if claims.device != hello.device {
        return Err(Refusal::unauthenticated());
    }
    let device = app.store.device(claims.device).await.map_err(|_| Refusal::unauthenticated())?;
    if device.revoked_at.is_some() {
        let detail = "this device was revoked; enrol it again with new keys, its unsent work is kept on it";
        return Err(Refusal::new(ProblemCode::DeviceRevoked, detail));
    }
    let session = Session::of(app, &claims).await?;
    let message = socket_challenge(&app.identity.server, &nonce, &hello.device, &token_hash(token));
    if !claims.cnf.fits(&device.signing_key) || !verify(&device.signing_key, &message, &hello.answer) {
        let detail = "the device's answer to the challenge is wrong; sign in again with this device's keys";
        return Err(Refusal::new(ProblemCode::ChallengeFailed, detail));
    }
    Ok((claims, session))
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut outgoing: mpsc::Receiver<Outgoing>) {
    while let Some(next) = outgoing.recv().await {
        let message = match next {
            Outgoing::Frame(bytes) => Message::Binary(bytes),
            Outgoing::Ping => Message::Ping(Bytes::new()),
            Outgoing::Close(code, reason) => close(code, reason),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
    // The client may have gone already.
    let _ = sink.close().await;
}

fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

fn fatal(refusal: Refusal) -> ServerFrame {
    problem(refusal, true, None, None)
}

pub(super) fn problem(
    refusal: Refusal,
    fatal: bool,
    request: Option<u64>,
    workspace: Option<WorkspaceId>,
) -> ServerFrame {
    ServerFrame::Problem(ProblemFrame {
        code: refusal.code,
        message: refusal.detail,
        retry_after_ms: refusal.retry_after_ms,
        fatal,
        request,
        workspace,
    })
}

/// Why a conversation ends.
enum End {
    /// The client closed or vanished.
    Gone,
    /// The server stops.
    Away,
    /// The session is over, or the protocol was broken.
    Refused(Refusal, u16),
}

/// The other end no longer takes frames.
pub(super) struct Disconnected;

struct Conversation {
    app: App,
    session: Session,
    nonce: Nonce,
    out: mpsc::Sender<Outgoing>,
    following: Following,
    ends_at: Instant,
    frames: f64,
    last_frame: Instant,
}

impl Conversation {
    async fn send(&self, frame: ServerFrame) -> Result<(), Disconnected> {
        // A client that sends and does not read is as good as gone.
        let patience = Duration::from_secs(u64::from(self.app.config.limits.socket_idle_seconds));
        let sent = timeout(patience, self.out.send(Outgoing::Frame(frame.encode().into()))).await;
        sent.map_err(|_| Disconnected)?.map_err(|_| Disconnected)
    }

    async fn welcome(&mut self, claims: &AccessClaims) -> Result<(), Disconnected> {
        let left = claims.exp.saturating_sub(self.app.clock.now_s());
        self.ends_at = Instant::now() + Duration::from_secs(left);
        let welcome = Welcome { expires_ms: claims.exp * 1000, push_window: PUSH_WINDOW };
        self.send(ServerFrame::Welcome(welcome)).await
    }

    async fn converse<S>(&mut self, mut stream: S) -> End
    where
        S: futures_util::Stream<Item = Result<Message, axum::Error>> + Unpin,
    {
        let idle = Duration::from_secs(u64::from(self.app.config.limits.socket_idle_seconds));
        let mut stop = self.app.stop.clone();
        let mut ended = self.app.live.ended_sessions();
        let mut heard = Instant::now();
        let mut ping_at = heard + idle / 3;
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                () = stopped(&mut stop) => return End::Away,
                account = ended.recv() => {
                    if self.has_ended(&account).await {
                        return End::Refused(Refusal::unauthenticated(), CLOSE_SESSION);
                    }
                    continue;
                }
                () = sleep_until(self.ends_at) => {
                    let detail = "the access token has expired; refresh it and connect again";
                    return End::Refused(Refusal::new(ProblemCode::TokenExpired, detail), CLOSE_SESSION);
                }
                () = sleep_until(ping_at) => {
                    if heard.elapsed() >= idle {
                        return End::Gone;
                    }
                    ping_at = Instant::now() + idle / 3;
                    // A full queue is a sign of life of its own kind: the client is being written to.
                    let _ = self.out.try_send(Outgoing::Ping);
                    continue;
                }
            };
            heard = Instant::now();
            let frame = match message {
                Some(Ok(Message::Binary(bytes))) => decode(&bytes),
                Some(Ok(Message::Text(_))) => Err(text_refused()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    if self.is_flooding() {
                        return End::Refused(Refusal::rate_limited(1000), CLOSE_PROTOCOL);
                    }
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
            };
            if self.is_flooding() {
                return End::Refused(Refusal::rate_limited(1000), CLOSE_PROTOCOL);
            }
            let handled = match frame {
                Ok(frame) => self.handle(frame).await,
                Err(refusal) => return End::Refused(refusal, CLOSE_PROTOCOL),
            };
            match handled {
                Ok(()) => {}
                Err(Stop::Disconnected) => return End::Gone,
                Err(Stop::Refused(refusal)) => return End::Refused(refusal, CLOSE_PROTOCOL),
            }
        }
    }

    async fn has_ended(&self, account: &Result<AccountId, broadcast::error::RecvError>) -> bool {
        if matches!(account, Ok(account) if *account != self.session.account) {
            return false;
        }
        let Session { account, device, second_factor } = self.session;
        match self.app.store.session(account, device, self.app.clock.now_ms()).await {
            // Whoever has brought a code since, or has none any more, begins anew.
            Ok(Some(live)) => second_factor != live.second_factor,
            Ok(None) => true,
            // A store that does not answer ends nothing; the token's own end does.
            Err(_) => false,
        }
    }

    fn is_flooding(&mut self) -> bool {
        let passed = self.last_frame.elapsed().as_secs_f64();
        self.last_frame = Instant::now();
        self.frames = (self.frames + passed * FRAMES_PER_SECOND).min(FRAME_BURST) - 1.0;
        self.frames < 0.0
    }

    async fn handle(&mut self, frame: ClientFrame) -> Result<(), Stop> {
        match frame {
            ClientFrame::Hello(hello) => match sign_in(&self.app, &hello, self.nonce).await {
                Ok((claims, session))
                    if session.device == self.session.device && session.account == self.session.account =>
                {
                    self.welcome(&claims).await?;
                }
                Ok(_) => return Err(Stop::Refused(Refusal::unauthenticated())),
                Err(refusal) => return Err(Stop::Refused(refusal)),
            },
            ClientFrame::Push(request) => {
                let started = std::time::Instant::now();
                let workspace = request.workspace;
                let sizes: u64 = request.envelopes.iter().map(|envelope| envelope.len() as u64).sum();
                let result =
                    push::push(&self.app, self.session, workspace, request.atomic, request.envelopes).await;
                match result {
                    Ok(outcomes) => {
                        self.app.metrics.push(started.elapsed());
                        self.app.metrics.envelope_bytes.add(sizes);
                        let result = groundplan_shared::wire::frames::PushResult {
                            request: request.request,
                            outcomes,
                        };
                        self.send(ServerFrame::PushResult(result)).await?;
                    }
                    Err(refusal) => self.refuse(refusal, Some(request.request), workspace).await?,
                }
            }
            ClientFrame::AppendLog(request) => self.append(request).await?,
            ClientFrame::AckSnapshot(request) => self.acknowledge(request).await?,
            ClientFrame::Subscribe(request) => {
                let workspace = request.workspace;
                if let Err(refusal) = self.following.begin(request).await {
                    self.refuse(refusal, None, workspace).await?;
                }
            }
            ClientFrame::Unsubscribe(workspace) => self.following.end(workspace),
            ClientFrame::Pull(request) => {
                let (number, workspace) = (request.request, request.workspace);
                if let Err(refusal) = self.following.pull(request) {
                    self.refuse(refusal, Some(number), workspace).await?;
                }
            }
            ClientFrame::Credit(count) => {
                self.following.grant(count).map_err(Stop::Refused)?;
            }
            ClientFrame::Ping(number) => self.send(ServerFrame::Pong(number)).await?,
            ClientFrame::Presence(presence) => {
                let taken = self.app.limiter.take(Use::Presence, Caller::Id(self.session.device.0), 1);
                // Presence that comes too often, or where the device is not, is dropped without a word.
                if taken.is_ok() {
                    self.following.tell(presence.workspace, presence.sealed.0);
                }
            }
        }
        Ok(())
    }

    async fn append(&mut self, request: groundplan_shared::wire::frames::AppendLog) -> Result<(), Stop> {
        use groundplan_shared::wire::frames::{LogResult, Refused};
        let number = request.request;
        match log::append(&self.app, self.session, request.workspace, &request.entry).await {
            Ok(head) => {
                let result = LogResult {
                    request: number,
                    head_index: head.index,
                    head_hash: head.hash,
                    refused: None,
                };
                self.send(ServerFrame::LogResult(result)).await?;
            }
            Err(refusal) if refusal.code == ProblemCode::NotFound => {
                self.refuse(refusal, Some(number), request.workspace).await?;
            }
            Err(refusal) => {
                self.app.metrics.refuse(refusal.code);
                let row =
                    self.app.store.workspace(request.workspace).await.map_err(|e| Stop::Refused(e.into()))?;
                let result = LogResult {
                    request: number,
                    head_index: row.log_length.saturating_sub(1),
                    head_hash: row.log_head,
                    refused: Some(Refused {
                        code: refusal.code,
                        message: refusal.detail,
                        retry_ms: refusal.retry_after_ms,
                    }),
                };
                self.send(ServerFrame::LogResult(result)).await?;
            }
        }
        Ok(())
    }

    async fn acknowledge(&mut self, request: AckSnapshot) -> Result<(), Stop> {
        let AckSnapshot { request: number, workspace, ack } = request;
        let taken = compaction::acknowledge(&self.app, self.session, workspace, &ack).await;
        let refused = taken.err().map(|refusal| {
            self.app.metrics.refuse(refusal.code);
            Refused { code: refusal.code, message: refusal.detail, retry_ms: refusal.retry_after_ms }
        });
        self.send(ServerFrame::AckResult(AckResult { request: number, refused })).await?;
        Ok(())
    }

    async fn refuse(
        &self,
        refusal: Refusal,
        request: Option<u64>,
        workspace: WorkspaceId,
    ) -> Result<(), Disconnected> {
        self.app.metrics.refuse(refusal.code);
        self.send(problem(refusal, false, request, Some(workspace))).await
    }

    async fn say_goodbye(&self, end: End) {
        let patience = Duration::from_secs(2);
        let (frame, code, reason) = match end {
            End::Gone => return,
            End::Away => (None, CLOSE_AWAY, "the server is stopping"),
            End::Refused(refusal, code) => {
                self.app.metrics.refuse(refusal.code);
                (Some(fatal(refusal)), code, "see the problem before")
            }
        };
        if let Some(frame) = frame {
            let _ = timeout(patience, self.send(frame)).await;
        }
        let _ = timeout(patience, self.out.send(Outgoing::Close(code, reason))).await;
    }
}

/// Why a frame ends the conversation.
enum Stop {
    Disconnected,
    Refused(Refusal),
}

impl From<Disconnected> for Stop {
    fn from(_: Disconnected) -> Self {
        Self::Disconnected
    }
}
