//! A folder of its own for what a backup or a restoration needs on the way; it goes when it is done with.
//!
//! What a killed program left is removed by the next one. Nothing in it is ever in the clear.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::BackupError;
use crate::env;
use crate::profile::make_private;

/// Older than this, nobody works in it any more.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 3_600);

/// A folder that is removed when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in `folder`, and removes what others left there under this name long ago.
    pub(super) fn make(folder: &Path, name: &str) -> Result<Self, BackupError> {
        let start = format!(".{name}-");
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let ours = entry.file_name().to_string_lossy().starts_with(&start);
            let age = entry.metadata().and_then(|meta| meta.modified()).ok();
            let old = age.and_then(|at| SystemTime::now().duration_since(at).ok());
            if ours
                && old.is_some_and(|old| old > LEFT_BEHIND)
                && let Err(error) = std::fs::remove_dir_all(entry.path())
            {
                tracing::warn!(error = %error, "a folder of an earlier backup stays");
            }
        }
        let path = folder.join(format!("{start}{}", env::make_uuid()));
        make_private(&path).map_err(BackupError::writing(&path))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(error = %error, "a folder of a backup stays");
        }
    }
}

/// Makes renames and new files in a folder last.
pub(super) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    if cfg!(unix) {
        let folder = std::fs::File::open(path).map_err(BackupError::reading(path))?;
        folder.sync_all().map_err(BackupError::writing(path))?;
    }
    Ok(())
}
