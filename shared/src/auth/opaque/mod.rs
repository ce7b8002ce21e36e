//! OPAQUE (RFC 9807), the one suite for both sides: ristretto255, SHA-512, 3DH, Argon2id on the client.
//!
//! The server never sees a password. Storing records and counting attempts is the server's; the password's own
//! rules are the client's.

mod client;
mod cost;
mod exchange;
mod fingerprint;
mod server;

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;

pub use client::{ClientLoginState, ClientRegistrationState, LoggedIn, OpaqueIdentity, Registered};
pub use client::{login_finish, login_start, register_finish, register_start};
pub use cost::{CEILING, CostError, FLOOR, KsfCost, STANDARD};
pub use fingerprint::{fingerprint, is_fingerprint};
pub use server::{OpaqueServer, ServerLoginState};

use opaque_ke::ksf::Ksf;
use opaque_ke::rand::{CryptoRng, Error, RngCore};
use opaque_ke::{CipherSuite, Identifiers, Ristretto255, TripleDh};

use self::exchange::Terms;
use crate::crypto::safe::low::hash::hmac_sha256;
use crate::crypto::safe::low::random::{Random, RandomFailed};
use crate::crypto::safe::low::secret::Secret;

/// The suite but for the key stretching, in which published vectors differ from us.
pub(crate) struct SuiteOf<K>(std::marker::PhantomData<K>);

impl<K: Ksf> CipherSuite for SuiteOf<K> {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2::Sha512>;
    type Ksf = K;
}

/// The suite.
pub(crate) type Suite = SuiteOf<KsfCost>;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// A message or stored record cannot be read.
    #[error("the sign-in message cannot be read; update the program and try again")]
    Malformed,
    /// Wrong password, unknown user, or another server: deliberately one error.
    #[error("the user name or password is wrong")]
    Refused,
    /// The costs of the key stretching are outside what this program accepts.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

const CONTEXT: &[u8] = b"groundplan/opaque/v1";

/// Both sides' names, bound into the exchange.
fn identifiers<'a>(username: &'a str, server: &'a crate::wire::ids::ServerId) -> Identifiers<'a> {
    Identifiers { client: Some(username.as_bytes()), server: Some(&server.0) }
}

fn terms<'a>(username: &'a str, server: &'a crate::wire::ids::ServerId) -> Terms<'a> {
    Terms { context: CONTEXT, identifiers: identifiers(username, server) }
}

/// A generator that was seeded once, so that it cannot fail half-way.
struct Seeded {
    key: Secret<32>,
    counter: u64,
}

impl Seeded {
    fn new(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self { key: Secret::make(random)?, counter: 0 })
    }
}

impl RngCore for Seeded {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block =
                hmac_sha256(self.key.expose(), &[b"groundplan/drbg/v1\0", &self.counter.to_be_bytes()]);
            self.counter += 1;
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Seeded {}
