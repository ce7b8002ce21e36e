//! 180 days away with 500 edits of one's own, 5,000 made elsewhere, keys rotated and the session at an end: the device says
//! that it wants a sign-in, then both hold the same and nothing is lost. The same twenty times larger is measured by
//! `benches/figures/away.rs`.

use std::time::{Duration, Instant};

use groundplan_app::ops;
use groundplan_server::clock::Clock;
use groundplan_server::config::RegistrationMode;
use groundplan_server::{Config, Server};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use tempfile::TempDir;

use crate::helpers::{Device, device, element, everything, link, login, meet, sync};

const DOCUMENTS: usize = 100;
const ROUNDS: usize = 50;
const OWN_ROUNDS: usize = 5;
const AWAY: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Lets a device try until it says that it cannot.
async fn stuck(device: &Device) -> SyncStatus {
    let mut events = device.app.subscribe();
    device.app.start_sync();
    loop {
        if let Event::Sync { status, .. } = events.recv().await.unwrap()
            && status.state == SyncState::Problem
        {
            return status;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_year_away_loses_nothing() {
    let (data, clock) = (TempDir::new().unwrap(), Clock::manual(Clock::system().now_ms()));
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: data.path().to_owned(),
        registration: RegistrationMode::Open,
        ..Config::default()
    };
    config.limits.envelopes_per_second = 1_000_000;
    config.limits.envelope_burst = 1_000_000;
    let server = Server::start_with(config, clock.clone()).await.unwrap();
    let desk = crate::helpers::founded(&server).await;
    let laptop = device("Laptop");
    login(&laptop, &server, "ada").await;
    link(&desk, &laptop).await;
    let ids: Vec<DocumentId> = (0..DOCUMENTS).map(|n| element(&desk, &format!("Service {n}"))).collect();
    meet(&desk, &laptop).await;
    laptop.app.stop_sync();

    for round in 0..ROUNDS {
        let rename = |tx: &mut groundplan_app::core::Tx<'_>| {
            for id in &ids {
                tx.edit(*id, |doc| {
                    Ok(groundplan_app::doc::element::set_name(doc, &format!("Name {round}"))?)
                })?;
            }
            Ok(())
        };
        desk.app.workspace().unwrap().edit("Rename", rename).unwrap();
        sync(&desk).await;
        if round == ROUNDS / 2 {
            let levels = Vec::new();
            ops::member::govern::rotate(&desk.app, KeyRotateParams { levels }).await.unwrap();
        }
    }
    for round in 0..OWN_ROUNDS {
        for id in &ids {
            let mut update = ElementUpdateParams::of(*id);
            update.add_tags.insert(format!("away-{round}"));
            ops::element::update(&laptop.app, update).unwrap();
        }
    }
    clock.advance(i64::try_from(AWAY.as_millis()).unwrap());
    let status = stuck(&laptop).await;
    assert!(status.waiting > 0, "its edits wait: {status:?}");
    let asked = status.problem.expect("it says why");
    assert_eq!(asked.code, ErrorCode::NotConnected, "{asked:?}");

    let began = Instant::now();
    login(&laptop, &server, "ada").await;
    sync(&laptop).await;
    let merged = began.elapsed();
    login(&desk, &server, "ada").await;
    meet(&desk, &laptop).await;
    for device in [&desk, &laptop] {
        let text = everything(device);
        let last = format!("\"Name {}\"", ROUNDS - 1);
        assert_eq!(text.matches(&last).count(), DOCUMENTS, "every name is the last one given");
        for round in 0..OWN_ROUNDS {
            assert_eq!(text.matches(&format!("\"away-{round}\"")).count(), DOCUMENTS, "every tag is there");
        }
    }
    println!(
        "180 days: {} edits here, {} elsewhere, merged {:.1} s after the sign-in; asked before: {}",
        OWN_ROUNDS * DOCUMENTS,
        ROUNDS * DOCUMENTS,
        merged.as_secs_f32(),
        asked.message
    );
    server.shutdown().await;
}
