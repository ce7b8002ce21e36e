//! The recovery code: 160 random bits on paper, from which a recovery device's keys are derived.
//!
//! The code is full-entropy, so no slow derivation is needed.

use zeroize::Zeroizing;

use super::base32::{CodeError, decode_code, encode_code};
use super::device::DeviceKeys;
use crate::crypto::hazmat::hash::hkdf;
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::secret::Secret;

const TAG: &[u8] = b"recovery";

/// A recovery code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCode(Secret<20>);

impl RecoveryCode {
    /// Makes a random code.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    /// Writes the code for the printout: six groups of six characters.
    pub fn to_text(&self) -> Zeroizing<String> {
        encode_code(TAG, self.0.expose(), 6)
    }

    /// Reads a typed code.
    ///
    /// # Errors
    /// [`CodeError`], with what to look for.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Ok(Self(Secret::new(*decode_code::<20>(TAG, text)?)))
    }

    /// Derives the recovery device's keys.
    pub fn device_keys(&self) -> DeviceKeys {
        let derive =
            |label: &[u8]| Secret::new(hkdf::<32>(self.0.expose(), b"groundplan/recovery/v1\0", &[label]));
        DeviceKeys::derive(derive(b"signing"), &derive(b"hpke"))
    }

    /// Derives the X25519 secret to which backups are encrypted; it serves nothing else.
    pub fn backup_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hkdf::<32>(self.0.expose(), b"groundplan/recovery/v1\0", &[b"backup"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn the_vector_is_kept_for_ever() {
        let code = RecoveryCode(Secret::new(std::array::from_fn(|i| i as u8)));
        assert_eq!(code.to_text().as_str(), "000G40-R40M30-E20918-5GR38E-1W8124-GKCBV4");
        assert_eq!(code.device_keys().id().to_string(), "ca4844b5e3b2f57f154f5b60878c0187");
    }

    #[test]
    fn a_typed_code_gives_the_same_device() {
        let code = RecoveryCode::make(&seeded(12)).unwrap();
        let text = code.to_text();
        assert_eq!(text.len(), 6 * 6 + 5);
        assert_eq!(RecoveryCode::parse(&text).unwrap().device_keys(), code.device_keys());
        assert_ne!(RecoveryCode::make(&seeded(13)).unwrap().device_keys().id(), code.device_keys().id());
        assert!(!format!("{code:?}").contains(text.get(..4).unwrap()));
    }
}
