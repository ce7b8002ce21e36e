//! Opening a workspace of 10,000 elements against one of 100: from the start of the core to what the first screen
//! shows (state, counts, the first piece of the explorer), and the same without the start, whose key derivation is
//! the same for both and would hide what grows.
//!
//! Not here: what the figures share (`main`).

use std::time::Instant;

use groundplan_app::ops;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::api::*;
use groundplan_shared::model::WorkspaceId;

use crate::{app, fill, percentile, say};

const ROUNDS: usize = 15;

pub(crate) fn run() {
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for count in [100_usize, 10_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let filled = app(dir.path());
        fill(&filled, count);
        let id = filled.workspace().expect("open").id();
        drop(filled);
        let (mut from_start, mut from_file) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let key = KeyOptions {
                passphrase: Some("a long passphrase".to_owned().into()),
                prefer_passphrase: true,
            };
            let options =
                ProfileOptions { data_dir: Some(dir.path().to_owned()), key, create: false, profile: None };
            let started = Instant::now();
            let app = App::open(&options).expect("opens");
            first_screen(&app, id, count);
            from_start.push(started.elapsed());
            drop(app);

            let app = App::open(&options).expect("opens");
            ops::workspace::create(&app, WorkspaceCreateParams { name: "Other".into() }).expect("creates");
            let started = Instant::now();
            ops::workspace::open(&app, WorkspaceOpenParams { id }).expect("opens");
            first_screen(&app, id, count);
            from_file.push(started.elapsed());
        }
        whole.push(percentile(&mut from_start, 0.5));
        parts.push(percentile(&mut from_file, 0.5));
    }
    for (what, times) in [("from the start of the core", whole), ("from another workspace", parts)] {
        let ratio = times[1].as_secs_f64() / times[0].as_secs_f64();
        say(&format!(
            "Opening {what}: 100 elements {:?}, 10,000 elements {:?}, ratio {ratio:.2} (target 1.5)",
            times[0], times[1]
        ));
    }
}

/// What the first screen asks for.
fn first_screen(app: &App, id: WorkspaceId, count: usize) {
    let status = ops::app::status(app, AppStatusParams {}).expect("answers");
    assert_eq!(status.open, Some(id));
    let summary = ops::workspace::summary(app, WorkspaceSummaryParams {}).expect("answers");
    assert_eq!(summary.elements.get("component"), Some(&(count as u64)));
    let (parent, folder, filter, around) = (None, String::new(), String::new(), None);
    let part = ExplorerPart::Elements;
    let params = ExplorerListParams { part, parent, folder, filter, around, offset: 0, limit: 100 };
    let rows = ops::explorer::list(app, params).expect("answers");
    assert_eq!((rows.rows.len(), rows.total), (100, count as u64));
}
