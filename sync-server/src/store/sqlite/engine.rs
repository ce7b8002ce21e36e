//! One writing thread that commits in groups, and a few reading threads.
//!
//! Writers queue closures; the thread takes all that wait, runs each in its own savepoint inside one transaction, and
//! answers only after the commit, so that one `fsync` serves many callers and nothing is acknowledged before it is
//! durable. No SQL of the domain lives here.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use crate::store::{StoreError, StoreResult};

/// Most units of work in one commit; bounds how long the first of them waits.
const GROUP: usize = 128;
const READERS: usize = 3;
/// Waiting units of work; more callers wait for room.
const QUEUE: usize = 4096;

type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
type WriteJob = Box<dyn Unit>;
type ReadJob = Box<dyn FnOnce(&mut Connection) + Send>;

/// A unit of work in the writer's queue: it is either run or refused, and answers its caller in both cases.
trait Unit: Send {
    /// Does the work and tells whether to keep it, and how to answer once the commit succeeded or failed.
    fn run(self: Box<Self>, connection: &Connection) -> (bool, Reply);
    /// Answers without having done anything.
    fn refuse(self: Box<Self>, reason: StoreError);
}

struct Write<T, F> {
    work: F,
    reply: oneshot::Sender<StoreResult<T>>,
}

impl<T, F> Unit for Write<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
{
    fn run(self: Box<Self>, connection: &Connection) -> (bool, Reply) {
        let Self { work, reply } = *self;
        let result = work(connection);
        let keep = result.is_ok();
        // A caller that went away no longer wants the answer; what it wrote stands.
        let answer = move |commit_error| {
            let _ = reply.send(match commit_error {
                Some(error) if keep => Err(error),
                _ => result,
            });
        };
        (keep, Box::new(answer))
    }

    fn refuse(self: Box<Self>, reason: StoreError) {
        let _ = self.reply.send(Err(reason));
    }
}

/// The database file with its threads. They end, some time later, when the last handle is dropped; whoever needs to know
/// that the file is closed asks for it.
#[derive(Clone)]
pub(super) struct Engine {
    writer: Queue<WriteJob>,
    readers: Queue<ReadJob>,
    threads: Arc<Mutex<Threads>>,
}

/// The threads that hold the file; none once it is closed.
struct Threads {
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

/// Jobs for a thread; none ends it.
type Queue<J> = mpsc::SyncSender<Option<J>>;

impl Engine {
    /// Opens the file, which `migrate` brings to the schema first, and starts the threads.
    pub(super) fn open(
        path: &Path,
        migrate: impl FnOnce(&mut Connection) -> StoreResult<()>,
    ) -> StoreResult<Self> {
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        let (writer, jobs) = mpsc::sync_channel(QUEUE);
        let writes = spawn("store-writer", move || write_loop(&connection, &jobs))?;
        let mut threads = Threads { writer: Some(writes), readers: Vec::new() };
        let (readers, reads) = mpsc::sync_channel::<Option<ReadJob>>(QUEUE);
        let reads = Arc::new(Mutex::new(reads));
        for _ in 0..READERS {
            let mut connection = connect(path)?;
            connection.pragma_update(None, "query_only", true).map_err(failure)?;
            let reads = Arc::clone(&reads);
            threads.readers.push(spawn("store-reader", move || {
                loop {
                    // The guard is dropped before the job runs, so that readers work side by side.
                    let job = match reads.lock() {
                        Ok(queue) => queue.recv(),
                        Err(_) => return,
                    };
                    match job {
                        Ok(Some(job)) => job(&mut connection),
                        Ok(None) | Err(_) => return,
                    }
                }
            })?);
        }
        Ok(Self { writer, readers, threads: Arc::new(Mutex::new(threads)) })
    }

    /// Does what waits, closes the file and returns when it is closed. What is asked for later is refused.
    pub(super) async fn close(&self) -> StoreResult<()> {
        let engine = self.clone();
        let end = move || {
            let mut threads = engine.threads.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(writer) = threads.writer.take() else { return Ok(()) };
            // The writer is the last: of connections that close at the same moment, none removes the log.
            (0..READERS).for_each(|_| drop(engine.readers.send(None)));
            let read = threads.readers.drain(..).try_for_each(|thread| thread.join());
            // A thread that has ended already takes no more.
            let _ = engine.writer.send(None);
            writer.join().and(read).map_err(|_| stopped())
        };
        tokio::task::spawn_blocking(end).await.map_err(|_| stopped())?
    }

    /// Runs a unit of work that writes. An error undoes this unit and no other.
    pub(super) async fn write<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let job: WriteJob = Box::new(Write { work, reply: send });
        submit(&self.writer, job).await?;
        receive.await.map_err(|_| stopped())?
    }

    /// Runs a unit of work that only reads, in one snapshot.
    pub(super) async fn read<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let job: ReadJob = Box::new(move |connection| {
            let result = connection.transaction().map_err(failure).and_then(|transaction| work(&transaction));
            let _ = send.send(result);
        });
        submit(&self.readers, job).await?;
        receive.await.map_err(|_| stopped())?
    }
}

/// Hands a job over, waiting on a blocking thread only when the queue is full.
async fn submit<J: Send + 'static>(queue: &Queue<J>, job: J) -> StoreResult<()> {
    match queue.try_send(Some(job)) {
        Ok(()) => Ok(()),
        Err(mpsc::TrySendError::Disconnected(_)) => Err(stopped()),
        Err(mpsc::TrySendError::Full(job)) => {
            let queue = queue.clone();
            tokio::task::spawn_blocking(move || queue.send(job).map_err(|_| stopped()))
                .await
                .map_err(|_| stopped())?
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> StoreResult<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|source| StoreError::Unavailable(Box::new(source)))
}

fn write_loop(connection: &Connection, jobs: &mpsc::Receiver<Option<WriteJob>>) {
    let mut open = true;
    while open && let Ok(Some(first)) = jobs.recv() {
        let mut group = vec![first];
        while open
            && group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            match next {
                Some(job) => group.push(job),
                None => open = false,
            }
        }
        commit_group(connection, group);
    }
}

fn commit_group(connection: &Connection, group: Vec<WriteJob>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        tracing::error!(store.error = %error, "a group of writes could not begin");
        let mut first = Some(failure(error));
        for job in group {
            job.refuse(first.take().unwrap_or_else(stopped));
        }
        return;
    }
    let mut replies = Vec::with_capacity(group.len());
    let mut lost = None;
    for job in group {
        if let Err(error) = connection.execute_batch("SAVEPOINT unit") {
            lost = Some(failure(error));
            job.refuse(stopped());
            continue;
        }
        let (keep, reply) = job.run(connection);
        let end = if keep { "RELEASE unit" } else { "ROLLBACK TO unit; RELEASE unit" };
        if let Err(error) = connection.execute_batch(end) {
            lost = Some(failure(error));
        }
        replies.push(reply);
    }
    let outcome = match lost {
        Some(error) => Err(error),
        None => connection.execute_batch("COMMIT").map_err(failure),
    };
    match outcome {
        Ok(()) => replies.into_iter().for_each(|reply| reply(None)),
        Err(error) => {
            // Nothing of the group is durable. The rollback fails only where SQLite has rolled back by itself.
            let _ = connection.execute_batch("ROLLBACK");
            tracing::error!(store.error = %error, "a group of writes was not committed");
            let full = matches!(error, StoreError::Full(_));
            let mut first = Some(error);
            for reply in replies {
                let repeat = || if full { StoreError::Full("as above".into()) } else { stopped() };
                reply(Some(first.take().unwrap_or_else(repeat)));
            }
        }
    }
}

fn connect(path: &Path) -> StoreResult<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(128);
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")] {
        connection.pragma_update(None, name, value).map_err(failure)?;
    }
    connection.pragma_update(None, "wal_autocheckpoint", 4000).map_err(failure)?;
    connection.pragma_update(None, "cache_size", -16_000).map_err(failure)?;
    Ok(connection)
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the embedded database stopped working on this group of writes".into())
}

/// Sorts an SQLite error into the store's words.
pub(super) fn failure(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(Box::new(error)),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen) => {
            StoreError::Unavailable(Box::new(error))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { what: "database file" }
        }
        _ => StoreError::Backend(Box::new(error)),
    }
}

/// Tells whether an error is a violated key or unique index.
pub(super) fn is_unique_violation(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|cause| {
            matches!(
                cause.extended_code,
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            )
        })
}
