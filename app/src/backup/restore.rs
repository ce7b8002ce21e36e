//! Makes a profile from a backup: all of it or nothing.
//!
//! Everything is made in a folder beside the profile's place and gets its name at the very end. The restored device is
//! the same one to its workspaces, and goes on as a new installation: with actors and streams that nobody used before,
//! so that whatever the original did after the backup fits beside what is done here.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use groundplan_shared::api::{ApiError, BackupView, ErrorCode};
use groundplan_shared::model::WorkspaceId;
use ring::rand::SystemRandom;

use super::archive::Archive;
use super::scratch::{Scratch, sync_folder};
use super::{BackupError, Manifest, Opener, Part, Progress, database};
use crate::core::{CoreError, Workspace};
use crate::profile::{Dirs, KeyOptions, StoreKey, derive_key, make_private};
use crate::store;
use crate::sync;

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the backup held.
    pub backup: BackupView,
    /// Changes in it that no server had acknowledged.
    pub unsent: u64,
}

/// Makes the profile of `dirs` from a backup. Blocks for long.
///
/// # Errors
/// [`BackupError`]; nothing was made then.
pub fn restore(
    dirs: &Dirs,
    path: &Path,
    opener: &Opener,
    key: &KeyOptions,
    progress: &mut Progress<'_>,
) -> Result<Restored, BackupError> {
    free(dirs)?;
    let mut archive = Archive::open(path, opener)?;
    let place = dirs.data();
    let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(BackupError::Occupied(place.to_owned()));
    };
    make_private(parent).map_err(BackupError::writing(parent))?;
    let scratch = Scratch::make(parent, &format!("{}.restoring", name.to_string_lossy()))?;
    let made = dirs.elsewhere(&scratch.path().join("profile"));
    made.create().map_err(|error| {
        ApiError::new(ErrorCode::StorageFailed, format!("{error}."), "Check the space on the disk.")
    })?;
    let store_key = StoreKey::open_or_make(&made, key).map_err(ApiError::from)?;
    let (mut done, total) = (0, archive.manifest.total());
    for part in archive.manifest.parts.clone() {
        let file = scratch.path().join("part.db");
        take(&mut archive, &part, &file, &mut |bytes| {
            done += bytes;
            Ok(progress("read", done, total)?)
        })?;
        let target = match &part.workspace {
            None => made.profile_database(),
            Some(workspace) => made.workspace_database(workspace.id),
        };
        let from = derive_key(&archive.manifest.key.0, &part.purpose());
        let to = store_key.derive(&part.purpose());
        database::copy((&file, &from), (&target, &to), "restore", progress)?;
        std::fs::remove_file(&file).map_err(BackupError::writing(&file))?;
    }
    let (manifest, bytes) = archive.end()?;
    let unsent = begin_anew(&made, &store_key, &manifest)?;
    sync_folder(&made.data().join("workspaces"))?;
    sync_folder(made.data())?;
    free(dirs)?;
    std::fs::rename(made.data(), place).map_err(BackupError::writing(place))?;
    sync_folder(parent)?;
    drop(scratch);
    Ok(Restored { backup: manifest.view(bytes), unsent })
}

/// Refuses to put a profile where something is; an empty folder is nothing.
fn free(dirs: &Dirs) -> Result<(), BackupError> {
    match std::fs::read_dir(dirs.data()) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(BackupError::Occupied(dirs.data().to_owned()));
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::reading(dirs.data())(error)),
    }
}

/// Writes the next part of a backup, which is an encrypted database, to a file.
pub(super) fn take(
    archive: &mut Archive,
    part: &Part,
    path: &Path,
    tick: &mut dyn FnMut(u64) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = options.open(path).map_err(BackupError::writing(path))?;
    archive.part(part, &mut |piece| {
        file.write_all(piece).map_err(BackupError::writing(path))?;
        tick(piece.len() as u64)
    })
}

/// Lets the restored profile go on as a new installation; returns how many changes wait to be sent.
fn begin_anew(dirs: &Dirs, key: &StoreKey, manifest: &Manifest) -> Result<u64, BackupError> {
    let mut unsent = 0;
    for part in &manifest.parts {
        let purpose = part.purpose();
        let store_key = key.derive(&purpose);
        match &part.workspace {
            None => {
                let path = dirs.profile_database();
                let opened = store::open(&path, &store_key, store::Family::Profile)?;
                newer(opened.read_only)?;
                database::close(opened.connection, &path)?;
            }
            Some(workspace) => {
                let path = dirs.workspace_database(workspace.id);
                unsent += workspace_anew(&path, workspace.id, &store_key, manifest.device.0)?;
            }
        }
    }
    Ok(unsent)
}

fn newer(reason: Option<store::StoreError>) -> Result<(), BackupError> {
    reason.map_or(Ok(()), |reason| Err(reason.into()))
}

/// Lets a workspace's database go on as a new installation of the device that the backup was made on; returns how many
/// changes wait to be sent.
pub(super) fn workspace_anew(
    path: &Path,
    id: WorkspaceId,
    key: &[u8; 32],
    device: [u8; 16],
) -> Result<u64, BackupError> {
    let opened = store::open(path, key, store::Family::Workspace)?;
    newer(opened.read_only)?;
    Workspace::forget_installation(&opened.connection)?;
    drop(opened.connection);
    let failed = |error: CoreError| BackupError::Api(error.into());
    let workspace = Workspace::open(path, key, id, device).map_err(failed)?;
    let unsent = sync::run(&workspace, |tx| {
        sync::life::begin_anew(tx, &SystemRandom::new())?;
        tx.outbox_count()
    })
    .map_err(|error| BackupError::Api(crate::identity::membership::sync_failed(error)))?;
    drop(workspace);
    let connection = store::existing(path, key)?;
    database::close(connection, path)?;
    Ok(unsent)
}
