//! The WebSocket: who may open one, and how many. What is said on it is `session`; what flows to it is `follow`.

mod follow;
mod session;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Extension,
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, header},
    response::Response,
};
use groundplan_shared::wire::{AccountId, ProblemCode, frames::SUBPROTOCOL, limits::FRAME_BYTES};

use crate::{app::App, http::listen::Held, problem::Refusal};

/// Bytes read from a socket at once. Axum's default of 128 KiB for each socket is most of an idle socket's memory.
const READ_BUFFER: usize = 4 * 1024;

/// Opens a socket.
pub(crate) async fn open(
    State(app): State<App>,
    headers: HeaderMap,
    held: Option<Extension<Held>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    // Browsers always send an origin; programs do not. A page may come in only if its origin is listed.
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !app.config.allowed_origins.iter().any(|allowed| allowed == origin) {
            let detail =
                "this server does not take sockets from web pages of this origin; its operator can list it";
            return Err(Refusal::new(ProblemCode::Forbidden, detail));
        }
    }
    let upgrade = upgrade.map_err(|_| {
        Refusal::new(
            ProblemCode::Malformed,
            "this address takes WebSocket connections only; use a client of Groundplan",
        )
    })?;
    if *app.stop.borrow() {
        return Err(Refusal::new(ProblemCode::Unavailable, "the server is stopping; try again in a moment"));
    }
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
        .max_message_size(FRAME_BYTES)
        .on_upgrade(async move |socket| {
            // A socket takes up the room of its connection, which HTTP has let go of by now.
            let _held = held;
            session::run(app, socket).await;
        }))
}

/// Counts open sockets by account.
#[derive(Debug, Clone, Default)]
pub struct SocketCount(Arc<Mutex<HashMap<AccountId, u32>>>);

impl SocketCount {
    /// Takes a place, or none if the account has as many sockets as it may.
    pub fn enter(&self, account: AccountId, most: u32) -> Option<SocketPlace> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(account).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(SocketPlace { account, of: self.clone() })
    }
}

/// A place in the count; given back when dropped.
#[derive(Debug)]
pub struct SocketPlace {
    account: AccountId,
    of: SocketCount,
}

impl Drop for SocketPlace {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.account);
            }
        }
    }
}
