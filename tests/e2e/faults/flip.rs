//! F6: one byte of a stored file is another one. It is noticed and said, or it makes no difference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use groundplan_app::core::Workspace;
use groundplan_app::store::{self, Family};
use groundplan_tests::device::Device;
use groundplan_tests::random::Random;
use groundplan_tests::{faults, tell};
use rusqlite::Connection;

use super::look::Keys;

const PAGE: usize = 4_096;

/// Everything that the tables hold, as text; what fails is an error with its words.
fn dump(sql: &Connection) -> Result<String, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let mut names =
        sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map_err(text)?;
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).map_err(text)?.collect::<Result<_, _>>().map_err(text)?;
    let mut out = String::new();
    for name in names.iter().filter(|name| *name != "meta") {
        let mut rows = sql.prepare(&format!("SELECT * FROM \"{name}\"")).map_err(text)?;
        let columns = rows.column_count();
        let mut rows = rows.query([]).map_err(text)?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next().map_err(text)? {
            let cells: Vec<String> = (0..columns)
                .map(|at| row.get_ref(at).map(|cell| format!("{cell:?}")))
                .collect::<Result<_, _>>()
                .map_err(text)?;
            lines.push(cells.join("|"));
        }
        lines.sort();
        out.push_str(&format!("{name}\n{}\n", lines.join("\n")));
    }
    Ok(out)
}

/// What a fault led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// It was said when opening or reading.
    Said,
    /// It made no difference.
    Harmless,
    /// The last transaction of a crashed program's log reads like one that was cut off: that one edit is gone.
    LastGone,
}

fn copy(files: &[PathBuf], to: &Path) {
    for file in files {
        std::fs::copy(file, to.join(file.file_name().expect("a name"))).expect("a copy");
    }
}

/// Flips a byte in each page of `file`; the other files are copied along. Returns the verdicts.
fn each_page(
    files: &[PathBuf],
    file: &Path,
    random: &mut Random,
    before_last: Option<&str>,
    read: &dyn Fn(&Path) -> Result<String, String>,
) -> BTreeMap<Verdict, usize> {
    let right = {
        let folder = tempfile::tempdir().expect("a folder");
        copy(files, folder.path());
        read(folder.path()).expect("it reads while it is whole")
    };
    let mut verdicts = BTreeMap::new();
    let length = std::fs::metadata(file).expect("a file").len() as usize;
    let start = Instant::now();
    let longest = faults::budget(30);
    for begin in (0..length).step_by(PAGE) {
        if longest.is_some_and(|longest| start.elapsed() > longest) {
            break;
        }
        let folder = tempfile::tempdir().expect("a folder");
        copy(files, folder.path());
        let path = folder.path().join(file.file_name().expect("a name"));
        let mut bytes = std::fs::read(&path).expect("a file");
        let at = begin + random.below((length - begin).min(PAGE));
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(&path, bytes).expect("written");
        let verdict = match read(folder.path()) {
            Err(said) => {
                let words = ["damaged", "malformed", "does not open", "not a database"];
                assert!(words.iter().any(|word| said.contains(word)), "byte {at}: {said}");
                Verdict::Said
            }
            Ok(content) if content == right => Verdict::Harmless,
            Ok(content) if before_last == Some(content.as_str()) => Verdict::LastGone,
            Ok(_) => panic!("byte {at} of {length} of {}: silently other content", file.display()),
        };
        *verdicts.entry(verdict).or_default() += 1;
    }
    verdicts
}

fn read_workspace(workspace: &Workspace) -> Result<String, String> {
    let mut dumped = Err("never".to_owned());
    let read = workspace.read(|tx| {
        dumped = dump(tx.sql());
        Ok(())
    });
    read.map_err(|error| error.to_string()).and(dumped)
}

#[test]
fn a_flipped_byte_in_any_page_is_said_or_harmless() {
    let start = Instant::now();
    let device = Device::new("Desk");
    device.done(&["init", "--sample"]);
    let mut random = Random::new(0xf6_0001);
    let keys = Keys::of(&device);
    let name = keys.file.file_name().expect("a name").to_owned();
    let open = |folder: &Path| read_workspace(&keys.open(&folder.join(&name))?);
    let database = each_page(std::slice::from_ref(&keys.file), &keys.file, &mut random, None, &open);
    let profile = each_page(
        std::slice::from_ref(&keys.profile_file),
        &keys.profile_file,
        &mut random,
        None,
        &|folder: &Path| {
            let opened = store::open(&folder.join("profile.db"), &keys.profile, Family::Profile);
            dump(&opened.map_err(|error| error.to_string())?.connection)
        },
    );
    // A log beside it, as a crash leaves it: edits that are not in the database yet.
    let crashed = tempfile::tempdir().expect("a folder");
    let mut before_last = String::new();
    let files = {
        let workspace = keys.open(&keys.file).expect("it opens");
        for n in 0..12u8 {
            before_last = read_workspace(&workspace).expect("it reads");
            let id = groundplan_shared::model::DocumentId::from_bytes([n; 16]);
            let kind = groundplan_shared::model::DocumentKind::Page;
            workspace.edit("Add", |tx| tx.create(id, kind, |_| Ok(()))).expect("an edit");
        }
        let log = keys.file.with_extension("db-wal");
        copy(&[keys.file.clone(), log.clone()], crashed.path());
        [&keys.file, &log].map(|file| crashed.path().join(file.file_name().expect("a name")))
    };
    let log = each_page(&files, &files[1], &mut random, Some(&before_last), &open);
    let count = |verdicts: &BTreeMap<Verdict, usize>| verdicts.values().sum::<usize>();
    assert!(database[&Verdict::Said] > count(&database) / 2, "{database:?}");
    let last_gone = log.get(&Verdict::LastGone).copied().unwrap_or(0);
    assert!(count(&log) > 10 && last_gone * 4 < count(&log), "{log:?}");
    tell(&format!(
        "F6: {} flipped bytes, one a page: workspace {database:?}, profile {profile:?}, log {log:?}; {:.0} s",
        count(&database) + count(&profile) + count(&log),
        start.elapsed().as_secs_f32()
    ));
}
