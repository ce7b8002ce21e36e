//! Two thousand devices come back at once after the server restarted: all get what they miss, and memory stays bounded.
//!
//! First they come without any back-off to a server that lets all of them in, which is the worst case; then to one that has
//! room for a seventh of them: it closes the door, and whoever stood before it comes again later, as clients do. Not
//! here: how long real clients wait (`app`, `sync::backoff`).

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream};
use tokio::sync::watch;

use super::{
    Fixture,
    client::{Author, Client, Socket, register},
};
use crate::{Config, RunningServer, Server, clock::random};

const DEVICES: usize = 2_000;
const ENVELOPES: u8 = 5;
/// Devices that are made side by side, so that the store commits them in groups.
const TOGETHER: usize = 50;
/// Connections for which the smaller server has room.
const ROOM: u32 = 300;
/// How long a device waits at most after the door was closed for the first time, and after many times.
const WAIT_MS: (u64, u64) = (500, 4_000);

/// Kilobytes that this process holds in memory: clients and server together.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Makes a device with a workspace of its own and some envelopes in it.
async fn device(server: &RunningServer) -> (Client, Author) {
    let client = Client::enlist(server, "ada").await;
    let mut author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    let envelopes = (0..ENVELOPES).map(|n| author.seal(n, "some text")).collect();
    assert_eq!(socket.push(author.id(), envelopes, true).await.len(), usize::from(ENVELOPES));
    (client, author)
}

/// Signs in on a socket and reads everything.
async fn up_to_date(socket: Socket, client: &Client, author: &Author) -> Socket {
    let mut socket = socket.sign_in(client).await;
    socket.subscribe(author.id(), 0, 100).await;
    let items = socket.items(usize::from(ENVELOPES)).await;
    let places: Vec<u64> = items.iter().map(|item| item.ws_seq).collect();
    assert_eq!(
        places,
        (1..=u64::from(ENVELOPES)).collect::<Vec<_>>(),
        "nothing is missing, nothing is twice"
    );
    socket
}

async fn come_back(client: &Client, author: &Author) -> Socket {
    up_to_date(Socket::open(client.at).await, client, author).await
}

/// Comes back until there is room, waiting longer each time. Whoever is in stays until everybody has stood before the door
/// once, however quick the server is, and then makes room.
async fn come_again(
    client: &Client,
    author: &Author,
    turned_away: &AtomicUsize,
    knocked: &watch::Sender<usize>,
) {
    let mut ceiling_ms = WAIT_MS.0;
    let mut first = true;
    let socket = loop {
        let opened = Socket::try_open(client.at).await;
        if std::mem::take(&mut first) {
            knocked.send_modify(|number| *number += 1);
        }
        if let Some(socket) = opened {
            break socket;
        }
        turned_away.fetch_add(1, Ordering::Relaxed);
        let wait_ms = u64::from_le_bytes(random()) % (ceiling_ms + 1);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        ceiling_ms = (ceiling_ms * 2).min(WAIT_MS.1);
    };
    let socket = up_to_date(socket, client, author).await;
    knocked.subscribe().wait_for(|number| *number == DEVICES - 1).await.expect("its sender lives");
    drop(socket);
}

async fn restarted(server: RunningServer, change: impl FnOnce(&mut Config)) -> RunningServer {
    let mut config = server.app().config.clone();
    config.listen = server.addr;
    change(&mut config);
    server.shutdown().await;
    Server::start(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_devices_reconnect_at_once() {
    crate::open_files::raise(0);
    let fixture = Fixture::start(|config| {
        config.limits.connections_per_ip = 10_000;
        config.limits.sockets_per_account = 10_000;
        config.limits.workspaces_per_account = 10_000;
        config.limits.requests_per_minute = 1_000_000;
        config.limits.requests_per_account_per_minute = 1_000_000;
        // Both ends of every connection share this machine: that a client comes late is no fault of it.
        config.limits.header_seconds = 120;
    })
    .await;
    assert_eq!(register(fixture.server.addr, "ada", "correct horse", None).await.0, 200);
    let (began, server) = (Instant::now(), &fixture.server);
    let mut devices: Vec<(Client, Author)> =
        stream::iter(0..DEVICES).map(|_| device(server)).buffer_unordered(TOGETHER).collect().await;
    println!("{DEVICES} devices made in {:.0} s", began.elapsed().as_secs_f32());
    let server = restarted(fixture.server, |_| {}).await;

    let (began, before) = (Instant::now(), resident());
    let mut sockets = join_all(devices.iter().map(|(client, author)| come_back(client, author))).await;
    let (took, after) = (began.elapsed(), resident());
    let each = after.saturating_sub(before) / DEVICES as u64;
    println!(
        "{DEVICES} devices back at once: all have their {ENVELOPES} envelopes after {:.1} s; {each} KiB of memory each, \
         both ends together",
        took.as_secs_f32()
    );
    assert!(took.as_secs() < 120, "all are back within two minutes");
    assert!(each < 256, "{each} KiB a device are held");
    // Everybody is listening again.
    let (client, author) = devices.iter_mut().next().expect("a device");
    let mut sender = Socket::signed_in(client).await;
    sender.push(author.id(), vec![author.seal(9, "more")], false).await;
    assert_eq!(sockets[0].items(1).await[0].ws_seq, u64::from(ENVELOPES) + 1);
    drop((sockets, sender));

    let server = restarted(server, |config| config.limits.connections_per_ip = ROOM).await;
    let (began, turned_away, knocked) = (Instant::now(), AtomicUsize::new(0), watch::Sender::new(0));
    // The first has one envelope more than the others.
    join_all(devices[1..].iter().map(|(client, author)| come_again(client, author, &turned_away, &knocked)))
        .await;
    let (took, turned_away) = (began.elapsed(), turned_away.into_inner());
    println!(
        "{} devices back at once where there is room for {ROOM}: all have their {ENVELOPES} envelopes after {:.1} s; the \
         door was closed {turned_away} times",
        DEVICES - 1,
        took.as_secs_f32()
    );
    assert!(turned_away >= DEVICES - 1 - ROOM as usize, "all but those who fit had to come again");
    assert!(took.as_secs() < 120, "all are back within two minutes");
    server.shutdown().await;
}
