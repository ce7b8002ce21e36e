//! P8: what a page that was really typed costs on the server and on the device, encrypted, after compaction, beside its
//! plaintext `save()`.
//!
//! A recorded editing session is typed on the desk, as fast as people type: the editor hands over three keystrokes at a
//! time, and where nobody else looks 24 travel in one envelope. The laptop follows and gives the second opinion; the server
//! drops without a grace period. `P8_KEYSTROKES=2000,5000` names how much of the session is typed.
//! The desk, the laptop and a device that comes back after all of it must hold the recorded text, or there is no figure.
//! Not here: the recording and the floor (`p1`), the devices (`pair`).

use std::path::Path;
use std::time::{Duration, Instant};

use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc, TextEncoding, transaction::Transactable};
use groundplan_app::ops;
use groundplan_app::runtime::App;
use groundplan_shared::api::*;
use groundplan_shared::envelope::{Kind, parse_outer};
use groundplan_shared::model::*;

use crate::p1::{Patch, trace};
use crate::pair::{Pair, reopen, shut, synced};
use crate::{cpu, say};

/// Keystrokes that the editor hands over at once: six a second, and it waits 400 ms (`COALESCE_MS` in `ui/editor/sync.ts`).
const AT_ONCE: usize = 3;
/// Keystrokes that travel in one envelope: six a second, for four seconds (`GATHER` in `app/src/net/driver.rs`).
const TOGETHER: usize = 24;
/// How long the server may take to hear the second opinion.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run() {
    let Some((patches, _)) = trace(usize::MAX) else {
        say("P8 SKIPPED: the corpora are not here");
        return;
    };
    let sizes = std::env::var("P8_KEYSTROKES").unwrap_or_else(|_| "2000,5000,10000".to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().expect("a number")).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for size in sizes {
        runtime.block_on(one(&patches[..size.min(patches.len())]));
    }
}

/// The session in bare Automerge: the text, and what its save takes.
fn plain(patches: &[Patch]) -> (String, usize) {
    let mut bare =
        AutoCommit::new_with_encoding(TextEncoding::Utf16CodeUnit).with_actor(ActorId::from([1; 24]));
    let text = bare.put_object(ROOT, "body", ObjType::Text).expect("puts");
    for together in patches.chunks(AT_ONCE) {
        for patch in together {
            let delete = isize::try_from(patch.delete).expect("small");
            bare.splice_text(&text, patch.at as usize, delete, &patch.insert).expect("splices");
        }
        bare.commit();
    }
    (bare.text(&text).expect("reads"), bare.save().len())
}

/// What the server holds, in bytes: whole envelopes, of them snapshots, and stubs; links, ids and opinions beside them;
/// and how many opinions were followed.
#[derive(Default)]
struct Held {
    whole: u64,
    snapshots: u64,
    stubs: u64,
    beside: u64,
    opinions: u64,
}

impl Held {
    fn sum(&self) -> u64 {
        self.whole + self.snapshots + self.stubs
    }
}

fn held(data: &Path) -> Held {
    let database = rusqlite::Connection::open(data.join("server.db")).expect("opens");
    let sql = "SELECT (SELECT coalesce(sum(length(link) + length(env_id)), 0) FROM envelopes)
                          + (SELECT coalesce(sum(length(ack)), 0) FROM snapshot_acks),
                      (SELECT count(*) FROM snapshot_acks WHERE done = 1)";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (beside, opinions) = database.query_row(sql, [], read).expect("reads");
    let mut held = Held { beside, opinions, ..Held::default() };
    let mut rows = database.prepare("SELECT envelope FROM envelopes").expect("prepares");
    let rows = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("reads");
    for bytes in rows.map(|row| row.expect("a row")) {
        let size = bytes.len() as u64;
        match parse_outer(&bytes) {
            Err(_) => held.stubs += size,
            Ok(outer) if outer.header.kind == Kind::Snapshot => held.snapshots += size,
            Ok(_) => held.whole += size,
        }
    }
    held
}

fn body(app: &App, page: DocumentId) -> String {
    ops::text::open(app, TextOpenParams { document: page, field: TextField::Body }).expect("opens").text
}

async fn one(patches: &[Patch]) {
    let (wanted, save) = plain(patches);
    let pair = Pair::start().await;
    let (data, desk) = (pair.dir.path().join("server"), &pair.desk);
    // Who was away for all of it.
    let away = pair.dir.path().join("away");
    crate::p4::copy(&pair.laptop, &away);
    let laptop = reopen(&pair.laptop).await;
    let page = PageCreateParams {
        kind: PageKind::Doc,
        title: "Trace".into(),
        path: String::new(),
        body: String::new(),
        about: None,
        classification: None,
    };
    let page = ops::page::create(desk, page).expect("creates").page.id;
    synced(desk).await;
    let empty = held(&data);
    let began = Instant::now();
    let mut most = 0;
    let open = TextOpenParams { document: page, field: TextField::Body };
    let mut version = ops::text::open(desk, open).expect("opens").version;
    let mut typing = Duration::ZERO;
    for run in patches.chunks(TOGETHER) {
        let before = cpu();
        // Who looks at it alone types into few envelopes.
        let here = PresenceSetParams { document: Some(page), ..PresenceSetParams::default() };
        ops::presence::set(desk, here).expect("is there");
        for together in run.chunks(AT_ONCE) {
            let one = |patch: &Patch| TextChange {
                at: patch.at,
                delete: patch.delete,
                insert: patch.insert.clone(),
            };
            let (version_now, changes) = (std::mem::take(&mut version), together.iter().map(one).collect());
            let field = TextField::Body;
            let params = TextEditParams { document: page, field, version: version_now, changes };
            version = ops::text::edit(desk, params).expect("edits").version;
        }
        typing += cpu() - before;
        synced(desk).await;
        most = most.max(held(&data).sum());
    }
    synced(&laptop).await;
    synced(desk).await;
    let until = Instant::now() + PATIENCE;
    while held(&data).opinions == 0 && Instant::now() < until {
        synced(&laptop).await;
    }
    let after = held(&data);
    assert!(body(desk, page) == wanted && body(&laptop, page) == wanted, "both hold the recorded text");
    shut(laptop).await;
    let back = reopen(&away).await;
    assert!(body(&back, page) == wanted, "who comes back holds it too");
    shut(back).await;
    let (bytes, beside) = (after.sum() - empty.sum(), after.beside - empty.beside);
    let (whole, most) = (after.whole - empty.whole, most - empty.sum());
    let times = |bytes: u64| bytes as f64 / save as f64;
    say(&format!(
        "P8 {} keystrokes, {TOGETHER} an envelope: plaintext save {save} bytes; on the server {bytes} bytes, \
         {} of snapshots, {} of stubs, {whole} of other envelopes: {:.1} x (target 2), with links, ids and opinions \
         {:.1} x; at most {most} bytes on the way: {:.0} x, {:.0} a keystroke; {} compactions; all of it in {:.0} s, typing {:.0} µs of CPU a key",
        patches.len(),
        after.snapshots,
        after.stubs,
        times(bytes),
        times(bytes + beside),
        times(most),
        most as f64 / patches.len() as f64,
        after.opinions,
        began.elapsed().as_secs_f64(),
        typing.as_secs_f64() * 1e6 / patches.len() as f64,
    ));
    pair.end().await;
}
