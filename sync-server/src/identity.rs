//! Who this server is: its id, the life of its database, its issuer name and its keys.
//!
//! All of it is made at the first start and kept in the store, so that replicas on one database are one server. The
//! keys sign tokens, answer OPAQUE and seal tickets; none of them opens content.

use groundplan_shared::{
    auth::{
        claims::{AccessClaims, Confirmation, Expected, MAX_LIFETIME_S},
        jwks::Jwks,
        opaque::OpaqueServer,
        scope::Scopes,
        token::{TokenError, check_token, make_token},
    },
    crypto::{
        Secret, SigningKey,
        safe::{BlobKey, open_blob, seal_blob},
    },
    wire::{AccountId, DeviceId, Incarnation, Nonce, PublicKey, ServerId, ids::to_hex},
};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock, random},
    store::{Store, StoreError, StoreResult},
};

/// The name under which the life of the database is kept.
const INCARNATION: &str = "incarnation";

/// The server's identity.
pub struct Identity {
    /// Chosen once.
    pub server: ServerId,
    /// Changes when the database was restored from a backup.
    pub incarnation: Incarnation,
    /// The issuer in tokens.
    pub issuer: String,
    /// Answers registrations and sign-ins.
    pub opaque: OpaqueServer,
    /// The published keys.
    pub jwks: Jwks,
    signing: SigningKey,
    tickets: BlobKey,
    audience: String,
    clock: Clock,
}

impl Identity {
    /// Reads the identity from the store, making what is missing.
    ///
    /// # Errors
    /// What the store says; `Corrupt` where a value has not the form that this program writes.
    pub async fn load(store: &dyn Store, issuer: String, clock: Clock) -> StoreResult<Self> {
        let fixed = async |name: &'static str| -> StoreResult<Zeroizing<Vec<u8>>> {
            store.server_state(name, &random::<32>()).await.map(Zeroizing::new)
        };
        let id = |bytes: &[u8], what| bytes.first_chunk::<16>().copied().ok_or(StoreError::corrupt(what));
        let secret = |bytes: &[u8], what| Secret::from_slice(bytes).ok_or(StoreError::corrupt(what));
        let server = ServerId(id(&fixed("server_id").await?, "server_state.server_id")?);
        let incarnation = Incarnation(id(&fixed(INCARNATION).await?, "server_state.incarnation")?);
        let signing = SigningKey::from_seed(secret(&fixed("token_key").await?, "server_state.token_key")?);
        let tickets = BlobKey(secret(&fixed("ticket_key").await?, "server_state.ticket_key")?);
        let corrupt = |_| StoreError::corrupt("server_state.opaque");
        let made = OpaqueServer::make(server, &SystemRandom::new())
            .map_err(|error| StoreError::Backend(Box::new(error)))?;
        let opaque = store.server_state("opaque", &made.to_secret_bytes()).await.map(Zeroizing::new)?;
        let opaque = OpaqueServer::from_secret_bytes(server, &opaque).map_err(corrupt)?;
        let jwks = Jwks::of([&signing.public()]);
        let audience = to_hex(&server.0);
        Ok(Self { server, incarnation, issuer, opaque, jwks, signing, tickets, audience, clock })
    }

    /// Gives the database a new life, after it was restored from a backup, and returns its name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin_new_life(store: &dyn Store) -> StoreResult<Incarnation> {
        let bytes = random::<32>();
        store.replace_server_state(INCARNATION, &bytes).await?;
        bytes
            .first_chunk::<16>()
            .copied()
            .map(Incarnation)
            .ok_or(StoreError::corrupt("server_state.incarnation"))
    }

    /// Makes an access token for a device, and tells when it ends in milliseconds since 1970.
    ///
    /// # Errors
    /// None while the clock gives a time.
    pub fn issue(
        &self,
        account: AccountId,
        device: (DeviceId, &PublicKey),
        scope: Scopes,
    ) -> Result<(String, u64), TokenError> {
        let iat = self.clock.now_s();
        let claims = AccessClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: account,
            device: device.0,
            scope,
            iat,
            exp: iat + MAX_LIFETIME_S,
            jti: Nonce(random()),
            cnf: Confirmation::of(device.1),
        };
        Ok((make_token(&claims, &self.signing)?, claims.exp * 1000))
    }

    /// Checks an access token.
    ///
    /// # Errors
    /// Why it is refused; only `Expired` is for the bearer's eyes.
    pub fn check(&self, token: &str) -> Result<AccessClaims, TokenError> {
        let expected = Expected { issuer: &self.issuer, audience: &self.audience, now_s: self.clock.now_s() };
        check_token(token, &self.jwks, &expected)
    }

    /// Seals a ticket that this server alone can read again.
    pub fn seal_ticket(&self, purpose: &str, content: &[u8]) -> Vec<u8> {
        seal_blob(&self.tickets, purpose, content, &SystemRandom::new())
            .expect("invariant: the system gives random bytes once it has booted")
    }

    /// Opens a ticket.
    pub fn open_ticket(&self, purpose: &str, ticket: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open_blob(&self.tickets, purpose, ticket).ok()
    }
}
