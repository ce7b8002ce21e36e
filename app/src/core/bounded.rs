//! Looking at a change from elsewhere before it is decoded: its author, and how much it would inflate to.

use automerge::legacy::{Key, ObjectId};
use automerge::{AutoCommit, Change};
use flate2::read::DeflateDecoder;
use groundplan_shared::proof::{Check, left_out};
use groundplan_shared::wire::Hash;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Largest change, compressed.
const CHANGE_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Largest change, inflated.
const INFLATED_MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const PLAIN_CHANGE: u8 = 1;
const DEFLATED_CHANGE: u8 = 2;

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// It is no Automerge change.
    #[error("it is no change of a document")]
    Malformed,
    /// It is larger than allowed, or would be after inflating.
    #[error("it is larger than allowed")]
    TooLarge,
}

/// Checks the outside of a change and how much it inflates to, then decodes it.
pub(super) fn decode(bytes: &[u8]) -> Result<Change, ChangeRefused> {
    if bytes.len() > CHANGE_MAX_BYTES {
        return Err(ChangeRefused::TooLarge);
    }
    // magic (4), checksum (4), type (1), length (LEB128), content.
    let (head, rest) = bytes.split_at_checked(9).ok_or(ChangeRefused::Malformed)?;
    if !head.starts_with(&MAGIC) {
        return Err(ChangeRefused::Malformed);
    }
    match head.get(8) {
        Some(&PLAIN_CHANGE) => {}
        Some(&DEFLATED_CHANGE) => {
            let skip = rest.iter().position(|byte| byte & 0x80 == 0).ok_or(ChangeRefused::Malformed)? + 1;
            let deflated = rest.get(skip..).ok_or(ChangeRefused::Malformed)?;
            let mut measured = DeflateDecoder::new(deflated).take(INFLATED_MAX_BYTES + 1);
            let size =
                std::io::copy(&mut measured, &mut std::io::sink()).map_err(|_| ChangeRefused::Malformed)?;
            if size > INFLATED_MAX_BYTES && !left_out(Check::Inflation) {
                return Err(ChangeRefused::TooLarge);
            }
        }
        _ => return Err(ChangeRefused::Malformed),
    }
    match unbroken(|| Change::from_bytes(bytes.to_vec())) {
        Some(Ok(change)) => Ok(change),
        Some(Err(_)) | None => Err(ChangeRefused::Malformed),
    }
}

/// Does something with foreign bytes in Automerge, which checks most of them before it reads them, but not all: it panics
/// at some that end in the middle of a number. `None`: it did. What `act` was changing is then good for nothing.
pub(super) fn unbroken<T>(act: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(act)).ok()
}

/// Applies decoded changes to a document.
///
/// # Errors
/// Why Automerge refuses one; the document is then good for nothing.
pub(super) fn apply(doc: &mut AutoCommit, changes: Vec<Change>) -> Result<(), String> {
    match unbroken(|| doc.apply_changes(changes)) {
        Some(applied) => applied.map_err(|error| error.to_string()),
        None => Err("a change cannot be applied".to_owned()),
    }
}

/// Applies encoded changes to a document that belongs to no workspace.
///
/// # Errors
/// Why one is refused; the document is then good for nothing.
pub fn apply_changes(doc: &mut AutoCommit, changes: &[&[u8]]) -> Result<(), String> {
    let decoded: Result<Vec<Change>, ChangeRefused> = changes.iter().map(|bytes| decode(bytes)).collect();
    apply(doc, decoded.map_err(|error| error.to_string())?)
}

/// Returns the actor that made a change: the bytes of the device id, then those of the installation (and, for
/// edits against an older version, a suffix). Bounded like every decoding of foreign bytes.
pub fn actor_of_change(bytes: &[u8]) -> Result<Vec<u8>, ChangeRefused> {
    decode(bytes).map(|change| change.actor_id().to_bytes().to_vec())
}

/// Returns the hash of a change. Bounded likewise.
pub fn hash_of_change(bytes: &[u8]) -> Result<Hash, ChangeRefused> {
    decode(bytes).map(|change| Hash(change.hash().0))
}

/// Says whether a change marks its document as deleted, whatever others wrote at the same time.
pub fn deletes_document(bytes: &[u8]) -> bool {
    let Ok(change) = decode(bytes) else { return false };
    change.decode().operations.iter().any(|op| {
        op.obj == ObjectId::Root
            && op.key == Key::Map("alive".into())
            && op.primitive_value().is_some_and(|value| value.as_i64() == Some(0))
    })
}

/// Takes apart changes that were written one after the other. What is no change is returned whole.
pub fn changes_in(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((change, more)) = change_length(rest).and_then(|length| rest.split_at_checked(length))
        else {
            return vec![bytes];
        };
        found.push(change);
        rest = more;
    }
    found
}

/// Reads how long the change is with which the bytes begin.
fn change_length(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = bytes.split_at_checked(9)?;
    if !head.starts_with(&MAGIC) {
        return None;
    }
    let mut length = 0_usize;
    for (at, byte) in rest.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return length.checked_add(9 + at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::{ActorId, AutoCommit, ROOT, transaction::Transactable};
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    #[test]
    fn a_small_change_that_claims_much_is_not_inflated() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..65 {
            encoder.write_all(&zeros).unwrap();
        }
        let deflated = encoder.finish().unwrap();
        assert!(deflated.len() < 1024 * 1024, "{}", deflated.len());
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0; 4]);
        bytes.push(DEFLATED_CHANGE);
        let mut length = deflated.len();
        while length >= 0x80 {
            bytes.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(deflated);
        assert_eq!(actor_of_change(&bytes), Err(ChangeRefused::TooLarge));
    }

    #[test]
    fn changes_written_one_after_the_other_come_apart() {
        let mut doc = AutoCommit::new();
        let changes: Vec<Vec<u8>> = [1, 100, 300, 70_000]
            .into_iter()
            .map(|length| {
                doc.put(
                    ROOT,
                    "k",
                    (0..length).map(|n| char::from(b'a' + (n % 23) as u8)).collect::<String>(),
                )
                .unwrap();
                doc.commit();
                doc.get_last_local_change().unwrap().bytes().to_vec()
            })
            .collect();
        assert_eq!(changes_in(&changes.concat()), changes);
        assert!(changes_in(&[]).is_empty());
        assert_eq!(changes_in(b"anything else"), [b"anything else"]);
        let cut = changes.concat();
        assert_eq!(changes_in(&cut[..cut.len() - 1]).len(), 1, "a damaged row is not guessed at");
    }

    #[test]
    fn a_delete_is_told_from_an_edit() {
        let mut doc = AutoCommit::new();
        let mut change = |alive: i64, name: &str| {
            doc.put(ROOT, "name", name).unwrap();
            doc.put(ROOT, "alive", alive).unwrap();
            doc.commit();
            deletes_document(&doc.get_last_local_change().unwrap().bytes())
        };
        assert!(!change(1_800_000_000_000, "made"));
        assert!(change(0, "deleted"));
        assert!(!change(1_800_000_000_001, "brought back"));
        assert!(change(0, &"deleted in a change that is compressed ".repeat(30)));
        assert!(!deletes_document(b"anything else"));
    }

    #[test]
    fn no_mutation_of_a_change_panics() {
        let mut doc = AutoCommit::new().with_actor(ActorId::from([7; 24]));
        doc.put(ROOT, "k", "x".repeat(400)).unwrap();
        doc.commit();
        let good = doc.get_last_local_change().unwrap().bytes().to_vec();
        assert_eq!(actor_of_change(&good), Ok(vec![7; 24]));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            let _ = actor_of_change(&bad);
            assert!(actor_of_change(&good[..at]).is_err(), "cut at {at}");
        }
    }
}
