//! Making and checking access tokens: compact JWS (RFC 7515), EdDSA only, typed `at+jwt`.
//!
//! The header must be exactly {alg, kid, typ}: `none`, HMAC, `jku`, `x5u`, `jwk`, `crit` and anything else are
//! refused before a key is looked at. Whether the bearer holds the device key is checked by whoever has a challenge.

use serde::{Deserialize, Serialize};

use super::claims::{
    AccessClaims, Confirmation, Expected, MAX_LIFETIME_S, SKEW_S, TOKEN_ALGORITHM, TOKEN_TYPE,
};
use super::jwks::Jwks;
use crate::crypto::safe::key_thumbprint;
use crate::crypto::safe::low::hash::sha256;
use crate::crypto::safe::low::sign::{SigningKey, verify};
use crate::wire::cbor::{from_base64, to_base64};
use crate::wire::ids::{Hash, PublicKey, Signature};
use crate::wire::limits::TOKEN_BYTES;

/// Why a token was refused. Only [`TokenError::Expired`] is told to the bearer; the rest is one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a compact JWS of ours.
    #[error("the access token cannot be read; sign in again")]
    Malformed,
    /// A header that is not exactly ours.
    #[error("the access token's header is not acceptable; sign in again")]
    Header,
    /// A key that the server does not publish.
    #[error("the access token's key is unknown; sign in again")]
    Key,
    /// A wrong signature.
    #[error("the access token's signature is wrong; sign in again")]
    Signature,
    /// Another issuer or audience.
    #[error("the access token is for another server; sign in again")]
    Audience,
    /// Too long a life, or issued in the future.
    #[error("the access token's times are not acceptable; check the clock and sign in again")]
    Times,
    /// Expired: refresh it.
    #[error("the access token has expired; refresh it")]
    Expired,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    alg: String,
    kid: String,
    typ: String,
}

impl Confirmation {
    /// Binds to a device's signing key.
    pub fn of(key: &PublicKey) -> Self {
        Self { jkt: key_thumbprint(key) }
    }

    /// Says whether the binding is to this key.
    pub fn fits(&self, key: &PublicKey) -> bool {
        self.jkt == key_thumbprint(key)
    }
}

/// Makes a token.
///
/// # Errors
/// [`TokenError::Times`] if the claims ask for a life that no checker would accept.
pub fn make_token(claims: &AccessClaims, key: &SigningKey) -> Result<String, TokenError> {
    let lifetime = claims.exp.checked_sub(claims.iat).filter(|s| (1..=MAX_LIFETIME_S).contains(s));
    lifetime.ok_or(TokenError::Times)?;
    let header = JoseHeader {
        alg: TOKEN_ALGORITHM.into(),
        kid: key_thumbprint(&key.public()),
        typ: TOKEN_TYPE.into(),
    };
    let part =
        |json: Result<Vec<u8>, _>| to_base64(&json.expect("invariant: plain strings and numbers serialise"));
    let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(claims)));
    let signature = key.sign(signed.as_bytes());
    Ok(format!("{signed}.{}", to_base64(&signature.0)))
}

/// Checks a token and returns its claims.
///
/// # Errors
/// [`TokenError`].
pub fn check_token(token: &str, keys: &Jwks, expected: &Expected<'_>) -> Result<AccessClaims, TokenError> {
    if token.len() > TOKEN_BYTES {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let bytes = |part: &str| from_base64(part).ok_or(TokenError::Malformed);
    let header: JoseHeader = serde_json::from_slice(&bytes(header)?).map_err(|_| TokenError::Header)?;
    if header.alg != TOKEN_ALGORITHM || header.typ != TOKEN_TYPE {
        return Err(TokenError::Header);
    }
    let key = keys.find(&header.kid).ok_or(TokenError::Key)?;
    let signature = Signature::from_slice(&bytes(signature)?).ok_or(TokenError::Signature)?;
    if !verify(&key, signed.as_bytes(), &signature) {
        return Err(TokenError::Signature);
    }
    let claims: AccessClaims = serde_json::from_slice(&bytes(payload)?).map_err(|_| TokenError::Malformed)?;
    check_claims(&claims, expected)?;
    Ok(claims)
}

fn check_claims(claims: &AccessClaims, expected: &Expected<'_>) -> Result<(), TokenError> {
    if claims.iss != expected.issuer || claims.aud != expected.audience {
        return Err(TokenError::Audience);
    }
    let lifetime = claims.exp.checked_sub(claims.iat).ok_or(TokenError::Times)?;
    if lifetime == 0 || lifetime > MAX_LIFETIME_S || claims.iat > expected.now_s.saturating_add(SKEW_S) {
        return Err(TokenError::Times);
    }
    if expected.now_s >= claims.exp.saturating_add(SKEW_S) { Err(TokenError::Expired) } else { Ok(()) }
}

/// Hashes a compact token for [`crate::wire::payload::socket_challenge`].
pub fn token_hash(token: &str) -> Hash {
    sha256(&[token.as_bytes()])
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
