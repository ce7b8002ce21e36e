//! Refresh tokens: opaque random text, of which a server keeps only a hash.
//!
//! Rotation, families and reuse detection are the server's.

use zeroize::Zeroizing;

use crate::crypto::safe::low::hash::sha256;
use crate::crypto::safe::low::random::{Random, RandomFailed};
use crate::crypto::safe::low::secret::Secret;
use crate::wire::cbor::{from_base64, to_base64};
use crate::wire::ids::Hash;

const PREFIX: &str = "gpr1_";

/// A refresh token of 256 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken(Secret<32>);

impl RefreshToken {
    /// Makes a random token.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    /// Writes the token as it is handed out, once. The prefix lets scanners of leaked secrets find it.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", to_base64(self.0.expose())))
    }

    /// Reads a token; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(from_base64(text.strip_prefix(PREFIX)?)?);
        Secret::from_slice(&bytes).map(Self)
    }

    /// Hashes the token: what a server stores and looks up, and what [`crate::wire::payload::token_refresh`] names.
    pub fn hash(&self) -> Hash {
        sha256(&[b"groundplan/refresh/v1\0", self.0.expose()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::safe::low::random::seeded;

    #[test]
    fn survives_its_text() {
        let token = RefreshToken::make(&seeded(31)).unwrap();
        assert_eq!(RefreshToken::parse(&token.to_text()), Some(token.clone()));
        assert_eq!(RefreshToken::parse("gpr1_short"), None);
        assert_eq!(RefreshToken::parse(token.to_text().strip_prefix(PREFIX).unwrap()), None);
        assert!(!format!("{token:?}").contains(&to_base64(token.0.expose())));
    }
}
