//! The client's side of OPAQUE. Messages are bytes; states live in memory only.

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, RegistrationResponse,
};

use super::{CONTEXT, KsfCost, OpaqueError, Seeded, Suite, identifiers};
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
    let started = ClientRegistration::<Suite>::start(&mut Seeded::new(random)?, password.as_bytes())
        .map_err(|_| OpaqueError::Malformed)?;
    Ok((ClientRegistrationState(started.state), started.message.serialize().to_vec()))
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
    let response =
        RegistrationResponse::<Suite>::deserialize(response).map_err(|_| OpaqueError::Malformed)?;
    let parameters = ClientRegistrationFinishParameters::new(
        identifiers(identity.username, &identity.server),
        Some(&cost),
    );
    let finished = state
        .0
        .finish(&mut Seeded::new(random)?, password.as_bytes(), response, parameters)
        .map_err(|_| OpaqueError::Refused)?;
    Ok(Registered {
        upload: finished.message.serialize().to_vec(),
        server_key: PublicKey::from_slice(&finished.server_s_pk.serialize()).ok_or(OpaqueError::Malformed)?,
    })
}

/// Starts a login; returns the state and the request.
///
/// # Errors
/// [`OpaqueError`].
pub fn login_start(password: &str, random: &dyn Random) -> Result<(ClientLoginState, Vec<u8>), OpaqueError> {
    let started = ClientLogin::<Suite>::start(&mut Seeded::new(random)?, password.as_bytes())
        .map_err(|_| OpaqueError::Malformed)?;
    Ok((ClientLoginState(started.state), started.message.serialize().to_vec()))
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
    let response = CredentialResponse::<Suite>::deserialize(response).map_err(|_| OpaqueError::Malformed)?;
    let parameters = ClientLoginFinishParameters::new(
        Some(CONTEXT),
        identifiers(identity.username, &identity.server),
        Some(&cost),
    );
    let finished = state
        .0
        .finish(&mut Seeded::new(random)?, password.as_bytes(), response, parameters)
        .map_err(|_| OpaqueError::Refused)?;
    Ok(LoggedIn {
        finalization: finished.message.serialize().to_vec(),
        server_key: PublicKey::from_slice(&finished.server_s_pk.serialize()).ok_or(OpaqueError::Malformed)?,
        session_key: Secret::from_slice(&finished.session_key).ok_or(OpaqueError::Malformed)?,
    })
}
