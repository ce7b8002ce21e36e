//! The open workspace: documents, transactions, undo, and what remote changes do.
//!
//! Lives here: the one way in which documents change (a transaction that writes change, outbox, projections and
//! journal together). Not here: what is in documents (`doc`), the projections (`project`) and their queries (`query`).

mod bounded;
mod journal;
mod life;
mod lineage;
mod loaded;
mod news;
mod reauthor;
mod remote;
mod saved;
mod talk;
mod tx;
mod typed;

pub use bounded::{
    ChangeRefused, actor_of_change, apply_changes, changes_in, deletes_document, hash_of_change,
};
pub use news::seen as mark_seen;
pub use remote::{Applied, ApplyError};
pub use saved::saved_changes;
pub use tx::Tx;

pub(crate) use journal::{TYPING, step_over};
pub(crate) use lineage::{LINEAGE, LOST, Lost};
pub(crate) use reauthor::Renamed;
pub(crate) use typed::TYPED;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use automerge::{ActorId, ChangeHash};
use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::model::{DocumentId, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use tokio::sync::Notify;

use crate::doc::DocError;
use crate::env;
use crate::store::{self, Family, StoreError};
use life::Life;
use loaded::Loaded;
use typed::Typed;

/// Number of the compartment in which things lie unless people classify them otherwise: `internal`.
pub const INTERNAL: u8 = 1;

/// Why an operation on the workspace failed.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document.
    #[error(transparent)]
    Doc(#[from] DocError),
    /// There is no such document here.
    #[error("there is no document {0}")]
    NotFound(DocumentId),
    /// An answer for the caller.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl From<rusqlite::Error> for CoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<automerge::AutomergeError> for CoreError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Doc(error.into())
    }
}

impl From<groundplan_shared::validate::FieldError> for CoreError {
    fn from(error: groundplan_shared::validate::FieldError) -> Self {
        Self::Api(error.into())
    }
}

impl From<CoreError> for ApiError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Store(error) => error.into(),
            CoreError::Api(error) => error,
            CoreError::NotFound(id) => Self::new(
                ErrorCode::NotFound,
                format!("There is nothing with the id {id} (any more)."),
                "Look it up again; it may have been deleted on another device.",
            ),
            CoreError::Doc(DocError::Version) => Self::new(
                ErrorCode::Conflict,
                "The text was changed from a version that is not known here.",
                "Open it again; what was typed is still in the editor.",
            ),
            CoreError::Doc(error @ DocError::Position { .. }) => {
                Self::new(ErrorCode::InvalidInput, format!("{error}."), "Open the text again.")
            }
            CoreError::Doc(error) => {
                Self::new(ErrorCode::StoreCorrupt, format!("{error}."), "Run `groundplan doctor`.")
            }
        }
    }
}

/// What changed in a transaction, for those who watch.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Documents that changed.
    pub documents: Vec<DocumentId>,
    /// Whether there is something to send.
    pub outbox: bool,
    /// Whether all of it is a keystroke, after which more are to be expected.
    pub typing: bool,
    /// The version after it of the document, if it was one.
    pub heads: Vec<ChangeHash>,
}

/// An open workspace. Every method blocks; call from a blocking thread.
pub struct Workspace {
    id: WorkspaceId,
    state: Mutex<State>,
    dirty: Notify,
    typing: Notify,
    /// Things that bookkeeping edited and nobody was told of.
    untold: Mutex<Vec<DocumentId>>,
    read_only: Option<ApiError>,
    actor: ActorId,
}

pub(crate) struct State {
    connection: Connection,
    docs: HashMap<DocumentId, Loaded>,
    /// `None`: not known.
    typed: Option<Typed>,
    data_version: i64,
    /// Another process wrote, and nobody was told yet.
    foreign: bool,
    life: Option<Life>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workspace({})", self.id)
    }
}

impl Workspace {
    /// Opens the workspace's database. `device` is the id of this device, the first part of every actor id.
    pub fn open(path: &Path, key: &[u8; 32], id: WorkspaceId, device: [u8; 16]) -> Result<Self, CoreError> {
        Self::open_marked(path, key, id, device, None).map(|(workspace, _)| workspace)
    }

    /// Like [`Workspace::open`], with the place of the mark by which copies are noticed; says whether it is one.
    pub(crate) fn open_marked(
        path: &Path,
        key: &[u8; 32],
        id: WorkspaceId,
        device: [u8; 16],
        mark: Option<PathBuf>,
    ) -> Result<(Self, bool), CoreError> {
        let mut opened = store::open(path, key, Family::Workspace)?;
        let mut read_only = opened.read_only.map(ApiError::from);
        let (life, copied) = match mark.filter(|_| read_only.is_none()) {
            Some(mark) => match Life::look(mark, &mut opened.connection) {
                Ok((life, copied)) => (Some(life), copied),
                // What a copy has to forget cannot be written: until it can, it is read and nothing else.
                Err(full @ StoreError::Disk(_)) => {
                    read_only = Some(full.into());
                    (None, false)
                }
                Err(error) => return Err(error.into()),
            },
            None => (None, false),
        };
        if read_only.is_none() {
            note_device(&mut opened.connection, device)?;
        }
        let installation = installation(&opened.connection, read_only.is_some())?;
        let actor = ActorId::from([device.as_slice(), &installation].concat());
        let data_version = data_version(&opened.connection)?;
        let (connection, docs) = (opened.connection, HashMap::new());
        let state = State { connection, docs, typed: None, data_version, foreign: false, life };
        let workspace = Self {
            id,
            state: Mutex::new(state),
            dirty: Notify::new(),
            typing: Notify::new(),
            untold: Mutex::default(),
            read_only,
            actor,
        };
        Ok((workspace, copied))
    }

    /// Makes a database that is a copy of another one get an installation, and so an actor, of its own when it is opened
    /// next: two that edit as the same actor break merging for everybody.
    pub(crate) fn forget_installation(connection: &Connection) -> Result<(), StoreError> {
        connection.execute("DELETE FROM meta WHERE name IN ('installation', 'life')", [])?;
        Ok(())
    }

    /// Returns the workspace's id.
    pub fn id(&self) -> WorkspaceId {
        self.id
    }

    /// Says why the workspace can only be read, if so.
    pub fn read_only(&self) -> Option<&ApiError> {
        self.read_only.as_ref()
    }

    /// Returns the actor id with which this installation edits: device id, then 8 random bytes.
    pub fn actor(&self) -> &ActorId {
        &self.actor
    }

    /// Wakes when there is something to send, other than what is just being typed.
    pub fn dirty(&self) -> &Notify {
        &self.dirty
    }

    /// Wakes when something was typed that is to be sent, be it together with what is typed next.
    pub fn typing(&self) -> &Notify {
        &self.typing
    }

    /// Takes the things that synchronisation edited here by itself.
    pub(crate) fn take_untold(&self) -> Vec<DocumentId> {
        std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads. Sees one state throughout.
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>) -> Result<T, CoreError> {
        self.run(TransactionBehavior::Deferred, None, f).map(|(value, _)| value)
    }

    /// Edits: changes, outbox, projections and an undo step labelled `label` are written together or not at all.
    pub fn edit<T>(
        &self,
        label: &str,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>,
    ) -> Result<(T, Changes), CoreError> {
        if let Some(reason) = &self.read_only {
            return Err(CoreError::Api(reason.clone()));
        }
        self.run(TransactionBehavior::Immediate, Some(label), f)
    }

    /// Runs one transaction without an undo step, for synchronisation and bookkeeping.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut caught = None;
        let result = self.run(TransactionBehavior::Immediate, None, |tx| match f(tx) {
            Ok(value) => Ok(value),
            Err(error) => {
                caught = Some(error);
                Err(CoreError::Store(StoreError::ReadOnly))
            }
        });
        match (result, caught) {
            (Ok((value, changes)), _) => {
                if changes.outbox {
                    let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
                    untold.extend(changes.documents);
                }
                Ok(value)
            }
            (Err(_), Some(error)) => Err(error),
            (Err(CoreError::Store(error)), None) => Err(error.into()),
            (Err(error), None) => {
                Err(StoreError::Corrupt { file: "the store".to_owned(), detail: error.to_string() }.into())
            }
        }
    }

    /// Says whether another process changed the database since the last look, and forgets cached documents if so.
    pub fn refresh(&self) -> Result<bool, CoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(state.forget_if_stale()?)
    }

    fn run<T>(
        &self,
        behavior: TransactionBehavior,
        label: Option<&str>,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, CoreError>,
    ) -> Result<(T, Changes), CoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { connection, docs, typed, data_version, foreign, life } = &mut *state;
        let mut life = life.as_mut().filter(|_| matches!(behavior, TransactionBehavior::Immediate));
        let sql = connection.transaction_with_behavior(behavior)?;
        // Inside the transaction: nobody can write between this look and what is done.
        let now = self::data_version(&sql)?;
        if now != *data_version {
            docs.clear();
            *typed = None;
            *data_version = now;
            *foreign = true;
        }
        let mut tx = Tx::new(sql, docs, typed, self.actor.clone(), env::now_ms());
        let result = f(&mut tx).and_then(|value| {
            if let Some(life) = &mut life {
                life.renew(tx.sql());
            }
            tx.finish(label).map(|changes| (value, changes))
        });
        match result {
            Ok(done) => {
                match done.1 {
                    Changes { outbox: true, typing: true, .. } => self.typing.notify_one(),
                    Changes { outbox: true, .. } => self.dirty.notify_one(),
                    _ => {}
                }
                loaded::trim(docs);
                Ok(done)
            }
            Err(error) => {
                // Documents in memory may be ahead of the rolled back database.
                docs.clear();
                *typed = None;
                if let Some(life) = life {
                    life.rolled_back();
                }
                Err(error)
            }
        }
    }
}

impl State {
    fn forget_if_stale(&mut self) -> Result<bool, StoreError> {
        let now = data_version(&self.connection)?;
        let stale = now != self.data_version;
        if stale {
            self.docs.clear();
            self.typed = None;
            self.data_version = now;
        }
        // Whoever read in between noticed it first, and told nobody.
        Ok(std::mem::take(&mut self.foreign) || stale)
    }
}

/// Says what undo and redo would do.
pub(crate) fn journal_state(tx: &Tx<'_>) -> Result<groundplan_shared::api::EditState, CoreError> {
    journal::state(tx)
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}

/// Notes which device the database is edited by. One that has other keys than it had edits as somebody new, and what it
/// did not send is not its own any more: see `reauthor`.
fn note_device(connection: &mut Connection, device: [u8; 16]) -> Result<(), StoreError> {
    let known = |sql: &Connection| -> Result<Option<[u8; 16]>, StoreError> {
        Ok(sql.query_row("SELECT value FROM meta WHERE name = 'device'", [], |row| row.get(0)).optional()?)
    };
    if known(connection)? == Some(device) {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(before) = known(&tx)?.filter(|known| *known != device) {
        tx.execute("DELETE FROM meta WHERE name = 'installation'", [])?;
        tx.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('renewed', ?1)", [before])?;
        tx.execute("DELETE FROM own_stream", [])?;
    }
    tx.execute("INSERT OR REPLACE INTO meta(name, value) VALUES ('device', ?1)", [device])?;
    tx.commit()?;
    Ok(())
}

fn installation(connection: &Connection, read_only: bool) -> Result<[u8; 8], StoreError> {
    let stored: Option<[u8; 8]> = connection
        .query_row("SELECT value FROM meta WHERE name = 'installation'", [], |row| row.get(0))
        .optional()?;
    if let Some(stored) = stored {
        return Ok(stored);
    }
    let made = env::random::<8>();
    if !read_only {
        connection.execute("INSERT INTO meta(name, value) VALUES ('installation', ?1)", [made])?;
    }
    Ok(made)
}
