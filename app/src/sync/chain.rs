//! Authors' chains: where a received envelope stands in its author's, and this device's own after a restore.
//!
//! Not here: documents' logs (`receive`) and sealing the next of this device's chain (`seal`).

use groundplan_shared::wire::EnvelopeId;

use super::receive::Receiver;
use super::store::{ChainHead, EnvelopeRow, SyncTx};
use super::{SyncError, push, seal, snapshot};

/// Where an envelope stands in its author's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chained {
    /// It is the next; the chain ends with it now.
    Next,
    /// Others before it are missing.
    Later,
    /// Its place is taken, or it follows another one.
    Other,
}

impl Receiver<'_, '_> {
    /// Says where an envelope stands in its author's chain, and moves the chain if it is the next. Of a stub's own
    /// predecessor nothing is known: the next whole envelope of the chain names the stub.
    pub(super) fn chained(&mut self, tx: &mut dyn SyncTx, row: &EnvelopeRow) -> Result<Chained, SyncError> {
        let end =
            tx.chain(row.author, row.stream)?.unwrap_or(ChainHead { dev_seq: 0, env_id: EnvelopeId::ZERO });
        if row.dev_seq > end.dev_seq + 1 {
            self.out.chain_gap |= !self.stopped.contains(&(row.author, row.stream));
            return Ok(Chained::Later);
        }
        let follows = row.previous == end.env_id || snapshot::stub_of(row).is_some();
        if row.dev_seq <= end.dev_seq || !follows {
            return Ok(Chained::Other);
        }
        tx.set_chain(row.author, row.stream, ChainHead { dev_seq: row.dev_seq, env_id: row.env_id })?;
        Ok(Chained::Next)
    }

    /// Ours, but unknown here: this store was restored from a copy. What it sealed since clashes with what it had sent:
    /// that is sealed anew, in a new stream.
    pub(super) fn restored(&mut self, tx: &mut dyn SyncTx, row: &EnvelopeRow) -> Result<(), SyncError> {
        if row.author == self.keys.id() && tx.own_stream(row.compartment)? == Some(row.stream) {
            push::unseal_all(tx)?;
            let stream = seal::make_stream(self.env.random)?;
            tx.set_own_stream(row.compartment, stream)?;
        }
        Ok(())
    }
}
