//! Opening the profile from the command line: where the passphrase comes from, and which workspace is meant.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, AppStatusParams, ErrorCode, Hidden, WorkspaceOpenParams, WorkspaceView,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Arguments;
use crate::dispatch::Caller;
use crate::host::Host;
use crate::profile::{KeyOptions, ProfileOptions, has_keyring};
use crate::runtime::App;

/// Opens the profile; asks for the passphrase where one is needed and a person is there to answer.
pub(super) fn app(arguments: &Arguments, create: bool) -> Result<Arc<App>, ApiError> {
    app_with(arguments, create, false)
}

/// Like `app`, keeping a new key under a passphrase although there is a keyring.
pub(super) fn app_with(arguments: &Arguments, create: bool, prefer: bool) -> Result<Arc<App>, ApiError> {
    app_and_passphrase(arguments, create, prefer).map(|(app, _)| app)
}

/// Like `app_with`; also returns the passphrase that was given.
pub(super) fn app_and_passphrase(
    arguments: &Arguments,
    create: bool,
    prefer: bool,
) -> Result<(Arc<App>, Option<SecretString>), ApiError> {
    let mut options = options(arguments, create)?;
    options.key.prefer_passphrase = prefer;
    let opened = match App::open(&options) {
        Err(error)
            if error.code == ErrorCode::Locked
                && options.key.passphrase.is_none()
                && std::io::stdin().is_terminal() =>
        {
            let new = !options.dirs()?.key_file().exists();
            options.key.passphrase = Some(ask(new)?);
            App::open(&options)
        }
        other => other,
    };
    Ok((opened?, options.key.passphrase))
}

fn options(arguments: &Arguments, create: bool) -> Result<ProfileOptions, ApiError> {
    Ok(ProfileOptions {
        profile: arguments.profile.clone(),
        data_dir: arguments.data_dir.clone(),
        key: KeyOptions { passphrase: given_passphrase(arguments)?, prefer_passphrase: false },
        create,
    })
}

/// Asks for the passphrase; twice for a new one.
fn ask(new: bool) -> Result<SecretString, ApiError> {
    let prompt = |text: &str| {
        rpassword::prompt_password(text).map(SecretString::from).map_err(|problem| {
            ApiError::new(
                ErrorCode::Locked,
                format!("The passphrase cannot be read: {problem}."),
                "Name a file that holds it with --passphrase-file.",
            )
        })
    };
    if !new {
        return prompt("Passphrase of this profile: ");
    }
    let first = prompt(
        "This system has no keyring. Choose a passphrase that protects this device; there is no way to reset it.\n\
         New passphrase: ",
    )?;
    if prompt("Once more: ")?.expose_secret() == first.expose_secret() {
        return Ok(first);
    }
    Err(ApiError::new(ErrorCode::InvalidInput, "The two passphrases differ; nothing was made.", "Try again."))
}

/// Finds the passphrase that will protect a new profile: the given one, none where there is a keyring, else it is asked
/// for.
pub(super) fn new_profile_passphrase(arguments: &Arguments) -> Result<Option<SecretString>, ApiError> {
    let given = given_passphrase(arguments)?;
    if given.is_some() || has_keyring() || !std::io::stdin().is_terminal() {
        return Ok(given);
    }
    ask(true).map(Some)
}

/// Takes hold of the profile for programs that call by method name; asks nobody.
pub(super) fn host(arguments: &Arguments) -> Result<Arc<Host>, ApiError> {
    Ok(Host::new(options(arguments, false)?))
}

/// Takes hold of the profile with a passphrase that was given before.
pub(super) fn host_with(arguments: &Arguments, passphrase: Option<Hidden>) -> Result<Arc<Host>, ApiError> {
    let mut options = options(arguments, false)?;
    if let Some(passphrase) = passphrase {
        options.key.passphrase = Some(passphrase.0.into());
    }
    Ok(Host::new(options))
}

/// Takes hold of the profile for the agent: one that is locked is unlocked in the browser. A passphrase that was given
/// has to be right.
pub(super) async fn long_lived(arguments: &Arguments) -> Result<Arc<Host>, ApiError> {
    let options = options(arguments, true)?;
    let given = options.key.passphrase.is_some();
    let host = Host::new(options);
    match host.app().await {
        Ok(app) => choose_workspace(&app, arguments.workspace.as_deref()).await?,
        Err(error) if given || arguments.workspace.is_some() => return Err(error),
        // The page says what is wrong and what to do.
        Err(_) => {}
    }
    Ok(host)
}

fn given_passphrase(arguments: &Arguments) -> Result<Option<SecretString>, ApiError> {
    if let Some(file) = &arguments.passphrase_file {
        return first_line(file, "passphrase").map(Some);
    }
    // Read here and not by clap, which would show it in help.
    Ok(std::env::var("GROUNDPLAN_PASSPHRASE").ok().filter(|text| !text.is_empty()).map(SecretString::from))
}

/// Reads the first line of a file that holds a secret.
pub(super) fn first_line(file: &Path, what: &str) -> Result<SecretString, ApiError> {
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidInput,
            format!("The {what} cannot be read from {}: {error}.", file.display()),
            "Name a file whose first line it is.",
        )
    })?);
    Ok(text.lines().next().unwrap_or_default().to_owned().into())
}

/// Asks for a secret, or reads it from a file, or from an environment variable.
pub(super) fn secret(file: Option<&Path>, variable: &str, what: &str) -> Result<SecretString, ApiError> {
    if let Some(file) = file {
        return first_line(file, what);
    }
    if let Some(text) = std::env::var(variable).ok().filter(|text| !text.is_empty()) {
        return Ok(text.into());
    }
    if std::io::stdin().is_terminal() {
        let answer = rpassword::prompt_password(format!("The {what}: "));
        return answer.map(SecretString::from).map_err(|error| {
            ApiError::new(
                ErrorCode::InvalidInput,
                format!("The {what} cannot be read: {error}."),
                "Try again.",
            )
        });
    }
    Err(ApiError::new(
        ErrorCode::InvalidInput,
        format!("The {what} is needed and nobody is here to type it."),
        format!("Name a file that holds it, or set {variable}."),
    ))
}

/// Opens the workspace that was named.
pub(super) async fn choose_workspace(app: &Arc<App>, named: Option<&str>) -> Result<(), ApiError> {
    if let Some(named) = named {
        let workspace = find_workspace(app, named).await?;
        app.run(Caller::CommandLine, WorkspaceOpenParams { id: workspace.id }).await?;
    }
    Ok(())
}

/// Finds a workspace by id or name.
pub(super) async fn find_workspace(app: &Arc<App>, named: &str) -> Result<WorkspaceView, ApiError> {
    let status = app.run(Caller::CommandLine, AppStatusParams {}).await?;
    let mut fits: Vec<WorkspaceView> = status
        .workspaces
        .into_iter()
        .filter(|workspace| workspace.id.to_string() == named || workspace.name == named)
        .collect();
    match (fits.pop(), fits.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(ApiError::new(
            ErrorCode::Conflict,
            format!("Several workspaces are called \u{201c}{named}\u{201d}."),
            "Use the id that `groundplan status --json` shows.",
        )),
        (None, _) => Err(ApiError::new(
            ErrorCode::NotFound,
            format!("There is no workspace \u{201c}{named}\u{201d}."),
            "See which there are with `groundplan status`.",
        )),
    }
}
