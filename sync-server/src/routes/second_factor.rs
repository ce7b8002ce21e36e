//! Second factors: setting an authenticator up, taking it away, and judging the codes that sign-ins bring.
//!
//! Which workspaces demand one stands in their membership logs and is judged in `sync`. Codes are single use, by the
//! server's clock, one step either way (ASVS 6.5.1, 6.5.5); attempts are limited like sign-ins.

use axum::{Json, extract::State, http::StatusCode};
use groundplan_shared::{
    auth::totp::TotpSecret,
    wire::{
        AccountId, DeviceId, ProblemCode,
        rest::{SecondFactorBegun, SecondFactorCode, SecondFactorView},
    },
};
use ring::rand::SystemRandom;

use crate::{
    app::App,
    caller::Session,
    http::extract::JsonBody,
    limit::{Caller, Use},
    problem::Refusal,
    store::{SecondFactor, StoreError, UsedStep},
};

const PURPOSE: &str = "second-factor";

/// Tells whether the account has a second factor.
pub(super) async fn view(
    session: Session,
    State(app): State<App>,
) -> Result<Json<SecondFactorView>, Refusal> {
    let enabled = confirmed(&app, session.account).await?.is_some();
    Ok(Json(SecondFactorView { enabled, proven: session.second_factor }))
}

/// Makes a secret for an authenticator. It counts once a code of it comes back.
pub(super) async fn begin(
    session: Session,
    State(app): State<App>,
) -> Result<Json<SecondFactorBegun>, Refusal> {
    let secret = TotpSecret::make(&SystemRandom::new())
        .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string()))?;
    let sealed = app.identity.seal_ticket(PURPOSE, secret.expose());
    if !app.store.begin_second_factor(session.account, sealed, app.clock.now_ms()).await? {
        let detail = "the account has a second factor; remove it with one of its codes first";
        return Err(Refusal::new(ProblemCode::Exists, detail));
    }
    let account = app.store.account(session.account).await?;
    Ok(Json(SecondFactorBegun {
        secret: secret.to_text().to_string(),
        uri: secret.to_uri(&issuer(&app.identity.issuer), &account.name).to_string(),
    }))
}

/// Takes the first code: from now on sign-ins need one, and the caller's session counts as proven.
pub(super) async fn confirm(
    session: Session,
    State(app): State<App>,
    JsonBody(params): JsonBody<SecondFactorCode>,
) -> Result<StatusCode, Refusal> {
    let Some(factor) = app.store.second_factor(session.account).await? else {
        return Err(Refusal::not_found("second factor"));
    };
    judge(&app, session.account, &factor, &params.code, Some(session.device)).await?;
    // This device's connection was opened without one.
    app.live.end_sessions(session.account);
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor, given one more code of it.
pub(super) async fn remove(
    session: Session,
    State(app): State<App>,
    JsonBody(params): JsonBody<SecondFactorCode>,
) -> Result<StatusCode, Refusal> {
    let Some(factor) = confirmed(&app, session.account).await? else {
        return Err(Refusal::not_found("second factor"));
    };
    judge(&app, session.account, &factor, &params.code, None).await?;
    app.store.remove_second_factor(session.account).await?;
    // Workspaces that demand one must look again.
    app.live.end_sessions(session.account);
    Ok(StatusCode::NO_CONTENT)
}

/// Judges what a sign-in brought beside the right password; true if it brought a second factor.
///
/// # Errors
/// `SecondFactorRequired` and `SecondFactorWrong` where the account has one.
pub(super) async fn at_sign_in(
    app: &App,
    account: AccountId,
    code: Option<&str>,
    vouched: Option<&str>,
) -> Result<bool, Refusal> {
    let Some(factor) = confirmed(app, account).await? else { return Ok(false) };
    if let Some(code) = code {
        return judge(app, account, &factor, code, None).await.map(|()| true);
    }
    // Another device of the same person that brought a code itself; for the keys of a recovery code.
    if let Some(claims) = vouched.and_then(|token| app.identity.check(token).ok())
        && claims.sub == account
        && let Some(session) = app.store.session(account, claims.device, app.clock.now_ms()).await?
        && session.second_factor
    {
        return Ok(true);
    }
    let detail = "this account has a second factor; sign in with a code of its authenticator too";
    Err(Refusal::new(ProblemCode::SecondFactorRequired, detail))
}

async fn confirmed(app: &App, account: AccountId) -> Result<Option<SecondFactor>, Refusal> {
    Ok(app.store.second_factor(account).await?.filter(|factor| factor.confirmed))
}

async fn judge(
    app: &App,
    account: AccountId,
    factor: &SecondFactor,
    code: &str,
    device: Option<DeviceId>,
) -> Result<(), Refusal> {
    app.limiter.take(Use::SecondFactor, Caller::Id(account.0), 1).map_err(Refusal::rate_limited)?;
    let secret = app.identity.open_ticket(PURPOSE, &factor.secret_sealed);
    let secret = secret
        .and_then(|secret| TotpSecret::from_bytes(&secret))
        .ok_or(StoreError::corrupt("second_factors.secret_sealed"))?;
    let wrong = || {
        let detail =
            "the code is wrong, too old, or was used before; wait for the next one and check the clocks";
        Refusal::new(ProblemCode::SecondFactorWrong, detail)
    };
    let now = app.clock.now_ms();
    let step = secret.step_of(code, app.clock.now_s(), factor.last_step).ok_or_else(wrong)?;
    // Two sign-ins with one code at once: the store lets the first one pass.
    if app.store.use_second_factor(UsedStep { account, step, device, now }).await? {
        return Ok(());
    }
    Err(wrong())
}

/// The server's name in authenticators: its host.
fn issuer(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split(['/', ':']).next().unwrap_or(host).to_owned()
}
