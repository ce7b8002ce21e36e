//! The figures of PERFORMANCE that concern the local core, as ratios inside one run: P1 (keystroke to durable),
//! P7 (delta sync), P9 (search) and opening a workspace of 10,000 elements against one of 100. One file a figure.
//!
//! Run with `cargo bench -p groundplan-app --bench figures`; needs the recorded traces of the corpora for P1
//! (`GROUNDPLAN_CORPORA`). A run whose result is wrong prints no figure. Not here: layout (`app/diagram/benches`).

mod open;
mod p1;
mod p7;
mod p9;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::api::*;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    if runs("p1") {
        p1::run();
    }
    if runs("p7") {
        p7::run();
    }
    if runs("p9") {
        p9::run();
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
