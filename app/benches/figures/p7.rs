//! P7: what a reconnection costs when 0, 1 or 100 of N documents changed elsewhere. Real server, real clients, every
//! byte counted on the reconnecting client's connections by a proxy between them.
//!
//! `P7_SIZES=100,10000,100000` names the sizes; the largest takes long to make. A run in which the reconnected client
//! does not hold every change prints no figure. Not here: what the figures share (`main`).

use std::time::Instant;

use groundplan_app::runtime::App;
use groundplan_shared::model::*;

use crate::pair::{Pair, grow, named, open, rename, reopen, shut, synced};
use crate::say;

pub(crate) fn run() {
    let sizes: Vec<usize> = std::env::var("P7_SIZES")
        .unwrap_or_else(|_| "100,10000".to_owned())
        .split(',')
        .map(|word| word.trim().parse().expect("P7_SIZES is a list of numbers"))
        .collect();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&sizes));
}

async fn measure(sizes: &[usize]) {
    // The desk is silent while the laptop is counted.
    let pair = Pair::start().await;
    let (desk, proxy, laptop_dir) = (&pair.desk, &pair.proxy, &pair.laptop);
    let mut ids: Vec<DocumentId> = Vec::new();
    let mut first: [Option<u64>; 3] = [None; 3];
    for &size in sizes {
        let began = Instant::now();
        grow(desk, &mut ids, size);
        synced(desk).await;
        let laptop = reopen(laptop_dir).await;
        say(&format!(
            "P7 {size} documents: made, pushed and caught up in {:.0} s",
            began.elapsed().as_secs_f64()
        ));
        shut(laptop).await;
        for (case, changed) in [0_usize, 1, 100].into_iter().enumerate() {
            let name = format!("Changed at {size}, {changed}");
            rename(desk, &ids, changed, &name);
            synced(desk).await;
            desk.stop_sync();
            let before = {
                let laptop = open(laptop_dir);
                last_seq(&laptop)
            };
            proxy.forget();
            let laptop = reopen(laptop_dir).await;
            let traffic = proxy.traffic();
            assert_eq!(named(&laptop, &name), changed, "every change arrived");
            let (count, bytes) = envelopes_after(&laptop, before);
            assert_eq!(count, changed as u64, "one envelope a changed document");
            shut(laptop).await;
            desk.start_sync();
            let wire = traffic.after_login();
            let growth = first[case].map_or(0.0, |first| (wire as f64 / first as f64 - 1.0) * 100.0);
            first[case].get_or_insert(wire);
            say(&format!(
                "P7 {size} documents, {changed} changed: {wire} bytes after the login for {bytes} bytes of envelopes: \
                 {} (target 1.2 x + 1024 bytes); {} round trips (target 1); {growth:+.1} % against the smallest; \
                 to connect and log in: {} bytes on the socket, {} beside it",
                if wire <= bytes * 6 / 5 + 1024 {
                    format!("{} bytes of overhead", wire - bytes)
                } else {
                    format!("MISSED by {} bytes", wire - (bytes * 6 / 5 + 1024))
                },
                traffic.round_trips(),
                traffic.socket() - wire,
                traffic.beside,
            ));
        }
    }
    pair.end().await;
}

fn last_seq(app: &App) -> i64 {
    app.read(|tx| {
        Ok(tx.sql().query_row("SELECT coalesce(max(ws_seq), 0) FROM envelope", [], |row| row.get(0))?)
    })
    .expect("reads")
}

fn envelopes_after(app: &App, ws_seq: i64) -> (u64, u64) {
    app.read(|tx| {
        Ok(tx.sql().query_row(
            "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM envelope WHERE ws_seq > ?1",
            [ws_seq],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    })
    .expect("reads")
}
