//! Reads a backup to its end and checks every byte.

use std::path::Path;

use groundplan_shared::api::BackupView;

use super::archive::Archive;
use super::{BackupError, Manifest, Opener, Progress};

/// Says what a backup holds, by its beginning and its length; every byte is looked at by [`verify`].
///
/// # Errors
/// [`BackupError`].
pub fn inspect(path: &Path, opener: &Opener) -> Result<BackupView, BackupError> {
    let archive = Archive::open(path, opener)?;
    Ok(archive.manifest.view(archive.file_bytes))
}

/// Checks a backup; changes nothing. Blocks for long.
///
/// # Errors
/// [`BackupError`].
pub fn verify(path: &Path, opener: &Opener, progress: &mut Progress<'_>) -> Result<BackupView, BackupError> {
    let (manifest, bytes) = check(path, opener, progress)?;
    Ok(manifest.view(bytes))
}

/// Does so, and returns the manifest and the size of the file.
pub(super) fn check(
    path: &Path,
    opener: &Opener,
    progress: &mut Progress<'_>,
) -> Result<(Manifest, u64), BackupError> {
    let mut archive = Archive::open(path, opener)?;
    let (mut done, total) = (0, archive.manifest.total());
    for part in archive.manifest.parts.clone() {
        archive.part(&part, &mut |piece| {
            done += piece.len() as u64;
            Ok(progress("verify", done, total)?)
        })?;
    }
    archive.end()
}
