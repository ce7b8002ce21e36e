//! Backups: making one of the open profile; checking one and restoring one without any.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, BackupCreateParams, BackupRestoreParams, BackupRestored, BackupVerifyParams, BackupView,
    ErrorCode, ProfileStatusParams,
};

use super::profile;
use crate::backup::{self, BackupError, Opener, What};
use crate::host::{Host, Standing};
use crate::profile::KeyOptions;
use crate::runtime::App;

/// Writes a backup.
pub fn create(app: &App, params: BackupCreateParams) -> Result<BackupView, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    let what = What { path: params.path.into(), workspace: params.workspace, force: params.force };
    let job = app.job(params.job.as_deref());
    Ok(backup::create(app, &what, &opener, &mut |step, done, total| job.step(step, done, total))?)
}

/// Checks a backup.
pub async fn verify(_: &Arc<Host>, params: BackupVerifyParams) -> Result<BackupView, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    blocking(move || backup::verify(Path::new(&params.path), &opener, &mut |_, _, _| Ok(()))).await
}

/// Makes the profile from a backup and opens it.
pub async fn restore(host: &Arc<Host>, params: BackupRestoreParams) -> Result<BackupRestored, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    let dirs = host.dirs()?;
    if matches!(host.standing(), Standing::Open(_)) || dirs.key_file().exists() {
        return Err(BackupError::Occupied(dirs.data().to_owned()).into());
    }
    let passphrase = params.new_passphrase.map(|hidden| hidden.0.into());
    let key = KeyOptions { prefer_passphrase: passphrase.is_some(), passphrase };
    let (place, path, kept) = (dirs, params.path, key.clone());
    let restored =
        blocking(move || backup::restore(&place, Path::new(&path), &opener, &kept, &mut |_, _, _| Ok(())))
            .await?;
    host.open_with(key, false).await?;
    let profile = profile::status(host, ProfileStatusParams {}).await?;
    Ok(BackupRestored { backup: restored.backup, unsent: restored.unsent, profile })
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(act).await {
        Ok(result) => Ok(result?),
        Err(error) => {
            tracing::error!(error = %error, "reading a backup broke off");
            Err(ApiError::new(
                ErrorCode::StorageFailed,
                "Reading the backup broke off; nothing was changed.",
                "Try again; please report this with the log if it stays so.",
            ))
        }
    }
}
