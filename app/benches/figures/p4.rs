//! P4: catching up on 10,000 envelopes over 1,000 documents: fetch, verify, decrypt, apply, project, index, commit. The
//! laptop is a process of its own, so that its processor time is nobody else's; round trips of 0, 20 and 100 ms.
//!
//! The floors are the same envelopes' sizes and the same changes through bare libraries. The signature floor is `ring`,
//! one by one; a batch would cost about a quarter. `P4_ROUNDS` changes the 10 envelopes a document. A laptop that does
//! not hold everything prints no figure. Not here: the devices (`pair`) and the way between them (`wire`).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use automerge::{AutoCommit, ReadDoc};
use groundplan_app::runtime::App;
use ring::aead;
use ring::signature::{Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::pair::{Pair, grow, named, open, rename, shut, synced};
use crate::{bare_store, cpu, say};

const DOCUMENTS: usize = 1_000;
/// Tells a second start of this program which folder it catches up in.
const LAPTOP: &str = "P4_LAPTOP";

pub(crate) fn run() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

/// The laptop's part, if this process is one. Prints wall and processor time of the catch-up in microseconds.
pub(crate) fn laptop() -> bool {
    let Some(folder) = std::env::var_os(LAPTOP) else { return false };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        // Opening costs what deriving the key from the passphrase costs, which is no part of catching up.
        let app = open(Path::new(&folder));
        let (began, before) = (Instant::now(), process_cpu());
        crate::pair::catch_up(&app).await;
        let (wall, used) = (began.elapsed(), process_cpu() - before);
        say(&format!("{} {}", wall.as_micros(), used.as_micros()));
        shut(app).await;
    });
    true
}

/// Processor time of all threads, user and system, in ticks of 10 ms.
fn process_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = text.rsplit(") ").next().expect("a line").split(' ').collect();
    let ticks = |n: usize| fields[n].parse::<u64>().expect("a number");
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

async fn measure() {
    let rounds = std::env::var("P4_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let pair = Pair::start().await;
    let began = Instant::now();
    let mut ids = Vec::new();
    grow(&pair.desk, &mut ids, DOCUMENTS);
    synced(&pair.desk).await;
    for round in 1..rounds {
        rename(&pair.desk, &ids, DOCUMENTS, &format!("Name in round {round}"));
        synced(&pair.desk).await;
    }
    pair.desk.stop_sync();
    say(&format!(
        "P4 {DOCUMENTS} documents, {rounds} envelopes each: made in {:.0} s",
        began.elapsed().as_secs_f64()
    ));
    for (n, milliseconds) in [0, 20, 100].into_iter().enumerate() {
        let folder = pair.dir.path().join(format!("laptop-{n}"));
        copy(&pair.laptop, &folder);
        pair.proxy.round_trip(milliseconds);
        pair.proxy.forget();
        let (wall, used) = tokio::task::block_in_place(|| catch_up(&folder));
        let traffic = pair.proxy.traffic();
        let app = open(&folder);
        let last = format!("Name in round {}", rounds - 1);
        assert_eq!(named(&app, &last), DOCUMENTS, "every document has its last name");
        let floors = Floors::measure(&app, &folder, rounds);
        shut(app).await;
        say(&format!(
            "P4 {} envelopes, round trip {milliseconds} ms: {:.2} s by the clock, {:.2} s CPU ({:.0} µs an envelope), \
             {} round trips (target 2); floors: verify {:.2} s, open {:.2} s, apply {:.2} s, insert {:.2} s; CPU ÷ \
             their sum {:.2} (target 1.5)",
            floors.envelopes,
            wall.as_secs_f64(),
            used.as_secs_f64(),
            used.as_secs_f64() * 1e6 / floors.envelopes as f64,
            traffic.round_trips(),
            floors.verify.as_secs_f64(),
            floors.open.as_secs_f64(),
            floors.apply.as_secs_f64(),
            floors.insert.as_secs_f64(),
            used.as_secs_f64() / floors.sum().as_secs_f64(),
        ));
    }
    pair.end().await;
}

pub(crate) fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").arg(from).arg(to).status().expect("cp runs");
    assert!(done.success());
}

fn catch_up(folder: &Path) -> (Duration, Duration) {
    let program = std::env::current_exe().expect("this program");
    let output =
        Command::new(program).env(LAPTOP, folder).stderr(Stdio::inherit()).output().expect("the laptop runs");
    assert!(output.status.success(), "the laptop caught up");
    let text = String::from_utf8(output.stdout).expect("text");
    let times: Vec<u64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    (Duration::from_micros(times[0]), Duration::from_micros(times[1]))
}

/// What cannot be avoided, through bare libraries.
struct Floors {
    envelopes: usize,
    verify: Duration,
    open: Duration,
    apply: Duration,
    insert: Duration,
}

impl Floors {
    fn sum(&self) -> Duration {
        self.verify + self.open + self.apply + self.insert
    }

    fn measure(app: &App, folder: &Path, rounds: usize) -> Self {
        let (envelopes, saves) = held(app);
        assert!(envelopes.len() >= DOCUMENTS * rounds, "all envelopes are here: {}", envelopes.len());
        Self {
            envelopes: envelopes.len(),
            verify: verify(&envelopes),
            open: decrypt(&envelopes),
            apply: apply(&saves),
            insert: insert(&envelopes, &saves, folder),
        }
    }
}

/// Every envelope, and every document with its changes in one save.
fn held(app: &App) -> (Vec<Vec<u8>>, Vec<AutoCommit>) {
    app.read(|tx| {
        let blobs = |sql: &str| -> rusqlite::Result<Vec<Vec<u8>>> {
            tx.sql().prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        let envelopes = blobs("SELECT bytes FROM envelope")?;
        let mut documents = Vec::new();
        let mut rows = tx.sql().prepare("SELECT row, save FROM document")?;
        let rows: Vec<(i64, Vec<u8>)> =
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        for (row, save) in rows {
            let tail = blobs(&format!("SELECT change FROM tail WHERE document = {row} ORDER BY seq"))?;
            let mut document = AutoCommit::load(&save).expect("loads");
            document.load_incremental(&tail.concat()).expect("loads");
            documents.push(document);
        }
        Ok((envelopes, documents))
    })
    .expect("reads")
}

fn timed(work: impl FnOnce()) -> Duration {
    let before = cpu();
    work();
    cpu() - before
}

fn verify(envelopes: &[Vec<u8>]) -> Duration {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let key = UnparsedPublicKey::new(&ring::signature::ED25519, pair.public_key().as_ref().to_vec());
    // The id of an envelope is what is signed.
    let signature = pair.sign(&[9; 32]);
    timed(|| {
        for _ in envelopes {
            key.verify(&[9; 32], signature.as_ref()).expect("valid");
        }
    })
}

fn decrypt(envelopes: &[Vec<u8>]) -> Duration {
    let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &[7; 32]).expect("a key");
    let key = aead::LessSafeKey::new(key);
    let nonce = || aead::Nonce::assume_unique_for_key([1; 12]);
    let mut sealed = envelopes.to_vec();
    for bytes in &mut sealed {
        key.seal_in_place_append_tag(nonce(), aead::Aad::empty(), bytes).expect("seals");
    }
    timed(|| {
        for bytes in &mut sealed {
            key.open_in_place(nonce(), aead::Aad::empty(), bytes).expect("opens");
        }
    })
}

fn apply(documents: &[AutoCommit]) -> Duration {
    let changes: Vec<Vec<automerge::Change>> =
        documents.iter().map(|document| document.clone().get_changes(&[])).collect();
    let mut applied = Vec::new();
    let took = timed(|| {
        for changes in changes {
            let mut document = AutoCommit::new();
            document.apply_changes(changes).expect("applies");
            applied.push(document);
        }
    });
    assert!(
        applied
            .iter()
            .zip(documents)
            .all(|(one, other)| one.length(automerge::ROOT) == other.length(automerge::ROOT))
    );
    took
}

/// Envelopes, saves, names and their words in one transaction of a bare encrypted database.
fn insert(envelopes: &[Vec<u8>], documents: &[AutoCommit], folder: &Path) -> Duration {
    let bare = bare_store(folder);
    bare.execute_batch(
        "CREATE TABLE envelope (env_id BLOB UNIQUE, bytes BLOB); CREATE TABLE document (id BLOB UNIQUE, save BLOB);
         CREATE TABLE element (id BLOB UNIQUE, name TEXT); CREATE VIRTUAL TABLE word USING fts5(name)",
    )
    .expect("creates");
    let saves: Vec<Vec<u8>> = documents.iter().map(|document| document.clone().save()).collect();
    timed(|| {
        bare.execute_batch("BEGIN IMMEDIATE").expect("begins");
        for bytes in envelopes {
            let id = ring::digest::digest(&ring::digest::SHA256, bytes);
            let mut row = bare.prepare_cached("INSERT INTO envelope VALUES (?1, ?2)").expect("prepares");
            row.execute((id.as_ref(), bytes)).expect("inserts");
        }
        for (n, save) in saves.iter().enumerate() {
            let id = (n as u128).to_be_bytes();
            let mut row = bare.prepare_cached("INSERT INTO document VALUES (?1, ?2)").expect("prepares");
            row.execute((id, save)).expect("inserts");
            let mut row = bare.prepare_cached("INSERT INTO element VALUES (?1, ?2)").expect("prepares");
            row.execute((id, format!("Name {n}"))).expect("inserts");
            let mut row = bare.prepare_cached("INSERT INTO word VALUES (?1)").expect("prepares");
            row.execute([format!("Name {n} Does one thing.")]).expect("inserts");
        }
        bare.execute_batch("COMMIT").expect("commits");
    })
}
