//! Makes a backup: copies of the databases at one moment each, the encrypted file, the check that it can be read.
//!
//! The program goes on working meanwhile. The file appears under its name when it is whole, checked and on the disk.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use groundplan_shared::api::{ApiError, BackupView, ErrorCode};
use groundplan_shared::model::WorkspaceId;
use groundplan_shared::wire::DeviceId;
use rusqlite::Connection;
use zeroize::Zeroizing;

use super::manifest::{PartOf, PartsKey};
use super::scratch::{Scratch, sync_folder};
use super::{BackupError, Manifest, Opener, Part, Progress, Scope, archive, database, read};
use crate::env;
use crate::profile::derive_key;
use crate::runtime::App;
use crate::store;

/// What to back up, and where to.
#[derive(Debug, Clone)]
pub struct What {
    /// The file.
    pub path: PathBuf,
    /// Only this workspace; everything if none.
    pub workspace: Option<WorkspaceId>,
    /// Whether a file that is there is replaced.
    pub force: bool,
}

/// Makes a backup. Blocks for long.
///
/// # Errors
/// [`BackupError`]; the file is then as it was before.
pub fn create(
    app: &App,
    what: &What,
    opener: &Opener,
    progress: &mut Progress<'_>,
) -> Result<BackupView, BackupError> {
    opener.check()?;
    let occupied = || what.path.exists() && !what.force;
    if occupied() {
        return Err(BackupError::Exists(what.path.clone()));
    }
    let folder = match what.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let scratch = Scratch::make(app.profile().dirs().data(), "backup")?;
    let (manifest, parts) = collect(app, what, scratch.path(), progress)?;
    let part = folder.join(format!(".groundplan-{}.part", env::make_uuid()));
    let written = write(&part, &folder, opener, &manifest, &parts, progress).and_then(|bytes| {
        if occupied() {
            return Err(BackupError::Exists(what.path.clone()));
        }
        std::fs::rename(&part, &what.path).map_err(BackupError::writing(&what.path))?;
        sync_folder(&folder)?;
        Ok(bytes)
    });
    if written.is_err()
        && let Err(error) = std::fs::remove_file(&part)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(error = %error, "an unfinished backup stays");
    }
    Ok(manifest.view(written?))
}

/// Writes the file beside its name, makes it last and reads all of it again.
fn write(
    part: &Path,
    folder: &Path,
    opener: &Opener,
    manifest: &Manifest,
    parts: &[PathBuf],
    progress: &mut Progress<'_>,
) -> Result<u64, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file: File = options.open(part).map_err(BackupError::writing(folder))?;
    let output = archive::write(BufWriter::new(file), part, opener, manifest, parts, progress)?;
    let mut file = output.into_inner().map_err(|error| BackupError::writing(part)(error.into_error()))?;
    file.flush().and_then(|()| file.sync_all()).map_err(BackupError::writing(part))?;
    let (read, bytes) = read::check(part, opener, progress)?;
    if read != *manifest {
        let detail = "what was written does not read back".to_owned();
        return Err(BackupError::Damaged { file: part.to_owned(), detail });
    }
    Ok(bytes)
}

/// Copies the databases into `folder` under a key of their own.
fn collect(
    app: &App,
    what: &What,
    folder: &Path,
    progress: &mut Progress<'_>,
) -> Result<(Manifest, Vec<PathBuf>), BackupError> {
    let (profile, dirs) = (app.profile(), app.profile().dirs());
    let key = Zeroizing::new(env::random::<32>());
    let (mut parts, mut paths) = (Vec::new(), Vec::new());
    let copied = folder.join("profile.db");
    let own = derive_key(&key, "profile");
    let source = dirs.profile_database();
    database::copy((&source, &profile.key().derive("profile")), (&copied, &own), "profile", progress)?;
    let workspaces = strip(&copied, &own, what.workspace)?;
    if workspaces.is_empty()
        && let Some(id) = what.workspace
    {
        return Err(BackupError::Api(ApiError::new(
            ErrorCode::NotFound,
            format!("This profile has no workspace {id}."),
            "See which there are with `groundplan status`.",
        )));
    }
    paths.push((None, copied));
    for (id, name) in workspaces {
        let purpose = format!("workspace/{id}");
        let (from, to) = (dirs.workspace_database(id), folder.join(format!("{id}.db")));
        let target = derive_key(&key, &purpose);
        database::copy((&from, &profile.key().derive(&purpose)), (&to, &target), "workspace", progress)?;
        paths.push((Some(PartOf { id, name }), to));
    }
    let paths = paths.into_iter().map(|(workspace, path)| {
        let (size, sha256) = archive::hash_file(&path, &mut |done| Ok(progress("hash", done, 0)?))?;
        parts.push(Part { workspace, size, sha256 });
        Ok(path)
    });
    let paths = paths.collect::<Result<Vec<_>, BackupError>>()?;
    let manifest = Manifest {
        scope: if what.workspace.is_some() { Scope::Workspace } else { Scope::Device },
        made_ms: env::now_ms(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        device: DeviceId(app.device().id()),
        device_name: crate::ops::app::device_name(app)?,
        key: PartsKey(key),
        parts,
    };
    Ok((manifest, paths))
}

/// Takes out of the copied profile what must not come back: the sign-in, and other workspaces if only one is wanted.
/// Returns the workspaces left.
fn strip(
    path: &Path,
    key: &[u8; 32],
    only: Option<WorkspaceId>,
) -> Result<Vec<(WorkspaceId, String)>, BackupError> {
    let connection = store::existing(path, key)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    // A refresh token is used once: a restored one would end the session of the device that goes on.
    connection
        .execute("UPDATE account SET access_token = NULL, access_expires_ms = 0, refresh_token = NULL", [])?;
    if let Some(only) = only {
        connection.execute("DELETE FROM workspace WHERE id <> ?1", [only.to_bytes()])?;
    }
    let found = workspaces(&connection)?;
    database::close(connection, path)?;
    Ok(found)
}

/// Lists the workspaces of a profile's database.
pub(super) fn workspaces(connection: &Connection) -> Result<Vec<(WorkspaceId, String)>, BackupError> {
    let mut statement = connection.prepare("SELECT id, name FROM workspace ORDER BY created_ms, id")?;
    let rows = statement.query_map([], |row| Ok((WorkspaceId::from_bytes(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
