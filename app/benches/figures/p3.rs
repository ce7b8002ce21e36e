//! P3: live co-editing. Somebody types at 6 keys a second on the laptop while 3 or 15 others do so elsewhere, in pages of
//! 0, 26,000 and 260,000 operations. Measured is what the person waits for: from the key until the core has it on disk and
//! has answered with what the others typed, while synchronisation applies their envelopes in the same store.
//!
//! Two real devices and a real server; the others type on one device, each at a place of their own. `P3_SECONDS` changes
//! the 10 seconds of typing. If both devices do not hold the same text in the end, with every key of everybody in it, there
//! is no figure. Not here: what the window draws (the interface does not wait for the core).

use std::sync::Arc;
use std::time::{Duration, Instant};

use groundplan_app::core::CoreError;
use groundplan_app::runtime::App;
use groundplan_app::{doc, ops};
use groundplan_shared::api::*;
use groundplan_shared::model::*;

use crate::pair::{Pair, reopen, shut, synced};
use crate::{percentile, say};

const FRAME: Duration = Duration::from_micros(16_667);
const KEYS_A_SECOND: u32 = 6;
/// How long both may take to hold the same.
const PATIENCE: Duration = Duration::from_secs(120);
/// Operations of one transaction while a page is filled.
const PIECE: usize = 2_000;

pub(crate) fn run() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    let seconds = std::env::var("P3_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let pair = Pair::start().await;
    let laptop = reopen(&pair.laptop).await;
    for writers in [4_u32, 16] {
        let mut flat = None;
        for history in [0, 26_000, 260_000] {
            let page = page(&pair.desk, history);
            synced(&pair.desk).await;
            synced(&laptop).await;
            one((&pair.desk, &laptop), page, (writers, history, seconds), &mut flat).await;
        }
    }
    shut(laptop).await;
    pair.end().await;
}

/// Makes a page that was typed with as many operations, a third of which took something away again.
fn page(app: &App, operations: usize) -> DocumentId {
    let page = PageCreateParams {
        kind: PageKind::Doc,
        title: "Together".into(),
        path: String::new(),
        body: String::new(),
        about: None,
        classification: None,
    };
    let page = ops::page::create(app, page).expect("creates").page.id;
    let workspace = app.workspace().expect("open");
    let mut left = operations;
    while left > 0 {
        let piece = left.min(PIECE);
        workspace
            .edit::<()>("Fill", |tx| {
                tx.edit_text(page, |doc| {
                    let text = doc::text::object(doc, doc::text::key(TextField::Body))?;
                    let insert = piece - piece / 3;
                    let gone = u32::try_from(piece / 3).expect("small");
                    let insert = TextChange { at: 0, delete: 0, insert: "x".repeat(insert) };
                    let delete = TextChange { at: 0, delete: gone, insert: String::new() };
                    doc::text::splice(doc, &text, &[insert, delete])?;
                    Ok::<(), CoreError>(())
                })
            })
            .expect("fills");
        left -= piece;
    }
    page
}

/// People who type on one device, each with a cursor and a letter of their own.
struct Typists {
    app: Arc<App>,
    page: DocumentId,
    version: String,
    cursors: Vec<u32>,
    letters: Vec<char>,
}

impl Typists {
    fn new(app: &Arc<App>, page: DocumentId, letters: Vec<char>) -> Self {
        let params = TextOpenParams { document: page, field: TextField::Body };
        let state = ops::text::open(app, params).expect("opens");
        let length = state.text.chars().count();
        let place = |n: usize| u32::try_from(length * (n + 1) / (letters.len() + 1)).expect("small");
        let cursors = (0..letters.len()).map(place).collect();
        Self { app: Arc::clone(app), page, version: state.version, cursors, letters }
    }

    /// One of them presses a key.
    fn key(&mut self, who: usize) {
        let at = self.cursors[who];
        let change = TextChange { at, delete: 0, insert: self.letters[who].to_string() };
        let params = TextEditParams {
            document: self.page,
            field: TextField::Body,
            version: std::mem::take(&mut self.version),
            changes: vec![change.clone()],
        };
        let edited = ops::text::edit(&self.app, params).expect("edits");
        self.version = edited.version;
        for change in [change].iter().chain(&edited.changes) {
            let (inserted, end) = (change.insert.chars().count(), change.at + change.delete);
            let inserted = u32::try_from(inserted).expect("small");
            for cursor in &mut self.cursors {
                if *cursor >= end {
                    *cursor = *cursor + inserted - change.delete;
                } else {
                    *cursor = (*cursor).min(change.at);
                }
            }
        }
    }

    /// Types for a while, everybody in turn; returns how long each key took and how often the pace was not kept.
    fn keep_on(mut self, seconds: u32) -> (Vec<Duration>, usize) {
        let people = u32::try_from(self.letters.len()).expect("small");
        let keys = people * KEYS_A_SECOND * seconds;
        let pace = Duration::from_secs(1) / (people * KEYS_A_SECOND);
        let (start, mut times, mut late) = (Instant::now(), Vec::new(), 0);
        for n in 0..keys {
            match (start + pace * n).checked_duration_since(Instant::now()) {
                Some(wait) => std::thread::sleep(wait),
                None => late += 1,
            }
            let began = Instant::now();
            self.key((n % people) as usize);
            times.push(began.elapsed());
        }
        (times, late)
    }
}

fn text(app: &App, page: DocumentId) -> String {
    ops::text::open(app, TextOpenParams { document: page, field: TextField::Body }).expect("opens").text
}

async fn one(
    (desk, laptop): (&Arc<App>, &Arc<App>),
    page: DocumentId,
    (writers, history, seconds): (u32, usize, u32),
    flat: &mut Option<Duration>,
) {
    let letters: Vec<char> = ('A'..='Z').take(writers as usize).collect();
    // The same person alone, connected as before.
    let alone = Typists::new(laptop, page, vec![letters[0]]);
    let (mut alone, _) =
        tokio::task::spawn_blocking(move || alone.keep_on(seconds.div_ceil(2))).await.expect("types");
    synced(laptop).await;
    synced(desk).await;
    let before = text(desk, page).chars().count();
    let here = Typists::new(laptop, page, vec![letters[0]]);
    let there = Typists::new(desk, page, letters[1..].to_vec());
    let others = tokio::task::spawn_blocking(move || there.keep_on(seconds));
    let own = tokio::task::spawn_blocking(move || here.keep_on(seconds));
    let (mut times, late) = own.await.expect("types");
    let (theirs, others_late) = others.await.expect("type");
    let (ended, keys) = (Instant::now(), times.len() + theirs.len());
    let (mut one, mut other) = (String::new(), "not read yet".to_owned());
    while one != other {
        assert!(ended.elapsed() < PATIENCE, "both hold the same text");
        synced(desk).await;
        synced(laptop).await;
        (one, other) = (text(desk, page), text(laptop, page));
    }
    let behind = ended.elapsed();
    assert_eq!(one.chars().count(), before + keys, "nothing is missing, nothing is twice");
    for (letter, more) in letters.iter().zip([alone.len()].into_iter().chain(std::iter::repeat(0))) {
        let typed = (KEYS_A_SECOND * seconds) as usize + more;
        assert_eq!(one.matches(*letter).count(), typed, "every key of {letter}");
    }
    let longest = *times.iter().max().expect("keys");
    let [p50, p99] = [0.5, 0.99].map(|part| percentile(&mut times, part));
    let [alone50, alone99] = [0.5, 0.99].map(|part| percentile(&mut alone, part));
    let first = *flat.get_or_insert(p99);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    say(&format!(
        "P3 {writers} writers, {history} operations: longest wait for a key {:.1} ms, p99 {:.1}, p50 {:.1}; ÷ a frame of \
         16.7 ms {:.2}, p99 {:.2} (target 0.25); p99 ÷ that without history {:.1} (target flat); alone p99 {:.1} ms, p50 {:.1}; {late} of {} keys here \
         and {others_late} of {} there late; all in step {:.1} s after the last key",
        milliseconds(longest),
        milliseconds(p99),
        milliseconds(p50),
        longest.as_secs_f64() / FRAME.as_secs_f64(),
        p99.as_secs_f64() / FRAME.as_secs_f64(),
        p99.as_secs_f64() / first.as_secs_f64(),
        milliseconds(alone99),
        milliseconds(alone50),
        times.len(),
        theirs.len(),
        behind.as_secs_f64(),
    ));
}
