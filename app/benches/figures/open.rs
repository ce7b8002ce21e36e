//! Opening a workspace of 10,000 elements against one of 100.
//!
//! Not here: what the figures share (`main`).

use std::time::{Duration, Instant};

use groundplan_app::core::CoreError;
use groundplan_app::{doc, env};
use groundplan_shared::model::*;

use crate::{app, percentile, say};

pub(crate) fn run() {
    let mut figures = Vec::new();
    for count in [100_usize, 10_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        let workspace = app.workspace().expect("open");
        for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
            workspace
                .transaction::<(), CoreError>(|tx| {
                    for n in chunk {
                        let element = Element {
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
                        };
                        tx.create(element.id, DocumentKind::Element, |doc| {
                            Ok(doc::element::write(doc, &element)?)
                        })?;
                    }
                    Ok(())
                })
                .expect("fills");
        }
        let id = workspace.id();
        drop(workspace);
        let mut times: Vec<Duration> = (0..15)
            .map(|_| {
                let started = Instant::now();
                let opened = app.workspace_files(id).expect("opens");
                let first = opened.read(|tx| groundplan_app::query::summary(tx)).expect("reads");
                assert_eq!(first.elements.get("component"), Some(&(count as u64)));
                started.elapsed()
            })
            .collect();
        figures.push(percentile(&mut times, 0.5));
    }
    say(&format!(
        "Opening a workspace: 100 elements {:?}, 10,000 elements {:?}, ratio {:.2} (target 1.5)",
        figures[0],
        figures[1],
        figures[1].as_secs_f64() / figures[0].as_secs_f64()
    ));
}
