//! The required extractors: whoever wants to know who calls must let them check it.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use groundplan_shared::{
    auth::{claims::AccessClaims, scope::Scope, token::TokenError},
    crypto::sha256,
    wire::{AccountId, DeviceId, ProblemCode},
};

use crate::{
    app::App,
    http::middleware::ClientAddress,
    limit::{Caller as Bucket, Use},
    problem::Refusal,
};

/// A device with a living session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// Its account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// Its sign-in brought a second factor.
    pub second_factor: bool,
}

/// A device of an administrator with a living session.
#[derive(Debug, Clone, Copy)]
pub struct AdminSession(pub Session);

/// Turns a refused token into what its bearer may know.
pub(crate) fn refuse_token(error: TokenError) -> Refusal {
    match error {
        TokenError::Expired => Refusal::new(ProblemCode::TokenExpired, error.to_string()),
        _ => Refusal::unauthenticated(),
    }
}

async fn claims(parts: &Parts, app: &App) -> Result<(AccessClaims, Session), Refusal> {
    let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(Refusal::unauthenticated)?;
    let claims = app.identity.check(token).map_err(refuse_token)?;
    // A session that was ended is over at once, not when its token ends.
    let session = Session::of(app, &claims).await?;
    app.limiter.take(Use::AccountRequest, Bucket::Id(claims.sub.0), 1).map_err(Refusal::rate_limited)?;
    Ok((claims, session))
}

impl Session {
    /// Finds the living session of a checked token.
    ///
    /// # Errors
    /// `Unauthenticated` if it has ended; what the store says.
    pub(crate) async fn of(app: &App, claims: &AccessClaims) -> Result<Self, Refusal> {
        let (account, device) = (claims.sub, claims.device);
        let live = app.store.session(account, device, app.clock.now_ms()).await?;
        let live = live.ok_or_else(Refusal::unauthenticated)?;
        Ok(Self { account, device, second_factor: live.second_factor })
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(claims(parts, app).await?.1)
    }
}

impl FromRequestParts<App> for AdminSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let (claims, session) = claims(parts, app).await?;
        if !claims.scope.has(Scope::Admin) {
            return Err(Refusal::new(
                ProblemCode::Forbidden,
                "only an administrator of this server may do this",
            ));
        }
        Ok(Self(session))
    }
}

/// A caller without a session who tries to sign in or register: limited by network address.
#[derive(Debug, Clone, Copy)]
pub struct SignInAttempt {
    address: std::net::IpAddr,
}

impl SignInAttempt {
    /// The bucket for attempts by one name. It is bound to the caller's network too: a stranger elsewhere who tries a
    /// name must not lock its owner out.
    pub fn by_name(&self, name: &str) -> Bucket {
        let network = match Bucket::address(self.address) {
            Bucket::Address(network) => network,
            Bucket::Id(_) => [0; 8],
        };
        let hash = sha256(&[b"groundplan/name-limit/v1\0", &network, name.as_bytes()]);
        let mut bucket = [0; 16];
        for (to, from) in bucket.iter_mut().zip(hash.0) {
            *to = from;
        }
        Bucket::Id(bucket)
    }
}

impl FromRequestParts<App> for SignInAttempt {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let address = parts.extensions.get::<ClientAddress>().ok_or_else(Refusal::unauthenticated)?;
        match app.limiter.take(Use::SignIn, Bucket::address(address.0), 1) {
            Ok(()) => Ok(Self { address: address.0 }),
            Err(wait_ms) => {
                app.metrics.rate_limited.add(1);
                Err(Refusal::rate_limited(wait_ms))
            }
        }
    }
}
