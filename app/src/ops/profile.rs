//! The profile's lock: status, making it, unlocking, locking, another passphrase. They work while all else is locked.

use std::sync::Arc;
use std::time::Duration;

use groundplan_shared::api::{
    ApiError, ErrorCode, Hidden, ProfileCreateParams, ProfileLockParams, ProfilePassphraseParams,
    ProfileState, ProfileStatus, ProfileStatusParams, ProfileUnlockParams,
};
use secrecy::SecretString;

use crate::host::{Host, Standing};
use crate::profile::{KeyOptions, KeyStorage, has_keyring, kept};

/// How long a keyring may take to say that it is there.
const KEYRING_ANSWERS: Duration = Duration::from_secs(1);

fn secret(hidden: Option<Hidden>) -> Option<SecretString> {
    hidden.map(|hidden| hidden.0.into())
}

/// Says how the profile stands.
pub async fn status(host: &Arc<Host>, _: ProfileStatusParams) -> Result<ProfileStatus, ApiError> {
    if matches!(host.standing(), Standing::Untried) {
        // Whoever asks first also starts the opening. What comes of it stands in the state.
        drop(host.app().await);
    }
    let dirs = host.dirs()?;
    let storage = kept(&dirs);
    let (state, problem) = match host.standing() {
        Standing::Open(_) => (ProfileState::Open, None),
        Standing::Untried | Standing::Opening => (ProfileState::Opening, None),
        Standing::Shut(error) if error.code == ErrorCode::Locked && storage.is_none() => {
            (ProfileState::New, Some(error))
        }
        // There is no profile and this program does not make one unasked.
        Standing::Shut(error) if error.code == ErrorCode::NotFound => (ProfileState::New, Some(error)),
        Standing::Shut(error) if error.code == ErrorCode::Locked => (ProfileState::Locked, Some(error)),
        Standing::Shut(error) => (ProfileState::Failed, Some(error)),
    };
    let keyring = storage != Some(KeyStorage::Keyring) && keyring_answers().await;
    Ok(ProfileStatus {
        state,
        profile: dirs.profile().to_owned(),
        data_dir: dirs.data().display().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        key_storage: storage.map(|storage| storage.name().to_owned()),
        keyring,
        problem,
    })
}

async fn keyring_answers() -> bool {
    let asked = tokio::task::spawn_blocking(has_keyring);
    matches!(tokio::time::timeout(KEYRING_ANSWERS, asked).await, Ok(Ok(true)))
}

/// Makes the profile and opens it.
pub async fn create(host: &Arc<Host>, params: ProfileCreateParams) -> Result<ProfileStatus, ApiError> {
    if matches!(host.standing(), Standing::Open(_)) || host.dirs()?.key_file().exists() {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "There is a profile already.",
            "Unlock it, or name another one with --profile.",
        ));
    }
    let passphrase = secret(params.passphrase);
    let key = KeyOptions { prefer_passphrase: passphrase.is_some(), passphrase };
    host.open_with(key, true).await?;
    status(host, ProfileStatusParams {}).await
}

/// Opens the profile. One that is open stays so.
pub async fn unlock(host: &Arc<Host>, params: ProfileUnlockParams) -> Result<ProfileStatus, ApiError> {
    if !host.dirs()?.key_file().exists() && !host.dirs()?.profile_database().exists() {
        return Err(ApiError::new(
            ErrorCode::NotFound,
            "There is no profile to unlock.",
            "Make one first: choose a passphrase, or use the keyring.",
        ));
    }
    let passphrase = secret(params.passphrase);
    let key = KeyOptions { passphrase: passphrase.clone(), ..KeyOptions::default() };
    host.open_with(key, false).await?;
    let kept = if params.keep_in_keyring { keep(host, passphrase, None).await } else { Ok(()) };
    let mut answer = status(host, ProfileStatusParams {}).await?;
    // It is open all the same.
    answer.problem = kept.err();
    Ok(answer)
}

/// Closes the stores and forgets the key.
pub async fn lock(host: &Arc<Host>, _: ProfileLockParams) -> Result<ProfileStatus, ApiError> {
    // One that does not open keeps saying why.
    if !matches!(host.standing(), Standing::Shut(_)) {
        host.close().await?;
    }
    status(host, ProfileStatusParams {}).await
}

/// Changes the passphrase, or moves the key to the keyring.
pub async fn passphrase(
    host: &Arc<Host>,
    params: ProfilePassphraseParams,
) -> Result<ProfileStatus, ApiError> {
    keep(host, secret(params.current), secret(params.new)).await?;
    status(host, ProfileStatusParams {}).await
}

async fn keep(
    host: &Arc<Host>,
    current: Option<SecretString>,
    new: Option<SecretString>,
) -> Result<(), ApiError> {
    host.with_key(move |app| {
        let profile = app.profile();
        Ok(profile.key().keep(profile.dirs(), current.as_ref(), new.as_ref())?)
    })
    .await
}
