//! The agent's routes: the one-time link, calls, events, and the interface's files.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::Stream;
use groundplan_shared::api::{ApiError, ErrorCode, Event};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

use super::Shared;
use super::guard::Refused;
use crate::dispatch::{Caller, PARAMS_MAX_BYTES};

/// Only what WebAssembly and our own files need; no inline code, no other host, no framing.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

#[derive(Clone)]
pub(super) struct Context {
    shared: Arc<Shared>,
    stopping: Arc<Notify>,
}

impl Context {
    /// Returns the client core, if the profile is open.
    pub(super) async fn app(&self) -> Result<Arc<crate::runtime::App>, ApiError> {
        self.shared.host.app().await
    }
}

pub(super) fn router(shared: Arc<Shared>, stopping: Arc<Notify>) -> Router {
    let context = Context { shared, stopping };
    let api = Router::new()
        .route("/api/call", post(call))
        .route("/api/events", get(events))
        .route("/api/attachment/{id}", get(super::attachment::get))
        .layer(DefaultBodyLimit::max(PARAMS_MAX_BYTES))
        .layer(middleware::from_fn_with_state(context.clone(), with_session));
    Router::new()
        .merge(api)
        .route("/open/{token}", get(open))
        .fallback(get(asset))
        .layer(middleware::from_fn_with_state(context.clone(), from_here))
        .with_state(context)
}

/// Refuses other hosts and sites, and puts the protecting headers on every answer.
async fn from_here(State(context): State<Context>, request: Request, next: Next) -> Response {
    let mut response = match context.shared.sessions.check_origin(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refuse(refused),
    };
    let headers = response.headers_mut();
    // An attachment comes with a stricter one.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn with_session(State(context): State<Context>, request: Request, next: Next) -> Response {
    match context.shared.sessions.check_session(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refuse(refused),
    }
}

fn refuse(refused: Refused) -> Response {
    let (status, error) = match refused {
        Refused::WrongOrigin => (
            StatusCode::FORBIDDEN,
            ApiError::new(
                ErrorCode::NotAllowed,
                "This request did not come from the agent's own page.",
                "Open the agent's link.",
            ),
        ),
        Refused::NoSession => (
            StatusCode::UNAUTHORIZED,
            ApiError::new(
                ErrorCode::NotAllowed,
                "This browser has no session with the agent.",
                "Open the link that `groundplan agent` printed.",
            ),
        ),
    };
    (status, Json(error)).into_response()
}

async fn open(State(context): State<Context>, Path(token): Path<String>) -> Response {
    match context.shared.sessions.open(&token) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        None => (
            StatusCode::GONE,
            "This link was used already or belongs to an agent that has ended. The agent printed a new one.",
        )
            .into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    method: String,
    #[serde(default)]
    params: Value,
}

async fn call(State(context): State<Context>, headers: HeaderMap, body: Bytes) -> Response {
    // A form of another site cannot set this header.
    if headers.get("x-groundplan").is_none_or(|value| value != "1") {
        return refuse(Refused::WrongOrigin);
    }
    let call: Call = match serde_json::from_slice(&body) {
        Ok(call) => call,
        Err(error) => {
            return fail(&ApiError::new(
                ErrorCode::InvalidInput,
                format!("The call cannot be read: {error}."),
                "Send {\"method\": …, \"params\": …}.",
            ));
        }
    };
    let params = if call.params.is_null() { Value::Object(Default::default()) } else { call.params };
    match context.shared.host.call(Caller::Agent, &call.method, params).await {
        Ok(value) => Json(value).into_response(),
        Err(error) => fail(&error),
    }
}

pub(super) fn fail(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(error)).into_response()
}

/// A page that listens. With the last one its person is gone, until one listens again.
struct Page(Arc<Shared>);

impl Page {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.pages.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.0);
        if shared.pages.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if shared.pages.load(Ordering::Relaxed) == 0 {
                    shared.host.leave().await;
                }
            });
        }
    }
}

async fn events(State(context): State<Context>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let receiver = context.shared.host.subscribe();
    let (stopping, page) = (Arc::clone(&context.stopping), Page::new(&context.shared));
    let state = (receiver, stopping, page);
    let stream = futures_util::stream::unfold(state, async |(mut receiver, stopping, page)| {
        let event = tokio::select! {
            event = receiver.recv() => event,
            () = stopping.notified() => return None,
        };
        let event = match event {
            Ok(event) => event,
            // Too far behind: the page reads everything again.
            Err(RecvError::Lagged(_)) => Event::Workspaces,
            Err(RecvError::Closed) => return None,
        };
        let data = serde_json::to_string(&event).expect("an event is JSON");
        Some((Ok(sse::Event::default().data(data)), (receiver, stopping, page)))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

async fn asset(State(context): State<Context>, uri: Uri) -> Response {
    context.shared.assets.answer(uri.path())
}
