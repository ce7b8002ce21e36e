//! The accept loop: bounded connections, deadlines for handshakes and headers, orderly stop.
//!
//! HTTP/2 is offered through TLS only, so that every plain connection has HTTP/1's header deadline from its first byte.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, extract::Request};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::{
    config::{Limits, Network},
    limit::Caller,
    metrics::Metrics,
};

/// The other end of the TCP connection; the client or a proxy.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Whether the connection is encrypted by this server.
#[derive(Debug, Clone, Copy)]
pub struct Encrypted(pub bool);

/// Held by everything that must end before the server has stopped.
pub type Alive = mpsc::Sender<()>;

/// The room that a connection takes up. What outlives the connection's last request, as a socket does, keeps a copy: the
/// room is free when all are gone.
#[derive(Clone)]
pub struct Held(
    #[expect(dead_code, reason = "kept for its end")] Arc<(OwnedSemaphorePermit, Option<Place>, Alive)>,
);

/// A listener with what it serves.
pub struct Serving {
    /// Where connections come in.
    pub listener: TcpListener,
    /// Ends TLS where set.
    pub tls: Option<TlsAcceptor>,
    /// What answers.
    pub router: Router,
    /// Bounds.
    pub limits: Limits,
    /// Proxies, each of which stands for many clients: only all connections together are bounded behind them.
    pub proxies: Vec<Network>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Turns true when the server stops.
    pub stop: watch::Receiver<bool>,
    /// Kept by each connection.
    pub alive: Alive,
}

/// Accepts until told to stop.
pub async fn serve(serving: Serving) {
    let Serving { listener, tls, router, limits, proxies, metrics, mut stop, alive } = serving;
    let room = Arc::new(Semaphore::new(usize::try_from(limits.connections).unwrap_or(usize::MAX)));
    let by_address = Arc::new(ByAddress { most: limits.connections_per_ip, open: Mutex::default() });
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or the peer has gone: neither is mended by asking again at once.
                tracing::warn!(net.error = %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let one_of_many = Network::any_contains(&proxies, peer.ip());
        let place = if one_of_many { None } else { by_address.enter(peer) };
        let (Ok(permit), true) = (Arc::clone(&room).try_acquire_owned(), place.is_some() || one_of_many)
        else {
            metrics.connections_refused.add(1);
            continue;
        };
        let connection = Connection {
            peer,
            router: router.clone(),
            header_time: Duration::from_secs(u64::from(limits.header_seconds)),
            stop: stop.clone(),
            held: Held(Arc::new((permit, place, alive.clone()))),
        };
        tokio::spawn(connection.run(stream, tls.clone()));
    }
}

/// Waits until the server stops; a server that is gone has stopped.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Connection {
    peer: SocketAddr,
    router: Router,
    header_time: Duration,
    stop: watch::Receiver<bool>,
    held: Held,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small frames must not wait for more; a socket that refuses the option still works.
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.http1(stream, false).await,
            Some(acceptor) => match timeout(self.header_time, acceptor.accept(stream)).await {
                Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                    self.http2(stream).await
                }
                Ok(Ok(stream)) => self.http1(stream, true).await,
                Ok(Err(error)) => tracing::debug!(net.error = %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }

    async fn http1<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self, stream: S, encrypted: bool) {
        let Self { peer, router, header_time, mut stop, held } = self;
        let held_by = held.clone();
        let service =
            service_fn(move |request| answer(router.clone(), request, peer, encrypted, held_by.clone()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .max_headers(64)
            .max_buf_size(32 * 1024)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(net.error = %error, "a connection ended early");
        }
        drop(held);
    }

    async fn http2<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self, stream: S) {
        let Self { peer, router, header_time, mut stop, held } = self;
        let held_by = held.clone();
        let service = service_fn(move |request| answer(router.clone(), request, peer, true, held_by.clone()));
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(header_time * 2)
            .keep_alive_timeout(header_time)
            .max_concurrent_streams(32)
            .max_header_list_size(16 * 1024)
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(256)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(net.error = %error, "a connection ended early");
        }
        drop(held);
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    encrypted: bool,
    held: Held,
) -> Result<axum::response::Response, Infallible> {
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(Encrypted(encrypted));
    request.extensions_mut().insert(held);
    router.oneshot(request).await
}

/// Counts open connections by network address.
struct ByAddress {
    most: u32,
    open: Mutex<HashMap<Caller, u32>>,
}

impl ByAddress {
    fn enter(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let caller = Caller::address(peer.ip());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place { caller, of: Arc::clone(self) })
    }
}

/// A place taken in the count; given back when dropped.
struct Place {
    caller: Caller,
    of: Arc<ByAddress>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.of.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}
