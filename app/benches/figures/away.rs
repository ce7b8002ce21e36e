//! 180 days away: a laptop comes back with 10,000 edits of its own to 100,000 made elsewhere, with a key rotated meanwhile
//! and its session at an end. It must say that it wants a sign-in, then merge; both devices hold the same, nothing lost.
//!
//! `AWAY_ROUNDS` changes the 20 rounds over 5,000 documents. Not here: what an envelope costs (`p4`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use groundplan_app::ops;
use groundplan_app::runtime::App;
use groundplan_server::clock::Clock;
use groundplan_shared::api::*;

use crate::pair::{Pair, catch_up, grow, login, named, open, rename, reopen, shut, synced};
use crate::say;

const DOCUMENTS: usize = 5_000;
const OWN_ROUNDS: usize = 2;
const AWAY: Duration = Duration::from_secs(180 * 24 * 60 * 60);

pub(crate) fn run() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(tell());
}

async fn tell() {
    let rounds: usize = std::env::var("AWAY_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let clock = Clock::manual(Clock::system().now_ms());
    let pair = Pair::start_at(clock.clone()).await;
    let mut ids = Vec::new();
    grow(&pair.desk, &mut ids, DOCUMENTS);
    synced(&pair.desk).await;
    shut(reopen(&pair.laptop).await).await;

    let began = Instant::now();
    for round in 0..rounds {
        rename(&pair.desk, &ids, DOCUMENTS, &format!("Name of round {round}"));
        synced(&pair.desk).await;
        if round == rounds / 2 {
            let levels = Vec::new();
            ops::member::govern::rotate(&pair.desk, KeyRotateParams { levels }).await.expect("rotates");
        }
    }
    let elsewhere = began.elapsed();
    let laptop = open(&pair.laptop);
    for round in 0..OWN_ROUNDS {
        for id in &ids {
            let mut update = ElementUpdateParams::of(*id);
            update.add_tags.insert(format!("away-{round}"));
            ops::element::update(&laptop, update).expect("edits");
        }
    }
    clock.advance(i64::try_from(AWAY.as_millis()).expect("small"));
    let status = stuck(&laptop).await;
    assert!(status.waiting > 0, "its edits wait: {status:?}");
    let asked = status.problem.expect("it says why").message;

    let began = Instant::now();
    login(&laptop, &pair.proxy.url).await;
    catch_up(&laptop).await;
    synced(&laptop).await;
    let merged = began.elapsed();
    login(&pair.desk, &pair.proxy.url).await;
    synced(&pair.desk).await;
    let last = format!("Name of round {}", rounds - 1);
    for device in [&laptop, &pair.desk] {
        assert_eq!(named(device, &last), DOCUMENTS, "every name is the last one given");
        for round in 0..OWN_ROUNDS {
            assert_eq!(tagged(device, &format!("away-{round}")), DOCUMENTS, "every tag is there");
        }
    }
    assert!(everything(&laptop) == everything(&pair.desk), "both hold the same");
    say(&format!(
        "AWAY 180 days: {} edits here against {} elsewhere (made and pushed in {:.0} s), keys rotated, session ended: asked \
         “{asked}”; merged {:.0} s after the sign-in; both devices equal, nothing lost",
        OWN_ROUNDS * DOCUMENTS,
        rounds * DOCUMENTS,
        elsewhere.as_secs_f64(),
        merged.as_secs_f64(),
    ));
    shut(laptop).await;
    pair.end().await;
}

/// Lets a device try, until it says that it cannot.
async fn stuck(app: &Arc<App>) -> SyncStatus {
    let mut events = app.subscribe();
    app.start_sync();
    loop {
        if let Event::Sync { status, .. } = events.recv().await.expect("the program runs")
            && status.state == SyncState::Problem
        {
            return status;
        }
    }
}

fn tagged(app: &App, tag: &str) -> usize {
    app.read_index(|tx| {
        Ok(tx.sql().query_row("SELECT count(*) FROM tag WHERE tag = ?1", [tag], |row| row.get(0))?)
    })
    .expect("reads")
}

fn everything(app: &App) -> String {
    let params: ExportParams = serde_json::from_str(r#"{"format":"json"}"#).expect("parameters");
    ops::export::run(app, params).expect("exports").text.expect("a text")
}
