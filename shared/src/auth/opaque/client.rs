//! The client's side of OPAQUE. Messages are bytes; states live in memory only.

use opaque_ke::{ClientLogin, ClientRegistration};

use super::{KsfCost, OpaqueError, Seeded, Suite, exchange, identifiers, terms};
use crate::crypto::safe::low::random::Random;
use crate::crypto::safe::low::secret::Secret;
use crate::wire::ids::{PublicKey, ServerId};

/// Who signs in where; both are bound into the exchange.
#[derive(Debug, Clone, Copy)]
pub struct OpaqueIdentity<'a> {
    /// The normalised user name.
    pub username: &'a str,
    /// The server.
    pub server: ServerId,
}

/// A registration under way.
pub struct ClientRegistrationState(ClientRegistration<Suite>);

/// A login under way.
pub struct ClientLoginState(ClientLogin<Suite>);

impl std::fmt::Debug for ClientRegistrationState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientRegistrationState(redacted)")
    }
}

impl std::fmt::Debug for ClientLoginState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientLoginState(redacted)")
    }
}

/// A finished registration, for the client.
#[derive(Debug)]
pub struct Registered {
    /// To be sent.
    pub upload: Vec<u8>,
    /// The server's OPAQUE key, to be pinned: a change is refused unless the user approves.
    pub server_key: PublicKey,
}

/// A finished login, for the client.
#[derive(Debug)]
pub struct LoggedIn {
    /// To be sent.
    pub finalization: Vec<u8>,
    /// The server's OPAQUE key, to be compared with the pinned one.
    pub server_key: PublicKey,
    /// A key shared with the server alone; unused so far.
    pub session_key: Secret<64>,
}

/// Starts a registration; returns the state and the request.
///
/// # Errors
/// [`OpaqueError`].
pub fn register_start(
    password: &str,
    random: &dyn Random,
) -> Result<(ClientRegistrationState, Vec<u8>), OpaqueError> {
    let (state, request) = exchange::registration_request(&mut Seeded::new(random)?, password.as_bytes())?;
    Ok((ClientRegistrationState(state), request))
}

/// Finishes a registration.
///
/// # Errors
/// [`OpaqueError`].
pub fn register_finish(
    state: ClientRegistrationState,
    password: &str,
    response: &[u8],
    identity: &OpaqueIdentity<'_>,
    cost: KsfCost,
    random: &dyn Random,
) -> Result<Registered, OpaqueError> {
    let ended = exchange::registration_upload(
        &mut Seeded::new(random)?,
        state.0,
        password.as_bytes(),
        response,
        identifiers(identity.username, &identity.server),
        &cost,
    )?;
    let server_key = PublicKey::from_slice(&ended.server_key).ok_or(OpaqueError::Malformed)?;
    Ok(Registered { upload: ended.message, server_key })
}

/// Starts a login; returns the state and the request.
///
/// # Errors
/// [`OpaqueError`].
pub fn login_start(password: &str, random: &dyn Random) -> Result<(ClientLoginState, Vec<u8>), OpaqueError> {
    let (state, request) = exchange::login_request(&mut Seeded::new(random)?, password.as_bytes())?;
    Ok((ClientLoginState(state), request))
}

/// Finishes a login: the server is proven to hold the record, and the client to know the password.
///
/// # Errors
/// [`OpaqueError::Refused`] for a wrong password, an unknown user and a false server alike.
pub fn login_finish(
    state: ClientLoginState,
    password: &str,
    response: &[u8],
    identity: &OpaqueIdentity<'_>,
    cost: KsfCost,
    random: &dyn Random,
) -> Result<LoggedIn, OpaqueError> {
    let ended = exchange::login_finalization(
        &mut Seeded::new(random)?,
        state.0,
        password.as_bytes(),
        response,
        terms(identity.username, &identity.server),
        &cost,
    )?;
    Ok(LoggedIn {
        finalization: ended.message,
        server_key: PublicKey::from_slice(&ended.server_key).ok_or(OpaqueError::Malformed)?,
        session_key: Secret::from_slice(&ended.session_key).ok_or(OpaqueError::Malformed)?,
    })
}
