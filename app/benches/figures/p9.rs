//! P9: search, against plain SQLite FTS5 over the same texts.
//!
//! Not here: what the figures share (`main`).

use std::time::Instant;

use groundplan_app::core::CoreError;
use groundplan_app::doc;
use groundplan_app::runtime::App;
use groundplan_app::{env, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

use crate::{app, percentile, say};

pub(crate) fn run() {
    for count in [2_000, 20_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        fill_pages(&app, count);
        let plain = rusqlite::Connection::open(dir.path().join("plain.db")).expect("opens");
        plain
            .execute_batch(
                "CREATE VIRTUAL TABLE search USING fts5(name, body, tags, properties,
                 tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3'); BEGIN;",
            )
            .expect("creates");
        app.workspace()
            .expect("open")
            .read(|tx| {
                let mut statement =
                    tx.sql().prepare("SELECT rowid, name, body, tags, properties FROM search")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let cell = |index| row.get::<_, String>(index);
                    plain.execute(
                        "INSERT INTO search(rowid, name, body, tags, properties) VALUES (?1, ?2, ?3, ?4, ?5)",
                        (row.get::<_, i64>(0)?, cell(1)?, cell(2)?, cell(3)?, cell(4)?),
                    )?;
                }
                Ok(())
            })
            .expect("copies");
        plain.execute_batch("COMMIT").expect("commits");
        let queries: Vec<String> = (0..200)
            .map(|n| format!("runbook {} {}", n * 53 % count, ["order", "kafka", "back"][n % 3]))
            .collect();
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for query in queries.iter().chain(&queries) {
            let started = Instant::now();
            let found =
                ops::search::query(&app, SearchParams { text: query.clone(), limit: 20 }).expect("finds");
            ours.push(started.elapsed());
            let expression: Vec<String> = query.split(' ').map(|word| format!("\"{word}\"*")).collect();
            let started = Instant::now();
            let mut statement = plain
                .prepare_cached(
                    "SELECT rowid, snippet(search, -1, char(57344), char(57345), '…', 16) FROM search
                     WHERE search MATCH ?1 AND rank MATCH 'bm25(10.0, 1.0, 4.0, 2.0)' ORDER BY rank LIMIT 20",
                )
                .expect("prepares");
            let rows = statement.query_map([expression.join(" ")], |row| row.get::<_, i64>(0)).expect("runs");
            let plain_hits = rows.count();
            theirs.push(started.elapsed());
            assert_eq!(found.hits.len(), plain_hits, "both find the same for {query}");
        }
        let (ours50, ours99) = (percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
        let theirs50 = percentile(&mut theirs, 0.5);
        say(&format!(
            "P9 {count} pages: p50 {ours50:?}, p99 {ours99:?} (target 5 ms); plain SQLite FTS5 p50 {theirs50:?}; ratio {:.2} (target 1.15)",
            ours50.as_secs_f64() / theirs50.as_secs_f64()
        ));
    }
}

fn fill_pages(app: &App, count: usize) {
    let words = [
        "order",
        "payment",
        "kafka",
        "replica",
        "gateway",
        "failover",
        "certificate",
        "backup",
        "queue",
        "ledger",
    ];
    let workspace = app.workspace().expect("open");
    for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
        workspace
            .transaction::<(), CoreError>(|tx| {
                for n in chunk {
                    let body: String = (0..60)
                        .map(|k| format!("{} {} ", words[(n * 7 + k * 3) % words.len()], (n * 31 + k) % 997))
                        .collect();
                    let page = Page {
                        id: DocumentId::new(env::make_uuid()),
                        kind: PageKind::Runbook,
                        title: format!("Runbook {n}"),
                        path: format!("runbooks/{n}.md"),
                        front_matter: String::new(),
                        body,
                        tags: Default::default(),
                        aliases: Default::default(),
                        eol: Default::default(),
                        bom: false,
                        source: None,
                    };
                    tx.create(page.id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?))?;
                }
                Ok(())
            })
            .expect("fills");
    }
}
