//! Verified envelopes on their way into documents: opened, held by the brake, applied, or locked for later.
//!
//! Not here: the checks before (`receive`).

use std::cell::RefCell;
use std::collections::BTreeSet;

use groundplan_shared::crypto::safe::CompartmentKey;
use groundplan_shared::envelope::{self, Standing};
use groundplan_shared::wire::EnvelopeId;

use super::log::Log;
use super::receive::{AGAIN, Receiver};
use super::store::{EnvelopeRow, EnvelopeState, SyncTx, Unappliable};
use super::{SyncError, brake};

/// An opened envelope on its way into its document.
pub(super) struct Ready {
    /// Its row, in the state that it has afterwards.
    pub(super) row: EnvelopeRow,
    /// The changes in it.
    pub(super) changes: Vec<Vec<u8>>,
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
                    let changes = opened.body.changes.into_iter().map(|change| change.0).collect();
                    self.ready
                        .entry((row.document, row.compartment))
                        .or_default()
                        .push(Ready { row, changes });
                }
                Err(error) if error.may_heal() => {}
                Err(_) => self.reject(tx, &row, "its content is not authentic or not readable")?,
            }
        }
        Ok(())
    }

    /// Applies everything that is ready, a document at a time; if that fails, an envelope at a time.
    pub(super) fn flush(&mut self, tx: &mut dyn SyncTx) -> Result<(), SyncError> {
        let mut ready = std::mem::take(&mut self.ready);
        brake::check(tx, &mut ready, |(document, _)| *document, self.keys.id(), self.env.now_ms)?;
        for ((document, compartment), ready) in ready {
            let all: Vec<Vec<u8>> = ready.iter().flat_map(|one| one.changes.iter().cloned()).collect();
            if tx.apply(document, compartment, &all)?.is_ok() {
                for one in ready {
                    tx.put_envelope(&one.row)?;
                }
                self.out.changed.insert(document);
                continue;
            }
            for mut one in ready {
                match tx.apply(document, compartment, &one.changes)? {
                    Ok(()) => {
                        self.out.changed.insert(document);
                        tx.put_envelope(&one.row)?;
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
