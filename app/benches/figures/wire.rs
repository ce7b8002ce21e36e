//! TCP passed on between client and server: counted, and held back if a longer way is to be played.
//!
//! Not here: what is done on both ends (`pair`), what it means (the figures).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What went through: runs of bytes in one direction on the socket, and the bytes of other connections.
#[derive(Debug, Default, Clone)]
pub(crate) struct Traffic {
    /// Whether the client sent it, and how much.
    runs: Vec<(bool, u64)>,
    pub(crate) beside: u64,
}

/// Upgrade and challenge, hello and welcome: two runs of the client and two of the server before the first request.
const LOGIN_RUNS: usize = 4;

impl Traffic {
    pub(crate) fn socket(&self) -> u64 {
        self.runs.iter().map(|(_, bytes)| bytes).sum()
    }

    pub(crate) fn after_login(&self) -> u64 {
        self.runs.iter().skip(LOGIN_RUNS).map(|(_, bytes)| bytes).sum()
    }

    /// How often the client sent something and was answered.
    pub(crate) fn round_trips(&self) -> usize {
        let after = self.runs.get(LOGIN_RUNS..).unwrap_or_default();
        after.windows(2).filter(|pair| pair[0].0 && !pair[1].0).count()
    }
}

/// Passes TCP on and counts.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    traffic: Mutex<Traffic>,
    /// How long bytes are held back in each direction, in milliseconds.
    delay: AtomicU64,
}

impl Proxy {
    pub(crate) async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::new(Shared::default());
        let kept = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, shared) = (target.clone(), Arc::clone(&shared));
                tokio::spawn(async move { pass(client, &target, &shared).await });
            }
        });
        Self { url, shared: kept }
    }

    pub(crate) fn forget(&self) {
        *self.shared.traffic.lock().expect("no panic") = Traffic::default();
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.shared.traffic.lock().expect("no panic").clone()
    }

    /// Makes every round trip longer by as much.
    pub(crate) fn round_trip(&self, milliseconds: u64) {
        self.shared.delay.store(milliseconds / 2, Ordering::Relaxed);
    }
}

async fn pass(client: TcpStream, target: &str, shared: &Shared) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let ((mut from_client, to_client), (mut from_server, to_server)) =
        (client.into_split(), server.into_split());
    let (to_server, to_client) = (later(to_server), later(to_client));
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut socket = None;
    loop {
        let (sent, count) = tokio::select! {
            count = from_client.read(&mut up) => (true, count),
            count = from_server.read(&mut down) => (false, count),
        };
        let Ok(count @ 1..) = count else { return };
        let is_socket = *socket.get_or_insert_with(|| {
            let head = String::from_utf8_lossy(&up[..count]).to_ascii_lowercase();
            sent && head.contains("sec-websocket-key")
        });
        {
            let mut traffic = shared.traffic.lock().expect("no panic");
            let bytes = count as u64;
            match traffic.runs.last_mut() {
                _ if !is_socket => traffic.beside += bytes,
                Some((direction, total)) if *direction == sent => *total += bytes,
                _ => traffic.runs.push((sent, bytes)),
            }
        }
        let due = Instant::now() + Duration::from_millis(shared.delay.load(Ordering::Relaxed));
        let (way, bytes) = if sent { (&to_server, &up) } else { (&to_client, &down) };
        if way.send((due, bytes[..count].to_vec())).is_err() {
            return;
        }
    }
}

/// Writes what comes, each piece when it is due.
fn later(mut to: OwnedWriteHalf) -> mpsc::UnboundedSender<(Instant, Vec<u8>)> {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, bytes)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    sender
}
