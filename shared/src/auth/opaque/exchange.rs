//! The eight steps of OPAQUE, bytes in and bytes out, over any generator and key stretching: what both wrappers call
//! with ours, and the published vectors with theirs.
//!
//! No limits and no names are chosen here.

use opaque_ke::ksf::Ksf;
use opaque_ke::rand::{CryptoRng, RngCore};
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialFinalization, CredentialRequest, CredentialResponse, Identifiers, RegistrationRequest,
    RegistrationResponse, RegistrationUpload, ServerLogin, ServerLoginParameters, ServerRegistration,
    ServerSetup,
};

use super::{OpaqueError, SuiteOf};

/// What both sides bind into a login besides their keys.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) context: &'a [u8],
    pub(super) identifiers: Identifiers<'a>,
}

impl<'a> Terms<'a> {
    fn for_server(self) -> ServerLoginParameters<'a, 'a> {
        ServerLoginParameters { context: Some(self.context), identifiers: self.identifiers }
    }
}

/// What a client ends a registration or a login with.
pub(super) struct Ended {
    pub(super) message: Vec<u8>,
    pub(super) server_key: Vec<u8>,
    /// The key shared with the server; empty after a registration.
    pub(super) session_key: zeroize::Zeroizing<Vec<u8>>,
}

pub(super) fn registration_request<K: Ksf>(
    rng: &mut (impl CryptoRng + RngCore),
    password: &[u8],
) -> Result<(ClientRegistration<SuiteOf<K>>, Vec<u8>), OpaqueError> {
    let started = ClientRegistration::start(rng, password).map_err(|_| OpaqueError::Malformed)?;
    Ok((started.state, started.message.serialize().to_vec()))
}

pub(super) fn registration_response<K: Ksf>(
    setup: &ServerSetup<SuiteOf<K>>,
    request: &[u8],
    credential: &[u8],
) -> Result<Vec<u8>, OpaqueError> {
    let request = RegistrationRequest::deserialize(request).map_err(|_| OpaqueError::Malformed)?;
    ServerRegistration::start(setup, request, credential)
        .map(|started| started.message.serialize().to_vec())
        .map_err(|_| OpaqueError::Malformed)
}

pub(super) fn registration_upload<K: Ksf>(
    rng: &mut (impl CryptoRng + RngCore),
    state: ClientRegistration<SuiteOf<K>>,
    password: &[u8],
    response: &[u8],
    identifiers: Identifiers<'_>,
    ksf: &K,
) -> Result<Ended, OpaqueError> {
    let response = RegistrationResponse::deserialize(response).map_err(|_| OpaqueError::Malformed)?;
    let parameters = ClientRegistrationFinishParameters::new(identifiers, Some(ksf));
    let finished = state.finish(rng, password, response, parameters).map_err(|_| OpaqueError::Refused)?;
    Ok(Ended {
        message: finished.message.serialize().to_vec(),
        server_key: finished.server_s_pk.serialize().to_vec(),
        session_key: zeroize::Zeroizing::default(),
    })
}

pub(super) fn record<K: Ksf>(upload: &[u8]) -> Result<Vec<u8>, OpaqueError> {
    let upload = RegistrationUpload::<SuiteOf<K>>::deserialize(upload).map_err(|_| OpaqueError::Malformed)?;
    Ok(ServerRegistration::finish(upload).serialize().to_vec())
}

pub(super) fn login_request<K: Ksf>(
    rng: &mut (impl CryptoRng + RngCore),
    password: &[u8],
) -> Result<(ClientLogin<SuiteOf<K>>, Vec<u8>), OpaqueError> {
    let started = ClientLogin::start(rng, password).map_err(|_| OpaqueError::Malformed)?;
    Ok((started.state, started.message.serialize().to_vec()))
}

/// Answers a login; `record` is `None` for an unknown user. Returns the server's state and the answer.
pub(super) fn login_response<K: Ksf>(
    rng: &mut (impl CryptoRng + RngCore),
    setup: &ServerSetup<SuiteOf<K>>,
    record: Option<&[u8]>,
    request: &[u8],
    credential: &[u8],
    terms: Terms<'_>,
) -> Result<(Vec<u8>, Vec<u8>), OpaqueError> {
    let request = CredentialRequest::deserialize(request).map_err(|_| OpaqueError::Malformed)?;
    let record =
        record.map(ServerRegistration::deserialize).transpose().map_err(|_| OpaqueError::Malformed)?;
    let started = ServerLogin::start(rng, setup, record, request, credential, terms.for_server())
        .map_err(|_| OpaqueError::Malformed)?;
    Ok((started.state.serialize().to_vec(), started.message.serialize().to_vec()))
}

pub(super) fn login_finalization<K: Ksf>(
    rng: &mut (impl CryptoRng + RngCore),
    state: ClientLogin<SuiteOf<K>>,
    password: &[u8],
    response: &[u8],
    terms: Terms<'_>,
    ksf: &K,
) -> Result<Ended, OpaqueError> {
    let response = CredentialResponse::deserialize(response).map_err(|_| OpaqueError::Malformed)?;
    let parameters = ClientLoginFinishParameters::new(Some(terms.context), terms.identifiers, Some(ksf));
    let finished = state.finish(rng, password, response, parameters).map_err(|_| OpaqueError::Refused)?;
    Ok(Ended {
        message: finished.message.serialize().to_vec(),
        server_key: finished.server_s_pk.serialize().to_vec(),
        session_key: zeroize::Zeroizing::new(finished.session_key.to_vec()),
    })
}

/// Checks a finalisation; returns the key shared with the client. The same error for every kind of failure.
pub(super) fn login_check<K: Ksf>(
    state: &[u8],
    finalization: &[u8],
    terms: Terms<'_>,
) -> Result<zeroize::Zeroizing<Vec<u8>>, OpaqueError> {
    let state = ServerLogin::<SuiteOf<K>>::deserialize(state).map_err(|_| OpaqueError::Malformed)?;
    let message = CredentialFinalization::deserialize(finalization).map_err(|_| OpaqueError::Refused)?;
    let finished = state.finish(message, terms.for_server()).map_err(|_| OpaqueError::Refused)?;
    Ok(zeroize::Zeroizing::new(finished.session_key.to_vec()))
}
