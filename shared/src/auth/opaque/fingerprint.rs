//! What people compare when a server's key changed: a short text that the server's administrator can read out.

use crate::crypto::safe::low::hash::hmac_sha256;
use crate::wire::ids::{PublicKey, ServerId};

/// Bytes shown: too many to find another key for.
const SHOWN: usize = 16;

/// Returns the fingerprint of a server's sign-in key: eight groups of four hexadecimal digits.
pub fn fingerprint(server: &ServerId, key: &PublicKey) -> String {
    let hash = hmac_sha256(b"groundplan/server-key/v1", &[&server.0, &key.0]);
    let digits: Vec<String> = hash
        .iter()
        .take(SHOWN)
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    digits.join("-")
}

/// Says whether a person meant this fingerprint, however they wrote it.
pub fn is_fingerprint(given: &str, fingerprint: &str) -> bool {
    let digits = |text: &str| -> String {
        text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase()).collect()
    };
    digits(given) == digits(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_differ_by_server_and_key_and_are_read_leniently() {
        let one = fingerprint(&ServerId([1; 16]), &PublicKey([2; 32]));
        assert_eq!(one.len(), 8 * 4 + 7);
        assert_ne!(one, fingerprint(&ServerId([1; 16]), &PublicKey([3; 32])));
        assert_ne!(one, fingerprint(&ServerId([2; 16]), &PublicKey([2; 32])));
        assert!(is_fingerprint(&one.to_uppercase().replace('-', " "), &one));
        assert!(!is_fingerprint("", &one));
    }
}
