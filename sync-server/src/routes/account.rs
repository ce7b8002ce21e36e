//! Registration and sign-in by OPAQUE, tokens, sessions. The server never sees a password.
//!
//! Unknown names get the same answers, from a made-up record, with the same work done.

use axum::{Json, extract::State, http::StatusCode};
use groundplan_shared::{
    auth::{
        opaque::OpaqueServer,
        refresh::RefreshToken,
        scope::{Scope, Scopes},
    },
    crypto::{
        Secret,
        safe::{BlobKey, device_id, open_blob, seal_blob},
        sha256, verify,
    },
    membership::DeviceKeysPublic,
    proof::{Check, left_out},
    wire::{
        AccountId, DeviceId, Hash, Nonce, ProblemCode, PublicKey,
        cbor::Blob,
        payload::{device_registration, token_refresh},
        rest::{
            LoginFinishParams, LoginFinishResponse, LoginStartParams, LoginStartResponse, LogoutParams,
            RegisterFinishParams, RegisterFinishResponse, RegisterStartParams, RegisterStartResponse,
            RegistrationMode, TokenPair, TokenRefreshParams,
        },
    },
};
use ring::rand::SystemRandom;

use super::second_factor;
use crate::{
    app::App,
    caller::{Session, SignInAttempt},
    clock::random,
    http::extract::JsonBody,
    limit::Use,
    problem::Refusal,
    store::{
        Account, AccountRole, AccountStatus, Device, FamilyId, RefreshFamily, Rotate, Rotation, StoreError,
    },
    tickets::{SignIn, Tickets},
};

/// How long a sign-in lasts at most, in milliseconds.
const SESSION_MS: i64 = 180 * 24 * 60 * 60 * 1000;
/// How long a session may lie unused, in milliseconds.
const IDLE_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// How long a client may take to notice that an answer was lost, in milliseconds.
const GRACE_MS: i64 = 2 * 60 * 1000;

/// Hashes an invitation's token for the store.
pub(crate) fn invitation_hash(token: &str) -> Hash {
    sha256(&[b"groundplan/server-invitation/v1\0", token.as_bytes()])
}

/// Checks that a name is in the one form that names are stored in.
fn normalised(name: &str) -> Result<&str, Refusal> {
    let fits = (1..=128).contains(&name.len())
        && name.trim() == name
        && name.to_lowercase() == name
        && !name.chars().any(char::is_control);
    if fits {
        return Ok(name);
    }
    let detail =
        "the user name must have 1 to 128 bytes, in lower case, without space at its ends; change it";
    Err(Refusal::new(ProblemCode::Invalid, detail))
}

/// Checks that this caller may register, and returns the hash of the invitation if one was brought.
async fn may_register(app: &App, invitation: Option<&str>) -> Result<Option<Hash>, Refusal> {
    let Some(token) = invitation else {
        return match app.config.registration {
            RegistrationMode::Open => Ok(None),
            RegistrationMode::Invitation => Err(Refusal::new(
                ProblemCode::RegistrationClosed,
                "this server takes registrations by invitation; ask its operator for one",
            )),
            RegistrationMode::Closed => Err(Refusal::new(
                ProblemCode::RegistrationClosed,
                "this server takes no registrations; ask its operator",
            )),
        };
    };
    let hash = invitation_hash(token);
    let spent = || {
        let detail = "the invitation is unknown, used or expired; ask for a new one";
        Refusal::new(ProblemCode::InviteInvalid, detail)
    };
    let invitation = match app.store.open_invitation(hash, app.clock.now_ms()).await {
        Ok(invitation) => invitation,
        Err(StoreError::NotFound(_)) => return Err(spent()),
        Err(error) => return Err(error.into()),
    };
    // The operator's own token works on a closed server too: there must be a first account.
    let closed = app.config.registration == RegistrationMode::Closed && invitation.role != AccountRole::Admin;
    if closed { Err(spent()) } else { Ok(Some(hash)) }
}

fn unreadable() -> Refusal {
    Refusal::new(
        ProblemCode::Malformed,
        "the sign-in message cannot be read; update the program and try again",
    )
}

/// Answers a registration's start.
pub(super) async fn register_start(
    _: SignInAttempt,
    State(app): State<App>,
    JsonBody(params): JsonBody<RegisterStartParams>,
) -> Result<Json<RegisterStartResponse>, Refusal> {
    let name = normalised(&params.username)?;
    may_register(&app, params.invitation.as_deref()).await?;
    let response = app.identity.opaque.register_start(name, &params.request).map_err(|_| unreadable())?;
    Ok(Json(RegisterStartResponse { response: Blob(response) }))
}

/// Finishes a registration.
pub(super) async fn register_finish(
    _: SignInAttempt,
    State(app): State<App>,
    JsonBody(params): JsonBody<RegisterFinishParams>,
) -> Result<Json<RegisterFinishResponse>, Refusal> {
    let name = normalised(&params.username)?;
    let invitation = may_register(&app, params.invitation.as_deref()).await?;
    let record = OpaqueServer::register_finish(&params.upload).map_err(|_| unreadable())?;
    // Of version 4, as the made-up ids of unknown names are: the two must look alike.
    let id = AccountId(uuid::Builder::from_random_bytes(random()).into_uuid().into_bytes());
    let account = Account {
        id,
        name: name.to_owned(),
        opaque_record: record,
        role: AccountRole::Member,
        status: AccountStatus::Active,
        created_at: app.clock.now_ms(),
    };
    app.store.register_account(account, invitation).await?;
    Ok(Json(RegisterFinishResponse { account: id }))
}

/// Answers a sign-in's start.
pub(super) async fn login_start(
    attempt: SignInAttempt,
    State(app): State<App>,
    JsonBody(params): JsonBody<LoginStartParams>,
) -> Result<Json<LoginStartResponse>, Refusal> {
    let name = normalised(&params.username)?;
    app.limiter.take(Use::SignInByName, attempt.by_name(name), 1).map_err(Refusal::rate_limited)?;
    let made_up = app.identity.opaque.made_up_account(name);
    let (id, record) = match app.store.account_by_name(name).await {
        Ok(account) if account.status == AccountStatus::Active => (account.id, Some(account.opaque_record)),
        Err(StoreError::NotFound(missing)) if left_out(Check::FakeRecord) => {
            return Err(StoreError::NotFound(missing).into());
        }
        Ok(_) | Err(StoreError::NotFound(_)) => (made_up, None),
        Err(error) => return Err(error.into()),
    };
    let started =
        app.identity.opaque.login_start(name, record.as_deref(), &params.request, &SystemRandom::new());
    let (state, response) = started.map_err(|_| unreadable())?;
    let nonce = Nonce(random());
    let sign_in = SignIn {
        username: name.to_owned(),
        account: id,
        nonce,
        opaque: Blob(state.to_secret_bytes().to_vec()),
        begun_at: app.clock.now_ms(),
    };
    Ok(Json(LoginStartResponse {
        login: Tickets::seal(&app.identity, &sign_in),
        response: Blob(response),
        server: app.identity.server,
        nonce,
        account: id,
    }))
}

/// Finishes a sign-in, registers the device and gives it tokens.
pub(super) async fn login_finish(
    _: SignInAttempt,
    State(app): State<App>,
    JsonBody(params): JsonBody<LoginFinishParams>,
) -> Result<Json<LoginFinishResponse>, Refusal> {
    use groundplan_shared::auth::opaque::ServerLoginState;
    let failed = || {
        let detail = "the user name or password is wrong, or the sign-in took too long; try again";
        Refusal::new(ProblemCode::LoginFailed, detail)
    };
    let now = app.clock.now_ms();
    let sign_in = app.tickets.open_once(&app.identity, &params.login, now).ok_or_else(failed)?;
    let state = ServerLoginState::from_secret_bytes(&sign_in.opaque);
    let known = app.identity.opaque.login_finish(&state, &sign_in.username, &params.finalization);
    known.map_err(|_| failed())?;
    let account = match app.store.account(sign_in.account).await {
        Ok(account) if account.status == AccountStatus::Active => account,
        Ok(_) | Err(StoreError::NotFound(_)) => return Err(failed()),
        Err(error) => return Err(error.into()),
    };
    let keys = DeviceKeysPublic { signing: params.device.signing_key, hpke: params.device.hpke_key };
    let id = device_id(&keys);
    let message = device_registration(&app.identity.server, &sign_in.nonce, &account.id, &id);
    if !verify(&keys.signing, &message, &params.device.proof) {
        let detail = "the device's proof does not fit its keys and this sign-in; sign in again";
        return Err(Refusal::new(ProblemCode::ChallengeFailed, detail));
    }
    let (code, vouched) = (params.code.as_deref(), params.vouched.as_deref());
    let second_factor = second_factor::at_sign_in(&app, account.id, code, vouched).await?;
    Ok(Json(enlist(&app, &account, &keys, second_factor).await?))
}

/// Registers a device whose owner has signed in, and begins its session.
pub(crate) async fn enlist(
    app: &App,
    account: &Account,
    keys: &DeviceKeysPublic,
    second_factor: bool,
) -> Result<LoginFinishResponse, Refusal> {
    let (id, now) = (device_id(keys), app.clock.now_ms());
    let device = Device {
        id,
        account: account.id,
        signing_key: keys.signing,
        sealing_key: keys.hpke,
        created_at: now,
        last_seen_at: now,
        revoked_at: None,
    };
    app.store.register_device(device).await?;
    let refresh = make_refresh()?;
    let family = RefreshFamily {
        id: FamilyId(random()),
        account: account.id,
        device: id,
        current_hash: refresh.hash(),
        created_at: now,
        expires_at: now + SESSION_MS,
        second_factor,
    };
    app.store.create_refresh_family(family).await?;
    let tokens = pair(app, account, (id, &keys.signing), &refresh)?;
    Ok(LoginFinishResponse { account: account.id, device: id, tokens })
}

fn make_refresh() -> Result<RefreshToken, Refusal> {
    RefreshToken::make(&SystemRandom::new())
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))
}

fn pair(
    app: &App,
    account: &Account,
    device: (DeviceId, &PublicKey),
    refresh: &RefreshToken,
) -> Result<TokenPair, Refusal> {
    let scope = match account.role {
        AccountRole::Member => Scopes::standard(),
        AccountRole::Admin => Scopes::new([Scope::Sync, Scope::Account, Scope::Admin]),
    };
    let (access_token, access_expires_ms) =
        app.identity.issue(account.id, device, scope).map_err(|error| {
            tracing::error!(token.error = %error, "an access token could not be made");
            Refusal::new(ProblemCode::Internal, "the server's clock is wrong; its operator must set it")
        })?;
    Ok(TokenPair { access_token, access_expires_ms, refresh_token: refresh.to_text().to_string() })
}

/// Trades a refresh token for new tokens. The device proves itself; a repeated request gets the same successor.
pub(super) async fn refresh(
    State(app): State<App>,
    JsonBody(params): JsonBody<TokenRefreshParams>,
) -> Result<Json<TokenPair>, Refusal> {
    let presented = RefreshToken::parse(&params.refresh_token).ok_or_else(Refusal::unauthenticated)?;
    let device = match app.store.device(params.device).await {
        Ok(device) => device,
        Err(StoreError::NotFound(_)) => return Err(Refusal::unauthenticated()),
        Err(error) => return Err(error.into()),
    };
    let message = token_refresh(&app.identity.server, &params.device, &presented.hash());
    if !verify(&device.signing_key, &message, &params.proof) {
        return Err(Refusal::unauthenticated());
    }
    let next = make_refresh()?;
    // Opens with the presented token alone, which the server does not keep.
    let key = BlobKey(Secret::new(
        sha256(&[b"groundplan/refresh-successor/v1\0", params.refresh_token.as_bytes()]).0,
    ));
    let next_sealed = seal_blob(&key, "refresh-successor", next.to_text().as_bytes(), &SystemRandom::new())
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let rotate = Rotate {
        presented: presented.hash(),
        next: next.hash(),
        next_sealed,
        now: app.clock.now_ms(),
        grace_ms: GRACE_MS,
        idle_ms: IDLE_MS,
    };
    let (owner, token) = match app.store.rotate_refresh(params.device, rotate).await {
        Ok(Rotation::Rotated(owner)) => (owner, next),
        Ok(Rotation::Repeated(owner, sealed)) => {
            let text =
                open_blob(&key, "refresh-successor", &sealed).map_err(|_| Refusal::unauthenticated())?;
            let text = std::str::from_utf8(&text).map_err(|_| Refusal::unauthenticated())?;
            (owner, RefreshToken::parse(text).ok_or_else(Refusal::unauthenticated)?)
        }
        Ok(Rotation::Reused(owner)) => {
            tracing::warn!(device.id = %owner.device, "a refresh token of device {} was used again", owner.device);
            app.live.end_sessions(owner.account);
            let detail = "this refresh token was used before, so the session is ended; sign in again";
            return Err(Refusal::new(ProblemCode::RefreshReused, detail));
        }
        Ok(Rotation::Ended) | Err(StoreError::NotFound(_)) => return Err(Refusal::unauthenticated()),
        Err(error) => return Err(error.into()),
    };
    let account = app.store.account(owner.account).await?;
    pair(&app, &account, (owner.device, &device.signing_key), &token).map(Json)
}

/// Ends the caller's session, or all of the account's.
pub(super) async fn logout(
    session: Session,
    State(app): State<App>,
    JsonBody(params): JsonBody<LogoutParams>,
) -> Result<StatusCode, Refusal> {
    let device = if params.everywhere { None } else { Some(session.device) };
    app.store.end_sessions(session.account, device, app.clock.now_ms()).await?;
    app.live.end_sessions(session.account);
    Ok(StatusCode::NO_CONTENT)
}
