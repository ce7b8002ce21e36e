//! The program: its state, settings of the profile, long jobs.

use groundplan_shared::api::{
    ApiError, AppStatus, AppStatusParams, Empty, ErrorCode, JobCancelParams, Settings, SettingsGetParams,
    SettingsSetParams,
};
use groundplan_shared::validate::{FieldError, check_line, check_name};

use super::workspace;
use crate::runtime::App;

/// Longest name of a device: a sealed name holds 200 bytes, and a character takes up to four.
const DEVICE_NAME_MAX_CHARS: usize = 48;

/// Describes the profile, its workspaces and the program.
pub fn status(app: &App, _: AppStatusParams) -> Result<AppStatus, ApiError> {
    let profile = app.profile();
    Ok(AppStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: profile.dirs().profile().to_owned(),
        data_dir: profile.dirs().data().display().to_string(),
        key_storage: profile.key().storage().name().to_owned(),
        device_name: device_name(app)?,
        workspaces: workspace::all(app)?,
        open: app.open_now().map(|open| open.id()),
        account: app.net.account(app)?,
    })
}

/// Reads the settings of this profile.
pub fn settings(app: &App, _: SettingsGetParams) -> Result<Settings, ApiError> {
    let profile = app.profile();
    Ok(Settings {
        theme: profile.setting("theme")?.unwrap_or_else(|| "system".to_owned()),
        device_name: device_name(app)?,
        layout: profile.setting("layout")?.unwrap_or_default(),
    })
}

/// Changes settings of this profile.
pub fn set_settings(app: &App, params: SettingsSetParams) -> Result<Settings, ApiError> {
    if let Some(theme) = &params.theme
        && !matches!(theme.as_str(), "system" | "light" | "dark")
    {
        return Err(FieldError::new("theme", "is not a theme", "Use system, light or dark.").into());
    }
    if let Some(name) = &params.device_name {
        check_name("device_name", name)?;
        check_line("device_name", name, DEVICE_NAME_MAX_CHARS)?;
    }
    if params.layout.as_ref().is_some_and(|layout| layout.len() > 16_384) {
        return Err(FieldError::new("layout", "is longer than 16 KiB", "Store less.").into());
    }
    for (name, value) in
        [("theme", params.theme), ("device_name", params.device_name), ("layout", params.layout)]
    {
        if let Some(value) = value {
            app.profile().set_setting(name, &value)?;
        }
    }
    settings(app, SettingsGetParams {})
}

/// Stops a long job.
pub fn cancel(app: &App, params: JobCancelParams) -> Result<Empty, ApiError> {
    if app.cancel(&params.job) {
        return Ok(Empty {});
    }
    Err(ApiError::new(
        ErrorCode::NotFound,
        "There is no such job; it is done already.",
        "Undo takes back what it did.",
    ))
}

/// Returns the name of this device: the one set, or the machine's.
pub(crate) fn device_name(app: &App) -> Result<String, ApiError> {
    if let Some(name) = app.profile().setting("device_name")? {
        return Ok(name);
    }
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = host.trim();
    Ok(if host.is_empty() {
        "This device".to_owned()
    } else {
        host.chars().take(DEVICE_NAME_MAX_CHARS).collect()
    })
}
