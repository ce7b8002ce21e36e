//! The store's key: 256 random bits in the system's keyring, or wrapped by a passphrase where there is none.
//!
//! `key.json` says which, and never holds the key in the clear. A key that should be there and is not is an error
//! of its own, never an empty profile.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use groundplan_shared::api::{ApiError, ErrorCode};
use ring::hkdf;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::wrap::{self, Wrapped};
use super::{Dirs, keyring};
use crate::env;

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

impl KeyStorage {
    /// Its name in the command table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
        }
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `key.json` cannot be read or written.
    #[error("the key file {path} cannot be used: {detail}")]
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
    /// The passphrase is among those that are tried first.
    #[error("the passphrase is among those that are tried first")]
    Common,
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        let (code, hint) = match &error {
            KeyError::File { .. } => (
                ErrorCode::StoreCorrupt,
                "Restore the file from a backup of this folder; nothing was changed.",
            ),
            KeyError::Missing => (
                ErrorCode::KeyMissing,
                "Unlock the keyring that was used before, or start with another --profile; nothing was changed.",
            ),
            KeyError::Keyring(_) => (ErrorCode::KeyMissing, "Unlock the keyring and try again."),
            KeyError::PassphraseNeeded => (
                ErrorCode::Locked,
                "Unlock it with its passphrase; on the command line at the prompt, with --passphrase-file, or in GROUNDPLAN_PASSPHRASE.",
            ),
            KeyError::NoKeyring => (
                ErrorCode::Locked,
                "Choose a passphrase instead; on the command line at the prompt, with --passphrase-file, or in GROUNDPLAN_PASSPHRASE.",
            ),
            KeyError::Wrong => (ErrorCode::KeyWrong, "Try again; capital letters count."),
            KeyError::TooShort => (ErrorCode::InvalidInput, "Choose one of at least 8 characters."),
            KeyError::Common => (ErrorCode::InvalidInput, "A sentence of several words is easy to keep."),
        };
        let text = error.to_string();
        let mut chars = text.chars();
        let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
        let mut answer = Self::new(code, format!("{capital}."), hint);
        if matches!(error, KeyError::Wrong | KeyError::TooShort | KeyError::Common) {
            answer.field = Some("passphrase".to_owned());
        }
        answer
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "storage", rename_all = "snake_case", deny_unknown_fields)]
enum KeyFile {
    Keyring { entry: String },
    Passphrase(Wrapped),
}

impl KeyFile {
    const fn storage(&self) -> KeyStorage {
        match self {
            Self::Keyring { .. } => KeyStorage::Keyring,
            Self::Passphrase(_) => KeyStorage::Passphrase,
        }
    }

    /// Reads `key.json`; none where there is no such file.
    fn read(path: &Path) -> Result<Option<Self>, KeyError> {
        let bad = |detail: String| KeyError::File { path: path.to_owned(), detail };
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| bad(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(bad(error.to_string())),
        }
    }

    fn write(&self, path: &Path) -> Result<(), KeyError> {
        let bad = |detail: String| KeyError::File { path: path.to_owned(), detail };
        let text = serde_json::to_vec_pretty(self).map_err(|error| bad(error.to_string()))?;
        write_durably(path, &text).map_err(|error| bad(error.to_string()))
    }
}

/// The key of a profile, from which each database's key is derived.
pub struct StoreKey {
    key: Zeroizing<[u8; 32]>,
    storage: RwLock<KeyStorage>,
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoreKey({:?})", self.storage())
    }
}

/// Says how the key of a profile is kept, without opening anything; none where there is no profile yet.
pub fn kept(dirs: &Dirs) -> Option<KeyStorage> {
    KeyFile::read(&dirs.key_file()).ok().flatten().map(|file| file.storage())
}

/// Says whether this system has a keyring that answers. May block.
pub fn has_keyring() -> bool {
    keyring::available()
}

impl StoreKey {
    fn new(key: Zeroizing<[u8; 32]>, storage: KeyStorage) -> Self {
        Self { key, storage: RwLock::new(storage) }
    }

    /// Opens the profile's key, or makes one where there is no `key.json`.
    pub fn open_or_make(dirs: &Dirs, options: &KeyOptions) -> Result<Self, KeyError> {
        let path = dirs.key_file();
        if let Some(file) = KeyFile::read(&path)? {
            return Ok(Self::new(unlock(&file, options.passphrase.as_ref())?, file.storage()));
        }
        if dirs.profile_database().exists() {
            let detail = "it is missing, although the profile's database is there".to_owned();
            return Err(KeyError::File { path, detail });
        }
        let key = Zeroizing::new(env::random::<32>());
        let file = match keep_new(&key, options) {
            Some(file) => file,
            None => {
                let passphrase = options.passphrase.as_ref().ok_or(KeyError::NoKeyring)?;
                KeyFile::Passphrase(wrap::wrap(&key, passphrase)?)
            }
        };
        file.write(&path)?;
        Ok(Self::new(key, file.storage()))
    }

    /// Keeps the same key in another way: under a new passphrase, or without one in the keyring. `current` must open it
    /// where a passphrase wraps it.
    pub fn keep(
        &self,
        dirs: &Dirs,
        current: Option<&SecretString>,
        new: Option<&SecretString>,
    ) -> Result<(), KeyError> {
        let path = dirs.key_file();
        let missing = || KeyError::File { path: path.clone(), detail: "it is missing".to_owned() };
        let before = KeyFile::read(&path)?.ok_or_else(missing)?;
        if let Some(new) = new {
            wrap::check(new)?;
        }
        if *unlock(&before, current)? != *self.key {
            return Err(KeyError::Wrong);
        }
        let after = match new {
            Some(new) => KeyFile::Passphrase(wrap::wrap(&self.key, new)?),
            None => {
                let entry = env::make_uuid().to_string();
                keyring::set(&entry, &self.key)?;
                KeyFile::Keyring { entry }
            }
        };
        after.write(&path)?;
        *self.storage.write().unwrap_or_else(PoisonError::into_inner) = after.storage();
        if let KeyFile::Keyring { entry } = before
            && let Err(error) = keyring::remove(&entry)
        {
            tracing::warn!(key.error = %error, "the keyring kept the former entry");
        }
        Ok(())
    }

    /// Says how the key is kept.
    pub fn storage(&self) -> KeyStorage {
        *self.storage.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Derives the key of one database or purpose.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive_key(&self.key, purpose)
    }
}

/// Derives the key of one database or purpose from the key of all.
pub fn derive_key(key: &[u8; 32], purpose: &str) -> Zeroizing<[u8; 32]> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"groundplan/store/v1").extract(key);
    let mut out = Zeroizing::new([0; 32]);
    prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *out))
        .expect("32 bytes are a length HKDF-SHA256 gives");
    out
}

fn unlock(file: &KeyFile, passphrase: Option<&SecretString>) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    match file {
        KeyFile::Keyring { entry } => keyring::get(entry),
        KeyFile::Passphrase(wrapped) => wrap::unwrap(wrapped, passphrase.ok_or(KeyError::PassphraseNeeded)?),
    }
}

/// Keeps a new key in the keyring; none where a passphrase has to do it.
fn keep_new(key: &[u8; 32], options: &KeyOptions) -> Option<KeyFile> {
    if options.prefer_passphrase {
        return None;
    }
    let entry = env::make_uuid().to_string();
    match keyring::set(&entry, key) {
        Ok(()) => Some(KeyFile::Keyring { entry }),
        Err(error) => {
            tracing::debug!(key.error = %error, "no keyring, a passphrase is needed");
            None
        }
    }
}

/// Writes beside, syncs, renames, syncs the folder: the file is whole or absent after any crash.
fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
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
        use base64::Engine;
        let clear = base64::engine::general_purpose::STANDARD.encode(*made.key);
        assert!(!text.contains(&clear), "the key is not in the clear");
        assert_eq!(kept(&dirs), Some(KeyStorage::Passphrase));
    }

    #[test]
    fn a_passphrase_is_changed_only_by_whoever_knows_it() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs::find(None, Some(dir.path())).unwrap();
        let key = StoreKey::open_or_make(&dirs, &options("correct horse")).unwrap();
        let secret = |text: &str| SecretString::from(text.to_owned());
        let (old, new) = (secret("correct horse"), secret("battery staple"));
        assert!(matches!(key.keep(&dirs, Some(&new), Some(&new)), Err(KeyError::Wrong)));
        assert!(matches!(key.keep(&dirs, None, Some(&new)), Err(KeyError::PassphraseNeeded)));
        assert!(matches!(key.keep(&dirs, Some(&old), Some(&secret("short"))), Err(KeyError::TooShort)));
        key.keep(&dirs, Some(&old), Some(&new)).unwrap();
        assert!(matches!(StoreKey::open_or_make(&dirs, &options("correct horse")), Err(KeyError::Wrong)));
        let again = StoreKey::open_or_make(&dirs, &options("battery staple")).unwrap();
        assert_eq!(key.derive("a"), again.derive("a"), "the databases keep their keys");
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
