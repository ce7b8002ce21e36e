//! The store's key: 256 random bits in the system's keyring, or wrapped by a passphrase where there is none.
//!
//! `key.json` says which, and never holds the key in the clear. A key that should be there and is not is an error
//! of its own, never an empty profile.

use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_shared::api::{ApiError, ErrorCode};
use ring::{aead, hkdf};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Dirs;
use crate::env;

const SERVICE: &str = "groundplan";
const AAD: &[u8] = b"groundplan/key/v1";
/// OWASP's recommendation of 2023 and above: 64 MiB, 3 passes, 1 lane.
const COST: Cost = Cost { memory_kib: 65_536, passes: 3, lanes: 1 };
const COST_CEILING: Cost = Cost { memory_kib: 1_048_576, passes: 16, lanes: 4 };

/// Where the key comes from.
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// The passphrase, from a prompt, a file or the environment.
    pub passphrase: Option<SecretString>,
    /// Whether to use a passphrase although a keyring is there.
    pub prefer_passphrase: bool,
}

/// How the key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStorage {
    /// In the system's keyring.
    Keyring,
    /// Wrapped by a passphrase.
    Passphrase,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `key.json` cannot be read or written.
    #[error("{path}: {detail}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The keyring has no such entry.
    #[error("the keyring holds no key for this profile")]
    Missing,
    /// The keyring does not answer.
    #[error("the keyring cannot be used: {0}")]
    Keyring(String),
    /// A passphrase is needed and none was given.
    #[error("this profile is locked by a passphrase")]
    PassphraseNeeded,
    /// There is no keyring, and no passphrase was given to make a profile with.
    #[error("this system has no keyring to keep the key in")]
    NoKeyring,
    /// The passphrase is wrong.
    #[error("the passphrase does not open this profile")]
    Wrong,
    /// The passphrase is too short.
    #[error("the passphrase has fewer than 8 characters")]
    TooShort,
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        let (code, hint) = match &error {
            KeyError::File { .. } => {
                (ErrorCode::StoreCorrupt, "Restore the file from a backup of this folder.")
            }
            KeyError::Missing => (
                ErrorCode::KeyMissing,
                "Unlock the keyring that was used before, or start with another --profile; nothing was changed.",
            ),
            KeyError::Keyring(_) => (ErrorCode::KeyMissing, "Unlock the keyring and try again."),
            KeyError::PassphraseNeeded => (
                ErrorCode::KeyMissing,
                "Give the passphrase: at the prompt, with --passphrase-file, or in GROUNDPLAN_PASSPHRASE.",
            ),
            KeyError::NoKeyring => (
                ErrorCode::KeyMissing,
                "Choose a passphrase instead: at the prompt, with --passphrase-file, or in GROUNDPLAN_PASSPHRASE.",
            ),
            KeyError::Wrong => (ErrorCode::KeyWrong, "Try again; capital letters count."),
            KeyError::TooShort => (ErrorCode::InvalidInput, "Choose one of at least 8 characters."),
        };
        let text = error.to_string();
        let mut chars = text.chars();
        let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
        Self::new(code, format!("{capital}."), hint)
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "storage", rename_all = "snake_case", deny_unknown_fields)]
enum KeyFile {
    Keyring { entry: String },
    Passphrase { salt: String, cost: Cost, wrapped: String },
}

/// The key of a profile, from which each database's key is derived.
pub struct StoreKey {
    key: Zeroizing<[u8; 32]>,
    storage: KeyStorage,
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoreKey({:?})", self.storage)
    }
}

impl StoreKey {
    /// Opens the profile's key, or makes one where there is no `key.json`.
    pub fn open_or_make(dirs: &Dirs, options: &KeyOptions) -> Result<Self, KeyError> {
        let path = dirs.key_file();
        let bad = |detail: String| KeyError::File { path: path.clone(), detail };
        match std::fs::read(&path) {
            Ok(bytes) => {
                let file = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
                Self::open(file, options)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if dirs.profile_database().exists() {
                    return Err(bad("is missing, although the profile's database is there".to_owned()));
                }
                let (key, file) = Self::make(options)?;
                let text = serde_json::to_vec_pretty(&file).map_err(|error| bad(error.to_string()))?;
                write_durably(&path, &text).map_err(|error| bad(error.to_string()))?;
                Ok(key)
            }
            Err(error) => Err(bad(error.to_string())),
        }
    }

    fn make(options: &KeyOptions) -> Result<(Self, KeyFile), KeyError> {
        let key = Zeroizing::new(env::random::<32>());
        if !options.prefer_passphrase {
            let entry = env::make_uuid().to_string();
            match keyring_set(&entry, &key) {
                Ok(()) => {
                    return Ok((Self { key, storage: KeyStorage::Keyring }, KeyFile::Keyring { entry }));
                }
                Err(error) => tracing::debug!(key.error = %error, "no keyring, a passphrase is needed"),
            }
        }
        let passphrase = options.passphrase.as_ref().ok_or(KeyError::NoKeyring)?;
        if passphrase.expose_secret().chars().count() < 8 {
            return Err(KeyError::TooShort);
        }
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
        let file = KeyFile::Passphrase { salt: BASE64.encode(salt), cost: COST, wrapped };
        Ok((Self { key, storage: KeyStorage::Passphrase }, file))
    }

    fn open(file: KeyFile, options: &KeyOptions) -> Result<Self, KeyError> {
        match file {
            KeyFile::Keyring { entry } => {
                let key = keyring_get(&entry)?;
                Ok(Self { key, storage: KeyStorage::Keyring })
            }
            KeyFile::Passphrase { salt, cost, wrapped } => {
                let passphrase = options.passphrase.as_ref().ok_or(KeyError::PassphraseNeeded)?;
                let salt = BASE64.decode(salt).map_err(|_| KeyError::Wrong)?;
                let bytes = BASE64.decode(wrapped).map_err(|_| KeyError::Wrong)?;
                let wrapping = stretch(passphrase, &salt, cost)?;
                let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or(KeyError::Wrong)?;
                let mut sealed = Zeroizing::new(sealed.to_vec());
                let nonce = aead::Nonce::assume_unique_for_key(*nonce);
                let plain = wrapping
                    .open_in_place(nonce, aead::Aad::from(AAD), &mut sealed)
                    .map_err(|_| KeyError::Wrong)?;
                let key = <[u8; 32]>::try_from(&*plain).map_err(|_| KeyError::Wrong)?;
                Ok(Self { key: Zeroizing::new(key), storage: KeyStorage::Passphrase })
            }
        }
    }

    /// Says how the key is kept.
    pub fn storage(&self) -> KeyStorage {
        self.storage
    }

    /// Derives the key of one database or purpose.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"groundplan/store/v1").extract(&*self.key);
        let mut out = Zeroizing::new([0; 32]);
        prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *out))
            .expect("32 bytes are a length HKDF-SHA256 gives");
        out
    }
}

fn stretch(passphrase: &SecretString, salt: &[u8], cost: Cost) -> Result<aead::LessSafeKey, KeyError> {
    // The file lies beside the database: a lowered cost would help whoever changed it, a huge one would hang us.
    let within = cost.memory_kib >= COST.memory_kib
        && cost.memory_kib <= COST_CEILING.memory_kib
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

fn keyring_set(entry: &str, key: &[u8; 32]) -> Result<(), KeyError> {
    let fail = |error: keyring::Error| KeyError::Keyring(error.to_string());
    let entry = keyring::Entry::new(SERVICE, entry).map_err(fail)?;
    entry.set_password(&BASE64.encode(key)).map_err(fail)?;
    // Some keyrings accept and forget: trust only what reads back.
    let back = Zeroizing::new(entry.get_password().map_err(fail)?);
    if back.as_str() == BASE64.encode(key) { Ok(()) } else { Err(KeyError::Missing) }
}

fn keyring_get(entry: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let entry = keyring::Entry::new(SERVICE, entry).map_err(|error| KeyError::Keyring(error.to_string()))?;
    let text = match entry.get_password() {
        Ok(text) => Zeroizing::new(text),
        Err(keyring::Error::NoEntry) => return Err(KeyError::Missing),
        Err(error) => return Err(KeyError::Keyring(error.to_string())),
    };
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| KeyError::Missing)?);
    Ok(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Missing)?))
}

/// Writes beside, syncs, renames, syncs the folder: the file is whole or absent after any crash.
fn write_durably(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let beside = path.with_extension("json.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(passphrase: &str) -> KeyOptions {
        KeyOptions { passphrase: Some(passphrase.to_owned().into()), prefer_passphrase: true }
    }

    #[test]
    fn a_passphrase_opens_what_it_wrapped_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs::find(None, Some(dir.path())).unwrap();
        let made = StoreKey::open_or_make(&dirs, &options("correct horse")).unwrap();
        let again = StoreKey::open_or_make(&dirs, &options("correct horse")).unwrap();
        assert_eq!(made.derive("a"), again.derive("a"));
        assert_ne!(made.derive("a"), made.derive("b"));
        assert!(matches!(StoreKey::open_or_make(&dirs, &options("wrong horse")), Err(KeyError::Wrong)));
        assert!(matches!(
            StoreKey::open_or_make(&dirs, &KeyOptions::default()),
            Err(KeyError::PassphraseNeeded)
        ));
        let text = std::fs::read_to_string(dirs.key_file()).unwrap();
        assert!(!text.contains(&BASE64.encode(*made.key)), "the key is not in the clear");
    }

    #[test]
    fn a_lowered_cost_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs::find(None, Some(dir.path())).unwrap();
        StoreKey::open_or_make(&dirs, &options("correct horse")).unwrap();
        let text = std::fs::read_to_string(dirs.key_file()).unwrap().replace("65536", "8");
        std::fs::write(dirs.key_file(), text).unwrap();
        assert!(matches!(StoreKey::open_or_make(&dirs, &options("correct horse")), Err(KeyError::Wrong)));
    }

    #[test]
    fn a_lost_key_file_is_not_an_empty_profile() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs::find(None, Some(dir.path())).unwrap();
        std::fs::write(dirs.profile_database(), b"x").unwrap();
        let error = StoreKey::open_or_make(&dirs, &options("correct horse")).unwrap_err();
        assert!(matches!(error, KeyError::File { .. }), "{error}");
    }
}
