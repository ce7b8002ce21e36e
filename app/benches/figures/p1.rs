//! P1: from a keystroke to a durable one, over a recorded editing session.
//!
//! Not here: what the figures share (`main`).

use std::hint::black_box;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use automerge::{ActorId, AutoCommit, ObjType, ROOT, TextEncoding, transaction::Transactable};
use groundplan_app::ops;
use groundplan_shared::api::*;
use groundplan_shared::model::*;

use crate::{app, cpu, percentile, say};

const KEYSTROKES: usize = 2_000;

struct Patch {
    at: u32,
    delete: u32,
    insert: String,
}

fn trace() -> Option<Vec<Patch>> {
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
    // The trace counts characters; its first part is ASCII, where that is the same as UTF-16 units.
    patches.truncate(KEYSTROKES);
    assert!(patches.iter().all(|patch| patch.insert.is_ascii()), "the part used is ASCII");
    Some(patches)
}

pub(crate) fn run() {
    let Some(patches) = trace() else {
        say("P1 SKIPPED: the corpora are not here");
        return;
    };
    for before in [0_usize, 200_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let app = app(dir.path());
        let page = PageCreateParams {
            kind: PageKind::Doc,
            title: "Trace".into(),
            path: String::new(),
            body: "x".repeat(before),
            about: None,
        };
        let document = ops::page::create(&app, page).expect("creates").page.id;
        let open = TextOpenParams { document, field: TextField::Body };
        let mut version = ops::text::open(&app, open.clone()).expect("opens").version;
        let mut ours = Vec::with_capacity(patches.len());
        let cpu_before = cpu();
        for patch in &patches {
            let change = TextChange { at: patch.at, delete: patch.delete, insert: patch.insert.clone() };
            let params = TextEditParams { document, field: TextField::Body, version, changes: vec![change] };
            let started = Instant::now();
            version = ops::text::edit(&app, params).expect("edits").version;
            ours.push(started.elapsed());
        }
        let our_cpu = cpu() - cpu_before;

        let mut bare =
            AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit).with_actor(ActorId::from([1; 24]));
        let text = bare.put_object(ROOT, "body", ObjType::Text).expect("puts");
        bare.splice_text(&text, 0, 0, &"x".repeat(before)).expect("splices");
        bare.commit();
        let cpu_before = cpu();
        let mut rounds = 0;
        while rounds < 10 {
            let mut doc = bare.fork();
            for patch in &patches {
                let delete = isize::try_from(patch.delete).expect("small");
                doc.splice_text(&text, patch.at as usize, delete, &patch.insert).expect("splices");
                doc.commit();
            }
            rounds += 1;
            black_box(&mut doc);
            if rounds == 10 {
                let expected = automerge::ReadDoc::text(&doc, &text).expect("reads");
                let actual = ops::text::open(&app, open.clone()).expect("opens").text;
                assert_eq!(actual, expected, "the text is what was typed");
            }
        }
        let bare_cpu = (cpu() - cpu_before) / rounds;
        let mut raw = raw_writes(dir.path());
        let (p50, p99) = (percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
        let raw50 = percentile(&mut raw, 0.5);
        say(&format!(
            "P1 text of {before}: {KEYSTROKES} keystrokes, p50 {p50:?}, p99 {p99:?}; raw 4 KiB write + fdatasync p50 {raw50:?}; \
             ratio {:.2} (target 1.5); CPU {our_cpu:?} against {bare_cpu:?} bare, ratio {:.2} (target 3)",
            p50.as_secs_f64() / raw50.as_secs_f64(),
            our_cpu.as_secs_f64() / bare_cpu.as_secs_f64().max(0.001),
        ));
    }
}

fn raw_writes(dir: &Path) -> Vec<Duration> {
    let file = std::fs::File::create(dir.join("raw")).expect("creates");
    file.set_len(4096 * 64).expect("grows");
    file.sync_all().expect("syncs");
    let block = [7_u8; 4096];
    (0..500_u64)
        .map(|n| {
            let started = Instant::now();
            file.write_all_at(&block, (n % 64) * 4096).expect("writes");
            file.sync_data().expect("syncs");
            started.elapsed()
        })
        .collect()
}
