//! The account on a server: registering, signing in by OPAQUE, and the tokens of this device.
//!
//! The account opens no data (SYNC §1). The password is never stored and never sent. Not here: REST itself (`net`),
//! what the store keeps of it (`stored`), and the key of each server (`pinned`).

use std::sync::Arc;

use groundplan_shared::api::{AccountLoginParams, AccountRegisterParams, AccountView, ApiError, ErrorCode};
use groundplan_shared::auth::claims::AccessClaims;
use groundplan_shared::auth::opaque::{self, KsfCost, OpaqueError, OpaqueIdentity};
use groundplan_shared::auth::refresh::RefreshToken;
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::wire::cbor::from_base64;
use groundplan_shared::wire::rest::{
    DeviceProof, LoginFinishParams, LoginFinishResponse, LoginStartParams, RegisterFinishParams,
    RegisterStartParams, TokenPair, TokenRefreshParams,
};
use groundplan_shared::wire::{PublicKey, ServerId, payload};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use super::membership::blocking;
use super::pinned::pin;
use super::policy;
pub(crate) use super::stored::token_refused;
use super::stored::{Account, load, save, save_tokens};
use crate::net::{Bearer, Rest, ServerAddress};
use crate::runtime::App;

/// Least length of a password, in characters (ASVS 6.2.1).
const PASSWORD_CHARS: usize = 8;
/// Longest password, in bytes; nothing is cut off below it.
const PASSWORD_BYTES: usize = 1_024;
/// Time before its end at which an access token is renewed, in milliseconds.
const RENEW_MS: u64 = 60_000;

/// A signed-in device: a client of its server and a token that is valid now.
#[derive(Clone)]
pub struct Session {
    /// The client.
    pub rest: Rest,
    /// The server's identity, as met when signing in.
    pub server: ServerId,
    /// The address.
    pub address: ServerAddress,
    token: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Session {
    /// Returns the token for a request.
    pub fn bearer(&self) -> Bearer<'_> {
        Bearer(&self.token)
    }

    /// Returns the token itself, for the socket.
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// Describes the account of this profile. Blocks.
pub fn view(app: &App) -> Result<Option<AccountView>, ApiError> {
    Ok(load(app)?.map(|account| AccountView {
        server: account.server_url,
        name: account.name,
        signed_in: account.refresh_token.is_some(),
    }))
}

/// Returns the address of the account's server, if there is one. Blocks.
pub fn server_url(app: &App) -> Result<Option<String>, ApiError> {
    Ok(load(app)?.map(|account| account.server_url))
}

fn check_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim().to_lowercase();
    let known = |c: char| c.is_ascii_alphanumeric() || ".-_@+".contains(c);
    if (3..=64).contains(&name.chars().count()) && name.chars().all(known) {
        return Ok(name);
    }
    let mut error = ApiError::new(
        ErrorCode::InvalidInput,
        "The account's name has 3 to 64 characters: letters, digits and . _ - @ +",
        "Choose another name.",
    );
    error.field = Some("name".to_owned());
    Err(error)
}

fn check_password(password: &str, account: &str) -> Result<(), ApiError> {
    let lower = password.to_lowercase();
    let common =
        ["password", "12345678", "123456789", "qwertyui", "iloveyou", "groundplan", "passw0rd", "11111111"];
    let message = if password.chars().count() < PASSWORD_CHARS {
        "The password is shorter than 8 characters."
    } else if password.len() > PASSWORD_BYTES {
        "The password is longer than 1,024 bytes."
    } else if common.contains(&lower.as_str()) || lower == account {
        "The password is among those that are tried first."
    } else {
        return Ok(());
    };
    let mut error =
        ApiError::new(ErrorCode::InvalidInput, message, "A sentence of several words is easy to keep.");
    error.field = Some("password".to_owned());
    Err(error)
}

fn opaque_failed(error: OpaqueError) -> ApiError {
    match error {
        OpaqueError::Refused => ApiError::new(
            ErrorCode::NotAllowed,
            "The name or the password is wrong.",
            "Check both and try again. Your data on this device is not affected.",
        ),
        other => ApiError::new(
            ErrorCode::ServerUntrusted,
            format!("The sign-in could not be carried out: {other}."),
            "Check the server's address, and update Groundplan.",
        ),
    }
}

/// Registers an account and signs this device in.
pub async fn register(app: &Arc<App>, params: AccountRegisterParams) -> Result<AccountView, ApiError> {
    let address = ServerAddress::parse(&params.server)?;
    let username = check_name(&params.name)?;
    check_password(&params.password.0, &username)?;
    let rest = Rest::new(&address)?;
    let info = rest.server().await?;
    let password = Zeroizing::new(params.password.0.clone());
    let (state, request) = blocking({
        let password = password.clone();
        move || opaque::register_start(&password, &SystemRandom::new()).map_err(opaque_failed)
    })
    .await?;
    let invitation = params.invitation.map(|hidden| hidden.0);
    let start = RegisterStartParams {
        username: username.clone(),
        request: request.into(),
        invitation: invitation.clone(),
    };
    let answer = rest.register_start(&start).await?;
    let name = username.clone();
    let registered = blocking(move || {
        let identity = OpaqueIdentity { username: &name, server: info.server };
        let cost = KsfCost::default();
        opaque::register_finish(state, &password, &answer.response, &identity, cost, &SystemRandom::new())
            .map_err(opaque_failed)
    })
    .await?;
    let trust = params.trust.as_deref();
    pin(app, &address.to_string(), info.server, &registered.server_key, trust)?;
    let finish =
        RegisterFinishParams { username: username.clone(), upload: registered.upload.into(), invitation };
    rest.register_finish(&finish).await?;
    let (server, password) = (params.server, params.password);
    let trust = params.trust;
    login(app, AccountLoginParams { server, name: username, password, trust, code: None }).await
}

/// A sign-in that went through.
struct SignedIn {
    done: LoginFinishResponse,
    server: ServerId,
    server_key: PublicKey,
}

/// What is brought beside the password.
#[derive(Default)]
struct Beside {
    /// Fingerprint of a key to be trusted.
    trust: Option<String>,
    /// Code of the second factor.
    code: Option<String>,
    /// Token of a device of the same account that brought a code itself.
    vouched: Option<String>,
}

/// Proves the password by OPAQUE and registers a device's keys with the account.
async fn exchange(
    app: &Arc<App>,
    rest: &Rest,
    username: &str,
    password: &Zeroizing<String>,
    keys: &DeviceKeys,
    beside: Beside,
) -> Result<SignedIn, ApiError> {
    let (state, request) = blocking({
        let password = password.clone();
        move || opaque::login_start(&password, &SystemRandom::new()).map_err(opaque_failed)
    })
    .await?;
    let start = LoginStartParams { username: username.to_owned(), request: request.into() };
    let answer = rest.login_start(&start).await?;
    let (name, server, response) = (username.to_owned(), answer.server, answer.response);
    let logged_in = blocking({
        let password = password.clone();
        move || {
            let identity = OpaqueIdentity { username: &name, server };
            let cost = KsfCost::default();
            opaque::login_finish(state, &password, &response, &identity, cost, &SystemRandom::new())
                .map_err(opaque_failed)
        }
    })
    .await?;
    pin(app, &rest.address().to_string(), server, &logged_in.server_key, beside.trust.as_deref())?;
    let proof = keys.sign(&payload::device_registration(&server, &answer.nonce, &answer.account, &keys.id()));
    let public = keys.public();
    let finish = LoginFinishParams {
        login: answer.login,
        finalization: logged_in.finalization.into(),
        device: DeviceProof { signing_key: public.signing, hpke_key: public.hpke, proof },
        code: beside.code,
        vouched: beside.vouched,
    };
    let done = rest.login_finish(&finish).await?;
    Ok(SignedIn { done, server, server_key: logged_in.server_key })
}

/// Signs this device in.
pub async fn login(app: &Arc<App>, params: AccountLoginParams) -> Result<AccountView, ApiError> {
    let address = ServerAddress::parse(&params.server)?;
    let username = check_name(&params.name)?;
    let rest = app.net.rest(&address)?;
    let password = Zeroizing::new(params.password.0);
    let keys = Arc::clone(app.device().keys());
    let beside = Beside { trust: params.trust, code: params.code.map(|code| code.0), vouched: None };
    let signed_in = exchange(app, &rest, &username, &password, &keys, beside).await?;
    let account = Account {
        server_url: address.to_string(),
        server_id: signed_in.server,
        name: username,
        account_id: signed_in.done.account,
        access_expires_ms: local_end_ms(&signed_in.done.tokens),
        access_token: Some(signed_in.done.tokens.access_token),
        refresh_token: Some(signed_in.done.tokens.refresh_token),
    };
    save(app, &account, &signed_in.server_key)?;
    app.profile().set_setting(policy::SIGNED_IN_MS, &crate::env::now_ms().to_string())?;
    app.net.remember_password(password);
    app.net.signed_in(app);
    Ok(AccountView { server: account.server_url, name: account.name, signed_in: true })
}

/// Signs other keys than this device's in to the same account, for a moment: those of a recovery code.
///
/// # Errors
/// `NotConnected` unless a person signed in within the last minutes; those of [`login`].
pub(super) async fn session_as(app: &Arc<App>, keys: &DeviceKeys) -> Result<Session, ApiError> {
    let account = load(app)?.ok_or_else(not_signed_in)?;
    let password = app.net.recent_password().ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotConnected,
            "The recovery code works right after signing in with the account's password.",
            "Sign in again, then give the code within ten minutes.",
        )
    })?;
    let address = ServerAddress::parse(&account.server_url)?;
    let rest = app.net.rest(&address)?;
    // The code of this device's own sign-in speaks for the other keys; a code counts once.
    let beside = Beside { vouched: Some(session(app).await?.token), ..Beside::default() };
    let signed_in = exchange(app, &rest, &account.name, &password, keys, beside).await?;
    Ok(Session { rest, server: signed_in.server, address, token: signed_in.done.tokens.access_token })
}

/// Signs this device out; nothing on it is removed.
pub async fn logout(app: &Arc<App>) -> Result<(), ApiError> {
    let told = match session(app).await {
        Ok(session) => session.rest.logout(session.bearer()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        // The tokens end by themselves; being offline must not keep anybody signed in here.
        tracing::info!(error.code = ?error.code, "the server was not told of the sign-out");
    }
    app.net.stop();
    app.net.forget_password();
    save_tokens(app, None, 0, None)
}

/// Computes when a token ends by this device's clock, which may be wrong by years: its length counts, not its end.
fn local_end_ms(tokens: &TokenPair) -> u64 {
    let claims = tokens.access_token.split('.').nth(1).and_then(from_base64);
    let claims = claims.and_then(|bytes| serde_json::from_slice::<AccessClaims>(&bytes).ok());
    let lifetime_s = claims.map_or(60, |claims| claims.exp.saturating_sub(claims.iat).min(600));
    crate::env::now_ms() + lifetime_s * 1_000
}

fn not_signed_in() -> ApiError {
    ApiError::new(
        ErrorCode::NotConnected,
        "This device is not signed in to a server.",
        "Sign in with `groundplan login`. Everything you do meanwhile is kept on this device.",
    )
}

/// Returns a session with a token that is valid for at least a minute, renewing it if needed.
///
/// # Errors
/// `NotConnected` if nobody is signed in or the sign-in has ended, `Offline` if the server is away.
pub async fn session(app: &Arc<App>) -> Result<Session, ApiError> {
    // One renewal at a time: a refresh token works once.
    let _one = app.net.renewing.lock().await;
    let account = load(app)?.ok_or_else(not_signed_in)?;
    let address = ServerAddress::parse(&account.server_url)?;
    let rest = app.net.rest(&address)?;
    let session = |token: String| Session {
        rest: rest.clone(),
        server: account.server_id,
        address: address.clone(),
        token,
    };
    let now_ms = crate::env::now_ms();
    let valid = account.access_expires_ms > now_ms + RENEW_MS && account.access_expires_ms < now_ms + 700_000;
    if let (true, Some(token)) = (valid, account.access_token.clone()) {
        return Ok(session(token));
    }
    let text = account.refresh_token.clone().ok_or_else(not_signed_in)?;
    let token = RefreshToken::parse(&text).ok_or_else(not_signed_in)?;
    let device = app.device();
    let keys = device.keys();
    let proof = keys.sign(&payload::token_refresh(&account.server_id, &keys.id(), &token.hash()));
    let params = TokenRefreshParams { device: keys.id(), refresh_token: text, proof };
    match rest.refresh(&params).await {
        Ok(tokens) => {
            let end_ms = local_end_ms(&tokens);
            save_tokens(app, Some(&tokens.access_token), end_ms, Some(&tokens.refresh_token))?;
            Ok(session(tokens.access_token))
        }
        Err(error) => {
            if error.code == ErrorCode::NotConnected {
                save_tokens(app, None, 0, None)?;
            }
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_have_rules() {
        assert_eq!(check_name(" Ada@Example.org ").unwrap(), "ada@example.org");
        assert!(
            check_name("ab").is_err() && check_name("a b c").is_err() && check_name(&"x".repeat(65)).is_err()
        );
        assert!(check_password("correct horse battery", "ada").is_ok());
        assert!(check_password(&"long ".repeat(60), "ada").is_ok(), "long passphrases are fine");
        for bad in ["short", "Password", "ada.lovelace"] {
            assert!(check_password(bad, "ada.lovelace").is_err(), "{bad}");
        }
    }
}
