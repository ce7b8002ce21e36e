//! Claims of an access token. Making and checking the token around them is in [`super::token`].

use serde::{Deserialize, Serialize};

use super::scope::Scopes;
use crate::wire::ids::{AccountId, DeviceId, Hash, Nonce};

/// Longest life of an access token, in seconds.
pub const MAX_LIFETIME_S: u64 = 600;
/// Tolerated difference of clocks, in seconds.
pub const SKEW_S: u64 = 30;
/// The token's `typ` (RFC 9068).
pub const TOKEN_TYPE: &str = "at+jwt";
/// The token's only `alg`.
pub const TOKEN_ALGORITHM: &str = "EdDSA";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// The issuing server, as in its description.
    pub iss: String,
    /// The server that it is for (the server id in hexadecimal).
    pub aud: String,
    /// The account.
    pub sub: AccountId,
    /// The device.
    pub device: DeviceId,
    /// What it allows.
    pub scope: Scopes,
    /// When it was issued, in seconds since the epoch.
    pub iat: u64,
    /// When it expires, in seconds since the epoch; at most [`MAX_LIFETIME_S`] after `iat`.
    pub exp: u64,
    /// The token's own id, random.
    pub jti: Nonce,
    /// The device key that it is bound to.
    pub cnf: Confirmation,
}

/// The key that the bearer must prove to hold (RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// RFC 7638 thumbprint (SHA-256, base64url) of the device's signing key as a JWK.
    pub jkt: String,
}

/// What the checker demands besides a valid signature.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The audience.
    pub audience: &'a str,
    /// Now, in seconds since the epoch.
    pub now_s: u64,
}

/// Hash of a compact token as used in a socket challenge; an alias that says so.
pub type TokenHash = Hash;
