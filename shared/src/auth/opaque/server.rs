//! The server's side of OPAQUE. Unknown users get the same exchange from a made-up record.

use opaque_ke::ServerSetup;
use zeroize::Zeroizing;

use super::{KsfCost, OpaqueError, Seeded, Suite, exchange, terms};
use crate::crypto::safe::low::hash::hmac_sha256;
use crate::crypto::safe::low::random::Random;
use crate::wire::ids::{AccountId, PublicKey, ServerId};

/// A server's long-term OPAQUE secrets. Losing them voids every password; leaking them allows offline guessing
/// against stolen records.
pub struct OpaqueServer {
    setup: ServerSetup<Suite>,
    server: ServerId,
}

/// The server's memory of a login under way: secret, short-lived, used once.
pub struct ServerLoginState(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for OpaqueServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpaqueServer").field("server", &self.server).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ServerLoginState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerLoginState(redacted)")
    }
}

impl ServerLoginState {
    /// Returns the secret bytes, for a store shared by several server processes.
    pub fn to_secret_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Restores a state.
    pub fn from_secret_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl OpaqueServer {
    /// Makes random secrets.
    ///
    /// # Errors
    /// [`OpaqueError::Random`].
    pub fn make(server: ServerId, random: &dyn Random) -> Result<Self, OpaqueError> {
        Ok(Self { setup: ServerSetup::new(&mut Seeded::new(random)?), server })
    }

    /// Restores secrets from [`Self::to_secret_bytes`].
    ///
    /// # Errors
    /// [`OpaqueError::Malformed`].
    pub fn from_secret_bytes(server: ServerId, bytes: &[u8]) -> Result<Self, OpaqueError> {
        let setup = ServerSetup::deserialize(bytes).map_err(|_| OpaqueError::Malformed)?;
        Ok(Self { setup, server })
    }

    /// Returns the secret bytes for the server's protected settings.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.setup.serialize().to_vec())
    }

    /// Returns the public key that clients pin.
    pub fn public_key(&self) -> Option<PublicKey> {
        PublicKey::from_slice(&self.setup.keypair().public().serialize())
    }

    /// Makes up the account id that an unknown user name gets at a login's start: stable, and shaped like a real
    /// one (a random UUID, version 4), so real ones must be of version 4 too.
    pub fn made_up_account(&self, username: &str) -> AccountId {
        let key = Zeroizing::new(hmac_sha256(&self.to_secret_bytes(), &[b"groundplan/made-up-account/v1\0"]));
        let mac = hmac_sha256(&*key, &[username.as_bytes()]);
        let (bytes, _) = mac.split_first_chunk::<16>().expect("invariant: a MAC has 32 bytes");
        uuid::Builder::from_random_bytes(*bytes).into_uuid().into()
    }

    /// Answers a registration's start.
    ///
    /// # Errors
    /// [`OpaqueError::Malformed`].
    pub fn register_start(&self, username: &str, request: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        exchange::registration_response(&self.setup, request, username.as_bytes())
    }

    /// Turns an upload into the record to be stored.
    ///
    /// # Errors
    /// [`OpaqueError::Malformed`].
    pub fn register_finish(upload: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        exchange::record::<KsfCost>(upload)
    }

    /// Answers a login's start; `record` is `None` for an unknown user, who is answered all the same.
    ///
    /// # Errors
    /// [`OpaqueError`].
    pub fn login_start(
        &self,
        username: &str,
        record: Option<&[u8]>,
        request: &[u8],
        random: &dyn Random,
    ) -> Result<(ServerLoginState, Vec<u8>), OpaqueError> {
        let (state, response) = exchange::login_response(
            &mut Seeded::new(random)?,
            &self.setup,
            record,
            request,
            username.as_bytes(),
            terms(username, &self.server),
        )?;
        Ok((ServerLoginState(Zeroizing::new(state)), response))
    }

    /// Checks that the client knows the password.
    ///
    /// # Errors
    /// [`OpaqueError::Refused`]; the same for a malformed finalisation, so that answers do not differ.
    pub fn login_finish(
        &self,
        state: &ServerLoginState,
        username: &str,
        finalization: &[u8],
    ) -> Result<(), OpaqueError> {
        exchange::login_check::<KsfCost>(&state.0, finalization, terms(username, &self.server)).map(|_| ())
    }
}
