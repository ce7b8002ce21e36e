//! Verified envelopes on their way into documents: opened, held by the brake, applied, or locked for later.
//!
//! Not here: the checks before (`receive`).

use std::cell::RefCell;
use std::collections::BTreeSet;

use groundplan_shared::crypto::safe::CompartmentKey;
use groundplan_shared::envelope::{self, Header, Opened, Scope, Standing};
use groundplan_shared::wire::{DeviceId, EnvelopeId};

use super::log::Log;
use super::receive::{AGAIN, Receiver};
use super::store::{EnvelopeRow, EnvelopeState, SyncTx, Unappliable};
use super::weak::{Check, left_out};
use super::{SyncError, brake};

/// Why something is set aside whose author may comment and not write.
pub(super) const NO_COMMENT: &str = "its author may comment, and this is no comment";

/// An opened envelope on its way into its document.
pub(super) struct Ready {
    /// Its row, in the state that it has afterwards.
    pub(super) row: EnvelopeRow,
    /// The changes in it.
    pub(super) changes: Vec<Vec<u8>>,
    /// Whether its author may only comment.
    pub(super) only_talk: bool,
    /// Whether the row lies in the store like this.
    pub(super) stored: bool,
}

impl Receiver<'_, '_> {
    /// Opens what was locked, as far as keys and documents' beginnings are here now.
    pub(super) fn unlock(&mut self, tx: &mut dyn SyncTx) -> Result<(), SyncError> {
        let braked: BTreeSet<EnvelopeId> = tx.braked()?.into_iter().map(|braked| braked.env_id).collect();
        for mut row in tx.envelopes_in(EnvelopeState::Locked, AGAIN)? {
            if braked.contains(&row.env_id) {
                continue;
            }
            let Ok(outer) = envelope::parse_outer(&row.bytes) else { continue };
            let Some(key) = tx.key(outer.header.compartment, outer.header.epoch)? else { continue };
            match open(tx, &row, self.log, Some(&key)) {
                Ok(opened) if outer.header.kind == envelope::Kind::Snapshot => {
                    self.snapshot(tx, row, &opened)?;
                }
                Ok(opened) => {
                    row.state = EnvelopeState::Applied;
                    self.make_ready(row, opened, false);
                }
                Err(error) if error.may_heal() => {}
                Err(_) => self.reject(tx, &row, "its content is not authentic or not readable")?,
            }
        }
        Ok(())
    }

    /// Puts an opened envelope, whose row is as it will be, on its way; `stored`: it lies in the store like that already.
    pub(super) fn make_ready(&mut self, row: EnvelopeRow, opened: Opened, stored: bool) {
        let only_talk = self.only_talks(&opened.header, &row);
        let one = Ready { row, changes: changes_of(opened), only_talk, stored };
        self.ready.entry((one.row.document, one.row.compartment)).or_default().push(one);
    }

    /// Says whether the author of an envelope might only comment: as of the entry that it names, which may be older than
    /// the one that took the right to write, or as of the one under which it was accepted.
    fn only_talks(&self, header: &Header, row: &EnvelopeRow) -> bool {
        let scope = |index| envelope::scope_at(self.log.state(), &header.author, header.compartment, index);
        let accepted_at = row.place.map_or(header.log.index, |place| place.log_index);
        [scope(header.log.index), scope(accepted_at)].contains(&Some(Scope::Talk)) && !left_out(Check::Talk)
    }

    /// Says whether an own envelope that was read back is what this device might write when it was accepted. If this
    /// member lost the right to write after it was sealed, everybody else sets it aside.
    pub(super) fn own_stands(&self, tx: &mut dyn SyncTx, row: &EnvelopeRow) -> Result<bool, SyncError> {
        let Ok(outer) = envelope::parse_outer(&row.bytes) else { return Ok(true) };
        if !self.only_talks(&outer.header, row) || outer.header.kind == envelope::Kind::Snapshot {
            return Ok(true);
        }
        let key = tx.key(row.compartment, outer.header.epoch)?;
        let Ok(opened) = open(tx, row, self.log, key.as_ref()) else { return Ok(true) };
        let one = Ready { row: row.clone(), changes: changes_of(opened), only_talk: true, stored: true };
        Ok(self.talks(tx, &one)? != Some(false))
    }

    /// Says whether what is ready keeps to what its author may write; `None`: not yet.
    fn talks(&self, tx: &mut dyn SyncTx, one: &Ready) -> Result<Option<bool>, SyncError> {
        if !one.only_talk {
            return Ok(Some(true));
        }
        tx.talks(one.row.document, &one.changes, &|actor| same_member(self.log, actor, &one.row.author))
    }

    /// Applies everything that is ready, a document at a time; if that fails, an envelope at a time.
    pub(super) fn flush(&mut self, tx: &mut dyn SyncTx) -> Result<(), SyncError> {
        let mut ready = std::mem::take(&mut self.ready);
        brake::check(tx, &mut ready, |(document, _)| *document, self.keys.id(), self.env.now_ms)?;
        for ((document, compartment), ready) in ready {
            let all: Vec<Vec<u8>> = ready.iter().flat_map(|one| one.changes.iter().cloned()).collect();
            let together = ready.iter().all(|one| !one.only_talk);
            if together && tx.apply(document, compartment, &all)?.is_ok() {
                for one in ready.iter().filter(|one| !one.stored) {
                    tx.put_envelope(&one.row)?;
                }
                self.out.changed.insert(document);
                continue;
            }
            for mut one in ready {
                match self.talks(tx, &one)? {
                    Some(true) => {}
                    Some(false) => {
                        self.reject(tx, &one.row, NO_COMMENT)?;
                        continue;
                    }
                    None => {
                        one.row.state = EnvelopeState::Locked;
                        tx.put_envelope(&one.row)?;
                        continue;
                    }
                }
                match tx.apply(document, compartment, &one.changes)? {
                    Ok(()) => {
                        self.out.changed.insert(document);
                        if !one.stored {
                            tx.put_envelope(&one.row)?;
                        }
                    }
                    Err(Unappliable::NotYet) => {
                        one.row.state = EnvelopeState::Locked;
                        tx.put_envelope(&one.row)?;
                    }
                    Err(Unappliable::Bad(reason)) => self.reject(tx, &one.row, &reason)?,
                }
            }
        }
        Ok(())
    }
}

fn changes_of(opened: Opened) -> Vec<Vec<u8>> {
    opened.body.changes.into_iter().map(|change| change.0).collect()
}

/// Says whether an actor is of a device of the same member.
pub(super) fn same_member(log: &Log, actor: &[u8], device: &DeviceId) -> bool {
    let member = |id: &DeviceId| log.state().device(id).map(|device| device.member);
    let its = actor.get(..DeviceId::LEN).and_then(DeviceId::from_slice);
    its.is_some_and(|its| its == *device || (member(&its).is_some() && member(&its) == member(device)))
}

/// Opens an envelope that was stored by the server.
pub(super) fn open(
    tx: &mut dyn SyncTx,
    row: &EnvelopeRow,
    log: &Log,
    key: Option<&CompartmentKey>,
) -> Result<envelope::Opened, envelope::OpenError> {
    let tx = RefCell::new(tx);
    envelope::open_checked(
        &row.bytes,
        &row.document,
        log.state(),
        Standing::Stored,
        |_, _| key,
        |change| tx.borrow_mut().actor(change),
    )
}
