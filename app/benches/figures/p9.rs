//! P9: search and projection, against plain SQLite FTS5 over the same texts.
//!
//! Both sides have the same tokenizer, prefix indexes, weights, limit and snippets and start warm; the plain one is
//! an unencrypted file (its encrypted twin is shown beside it, to tell encryption from our own work) and answers with
//! row, name and snippet, ours with the whole answer of `search/query`. Words follow Zipf's law; one word is in every
//! page. `GROUNDPLAN_P9_PAGES=20000` measures that size alone. Not here: what the figures share (`main`).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use groundplan_app::core::CoreError;
use groundplan_app::doc;
use groundplan_app::runtime::App;
use groundplan_app::{env, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;
use rusqlite::Connection;

use crate::{app, percentile, say};

const ROUNDS: usize = 7;
const LIMIT: u32 = 20;
const WORDS_PER_PAGE: usize = 90;

pub(crate) fn run() {
    let sizes = std::env::var("GROUNDPLAN_P9_PAGES").unwrap_or_else(|_| "20000,200000".to_owned());
    for count in sizes.split(',').map(|size| size.trim().parse::<usize>().expect("a number of pages")) {
        measure(count);
    }
}

/// A small generator of numbers: the same texts in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// Made-up words, the most frequent first.
struct Language {
    words: Vec<String>,
    sums: Vec<u64>,
    dice: Dice,
}

impl Language {
    fn new() -> Self {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut words = BTreeSet::new();
        let mut ordered = Vec::new();
        while ordered.len() < 60_000 {
            let syllables = [2, 3, 3, 4, 4, 5][dice.below(6)];
            let word: String = (0..syllables)
                .flat_map(|_| {
                    let consonant = b"bdfgklmnprstvz"[dice.below(14)];
                    [char::from(consonant), char::from(b"aeiou"[dice.below(5)])]
                })
                .collect();
            if words.insert(word.clone()) {
                ordered.push(word);
            }
        }
        let mut sum = 0;
        let sums = (0..ordered.len() as u64)
            .map(|rank| {
                sum += 1_000_000_000 / (rank + 3);
                sum
            })
            .collect();
        Self { words: ordered, sums, dice }
    }

    fn word(&mut self) -> &str {
        let total = *self.sums.last().expect("words");
        let at = (self.dice.below(1 << 20) as u64 * total) >> 20;
        let place = self.sums.partition_point(|sum| *sum <= at);
        &self.words[place]
    }

    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            text.push_str(self.word());
            text.push(' ');
        }
        text
    }
}

fn fill(app: &App, language: &mut Language, count: usize) {
    let workspace = app.workspace().expect("open");
    for chunk in (0..count).collect::<Vec<_>>().chunks(1_000) {
        workspace
            .transaction::<(), CoreError>(|tx| {
                for n in chunk {
                    let page = Page {
                        id: DocumentId::new(env::make_uuid()),
                        kind: PageKind::Runbook,
                        title: format!("Runbook {}{n}", language.text(2)),
                        path: format!("runbooks/{}/{n}.md", n % 100),
                        front_matter: String::new(),
                        body: language.text(WORDS_PER_PAGE),
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

/// The same texts in a plain database.
fn plain(app: &App, path: &Path, key: Option<&str>) -> Connection {
    let plain = Connection::open(path).expect("opens");
    if let Some(key) = key {
        plain.pragma_update(None, "key", key).expect("keys");
    }
    plain
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
             CREATE VIRTUAL TABLE search USING fts5(name, body, tags, properties,
                 tokenize = \"unicode61 remove_diacritics 2\", prefix = '1 2 3');
             BEGIN;",
        )
        .expect("creates");
    let workspace = app.workspace().expect("open");
    workspace
        .read(|tx| {
            let mut insert = plain.prepare(
                "INSERT INTO search(rowid, name, body, tags, properties) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let mut statement = tx.sql().prepare("SELECT rowid, name, body, tags, properties FROM search")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let cell = |index| row.get::<_, String>(index);
                insert.execute((row.get::<_, i64>(0)?, cell(1)?, cell(2)?, cell(3)?, cell(4)?))?;
            }
            Ok(())
        })
        .expect("copies");
    plain.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").expect("commits");
    plain
}

/// Kinds of searches, with eight searches of each.
fn searches(language: &mut Language) -> Vec<(&'static str, Vec<String>)> {
    let word = |rank: usize| language.words[rank].clone();
    let each = |make: &dyn Fn(usize) -> String| (0..8).map(make).collect::<Vec<_>>();
    let begin = |text: &str, letters: usize| text.chars().take(letters).collect::<String>();
    vec![
        ("rare word", each(&|n| word(6_000 + 501 * n))),
        ("seldom word", each(&|n| word(1_200 + 97 * n))),
        ("frequent word", each(&|n| word(60 + 11 * n))),
        ("very frequent word", each(&|n| word(n))),
        ("word of every name", vec!["runbook".into(); 8]),
        ("rare and frequent", each(&|n| format!("{} {}", word(3_000 + 301 * n), word(n)))),
        ("two frequent", each(&|n| format!("{} {}", word(n), word(20 + 7 * n)))),
        ("three words and a number", each(&|n| format!("runbook {} {} {n}", word(3 + n), word(150 + n)))),
        ("typing, one letter", each(&|n| begin(&word(n), 1))),
        ("typing, three letters", each(&|n| begin(&word(40 * n), 3))),
        ("typing, four letters", each(&|n| begin(&word(40 * n), 4))),
        ("typing, second word", each(&|n| format!("{} {}", word(40 + n), begin(&word(5 + n), 4)))),
    ]
}

/// Time of this thread on a processor: what a search costs while others keep the machine busy.
fn on_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds"))
}

const PLAIN: &str =
    "SELECT rowid, name, snippet(search, -1, char(57344), char(57345), '\u{2026}', 16) FROM search
     WHERE search MATCH ?1 AND rank MATCH 'bm25(10.0, 1.0, 4.0, 2.0)' ORDER BY rank LIMIT 20";

fn ask_plain(plain: &Connection, query: &str) -> Vec<String> {
    let expression: Vec<String> = query.split(' ').map(|word| format!("\"{word}\"*")).collect();
    let mut statement = plain.prepare_cached(PLAIN).expect("prepares");
    let rows = statement
        .query_map([expression.join(" ")], |row| {
            row.get::<_, String>(2)?;
            row.get::<_, String>(1)
        })
        .expect("runs");
    rows.collect::<Result<_, _>>().expect("reads")
}

fn measure(count: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let app = app(dir.path());
    let mut language = Language::new();
    let started = Instant::now();
    fill(&app, &mut language, count);
    let filled = started.elapsed() / u32::try_from(count).expect("small");
    let open = plain(&app, &dir.path().join("plain.db"), None);
    let sealed = plain(&app, &dir.path().join("sealed.db"), Some("a key"));
    let (mut all_ours, mut all_plain, mut work) = (Vec::new(), Vec::new(), Vec::new());
    let mut worst: f64 = 0.0;
    for (kind, queries) in searches(&mut language) {
        let (mut ours, mut theirs, mut twins) = (Vec::new(), Vec::new(), Vec::new());
        let mut ratios = Vec::new();
        for query in &queries {
            check(&app, &open, query);
            let (mut mine, mut other) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let params = SearchParams { text: query.clone(), limit: LIMIT };
                let (started, worked) = (Instant::now(), on_cpu());
                std::hint::black_box(ops::search::query(&app, params).expect("finds"));
                mine.push(started.elapsed());
                work.push(on_cpu() - worked);
                let started = Instant::now();
                std::hint::black_box(ask_plain(&open, query));
                other.push(started.elapsed());
                let started = Instant::now();
                std::hint::black_box(ask_plain(&sealed, query));
                twins.push(started.elapsed());
            }
            ratios.push(percentile(&mut mine, 0.5).as_secs_f64() / percentile(&mut other, 0.5).as_secs_f64());
            ours.extend(mine);
            theirs.extend(other);
        }
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios[ratios.len() / 2];
        worst = worst.max(ratio);
        say(&format!(
            "P9 {count} pages, {kind}: p50 {:?}, p99 {:?}; plain p50 {:?}, encrypted plain {:?}; ratio {ratio:.3}",
            percentile(&mut ours, 0.5),
            percentile(&mut ours, 0.99),
            percentile(&mut theirs, 0.5),
            percentile(&mut twins, 0.5),
        ));
        all_ours.extend(ours);
        all_plain.extend(theirs);
    }
    say(&format!(
        "P9 {count} pages, all: p50 {:?}, p99 {:?} (target 5 ms), of it on the processor {:?}; plain p50 {:?}, p99 {:?}; ratio of the medians {:.3}, \
         of the worst kind {worst:.3} (target 1.15); filled at {filled:?} a page",
        percentile(&mut all_ours, 0.5),
        percentile(&mut all_ours, 0.99),
        percentile(&mut work, 0.99),
        percentile(&mut all_plain, 0.5),
        percentile(&mut all_plain, 0.99),
        percentile(&mut all_ours, 0.5).as_secs_f64() / percentile(&mut all_plain, 0.5).as_secs_f64(),
    ));
    project(&app, count);
}

/// Everything found is a match, and where all matches fit into the answer, both answers are the same.
fn check(app: &App, plain: &Connection, query: &str) {
    let found =
        ops::search::query(app, SearchParams { text: query.to_owned(), limit: LIMIT }).expect("finds");
    let ours: BTreeSet<String> = found.hits.iter().map(|hit| hit.item.name.clone()).collect();
    let expression: Vec<String> = query.split(' ').map(|word| format!("\"{word}\"*")).collect();
    let mut statement =
        plain.prepare_cached("SELECT name FROM search WHERE search MATCH ?1").expect("prepares");
    let matches: BTreeSet<String> = statement
        .query_map([expression.join(" ")], |row| row.get::<_, String>(0))
        .expect("runs")
        .map(|name| name.expect("reads").trim().to_owned())
        .collect();
    assert_eq!(ours.len(), matches.len().min(LIMIT as usize), "both find as many for {query}");
    assert!(ours.is_subset(&matches), "everything found is a match for {query}");
    assert_eq!(found.more, matches.len() > LIMIT as usize, "it says whether there are more for {query}");
}

/// What it costs that a page was typed in: the next search projects it first.
fn project(app: &Arc<App>, count: usize) {
    let first = ops::search::query(app, SearchParams { text: "runbook".into(), limit: 1 }).expect("finds");
    let document = first.hits[0].item.id;
    let open = TextOpenParams { document, field: TextField::Body };
    let mut version = ops::text::open(app, open).expect("opens").version;
    let mut times: Vec<Duration> = (0..60)
        .map(|n| {
            let word = format!("xylophon{n}x");
            let change = TextChange { at: 0, delete: 0, insert: format!("{word} ") };
            let params = TextEditParams {
                document,
                field: TextField::Body,
                version: version.clone(),
                changes: vec![change],
            };
            version = ops::text::edit(app, params).expect("edits").version;
            let started = Instant::now();
            let found = ops::search::query(app, SearchParams { text: word, limit: LIMIT }).expect("finds");
            let took = started.elapsed();
            assert_eq!(found.hits.len(), 1, "what was typed is found");
            took
        })
        .collect();
    let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    say(&format!(
        "P9 {count} pages, projecting a page after typing and finding it: p50 {p50:?}, p99 {p99:?}"
    ));
}
