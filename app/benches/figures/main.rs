//! The figures of PERFORMANCE that concern the local core, as ratios inside one run: P1 (keystroke to durable), P3
//! (co-editing), P4 (catching up), P7 (delta sync), P8 (footprint), P9 (search) and opening a workspace of 10,000 elements
//! against one of 100. One file a figure.
//!
//! Run with `cargo bench -p groundplan-app --bench figures`; needs the recorded traces of the corpora for P1
//! and P8 (`GROUNDPLAN_CORPORA`). A run whose result is wrong prints no figure. Not here: layout (`app/diagram/benches`).

mod away;
mod open;
mod p1;
mod p3;
mod p4;
mod p7;
mod p8;
mod p9;
mod pair;
mod wire;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundplan_app::core::CoreError;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_app::{doc, env, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

fn main() {
    if p4::laptop() {
        return;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    if runs("p1") {
        p1::run();
    }
    if runs("p3") {
        p3::run();
    }
    if runs("p4") {
        p4::run();
    }
    if runs("p7") {
        p7::run();
    }
    if runs("p8") {
        p8::run();
    }
    if runs("p9") {
        p9::run();
    }
    // Takes minutes: only when asked for.
    if wanted.iter().any(|word| word == "away") {
        away::run();
    }
    if runs("open") {
        open::run();
    }
}

pub(crate) fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("standard output is open");
}

pub(crate) fn app(dir: &Path) -> Arc<App> {
    let key = KeyOptions { passphrase: Some("a long passphrase".to_owned().into()), prefer_passphrase: true };
    let app = App::open(&ProfileOptions { data_dir: Some(dir.to_owned()), key, create: true, profile: None })
        .expect("opens");
    ops::workspace::create(&app, WorkspaceCreateParams { name: "Bench".into() }).expect("creates");
    app
}

/// Fills the open workspace with as many elements, in transactions of 500.
pub(crate) fn fill(app: &App, count: usize) {
    let workspace = app.workspace().expect("open");
    for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
        workspace
            .transaction::<(), CoreError>(|tx| {
                for n in chunk {
                    let element = element(*n);
                    tx.create(element.id, DocumentKind::Element, |doc| {
                        Ok(doc::element::write(doc, &element)?)
                    })?;
                }
                Ok(())
            })
            .expect("fills");
    }
}

/// The element of a number, as all figures make it.
pub(crate) fn element(n: usize) -> Element {
    Element {
        id: DocumentId::new(env::make_uuid()),
        kind: ElementKind::Component,
        name: format!("Service {n}"),
        description: "Does one thing.".into(),
        properties: Default::default(),
        tags: Default::default(),
        links: Vec::new(),
        relations: Vec::new(),
        endpoints: Vec::new(),
        source: None,
    }
}

pub(crate) fn percentile(times: &mut [Duration], part: f64) -> Duration {
    times.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((times.len() - 1) as f64 * part) as usize;
    times[index]
}

/// Time on the processor, user and system, of this thread.
pub(crate) fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().expect("a field").parse().expect("a number"))
}

/// A database with the settings of the store and one table.
pub(crate) fn bare_store(dir: &Path) -> rusqlite::Connection {
    let bare = rusqlite::Connection::open_with_flags(
        dir.join("bare.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE
            | rusqlite::OpenFlags::SQLITE_OPEN_CREATE
            | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .expect("opens");
    bare.pragma_update(None, "key", format!("x'{}'", "07".repeat(32))).expect("takes a key");
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (n INTEGER PRIMARY KEY, content BLOB)",
    )
    .expect("creates");
    bare
}
