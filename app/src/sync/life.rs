//! A store that is a copy of an earlier state goes on as a new installation.
//!
//! What it had sealed may have been sent by the original since, and the original's streams have gone on: everything
//! unacknowledged is taken back into the outbox and will be sealed anew, in streams that nobody used. Changes that were
//! sent by both have the same hash and count once. Not here: the new actor, which is the core's.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::Random;

use super::store::SyncTx;
use super::{SyncError, push, seal};

/// Begins new streams.
///
/// # Errors
/// [`SyncError`].
pub fn begin_anew(tx: &mut dyn SyncTx, random: &dyn Random) -> Result<(), SyncError> {
    push::unseal_all(tx)?;
    for compartment in Compartment::ALL {
        if tx.own_stream(compartment)?.is_some() {
            tx.set_own_stream(compartment, seal::make_stream(random)?)?;
        }
    }
    Ok(())
}
