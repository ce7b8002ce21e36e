//! Takes a workspace out of a backup into a profile that is there already: all of it or nothing.
//!
//! If the profile is another device than the one that the backup was made on, the workspace is here to be read, and this
//! device is to be let in; what the other had not sent goes out then (`ops::sync::bring_in`). Not here: making a whole
//! profile (`restore`).

use std::path::Path;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::model::WorkspaceId;

use super::archive::Archive;
use super::restore::{take, workspace_anew};
use super::scratch::{Scratch, sync_folder};
use super::{BackupError, Opener, Part, Progress, database};
use crate::core::{CoreError, Workspace};
use crate::identity::membership::sync_failed;
use crate::profile::derive_key;
use crate::runtime::App;
use crate::{store, sync};

/// What was taken in.
#[derive(Debug)]
pub struct TakenIn {
    /// The workspace.
    pub id: WorkspaceId,
    /// Its name in the backup.
    pub name: String,
    /// Changes in it that no server had acknowledged.
    pub unsent: u64,
    /// Whether the backup was made on this very device.
    pub same_device: bool,
}

/// Takes a workspace in; without `wanted` the only one. Blocks for long. The profile does not know it yet.
///
/// # Errors
/// [`BackupError`]; nothing was made then.
pub fn take_in(
    app: &App,
    path: &Path,
    wanted: Option<WorkspaceId>,
    opener: &Opener,
    progress: &mut Progress<'_>,
) -> Result<TakenIn, BackupError> {
    let mut archive = Archive::open(path, opener)?;
    let (part, id, name) = choose(&archive.manifest.parts, wanted)?;
    let dirs = app.profile().dirs();
    let target = dirs.workspace_database(id);
    let occupied = || -> Result<(), BackupError> { if target.exists() { Err(there(&name)) } else { Ok(()) } };
    occupied()?;
    let scratch = Scratch::make(dirs.data(), "backup")?;
    let file = scratch.path().join("part.db");
    let (mut done, total) = (0, archive.manifest.total());
    for one in archive.manifest.parts.clone() {
        let mut tick = |bytes: u64| {
            done += bytes;
            Ok::<_, BackupError>(progress("read", done, total)?)
        };
        match one == part {
            true => take(&mut archive, &one, &file, &mut tick)?,
            false => archive.part(&one, &mut |piece| tick(piece.len() as u64))?,
        }
    }
    let (manifest, _) = archive.end()?;
    let from = derive_key(&manifest.key.0, &part.purpose());
    let to = app.profile().key().derive(&part.purpose());
    let made = scratch.path().join("made.db");
    database::copy((&file, &from), (&made, &to), "restore", progress)?;
    let unsent = workspace_anew(&made, id, &to, manifest.device.0)?;
    let same_device = manifest.device.0 == app.device().id();
    if !same_device && !is_shared(&made, id, &to, manifest.device.0)? {
        return Err(alone(&name));
    }
    if let Some(folder) = target.parent() {
        occupied()?;
        std::fs::rename(&made, &target).map_err(BackupError::writing(&target))?;
        sync_folder(folder)?;
    }
    Ok(TakenIn { id, name, unsent, same_device })
}

/// Says whether a workspace is on a server, where another device can be let in.
fn is_shared(path: &Path, id: WorkspaceId, key: &[u8; 32], device: [u8; 16]) -> Result<bool, BackupError> {
    let failed = |error: CoreError| BackupError::Api(error.into());
    let workspace = Workspace::open(path, key, id, device).map_err(failed)?;
    let record = sync::run(&workspace, |tx| tx.record());
    let uploaded = record.map_err(|error| BackupError::Api(sync_failed(error)))?.uploaded;
    drop(workspace);
    database::close(store::existing(path, key)?, path)?;
    Ok(uploaded)
}

fn alone(name: &str) -> BackupError {
    ApiError::new(
        ErrorCode::Conflict,
        format!("\u{201c}{name}\u{201d} was on no server, and only the device of the backup is its member."),
        "Restore the backup as a profile of its own, for instance with --profile restored; nothing was changed.",
    )
    .into()
}

fn choose(parts: &[Part], wanted: Option<WorkspaceId>) -> Result<(Part, WorkspaceId, String), BackupError> {
    let all: Vec<(&Part, WorkspaceId, &str)> = parts
        .iter()
        .filter_map(|part| part.workspace.as_ref().map(|of| (part, of.id, of.name.as_str())))
        .collect();
    let found = match wanted {
        Some(id) => all.iter().find(|(_, known, _)| *known == id),
        None if all.len() == 1 => all.first(),
        None => None,
    };
    match found {
        Some((part, id, name)) => Ok(((*part).clone(), *id, (*name).to_owned())),
        None => {
            let names: Vec<String> = all.iter().map(|(_, id, name)| format!("{name} ({id})")).collect();
            Err(ApiError::new(
                ErrorCode::NotFound,
                format!("The backup holds {}.", names.join(", ")),
                "Say which of them is meant, by its id; nothing was changed.",
            )
            .into())
        }
    }
}

fn there(name: &str) -> BackupError {
    ApiError::new(
        ErrorCode::Conflict,
        format!("This profile has the workspace \u{201c}{name}\u{201d} already."),
        "Restore the backup as a profile of its own, for instance with --profile restored; nothing was changed.",
    )
    .into()
}
