//! Backups: making one of the open profile; checking one and restoring one without any.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, BackupCreateParams, BackupInspectParams, BackupRestoreParams, BackupRestored,
    BackupTakeInParams, BackupTakenIn, BackupVerifyParams, BackupView, ErrorCode, ProfileStatusParams,
};

use super::{profile, workspace};
use crate::backup::{self, BackupError, Opener, What};
use crate::host::{Host, Standing};
use crate::profile::KeyOptions;
use crate::runtime::App;
use crate::store::StoreError;

/// Writes a backup.
pub fn create(app: &App, params: BackupCreateParams) -> Result<BackupView, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    let what = What { path: params.path.into(), workspace: params.workspace, force: params.force };
    let job = app.job(params.job.as_deref());
    Ok(backup::create(app, &what, &opener, &mut |step, done, total| job.step(step, done, total))?)
}

/// Takes a workspace out of a backup into the open profile, and opens it.
pub fn take_in(app: &App, params: BackupTakeInParams) -> Result<BackupTakenIn, ApiError> {
    if app.profile().read_only() {
        return Err(StoreError::ReadOnly.into());
    }
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    let job = app.job(params.job.as_deref());
    let mut progress = |step: &str, done, total| job.step(step, done, total);
    let path = Path::new(&params.path);
    let taken = backup::take_in(app, path, params.workspace, &opener, &mut progress)?;
    let files = Arc::new(app.workspace_files(taken.id)?);
    app.register_workspace(files, &taken.name)?;
    let workspace = workspace::view(app, taken.id)?;
    Ok(BackupTakenIn { workspace, unsent: taken.unsent, same_device: taken.same_device })
}

/// Says what a backup holds.
pub async fn inspect(_: &Arc<Host>, params: BackupInspectParams) -> Result<BackupView, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    blocking(move || backup::inspect(Path::new(&params.path), &opener)).await
}

/// Checks a backup.
pub async fn verify(host: &Arc<Host>, params: BackupVerifyParams) -> Result<BackupView, ApiError> {
    let opener = Opener::of(params.passphrase, params.recovery_code)?;
    let host = Arc::clone(host);
    blocking(move || {
        let job = host.jobs().start(params.job.as_deref());
        let mut progress = |step: &str, done, total| job.step(step, done, total);
        backup::verify(Path::new(&params.path), &opener, &mut progress)
    })
    .await
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
    let (here, path, kept) = (Arc::clone(host), params.path, key.clone());
    let restored = blocking(move || {
        let job = here.jobs().start(params.job.as_deref());
        let mut progress = |step: &str, done, total| job.step(step, done, total);
        backup::restore(&dirs, Path::new(&path), &opener, &kept, &mut progress)
    })
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
