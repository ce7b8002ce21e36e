//! Looks whether the write-ahead log beside a database was damaged after it was synced.
//!
//! SQLite reads its log up to the first frame whose checksum is wrong and takes the rest for a write that a crash cut off:
//! right for the end of the log, a silent loss in its midst. After a frame that is wrong, a commit and then a frame of a
//! later transaction prove that the wrong one had been synced (`synchronous=FULL`), so it was damaged since. The last
//! transaction of a log cannot be told from one that was cut off.

use std::path::{Path, PathBuf};

use super::StoreError;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Tries while another process begins the log anew.
const TRIES: usize = 3;

/// Fails if the log beside the database lost commits. A log that another process writes meanwhile is read again.
pub(super) fn check(database: &Path) -> Result<(), StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    let path = PathBuf::from(name);
    for _ in 0..TRIES {
        // Whatever keeps it from being read keeps SQLite from reading it, which has its own words for it.
        let Ok(bytes) = std::fs::read(&path) else { return Ok(()) };
        let Some(lost) = lost(&bytes) else { return Ok(()) };
        let begins = |bytes: &[u8]| bytes.get(..HEADER).map(<[u8]>::to_vec);
        if std::fs::read(&path).is_ok_and(|again| begins(&again) == begins(&bytes)) {
            let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let detail = format!("{lost} change(s) in it that were stored cannot be read any more");
            return Err(StoreError::Corrupt { file, detail });
        }
    }
    Ok(())
}

/// A 32-bit number at a place.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// SQLite's running checksum, over pairs of words in the byte order that the log's magic names.
fn sum(big: bool, (mut a, mut b): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let (pairs, _) = bytes.as_chunks::<8>();
    for [b0, b1, b2, b3, b4, b5, b6, b7] in pairs.iter().copied() {
        let number = if big { u32::from_be_bytes } else { u32::from_le_bytes };
        a = a.wrapping_add(number([b0, b1, b2, b3])).wrapping_add(b);
        b = b.wrapping_add(number([b4, b5, b6, b7])).wrapping_add(a);
    }
    (a, b)
}

/// Counts the commits that lie behind a damaged frame although they were synced; `None` if there is no such thing.
fn lost(log: &[u8]) -> Option<u64> {
    let header = log.get(..HEADER)?;
    let big = word(header, 0)? & 1 == 1;
    let page = usize::try_from(word(header, 8)?).ok().filter(|page| (512..=65_536).contains(page));
    let mut sums = sum(big, (0, 0), header.get(..24)?);
    let mut valid = sums == (word(header, 24)?, word(header, 28)?);
    // A damaged header may name another page size: the size that every database here has.
    let page = page.filter(|_| valid).unwrap_or(4_096);
    let frames = log.get(HEADER..)?.chunks_exact(FRAME_HEADER + page);
    let salt = if valid { header.get(16..24)? } else { frames.clone().next()?.get(8..16)? };
    let (mut commits, mut synced, mut ends) = (0, false, false);
    for frame in frames {
        let ours = frame.get(8..16)? == salt;
        let found = sum(big, sum(big, sums, frame.get(..8)?), frame.get(FRAME_HEADER..)?);
        let named = (word(frame, 16)?, word(frame, 20)?);
        // Every frame's sum goes on from the one before it: what was left over from a write that failed does not.
        let continues = ours && found == named;
        sums = named;
        valid &= continues;
        if valid {
            continue;
        }
        synced |= ends && continues;
        ends = ours && word(frame, 4)? != 0;
        commits += u64::from(ends);
    }
    synced.then_some(commits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// A log of some transactions of a page each.
    fn log() -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute_batch("CREATE TABLE t(x)").unwrap();
        for n in 0..6 {
            connection.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
        }
        std::fs::read(dir.path().join("a.db-wal")).unwrap()
    }

    #[test]
    fn a_whole_or_cut_log_is_no_damage_and_a_flip_before_its_end_is() {
        let whole = log();
        assert_eq!(lost(&whole), None);
        for end in (0..whole.len()).step_by(97) {
            assert_eq!(lost(&whole[..end]), None, "cut at {end}");
        }
        let frame = FRAME_HEADER + 4_096;
        let last = whole.len() - frame;
        for at in (0..whole.len()).step_by(61) {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            // A flip in a sum breaks two frames, and one more has to go on from a commit.
            let certain = at < last - 2 * frame;
            assert!(lost(&bytes).is_some() || !certain, "byte {at}");
            assert!(lost(&bytes).is_none() || at < last, "byte {at}");
        }
    }

    #[test]
    fn noise_is_read_without_panic() {
        for length in [0, 1, 31, 32, 33, 56, 5_000] {
            for value in [0, 0xff, 0x37] {
                lost(&vec![value; length]);
            }
        }
    }
}
