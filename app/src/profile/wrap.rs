//! Wrapping the store's key by a passphrase: Argon2id, then an authenticated cipher.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_shared::api::PASSPHRASE_MIN_CHARS;
use ring::aead;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::KeyError;
use crate::env;

const AAD: &[u8] = b"groundplan/key/v1";
/// OWASP's recommendation of 2023 and above: 64 MiB, 3 passes, 1 lane.
const COST: Cost = Cost { memory_kib: 65_536, passes: 3, lanes: 1 };
const COST_CEILING: Cost = Cost { memory_kib: 1_048_576, passes: 16, lanes: 4 };
/// What is tried first by whoever guesses.
const COMMON: [&str; 8] =
    ["password", "passphrase", "12345678", "123456789", "1234567890", "qwertyui", "groundplan", "iloveyou"];

/// What Argon2id costs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A wrapped key, as `key.json` holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapped {
    salt: String,
    cost: Cost,
    wrapped: String,
}

/// Refuses passphrases that protect nothing.
pub(crate) fn check(passphrase: &SecretString) -> Result<(), KeyError> {
    let text = passphrase.expose_secret();
    if text.chars().count() < PASSPHRASE_MIN_CHARS {
        return Err(KeyError::TooShort);
    }
    let first = text.chars().next();
    if text.chars().all(|letter| Some(letter) == first) || COMMON.contains(&text.to_lowercase().as_str()) {
        return Err(KeyError::Common);
    }
    Ok(())
}

/// Wraps a key.
pub(super) fn wrap(key: &[u8; 32], passphrase: &SecretString) -> Result<Wrapped, KeyError> {
    check(passphrase)?;
    let salt = env::random::<16>();
    let wrapping = stretch(passphrase, &salt, COST)?;
    let nonce = env::random::<12>();
    let mut sealed = key.to_vec();
    wrapping
        .seal_in_place_append_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(AAD),
            &mut sealed,
        )
        .map_err(|_| KeyError::Wrong)?;
    let wrapped = BASE64.encode([nonce.as_slice(), &sealed].concat());
    Ok(Wrapped { salt: BASE64.encode(salt), cost: COST, wrapped })
}

/// Unwraps a key.
pub(super) fn unwrap(wrapped: &Wrapped, passphrase: &SecretString) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let salt = BASE64.decode(&wrapped.salt).map_err(|_| KeyError::Wrong)?;
    let bytes = BASE64.decode(&wrapped.wrapped).map_err(|_| KeyError::Wrong)?;
    let wrapping = stretch(passphrase, &salt, wrapped.cost)?;
    let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or(KeyError::Wrong)?;
    let mut sealed = Zeroizing::new(sealed.to_vec());
    let nonce = aead::Nonce::assume_unique_for_key(*nonce);
    let plain =
        wrapping.open_in_place(nonce, aead::Aad::from(AAD), &mut sealed).map_err(|_| KeyError::Wrong)?;
    Ok(Zeroizing::new(<[u8; 32]>::try_from(&*plain).map_err(|_| KeyError::Wrong)?))
}

fn stretch(passphrase: &SecretString, salt: &[u8], cost: Cost) -> Result<aead::LessSafeKey, KeyError> {
    // The file lies beside the database: a lowered cost would help whoever changed it, a huge one would hang us.
    let within = (COST.memory_kib..=COST_CEILING.memory_kib).contains(&cost.memory_kib)
        && (COST.passes..=COST_CEILING.passes).contains(&cost.passes)
        && (COST.lanes..=COST_CEILING.lanes).contains(&cost.lanes);
    if !within {
        return Err(KeyError::Wrong);
    }
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| KeyError::Wrong)?;
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut *out)
        .map_err(|_| KeyError::Wrong)?;
    let unbound =
        aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &*out).expect("the key has the cipher's length");
    Ok(aead::LessSafeKey::new(unbound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passphrases_that_protect_nothing_are_refused() {
        let checked = |text: &str| check(&text.to_owned().into());
        assert!(matches!(checked("seven77"), Err(KeyError::TooShort)));
        for common in ["Password", "aaaaaaaaaaaa", "12345678"] {
            assert!(matches!(checked(common), Err(KeyError::Common)), "{common}");
        }
        assert!(checked("correct horse").is_ok());
        assert!(checked("ünïcödë!").is_ok(), "characters count, not bytes");
    }
}
