//! The running client core: one profile, the open workspace, events and long jobs.
//!
//! Lives here: what commands share. Not here: which caller may do what (`dispatch`) and what commands do (`ops`).

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use groundplan_shared::api::{ApiError, ErrorCode, Event};
use groundplan_shared::model::WorkspaceId;
use tokio::sync::broadcast;

use crate::core::{Changes, CoreError, Tx, Workspace};
use crate::identity::Device;
use crate::jobs::{Job, Jobs};
use crate::profile::{Profile, ProfileOptions};
use crate::store::StoreError;

/// Events that a slow listener may be behind before it has to read everything again.
pub(crate) const EVENT_BACKLOG: usize = 256;

/// The running client core. Share it in an `Arc`.
pub struct App {
    profile: Profile,
    device: RwLock<Device>,
    open: RwLock<Option<Arc<Workspace>>>,
    /// Why the workspace opened last did not open again.
    unopened: Mutex<Option<ApiError>>,
    events: broadcast::Sender<Event>,
    jobs: Jobs,
    pub(crate) net: crate::net::Net,
    pub(crate) people: crate::identity::people::Cache,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({})", self.profile.dirs().profile())
    }
}

impl App {
    /// Opens the profile and the workspace opened last. Blocks on the keyring and the disk.
    pub fn open(options: &ProfileOptions) -> Result<Arc<Self>, ApiError> {
        Self::open_with(options, broadcast::channel(EVENT_BACKLOG).0)
    }

    /// Like [`App::open`], telling events to listeners that outlive this profile's being open.
    pub(crate) fn open_with(
        options: &ProfileOptions,
        events: broadcast::Sender<Event>,
    ) -> Result<Arc<Self>, ApiError> {
        let profile = Profile::open(options)?;
        let device = Device::load_or_make(&profile)?;
        let app = Arc::new(Self {
            profile,
            device: RwLock::new(device),
            open: RwLock::new(None),
            unopened: Mutex::default(),
            jobs: Jobs::new(events.clone()),
            events,
            net: crate::net::Net::default(),
            people: Default::default(),
        });
        if let Some(id) = app.last_opened()? {
            // A workspace that cannot be opened must not keep the program from starting: it is reported when used.
            if let Err(error) = app.open_workspace(id) {
                tracing::warn!(workspace.id = %id, error.code = ?error.code, "the last workspace did not open");
                *app.unopened.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        }
        Ok(app)
    }

    /// Returns the profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Returns this device's identity.
    pub fn device(&self) -> Device {
        self.device.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on as another device: the open workspace is opened anew, so that it is edited by the new one.
    pub(crate) fn become_device(&self, device: Device) -> Result<(), ApiError> {
        *self.device.write().unwrap_or_else(PoisonError::into_inner) = device;
        let Some(id) = self.open_now().map(|open| open.id()) else { return Ok(()) };
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.adopt(Arc::new(self.workspace_files(id)?))
    }

    /// Returns the open workspace.
    pub fn workspace(&self) -> Result<Arc<Workspace>, ApiError> {
        self.open_now().ok_or_else(|| {
            if let Some(error) = &*self.unopened.lock().unwrap_or_else(PoisonError::into_inner) {
                return error.clone();
            }
            ApiError::new(
                ErrorCode::NotFound,
                "No workspace is open.",
                "Create one with `groundplan init NAME`, or open one.",
            )
        })
    }

    /// Returns the open workspace, if one is open.
    pub fn open_now(&self) -> Option<Arc<Workspace>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a workspace of this profile and makes it the open one.
    pub fn open_workspace(&self, id: WorkspaceId) -> Result<Arc<Workspace>, ApiError> {
        if let Some(open) = self.open_now().filter(|open| open.id() == id) {
            return Ok(open);
        }
        let path = self.profile.dirs().workspace_database(id);
        let known: bool = self.profile.transaction(|tx| {
            Ok::<_, StoreError>(tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM workspace WHERE id = ?1)",
                [id.to_bytes()],
                |row| row.get(0),
            )?)
        })?;
        if !known || !path.exists() {
            return Err(ApiError::new(
                ErrorCode::NotFound,
                format!("This profile has no workspace {id}."),
                "See which there are with `groundplan status`.",
            ));
        }
        let workspace = Arc::new(self.workspace_files(id)?);
        self.adopt(Arc::clone(&workspace))?;
        Ok(workspace)
    }

    /// Opens (or makes) the database of a workspace without making it the open one.
    pub fn workspace_files(&self, id: WorkspaceId) -> Result<Workspace, ApiError> {
        let path = self.profile.dirs().workspace_database(id);
        let key = self.profile.key().derive(&format!("workspace/{id}"));
        let mark = self.profile.dirs().life_mark(id);
        let (workspace, copied) = Workspace::open_marked(&path, &key, id, self.device().id(), mark)?;
        if copied {
            tracing::info!(workspace.id = %id, "the database was put back or moved; it goes on as a new installation");
            crate::sync::run(&workspace, |tx| {
                crate::sync::life::begin_anew(tx, &ring::rand::SystemRandom::new())
            })
            .map_err(crate::identity::membership::sync_failed)?;
        }
        Ok(workspace)
    }

    /// Makes a workspace known to the profile and opens it. Its database must be complete.
    pub fn register_workspace(&self, workspace: Arc<Workspace>, name: &str) -> Result<(), ApiError> {
        let now_ms = crate::env::now_ms() as i64;
        self.profile.transaction(|tx| {
            tx.execute(
                "INSERT INTO workspace(id, name, opened_ms, created_ms) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT(id) DO UPDATE SET name = excluded.name",
                (workspace.id().to_bytes(), name, now_ms),
            )?;
            Ok::<_, StoreError>(())
        })?;
        self.adopt(workspace)
    }

    fn adopt(&self, workspace: Arc<Workspace>) -> Result<(), ApiError> {
        let id = workspace.id();
        if !self.profile.read_only() {
            let noted = self.profile.transaction(|tx| {
                tx.execute(
                    "UPDATE workspace SET opened_ms = max(?2, (SELECT max(opened_ms) FROM workspace) + 1) WHERE id = ?1",
                    (id.to_bytes(), crate::env::now_ms() as i64),
                )?;
                Ok::<_, StoreError>(())
            });
            match noted {
                // On a full disk it can still be read; which one was opened last is all that is not remembered.
                Err(error @ StoreError::Disk(_)) => {
                    tracing::warn!(error = %error, "the profile was not written")
                }
                other => other?,
            }
        }
        *self.unopened.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(workspace);
        self.emit(Event::Workspaces);
        self.emit(Event::Changed { workspace: id, documents: Vec::new(), remote: false });
        Ok(())
    }

    fn last_opened(&self) -> Result<Option<WorkspaceId>, ApiError> {
        use rusqlite::OptionalExtension;
        let id: Option<[u8; 16]> = self.profile.transaction(|tx| {
            Ok::<_, StoreError>(
                tx.query_row("SELECT id FROM workspace ORDER BY opened_ms DESC LIMIT 1", [], |row| {
                    row.get(0)
                })
                .optional()?,
            )
        })?;
        Ok(id.map(WorkspaceId::from_bytes))
    }

    /// Reads from the open workspace. Blocks.
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>) -> Result<T, ApiError> {
        Ok(self.workspace()?.read(f)?)
    }

    /// Reads from the open workspace with an index that is up to date. Blocks.
    pub fn read_index<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>) -> Result<T, ApiError> {
        let workspace = self.workspace()?;
        if workspace.read_only().is_none() && workspace.read(|tx| crate::project::is_stale(tx))? {
            workspace.transaction(crate::project::refresh)?;
        }
        Ok(workspace.read(f)?)
    }

    /// Edits the open workspace and tells everybody. Blocks.
    pub fn edit<T>(
        &self,
        label: &str,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>,
    ) -> Result<T, ApiError> {
        let workspace = self.workspace()?;
        let (value, changes) = workspace.edit(label, f)?;
        self.tell(&workspace, changes, false);
        Ok(value)
    }

    /// Tells everybody what changed.
    pub fn tell(&self, workspace: &Workspace, changes: Changes, remote: bool) {
        if !changes.documents.is_empty() {
            self.emit(Event::Changed { workspace: workspace.id(), documents: changes.documents, remote });
        }
    }

    /// Tells everybody something. Nobody listening is fine.
    pub fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Listens to events. A listener that falls behind has to read everything again.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells other devices that nobody looks at the workspace here any more.
    pub(crate) async fn leave(&self) {
        if let Ok(workspace) = self.workspace() {
            self.net.presence.leave(workspace.id()).await;
        }
    }

    /// Starts a long job that `job/cancel` can stop.
    pub fn job(&self, name: Option<&str>) -> Job<'_> {
        self.jobs.start(name)
    }

    /// Asks a job to stop. Says whether there is such a job.
    pub fn cancel(&self, name: &str) -> bool {
        self.jobs.cancel(name)
    }
}
