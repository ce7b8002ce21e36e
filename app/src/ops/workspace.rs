//! Workspaces: create, open, rename, sample, count.

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, SyncStatus, WorkspaceCreateParams, WorkspaceOpenParams, WorkspaceRenameParams,
    WorkspaceSampleParams, WorkspaceSummary, WorkspaceSummaryParams, WorkspaceView,
};
use groundplan_shared::model::{DocumentId, DocumentKind, WorkspaceId};
use groundplan_shared::validate::check_name;

use crate::core::{CoreError, Workspace};
use crate::runtime::App;
use crate::store::StoreError;
use crate::{doc, env, identity, query, sample};

/// Longest name of an owner: a sealed name holds 200 bytes, and a character takes up to four.
const OWNER_MAX_CHARS: usize = 48;

/// Creates a workspace and opens it. Its database is complete before the profile knows of it.
pub fn create(app: &App, params: WorkspaceCreateParams) -> Result<WorkspaceView, ApiError> {
    check_name("name", &params.name)?;
    if app.profile().read_only() {
        return Err(StoreError::ReadOnly.into());
    }
    let id = WorkspaceId::new(env::make_uuid());
    let workspace = app.workspace_files(id)?;
    found(app, &workspace, &params.name)?;
    app.register_workspace(Arc::new(workspace), &params.name)?;
    view(app, id)
}

/// Writes the membership log's first entry, the keys and the settings of a new workspace, in one transaction.
fn found(app: &App, workspace: &Workspace, name: &str) -> Result<(), ApiError> {
    // Read now: it may have been set since the program started.
    let device_name = super::app::device_name(app)?;
    let owner_name = owner_name(app)?;
    workspace.transaction::<(), CoreError>(|tx| {
        let now_ms = tx.now_ms();
        identity::genesis(tx, &app.device(), &owner_name, &device_name, workspace.id(), now_ms)
            .map_err(CoreError::Api)?;
        let settings = DocumentId::new(workspace.id().uuid());
        tx.create(settings, DocumentKind::Settings, |doc| Ok(doc::settings::set_name(doc, name)?))
    })?;
    Ok(())
}

/// Returns how members see the person who founds a workspace: by the account's name, else as the system knows them.
fn owner_name(app: &App) -> Result<String, ApiError> {
    let account = app.net.account(app)?.map(|account| account.name);
    let user = || ["USER", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let name: String = account.or_else(user).unwrap_or_default().chars().take(OWNER_MAX_CHARS).collect();
    let fits = !name.trim().is_empty() && check_name("name", &name).is_ok();
    Ok(if fits { name } else { "Owner".to_owned() })
}

/// Opens a workspace of this profile.
pub fn open(app: &App, params: WorkspaceOpenParams) -> Result<WorkspaceView, ApiError> {
    app.open_workspace(params.id)?;
    view(app, params.id)
}

/// Gives the open workspace another name.
pub fn rename(app: &App, params: WorkspaceRenameParams) -> Result<WorkspaceView, ApiError> {
    check_name("name", &params.name)?;
    let id = app.workspace()?.id();
    app.edit(&format!("Rename workspace to {}", params.name), |tx| {
        let settings = tx.settings_id()?.ok_or_else(|| not_here_yet(id))?;
        tx.edit(settings, |doc| Ok(doc::settings::set_name(doc, &params.name)?))
    })?;
    refresh_name(app)?;
    view(app, id)
}

/// Creates the sample workspace: Groundplan's own architecture.
pub fn sample(app: &App, _: WorkspaceSampleParams) -> Result<WorkspaceView, ApiError> {
    let created = create(app, WorkspaceCreateParams { name: "Groundplan (sample)".to_owned() })?;
    sample::fill(app)?;
    view(app, created.id)
}

/// Counts what the open workspace holds.
pub fn summary(app: &App, _: WorkspaceSummaryParams) -> Result<WorkspaceSummary, ApiError> {
    let counts = app.read(|tx| query::summary(tx))?;
    Ok(WorkspaceSummary {
        workspace: view(app, app.workspace()?.id())?,
        elements: counts.elements,
        relations: counts.relations,
        pages: counts.pages,
        views: counts.views,
        dangling: counts.dangling,
    })
}

/// Lists the workspaces of the profile, the one opened last first. Only the open one's database is read: how a
/// closed one stands is remembered in the profile.
pub(crate) fn all(app: &App) -> Result<Vec<WorkspaceView>, ApiError> {
    let rows: Vec<(WorkspaceId, String, u64, Option<String>)> = app.profile().transaction(|tx| {
        let mut statement = tx.prepare_cached(
            "SELECT w.id, w.name, w.opened_ms, s.value FROM workspace w
             LEFT JOIN setting s ON s.name = 'sync/' || hex(w.id) ORDER BY w.opened_ms DESC, w.name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((WorkspaceId::from_bytes(row.get(0)?), row.get(1)?, row.get::<_, i64>(2)? as u64, row.get(3)?))
        })?;
        Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
    })?;
    let open = app.open_now();
    rows.into_iter()
        .map(|(id, name, opened_ms, remembered)| {
            let open = open.as_ref().filter(|open| open.id() == id);
            let sync = match open {
                Some(_) => app.net.status(app, id)?,
                None => closed(app, id, remembered)?,
            };
            let read_only = open.and_then(|open| open.read_only().map(|reason| reason.message.clone()));
            Ok(WorkspaceView { id, name, opened_ms, read_only, sync })
        })
        .collect()
}

/// How a closed workspace stood when its files were last written.
#[derive(serde::Serialize, serde::Deserialize)]
struct Remembered {
    files: Vec<Option<(u64, u128)>>,
    status: SyncStatus,
}

/// Returns how a closed workspace stands. Its database is opened only if it was written since this was last asked.
fn closed(app: &App, id: WorkspaceId, remembered: Option<String>) -> Result<SyncStatus, ApiError> {
    let known: Option<Remembered> = remembered.and_then(|text| serde_json::from_str(&text).ok());
    if let Some(known) = known.filter(|known| known.files == files(app, id)) {
        return Ok(known.status);
    }
    let status = app.net.status(app, id)?;
    if !app.profile().read_only() {
        let known = Remembered { files: files(app, id), status: status.clone() };
        let text = serde_json::to_string(&known).expect("numbers and texts are JSON");
        let name: String = id.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        app.profile().set_setting(&format!("sync/{name}"), &text)?;
    }
    Ok(status)
}

/// Size and time of the last write of a workspace's files.
fn files(app: &App, id: WorkspaceId) -> Vec<Option<(u64, u128)>> {
    let path = app.profile().dirs().workspace_database(id);
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    [path, log.into()]
        .iter()
        .map(|path| {
            let meta = path.metadata().ok().filter(|meta| meta.len() > 0)?;
            let written = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some((meta.len(), written.as_nanos()))
        })
        .collect()
}

/// Describes one workspace.
pub(crate) fn view(app: &App, id: WorkspaceId) -> Result<WorkspaceView, ApiError> {
    all(app)?.into_iter().find(|workspace| workspace.id == id).ok_or_else(|| not_here_yet(id).into())
}

/// Copies the name in the open workspace's settings to the profile's list.
pub(crate) fn refresh_name(app: &App) -> Result<(), ApiError> {
    let workspace = app.workspace()?;
    let name = workspace.read(|tx| match tx.settings_id()? {
        Some(settings) => tx.with(settings, |doc| doc::settings::name(doc)),
        None => Ok(None),
    })?;
    if let Some(name) = name {
        let changed = app.profile().transaction(|tx| {
            Ok::<_, StoreError>(tx.execute(
                "UPDATE workspace SET name = ?2 WHERE id = ?1 AND name <> ?2",
                (workspace.id().to_bytes(), name),
            )?)
        })?;
        if changed > 0 {
            app.emit(groundplan_shared::api::Event::Workspaces);
        }
    }
    Ok(())
}

fn not_here_yet(id: WorkspaceId) -> CoreError {
    CoreError::Api(ApiError::new(
        ErrorCode::NotFound,
        format!("The settings of workspace {id} are not on this device yet."),
        "Wait until it is up to date.",
    ))
}
