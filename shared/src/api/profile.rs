//! Commands of the profile's lock: they are answered while everything else answers `Locked`.

use serde::{Deserialize, Serialize};

use super::{ApiError, Hidden};

/// Least length of a new passphrase, in characters.
pub const PASSPHRASE_MIN_CHARS: usize = 8;

/// How the profile stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileState {
    /// There is no profile yet and it cannot be made without a decision: choose a passphrase.
    New,
    /// The key is being asked for; the system may be asking its owner.
    Opening,
    /// It is there and closed: unlock it.
    Locked,
    /// It cannot be opened; `problem` says why.
    Failed,
    /// It is open.
    Open,
}

/// How the profile stands, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileStatus {
    /// In a word.
    pub state: ProfileState,
    /// Name of the profile.
    pub profile: String,
    /// Where the profile keeps its data.
    pub data_dir: String,
    /// Version of the program.
    pub version: String,
    /// How the key is kept: `keyring` or `passphrase`; none where there is no profile yet.
    pub key_storage: Option<String>,
    /// Whether this system has a keyring that could keep the key. Only looked for while the profile is not open.
    pub keyring: bool,
    /// Why it is not open.
    pub problem: Option<ApiError>,
}

/// Asks how the profile stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileStatusParams {}

/// Makes the profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileCreateParams {
    /// The passphrase that wraps the key; without one it is kept in the system's keyring.
    #[serde(default)]
    pub passphrase: Option<Hidden>,
}

/// Opens the profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileUnlockParams {
    /// The passphrase; without one the keyring is asked (again).
    #[serde(default)]
    pub passphrase: Option<Hidden>,
    /// Moves the key to the system's keyring, so that the passphrase is not needed any more.
    #[serde(default)]
    pub keep_in_keyring: bool,
}

/// Closes the profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileLockParams {}

/// Changes how the key is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfilePassphraseParams {
    /// The present passphrase, if there is one.
    #[serde(default)]
    pub current: Option<Hidden>,
    /// The new passphrase; without one the key moves to the system's keyring.
    #[serde(default)]
    pub new: Option<Hidden>,
}
