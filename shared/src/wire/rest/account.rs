//! Accounts, logins, devices of accounts and tokens. OPAQUE messages are opaque bytes here.

use serde::{Deserialize, Serialize};

use crate::wire::cbor::Blob;
use crate::wire::ids::{AccountId, DeviceId, Nonce, PublicKey, ServerId, Signature};

/// Starts a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterStartParams {
    /// The user name, normalised by the client to lower case without surrounding space.
    pub username: String,
    /// OPAQUE registration request.
    pub request: Blob,
    /// The server's invitation to register, where registration is by invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// Answers a registration's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterStartResponse {
    /// OPAQUE registration response.
    pub response: Blob,
}

/// Finishes a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterFinishParams {
    /// The same user name as at the start.
    pub username: String,
    /// OPAQUE registration upload.
    pub upload: Blob,
    /// The same invitation as at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// A registered account; log in next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterFinishResponse {
    /// The account.
    pub account: AccountId,
}

/// Starts a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStartParams {
    /// The user name.
    pub username: String,
    /// OPAQUE credential request.
    pub request: Blob,
}

/// Answers a login's start; the same for unknown users (a fake record).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStartResponse {
    /// Names the login under way; opaque, short-lived, single use.
    pub login: String,
    /// OPAQUE credential response.
    pub response: Blob,
    /// The server's identity, for the device's proof.
    pub server: ServerId,
    /// To be signed by the device.
    pub nonce: Nonce,
    /// The account (a made-up one, stable for each name, for unknown users), for the device's proof.
    pub account: AccountId,
}

/// A device's public keys and the proof that it holds the signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceProof {
    /// Ed25519 public key.
    pub signing_key: PublicKey,
    /// X25519 public key for HPKE.
    pub hpke_key: PublicKey,
    /// Signature over [`crate::wire::payload::device_registration`].
    pub proof: Signature,
}

/// Finishes a login and registers the device with the account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginFinishParams {
    /// The login under way.
    pub login: String,
    /// OPAQUE credential finalisation.
    pub finalization: Blob,
    /// The device that logs in.
    pub device: DeviceProof,
    /// The code of the account's authenticator, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In its place: an access token of a device of the same account that brought a code itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<String>,
}

impl std::fmt::Debug for LoginFinishParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginFinishParams").field("device", &self.device).finish_non_exhaustive()
    }
}

/// Whether there is a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorView {
    /// The account has one, and sign-ins need it.
    pub enabled: bool,
    /// The caller's own sign-in brought it.
    pub proven: bool,
}

/// A second factor to be set up; it counts once a code of it was given back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorBegun {
    /// The secret in base32, for typing.
    pub secret: String,
    /// The same as an `otpauth:` address, for a QR code.
    pub uri: String,
}

impl std::fmt::Debug for SecondFactorBegun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactorBegun").finish_non_exhaustive()
    }
}

/// A code that proves the authenticator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorCode {
    /// Six digits.
    pub code: String,
}

impl std::fmt::Debug for SecondFactorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactorCode").finish_non_exhaustive()
    }
}

/// A successful login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginFinishResponse {
    /// The account.
    pub account: AccountId,
    /// The device, as the server derived it from the keys.
    pub device: DeviceId,
    /// Its tokens.
    pub tokens: TokenPair,
}

/// An access token and the refresh token that follows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPair {
    /// Compact JWS, at most ten minutes.
    pub access_token: String,
    /// When the access token expires, in milliseconds since the epoch by the server's clock.
    pub access_expires_ms: u64,
    /// Opaque, single use, bound to the device.
    pub refresh_token: String,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair")
            .field("access_expires_ms", &self.access_expires_ms)
            .finish_non_exhaustive()
    }
}

/// Trades a refresh token for new tokens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRefreshParams {
    /// The device.
    pub device: DeviceId,
    /// The refresh token.
    pub refresh_token: String,
    /// The device's signature over [`crate::wire::payload::token_refresh`].
    pub proof: Signature,
}

impl std::fmt::Debug for TokenRefreshParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRefreshParams").field("device", &self.device).finish_non_exhaustive()
    }
}

/// Ends sessions of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogoutParams {
    /// True: every device of the account; false: only the caller's.
    pub everywhere: bool,
}

/// A device registered with the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceView {
    /// The device.
    pub device: DeviceId,
    /// When it was registered, in milliseconds since the epoch.
    pub registered_ms: u64,
    /// When it last used its session, in milliseconds since the epoch.
    pub last_seen_ms: u64,
    /// True for the caller's own.
    pub current: bool,
}
