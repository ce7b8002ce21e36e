//! P1: from a keystroke to a durable one, over a recorded editing session, beside its floors: the same edit in bare
//! Automerge, one row committed to a bare SQLCipher database, and a raw write with `fdatasync`.
//!
//! All four take turns, 250 keystrokes at a time, so that a noisy machine is noisy for all of them. `P1_KEYSTROKES`
//! plays more of the recording than its first 7,000; played to its end, the text must be the recorded one.
//! Not here: what the figures share (`main`).

use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc, TextEncoding, transaction::Transactable};
use groundplan_app::ops;
use groundplan_shared::api::*;
use groundplan_shared::model::*;

use crate::{app, bare_store, cpu, fill, percentile, say};

const TURN: usize = 250;

#[derive(Clone)]
pub(crate) struct Patch {
    pub(crate) at: u32,
    pub(crate) delete: u32,
    pub(crate) insert: String,
}

/// The beginning of the recording, and the text at its end if it is played that far.
pub(crate) fn trace(wanted: usize) -> Option<(Vec<Patch>, Option<String>)> {
    let root = std::env::var_os("GROUNDPLAN_CORPORA")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"));
    let file = std::fs::File::open(root.join("traces/seph-blog1.json.gz")).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the trace is text");
    let json: serde_json::Value = serde_json::from_str(&text).expect("the trace is JSON");
    let mut patches = Vec::new();
    for transaction in json["txns"].as_array().expect("txns") {
        for patch in transaction["patches"].as_array().expect("patches") {
            let number =
                |index: usize| u32::try_from(patch[index].as_u64().expect("a number")).expect("small");
            let insert = patch[2].as_str().expect("a text").to_owned();
            patches.push(Patch { at: number(0), delete: number(1), insert });
        }
    }
    // The trace counts characters, which is the same as UTF-16 units as long as none needs two of them.
    assert!(patches.iter().all(|patch| patch.insert.chars().all(|c| c.len_utf16() == 1)), "one unit each");
    let whole = wanted >= patches.len();
    patches.truncate(wanted);
    let end = whole.then(|| json["endContent"].as_str().expect("a text").to_owned());
    Some((patches, end))
}

/// Times and processor time of one contestant.
#[derive(Default)]
struct Turns {
    times: Vec<Duration>,
    cpu: Vec<Duration>,
}

impl Turns {
    fn take(&mut self, count: usize, mut work: impl FnMut(usize)) {
        let before = cpu();
        for n in 0..count {
            let started = Instant::now();
            work(n);
            self.times.push(started.elapsed());
        }
        self.cpu.push((cpu() - before) / u32::try_from(count).expect("small"));
    }

    fn p50(&mut self) -> f64 {
        percentile(&mut self.times, 0.5).as_secs_f64() * 1e6
    }

    fn cpu(&self) -> f64 {
        percentile(&mut self.cpu.clone(), 0.5).as_secs_f64() * 1e6
    }
}

pub(crate) fn run() {
    let wanted = std::env::var("P1_KEYSTROKES").ok().and_then(|text| text.parse().ok()).unwrap_or(7_000);
    let Some((patches, end)) = trace(wanted) else {
        say("P1 SKIPPED: the corpora are not here");
        return;
    };
    for (what, before, elements) in [
        ("an empty page", 0, 0),
        ("a page of 200,000 characters", 200_000, 0),
        ("10,000 elements beside it", 0, 10_000),
    ] {
        one(what, before, elements, &patches, end.as_deref());
    }
}

fn one(what: &str, before: usize, elements: usize, patches: &[Patch], end: Option<&str>) {
    let dir = tempfile::tempdir().expect("a folder");
    let app = app(dir.path());
    fill(&app, elements);
    let page = PageCreateParams {
        kind: PageKind::Doc,
        title: "Trace".into(),
        path: String::new(),
        body: "x".repeat(before),
        about: None,
        classification: None,
    };
    let document = ops::page::create(&app, page).expect("creates").page.id;
    let open = TextOpenParams { document, field: TextField::Body };
    let mut version = ops::text::open(&app, open.clone()).expect("opens").version;

    let mut bare =
        AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit).with_actor(ActorId::from([1; 24]));
    let text = bare.put_object(ROOT, "body", ObjType::Text).expect("puts");
    bare.splice_text(&text, 0, 0, &"x".repeat(before)).expect("splices");
    bare.commit();
    let floor = bare_store(dir.path());
    let mut insert = floor.prepare("INSERT INTO row(content) VALUES (?1)").expect("prepares");
    let raw = raw_file(dir.path());
    let block = [7_u8; 4096];

    let (mut ours, mut edits, mut commits, mut writes) =
        (Turns::default(), Turns::default(), Turns::default(), Turns::default());
    for turn in patches.chunks(TURN) {
        ours.take(turn.len(), |n| {
            let patch = &turn[n];
            let change = TextChange { at: patch.at, delete: patch.delete, insert: patch.insert.clone() };
            let version_now = std::mem::take(&mut version);
            let params = TextEditParams {
                document,
                field: TextField::Body,
                version: version_now,
                changes: vec![change],
            };
            version = ops::text::edit(&app, params).expect("edits").version;
        });
        edits.take(turn.len(), |n| {
            let patch = &turn[n];
            let delete = isize::try_from(patch.delete).expect("small");
            bare.splice_text(&text, patch.at as usize, delete, &patch.insert).expect("splices");
            bare.commit();
        });
        commits.take(turn.len(), |_| {
            // What the transaction of a keystroke cannot do without: begin, one row of its size, commit.
            floor.execute_batch("BEGIN IMMEDIATE").expect("begins");
            insert.execute([&block[..120]]).expect("inserts");
            floor.execute_batch("COMMIT").expect("commits");
        });
        writes.take(turn.len(), |n| {
            raw.write_all_at(&block, (n as u64 % 64) * 4096).expect("writes");
            raw.sync_data().expect("syncs");
        });
    }
    let actual = ops::text::open(&app, open).expect("opens").text;
    assert_eq!(actual, bare.text(&text).expect("reads"), "the text is what was typed");
    if let Some(end) = end.filter(|_| before == 0) {
        assert_eq!(actual, end, "the text is the recorded one");
    }

    let p99 = percentile(&mut ours.times, 0.99);
    let early = percentile(&mut ours.cpu[..5.min(ours.cpu.len())].to_vec(), 0.5);
    let late = percentile(&mut ours.cpu[ours.cpu.len().saturating_sub(5)..].to_vec(), 0.5);
    say(&format!(
        "P1 {what}: {} keystrokes, p50 {:.0} µs, p99 {:.0} µs; raw 4 KiB write + fdatasync p50 {:.0} µs: ratio {:.2} \
         (target 1.5); one row in bare SQLCipher p50 {:.0} µs: ratio {:.2}",
        patches.len(),
        ours.p50(),
        p99.as_secs_f64() * 1e6,
        writes.p50(),
        ours.p50() / writes.p50(),
        commits.p50(),
        ours.p50() / commits.p50(),
    ));
    say(&format!(
        "P1 {what}: CPU {:.1} µs; bare edit {:.1} µs: ratio {:.2} (target 3). Floors in CPU: write + fdatasync \
         {:.1} µs, one row in bare SQLCipher {:.1} µs. Ours ÷ (bare edit + bare SQLCipher row) {:.2}; ours without \
         write + fdatasync ÷ bare edit {:.2}; last turns ÷ first {:.2}",
        ours.cpu(),
        edits.cpu(),
        ours.cpu() / edits.cpu(),
        writes.cpu(),
        commits.cpu(),
        ours.cpu() / (edits.cpu() + commits.cpu()),
        (ours.cpu() - writes.cpu()) / edits.cpu(),
        late.as_secs_f64() / early.as_secs_f64(),
    ));
}

fn raw_file(dir: &Path) -> std::fs::File {
    let file = std::fs::File::create(dir.join("raw")).expect("creates");
    file.write_all_at(&vec![0; 4096 * 64], 0).expect("grows");
    file.sync_all().expect("syncs");
    file
}
