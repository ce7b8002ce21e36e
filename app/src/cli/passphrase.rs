//! `passphrase`: changes the passphrase that wraps the profile's key, or moves the key to the keyring.

use std::io::IsTerminal;
use std::path::Path;

use groundplan_shared::api::{ApiError, ErrorCode, Hidden, ProfilePassphraseParams};
use secrecy::{ExposeSecret, SecretString};

use super::output::Output;
use super::{Arguments, Command, open};
use crate::dispatch::Caller;
use crate::profile::KeyStorage;

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<(), ApiError> {
    let Command::Passphrase { new_file, keyring } = &arguments.command else { return Ok(()) };
    let (app, current) = open::app_and_passphrase(arguments, false, false)?;
    let hidden = |secret: &SecretString| Hidden(secret.expose_secret().to_owned());
    let current = match app.profile().key().storage() {
        KeyStorage::Passphrase => current.as_ref().map(hidden),
        KeyStorage::Keyring => None,
    };
    let new = if *keyring { None } else { Some(hidden(&new_passphrase(new_file.as_deref())?)) };
    drop(app);
    let host = open::host_with(arguments, current.clone())?;
    let status = host.run(Caller::CommandLine, ProfilePassphraseParams { current, new }).await?;
    output.answer(&status, |status| match status.key_storage.as_deref() {
        Some("keyring") => "The key is in the system's keyring now; no passphrase is needed.".to_owned(),
        _ => "The passphrase is changed. There is no way to reset it: keep it well.".to_owned(),
    });
    Ok(())
}

fn new_passphrase(file: Option<&Path>) -> Result<SecretString, ApiError> {
    let asked = file.is_none()
        && std::env::var_os("GROUNDPLAN_NEW_PASSPHRASE").is_none()
        && std::io::stdin().is_terminal();
    let new = open::secret(file, "GROUNDPLAN_NEW_PASSPHRASE", "new passphrase")?;
    if asked {
        let again = open::secret(None, "", "new passphrase once more")?;
        if again.expose_secret() != new.expose_secret() {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "The two passphrases differ; nothing was changed.",
                "Try again.",
            ));
        }
    }
    Ok(new)
}
