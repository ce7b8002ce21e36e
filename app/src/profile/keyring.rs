//! The system's keyring: one entry a profile. Every call may block while the system asks its owner.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use zeroize::Zeroizing;

use super::KeyError;

const SERVICE: &str = "groundplan";

fn entry(name: &str) -> Result<keyring::Entry, KeyError> {
    keyring::Entry::new(SERVICE, name).map_err(|error| KeyError::Keyring(error.to_string()))
}

/// Keeps a key.
pub(super) fn set(name: &str, key: &[u8; 32]) -> Result<(), KeyError> {
    let fail = |error: keyring::Error| KeyError::Keyring(error.to_string());
    let entry = entry(name)?;
    let text = Zeroizing::new(BASE64.encode(key));
    entry.set_password(&text).map_err(fail)?;
    // Some keyrings accept and forget: trust only what reads back.
    let back = Zeroizing::new(entry.get_password().map_err(fail)?);
    if back == text { Ok(()) } else { Err(KeyError::Missing) }
}

/// Reads a key back.
pub(super) fn get(name: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let text = match entry(name)?.get_password() {
        Ok(text) => Zeroizing::new(text),
        Err(keyring::Error::NoEntry) => return Err(KeyError::Missing),
        Err(error) => return Err(KeyError::Keyring(error.to_string())),
    };
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| KeyError::Missing)?);
    Ok(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Missing)?))
}

/// Removes a key.
pub(super) fn remove(name: &str) -> Result<(), KeyError> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
        Err(error) => Err(KeyError::Keyring(error.to_string())),
    }
}

/// Says whether there is a keyring that answers.
pub(super) fn available() -> bool {
    let answer = entry("probe").and_then(|entry| match entry.get_password() {
        Ok(_) | Err(keyring::Error::NoEntry) => Ok(()),
        Err(error) => Err(KeyError::Keyring(error.to_string())),
    });
    answer.inspect_err(|error| tracing::debug!(key.error = %error, "no keyring answers")).is_ok()
}
