//! What every request passes: who is asking, how often, how long it may take, and one log line about it.
//!
//! The log holds route, status and time; never a body, a query, a token or a name.

use std::{net::IpAddr, panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use groundplan_shared::wire::{Problem, ProblemCode};

use super::listen::{Encrypted, Peer};
use crate::{
    app::App,
    clock::random,
    config::Network,
    limit::{Caller, Use},
    problem::{Refusal, respond},
};

/// The client's network address, seen through trusted proxies.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Names a request in the log and in its answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The outermost layer.
pub async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let id = groundplan_shared::wire::ids::to_hex(&random::<8>());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let encrypted = request.extensions().get::<Encrypted>().is_some_and(|encrypted| encrypted.0);
    let mut response = match peer {
        Some(peer) => {
            let client = client_address(peer, request.headers(), &app.config.trusted_proxies);
            request.extensions_mut().insert(ClientAddress(client));
            request.extensions_mut().insert(RequestId(id.clone()));
            answer(&app, client, request, next).await
        }
        None => Refusal::new(ProblemCode::Internal, "the connection has no address").into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = respond(&Problem { request_id: Some(id.clone()), ..problem });
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    for (name, value) in SAFE_HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if encrypted {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let (status, taken) = (response.status().as_u16(), started.elapsed());
    let route = route.as_deref().unwrap_or("none");
    app.metrics.request(method.as_str(), route, status, taken);
    let took_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(http.request_id = %id, http.method = %method, http.route = route, http.status = status,
        http.took_us = took_us, "{method} {route} {status}");
    response
}

const SAFE_HEADERS: [(&str, &str); 4] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
];

async fn answer(app: &App, client: IpAddr, request: Request, next: Next) -> Response {
    if request.uri().to_string().len() > 2048 {
        return Refusal::new(ProblemCode::TooLarge, "the address is longer than 2048 characters; shorten it")
            .into_response();
    }
    if let Err(wait_ms) = app.limiter.take(Use::Request, Caller::address(client), 1) {
        app.metrics.rate_limited.add(1);
        return Refusal::rate_limited(wait_ms).into_response();
    }
    let deadline = Duration::from_secs(u64::from(app.config.limits.request_seconds));
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            let detail = "the server failed; its log has the cause under this request id";
            Refusal::new(ProblemCode::Internal, detail).into_response()
        }
        Err(_) => {
            let detail = "the request took too long; try again, and send its body without pauses";
            Refusal::new(ProblemCode::Unavailable, detail).into_response()
        }
    }
}

/// Finds the client's address: that of the connection, unless it is a trusted proxy; then the last address in
/// `X-Forwarded-For` that is not one. What a client itself wrote into the header stands further left and is ignored.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| Network::any_contains(trusted, address);
    if !is_trusted(peer) {
        return peer;
    }
    let mut last = peer;
    for value in headers.get_all("x-forwarded-for").iter().rev() {
        for item in value.to_str().unwrap_or_default().rsplit(',') {
            match item.trim().parse() {
                Ok(address) if is_trusted(address) => last = address,
                Ok(address) => return address,
                Err(_) => return last,
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_only_trusted_proxies() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let check = |peer: &str, forwarded: &[&str], expected: &str| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
            }
            let found = client_address(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        };
        check("9.9.9.9", &["1.1.1.1"], "9.9.9.9");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["1.1.1.1"], "1.1.1.1");
        check("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1");
        check("10.0.0.1", &["6.6.6.6", "1.1.1.1"], "1.1.1.1");
        check("10.0.0.1", &["1.1.1.1, junk"], "10.0.0.1");
        check("10.0.0.1", &["10.0.0.3"], "10.0.0.3");
    }
}
