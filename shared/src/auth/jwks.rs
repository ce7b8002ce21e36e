//! The set of keys that a server publishes (RFC 7517, RFC 8037). Only Ed25519 keys exist here.

use serde::{Deserialize, Serialize};

use crate::crypto::safe::key_thumbprint;
use crate::wire::cbor::{from_base64, to_base64};
use crate::wire::ids::PublicKey;

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// The public key, base64url.
    pub x: String,
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

/// The published set: the current key first, then those whose tokens may still be about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    /// Describes a public key.
    pub fn of(key: &PublicKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: to_base64(&key.0),
            kid: key_thumbprint(key),
            alg: super::claims::TOKEN_ALGORITHM.into(),
            usage: "sig".into(),
        }
    }

    /// Returns the public key; `None` unless it is an Ed25519 signing key whose id is its thumbprint.
    pub fn key(&self) -> Option<PublicKey> {
        let key = PublicKey::from_slice(&from_base64(&self.x)?)?;
        (*self == Self::of(&key)).then_some(key)
    }
}

impl Jwks {
    /// Describes public keys.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Self {
        Self { keys: keys.into_iter().map(Jwk::of).collect() }
    }

    /// Finds a key by its id.
    pub fn find(&self, kid: &str) -> Option<PublicKey> {
        self.keys.iter().find(|jwk| jwk.kid == kid)?.key()
    }
}
