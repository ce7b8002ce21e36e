//! One-time codes by time (RFC 6238: SHA-1, six digits, thirty seconds), the second factor of sign-ins.
//!
//! Which step was used last, and that none is used twice, is the server's matter; the time comes in as a parameter.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::crypto::safe::low::hash::{hmac_sha1, sha256};
use crate::crypto::safe::low::random::{Random, RandomFailed};
use crate::crypto::safe::low::secret::Secret;

/// Seconds for which a code stands.
pub const STEP_S: u64 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Steps by which a clock may be off, either way.
const DRIFT: u64 = 1;
/// RFC 4648, as authenticators read it.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator and the server share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpSecret(Secret<20>);

impl TotpSecret {
    /// Makes a random secret.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    /// Reads the stored form; `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Secret::from_slice(bytes).map(Self)
    }

    /// Returns the stored form.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// Writes the secret as people type it into an authenticator: base32 without padding, 32 letters.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(32));
        for five in self.0.expose().chunks(5) {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                let letter = ALPHABET.get((bits >> (5 * place) & 31) as usize);
                text.push(char::from(*letter.expect("invariant: five bits are below 32")));
            }
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote, as an authenticator does; `None` if it is not that.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(20));
        for eight in text.as_bytes().chunks(8) {
            let mut bits = 0_u64;
            for letter in eight {
                bits = bits << 5 | ALPHABET.iter().position(|known| known == letter)? as u64;
            }
            // Eight letters are the lower five of these bytes.
            bytes.extend(bits.to_be_bytes().into_iter().skip(3));
        }
        Self::from_bytes(&bytes)
    }

    /// Writes the address that an authenticator reads from a QR code.
    pub fn to_uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account) = (escape(issuer), escape(account));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
            *self.to_text()
        ))
    }

    /// Returns the code of a step.
    pub fn code(&self, step: u64) -> String {
        let mac = hmac_sha1(self.0.expose(), &step.to_be_bytes());
        let offset = usize::from(mac[19] & 0x0f);
        let word = mac.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        let word =
            u32::from_be_bytes(*word.expect("invariant: an offset of four bits leaves four bytes of twenty"));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// Finds the step near `now_s` (seconds since the epoch) and after `used` whose code this is. Spaces in the code are
    /// overlooked. Takes the same time whichever digit is wrong.
    pub fn step_of(&self, code: &str, now_s: u64, used: u64) -> Option<u64> {
        let code: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
        let now = now_s / STEP_S;
        let mut found = None;
        for step in now.saturating_sub(DRIFT)..=now.saturating_add(DRIFT) {
            let expected = Zeroizing::new(self.code(step));
            // Comparing hashes tells a clock nothing about which digit differs.
            if sha256(&[expected.as_bytes()]) == sha256(&[code.as_bytes()]) && step > used {
                found = Some(step);
            }
        }
        found
    }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::safe::low::random::seeded;

    fn published() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    /// RFC 6238, appendix B, SHA-1, the last six of its eight digits.
    #[test]
    fn the_published_codes_come_out() {
        for (time_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(published().code(time_s / STEP_S), code);
            assert_eq!(published().step_of(code, time_s, 0), Some(time_s / STEP_S));
        }
    }

    #[test]
    fn a_code_counts_once_and_one_step_either_way() {
        let (secret, now_s) = (published(), 2_000_000_000);
        let step = now_s / STEP_S;
        let code = secret.code(step);
        let spaced: String = code.chars().flat_map(|digit| [' ', digit]).collect();
        assert_eq!(secret.step_of(&spaced, now_s, 0), Some(step));
        assert_eq!(secret.step_of(&code, now_s + STEP_S, 0), Some(step));
        assert_eq!(secret.step_of(&code, now_s - STEP_S, 0), Some(step));
        assert_eq!(secret.step_of(&code, now_s + 2 * STEP_S, 0), None, "too old");
        assert_eq!(secret.step_of(&code, now_s, step), None, "used before");
        assert_eq!(secret.step_of("", now_s, 0), None);
        assert_eq!(secret.step_of("000000", now_s, 0), None);
    }

    #[test]
    fn an_authenticator_can_read_it() {
        assert_eq!(*published().to_text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = published().to_uri("sync.example.org", "ada+work@x");
        assert!(
            uri.starts_with("otpauth://totp/sync.example.org:ada%2Bwork%40x?secret=GEZDGNBV"),
            "{}",
            *uri
        );
        let made = TotpSecret::make(&seeded(7)).unwrap();
        assert_eq!(TotpSecret::from_bytes(made.expose()), Some(made.clone()));
        assert_eq!(TotpSecret::from_text(&made.to_text()), Some(made.clone()));
        assert_eq!(TotpSecret::from_text("GEZDGNBVGY3TQOJ1"), None);
        assert!(!format!("{made:?}").contains(&*made.to_text()));
    }
}
