//! A document's save from elsewhere: how much its columns would inflate to is measured before it is decoded.
//!
//! A save is: magic (4), checksum (4), type (1), length, actors, heads, then the columns of changes and of operations:
//! for each a number (bit 3: deflated) and a length, first all of these, then the bytes in the same order.

use std::io::Read;

use automerge::{ActorId, AutoCommit};
use flate2::read::DeflateDecoder;
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::wire::Hash;

use super::ChangeRefused;
use super::bounded::unbroken;
use crate::doc;

/// Largest save.
const SAVE_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of all columns, inflated.
const INFLATED_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Most actors and heads, and most columns of one kind.
const LIST_MAX: u64 = 1 << 20;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const SAVE: u8 = 0;
const DEFLATED: u64 = 8;

/// Decodes a save into its changes, causes first, within limits.
///
/// # Errors
/// It is no save, or too large.
pub fn saved_changes(save: &[u8]) -> Result<Vec<(SavedChange, Vec<u8>)>, ChangeRefused> {
    measure(save)?;
    unbroken(|| decoded(save)).unwrap_or(Err(ChangeRefused::Malformed))
}

fn decoded(save: &[u8]) -> Result<Vec<(SavedChange, Vec<u8>)>, ChangeRefused> {
    let nobody = ActorId::from([0u8; 16].as_slice());
    let mut document: AutoCommit = doc::load(save, nobody).map_err(|_| ChangeRefused::Malformed)?;
    let changes = document.get_changes(&[]).into_iter().map(|mut change| {
        let saved = SavedChange { hash: Hash(change.hash().0), actor: change.actor_id().to_bytes().to_vec() };
        (saved, change.bytes().to_vec())
    });
    Ok(changes.collect())
}

/// Measures a save that is one document and nothing behind it.
fn measure(save: &[u8]) -> Result<(), ChangeRefused> {
    if save.len() > SAVE_MAX_BYTES {
        return Err(ChangeRefused::TooLarge);
    }
    let (head, rest) = save.split_at_checked(9).ok_or(ChangeRefused::Malformed)?;
    if !head.starts_with(&MAGIC) || head.last() != Some(&SAVE) {
        return Err(ChangeRefused::Malformed);
    }
    let mut at = Reader(rest);
    if at.number()? != at.0.len() as u64 {
        return Err(ChangeRefused::Malformed);
    }
    for _ in 0..at.count()? {
        let length = at.number()?;
        at.take(length)?;
    }
    let heads = at.count()?;
    at.take(heads.checked_mul(32).ok_or(ChangeRefused::Malformed)?)?;
    let mut columns = at.columns()?;
    columns.extend(at.columns()?);
    let mut inflated: u64 = 0;
    for (deflated, length) in columns {
        let bytes = at.take(length)?;
        inflated += if deflated {
            let mut measured = DeflateDecoder::new(bytes).take(INFLATED_MAX_BYTES + 1);
            std::io::copy(&mut measured, &mut std::io::sink()).map_err(|_| ChangeRefused::Malformed)?
        } else {
            length
        };
        if inflated > INFLATED_MAX_BYTES {
            return Err(ChangeRefused::TooLarge);
        }
    }
    Ok(())
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a number (LEB128).
    fn number(&mut self) -> Result<u64, ChangeRefused> {
        let mut value: u64 = 0;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(ChangeRefused::Malformed)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ChangeRefused::Malformed)
    }

    fn count(&mut self) -> Result<u64, ChangeRefused> {
        let count = self.number()?;
        if count > LIST_MAX { Err(ChangeRefused::TooLarge) } else { Ok(count) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], ChangeRefused> {
        let length = usize::try_from(length).map_err(|_| ChangeRefused::Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ChangeRefused::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Reads which columns there are: whether each is deflated, and its length.
    fn columns(&mut self) -> Result<Vec<(bool, u64)>, ChangeRefused> {
        let mut columns = Vec::new();
        for _ in 0..self.count()? {
            let (number, length) = (self.number()?, self.number()?);
            columns.push((number & DEFLATED != 0, length));
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::{ROOT, transaction::Transactable};

    fn document(length: usize) -> AutoCommit {
        let mut doc = doc::empty(ActorId::from([7; 24]));
        for n in 0..20 {
            doc.put(ROOT, format!("key {n}"), "text ".repeat(length)).unwrap();
            doc.commit();
        }
        doc
    }

    #[test]
    fn a_save_is_read_with_all_its_changes() {
        let mut doc = document(300);
        let saved = saved_changes(&doc.save()).unwrap();
        let made: Vec<Hash> = doc.get_changes(&[]).iter().map(|change| Hash(change.hash().0)).collect();
        assert_eq!(saved.iter().map(|(change, _)| change.hash).collect::<Vec<_>>(), made);
        assert!(saved.iter().all(|(change, _)| change.actor == [7; 24]));
        assert_eq!(saved_changes(&doc.save_nocompress()).unwrap().len(), 20);
    }

    #[test]
    fn a_save_that_would_inflate_to_too_much_is_not_decoded() {
        // One value of 65 MiB deflates to a few dozen KiB.
        let mut doc = doc::empty(ActorId::from([7; 24]));
        doc.put(ROOT, "key", "a".repeat(65 << 20)).unwrap();
        doc.commit();
        let save = doc.save();
        assert!(save.len() < 1 << 20, "{}", save.len());
        assert_eq!(saved_changes(&save), Err(ChangeRefused::TooLarge));
    }

    #[test]
    fn a_column_that_ends_in_the_middle_of_a_number_makes_no_save() {
        // Found by fuzzing. The checksum is right, so that Automerge reads on.
        let save = [
            0x85, 0x6f, 0x4a, 0x83, 0x7d, 0x13, 0x71, 0x16, 0x00, 0x11, 0x00, 0x00, 0x01, 0x09, 0x06, 0x01,
            0x00, 0x03, 0x53, 0xfe, 0x32, 0x32, 0x00, 0x00, 0x00, 0x00, 0x01,
        ];
        assert_eq!(saved_changes(&save), Err(ChangeRefused::Malformed));
    }

    #[test]
    fn no_mutation_of_a_save_panics_or_passes_for_another() {
        let good = document(3).save();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            assert!(saved_changes(&bad).is_err(), "byte {at}");
            assert!(saved_changes(&good[..at]).is_err(), "cut at {at}");
        }
        assert!(saved_changes(&[good.as_slice(), &good].concat()).is_err(), "two saves are not one");
    }
}
