//! Who this server is: its id, the life of its database, its issuer name and its keys.
//!
//! All of it is made at the first start and kept in the store, so that replicas on one database are one server. The
//! keys sign tokens and answer OPAQUE; none of them opens content.

use groundplan_shared::wire::{Incarnation, ServerId};

use crate::{
    clock::random,
    store::{Store, StoreError, StoreResult},
};

/// The server's identity.
pub struct Identity {
    /// Chosen once.
    pub server: ServerId,
    /// Changes when the database was restored from a backup.
    pub incarnation: Incarnation,
    /// The issuer in tokens.
    pub issuer: String,
}

impl Identity {
    /// Reads the identity from the store, making what is missing.
    ///
    /// # Errors
    /// What the store says; `Corrupt` where a value has not the form that this program writes.
    pub async fn load(store: &dyn Store, issuer: String) -> StoreResult<Self> {
        let server =
            fixed(&store.server_state("server_id", &random::<16>()).await?, "server_state.server_id")?;
        let incarnation =
            fixed(&store.server_state("incarnation", &random::<16>()).await?, "server_state.incarnation")?;
        Ok(Self { server: ServerId(server), incarnation: Incarnation(incarnation), issuer })
    }
}

fn fixed<const N: usize>(bytes: &[u8], what: &'static str) -> StoreResult<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::corrupt(what))
}
