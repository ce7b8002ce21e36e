//! One WebSocket to the server, opened and logged in: frames in, frames out, everything bounded in size and time.
//!
//! Not here: when to open it again (`driver`).

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::auth::token::token_hash;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::frames::{ClientFrame, Hello, SUBPROTOCOL, ServerFrame};
use groundplan_shared::wire::limits::FRAME_BYTES;
use groundplan_shared::wire::rest::path;
use groundplan_shared::wire::{Incarnation, ProblemCode, ServerId, payload};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::{problem, rest};
use crate::identity::account::Session;
use crate::sync::status::hurdle_of;

/// Time for each step of opening.
const STEP: Duration = Duration::from_secs(15);
/// Time for one frame to leave.
const SEND: Duration = Duration::from_secs(30);

/// An open, logged-in socket.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The server's identity.
    pub(super) server: ServerId,
    /// The life of its database.
    pub(super) incarnation: Incarnation,
}

/// Why a socket could not be opened.
pub(super) enum NotOpen {
    /// The access token is not accepted any more: renew it, then try again.
    Token,
    /// Anything else.
    Error(ApiError),
}

impl From<ApiError> for NotOpen {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl Socket {
    /// Opens a socket and logs in with the device's key and the session's token.
    pub(super) async fn open(session: &Session, keys: &DeviceKeys) -> Result<Self, NotOpen> {
        rest::install_provider();
        let address = session.address.to_string();
        let url = session.address.socket_url(path::SOCKET);
        let mut request = url.into_client_request().map_err(|_| problem::unreadable(&address))?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let config = WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES))
            .max_write_buffer_size(4 * FRAME_BYTES);
        let opening = connect_async_with_config(request, Some(config), true);
        let (stream, _) = match timeout(STEP, opening).await {
            Ok(Ok(open)) => open,
            Ok(Err(error)) => {
                tracing::debug!(server.url = %address, %error, "the socket did not open");
                return Err(problem::unreachable(&address).into());
            }
            Err(_) => return Err(problem::unreachable(&address).into()),
        };
        let mut socket = Self { stream, server: session.server, incarnation: Incarnation([0; 16]) };
        let Some(ServerFrame::Challenge(challenge)) = socket.next_in_time(&address).await? else {
            return Err(problem::unreadable(&address).into());
        };
        if challenge.server != session.server {
            return Err(NotOpen::Error(ApiError::new(
                ErrorCode::ServerUntrusted,
                format!("The server at {address} is another one than the one this device signed in to."),
                "Nothing was sent. Ask its administrator, or sign in anew if the server was replaced on purpose.",
            )));
        }
        socket.incarnation = challenge.incarnation;
        let token = session.token();
        let signed =
            payload::socket_challenge(&challenge.server, &challenge.nonce, &keys.id(), &token_hash(token));
        let hello = Hello {
            device: keys.id(),
            answer: keys.sign(&signed),
            access_token: token.as_bytes().into(),
            agent: concat!("groundplan/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        socket.send(&ClientFrame::Hello(hello)).await?;
        match socket.next_in_time(&address).await? {
            Some(ServerFrame::Welcome(_)) => Ok(socket),
            Some(ServerFrame::Problem(refusal)) => match refusal.code {
                ProblemCode::TokenExpired | ProblemCode::Unauthenticated => Err(NotOpen::Token),
                code => Err(NotOpen::Error(
                    hurdle_of(code, &refusal.message).unwrap_or_else(|| problem::unreachable(&address)),
                )),
            },
            _ => Err(problem::unreadable(&address).into()),
        }
    }

    async fn next_in_time(&mut self, address: &str) -> Result<Option<ServerFrame>, ApiError> {
        match timeout(STEP, self.next()).await {
            Ok(frame) => frame,
            Err(_) => Err(problem::unreachable(address)),
        }
    }

    /// Waits for the next frame; `None`: the connection is over. Cancel safe.
    ///
    /// # Errors
    /// `ServerUntrusted` for what is no frame; the connection is of no use then.
    pub(super) async fn next(&mut self) -> Result<Option<ServerFrame>, ApiError> {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => ServerFrame::decode(&bytes).map(Some).map_err(|error| {
                    ApiError::new(
                        ErrorCode::ServerUntrusted,
                        format!("The server sent something that cannot be read: {error}."),
                        "Update Groundplan; if that does not help, tell the server's administrator.",
                    )
                }),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Text(_) | Message::Close(_) | Message::Frame(_))) | None => Ok(None),
                Some(Err(error)) => {
                    tracing::debug!(%error, "the socket broke");
                    Ok(None)
                }
            };
        }
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// `Offline` if it does not leave in time.
    pub(super) async fn send(&mut self, frame: &ClientFrame) -> Result<(), ApiError> {
        let message = Message::Binary(Bytes::from(frame.encode()));
        match timeout(SEND, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(ApiError::new(
                ErrorCode::Offline,
                "The connection to the server broke.",
                "Nothing to do: it is opened again by itself.",
            )),
        }
    }

    /// Says goodbye; best effort.
    pub(super) async fn close(mut self) {
        // The server notices a lost connection anyway.
        drop(timeout(Duration::from_secs(2), self.stream.close(None)).await);
    }
}
