//! The pairing secret: 128 random bits that two devices of one person share by typing or QR, the mailbox that it
//! names, and the sealed messages in it, bound to mailbox, direction and number.

use zeroize::Zeroizing;

use super::base32::{CodeError, decode_code, encode_code};
use super::blob::NotOpened;
use crate::crypto::hazmat::hash::hkdf;
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::sealed;
use crate::crypto::hazmat::secret::Secret;
use crate::wire::ids::MailboxId;

const TAG: &[u8] = b"pairing";
const SALT: &[u8] = b"groundplan/pairing/v1\0";

/// Which device a message is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The device that is linked already.
    Existing,
    /// The device that is being linked.
    New,
}

/// A pairing secret; used for one linking only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingSecret(Secret<16>);

impl PairingSecret {
    /// Makes a random secret.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    /// Writes the secret as a code of five groups of six characters.
    pub fn to_text(&self) -> Zeroizing<String> {
        encode_code(TAG, self.0.expose(), 6)
    }

    /// Reads a typed or scanned code.
    ///
    /// # Errors
    /// [`CodeError`], with what to look for.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Ok(Self(Secret::new(*decode_code::<16>(TAG, text)?)))
    }

    /// Derives the mailbox's id, all that the server learns.
    pub fn mailbox(&self) -> MailboxId {
        MailboxId(hkdf(self.0.expose(), SALT, &[b"mailbox"]))
    }

    fn key(&self, from: Side) -> Secret<32> {
        let label: &[u8] = match from {
            Side::Existing => b"from-existing",
            Side::New => b"from-new",
        };
        Secret::new(hkdf(self.0.expose(), SALT, &[label]))
    }

    fn context(&self, sequence: u32) -> Vec<u8> {
        [b"groundplan/pairing-message/v1\0".as_slice(), &self.mailbox().0, &sequence.to_be_bytes()].concat()
    }

    /// Seals the message number `sequence` of a side.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn seal(
        &self,
        from: Side,
        sequence: u32,
        message: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, RandomFailed> {
        sealed::seal(&self.key(from), &self.context(sequence), message, random)
    }

    /// Opens the message number `sequence` of a side.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, from: Side, sequence: u32, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        sealed::open(&self.key(from), &self.context(sequence), message).ok_or(NotOpened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn the_vector_is_kept_for_ever() {
        let secret = PairingSecret(Secret::new(std::array::from_fn(|i| i as u8)));
        assert_eq!(secret.to_text().as_str(), "000G40-R40M30-E20918-5GR38E-1W5ZPP");
        assert_eq!(secret.mailbox().to_string(), "21a778863c0f18ce4da9ef6d603c4ae3");
        let sealed = secret.seal(Side::New, 3, b"hi", &seeded(1)).unwrap();
        assert_eq!(
            crate::wire::ids::to_hex(&sealed),
            "016a9b64ac74ef93815c89969c3c73616856dd49476f6665976d0ccad68f2169794a8dd39221d0942a12f97085b4c0e5ef6fcd1b3e4e3836fe0dc83731ca771d6e716c946da303a42524061e2862dd64060dfa"
        );
    }

    #[test]
    fn messages_are_bound_to_secret_direction_and_number() {
        let random = seeded(14);
        let (secret, other) = (PairingSecret::make(&random).unwrap(), PairingSecret::make(&random).unwrap());
        let sealed = secret.seal(Side::New, 0, b"hello", &random).unwrap();
        assert_eq!(secret.open(Side::New, 0, &sealed).unwrap().as_slice(), b"hello");
        assert!(secret.open(Side::Existing, 0, &sealed).is_err(), "a reflected message");
        assert!(secret.open(Side::New, 1, &sealed).is_err(), "a replayed message");
        assert!(other.open(Side::New, 0, &sealed).is_err());
        assert_ne!(secret.mailbox(), other.mailbox());
        assert_eq!(PairingSecret::parse(&secret.to_text()), Ok(secret));
    }
}
