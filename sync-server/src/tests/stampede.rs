//! Two thousand devices come back at once after the server restarted: all get what they miss, and memory stays bounded.
//!
//! They come without the back-off that real clients have, which is the worst case. Not here: that clients back off.

use std::time::Instant;

use futures_util::future::join_all;

use super::{
    Fixture,
    client::{Author, Client, Socket, register},
};
use crate::Server;

const DEVICES: usize = 2_000;
const ENVELOPES: u8 = 5;

/// Kilobytes that this process holds in memory: clients and server together.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

async fn come_back(client: &Client, author: &Author) -> Socket {
    let mut socket = Socket::signed_in(client).await;
    socket.subscribe(author.id(), 0, 100).await;
    let items = socket.items(usize::from(ENVELOPES)).await;
    assert_eq!(items.last().expect("items").ws_seq, u64::from(ENVELOPES));
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "making two thousand workspaces takes minutes without optimisation; run with --ignored"]
async fn two_thousand_devices_reconnect_at_once() {
    crate::open_files::raise(0);
    let fixture = Fixture::start(|config| {
        config.limits.connections_per_ip = 10_000;
        config.limits.sockets_per_account = 10_000;
        config.limits.workspaces_per_account = 10_000;
        config.limits.requests_per_minute = 1_000_000;
        config.limits.requests_per_account_per_minute = 1_000_000;
    })
    .await;
    assert_eq!(register(fixture.server.addr, "ada", "correct horse", None).await.0, 200);
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        let client = Client::enlist(&fixture.server, "ada").await;
        let mut author = client.workspace().await;
        let mut socket = Socket::signed_in(&client).await;
        let envelopes = (0..ENVELOPES).map(|n| author.seal(n, "some text")).collect();
        assert_eq!(socket.push(author.id(), envelopes, true).await.len(), usize::from(ENVELOPES));
        devices.push((client, author));
    }
    let mut config = fixture.server.app().config.clone();
    config.listen = fixture.server.addr;
    fixture.server.shutdown().await;
    let again = Server::start(config).await.unwrap();

    let (began, before) = (Instant::now(), resident());
    let sockets = join_all(devices.iter().map(|(client, author)| come_back(client, author))).await;
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
    let mut sockets = sockets;
    assert_eq!(sockets[0].items(1).await[0].ws_seq, u64::from(ENVELOPES) + 1);
    drop(sockets);
    again.shutdown().await;
}
