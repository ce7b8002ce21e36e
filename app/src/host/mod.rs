//! A program's hold on a profile: not opened yet, open, or locked. The window, the agent and the command line's calls go
//! through it, so that they start and can be asked while the profile is locked.
//!
//! Lives here: which state it is in, how it changes, and that nothing of an open profile outlives its locking. Not here:
//! what the commands of the lock do (`ops::profile`) and who may call (`dispatch`).

mod attempts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use groundplan_shared::api::{ApiError, ErrorCode, Event};
use tokio::sync::{broadcast, watch};

use crate::jobs::Jobs;
use crate::profile::{Dirs, KeyOptions, ProfileOptions};
use crate::runtime::{App, EVENT_BACKLOG};

pub use attempts::Attempts;

/// How long a call waits for the profile to open (the keyring may be asking its owner) before it answers `Locked`.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long locking waits for commands under way, and how often it looks.
const CLOSING: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(10));

/// How a profile stands.
#[derive(Clone)]
pub enum Standing {
    /// Nobody asked for it yet.
    Untried,
    /// The key is being asked for.
    Opening,
    /// It is open.
    Open(Arc<App>),
    /// It is locked, or does not open.
    Shut(ApiError),
}

/// A program's hold on a profile. Share it in an `Arc`.
pub struct Host {
    options: Mutex<ProfileOptions>,
    standing: watch::Sender<Standing>,
    events: broadcast::Sender<Event>,
    attempts: Mutex<Attempts>,
    /// Held while the profile is opened, locked or rewrapped.
    one: tokio::sync::Mutex<()>,
    watching: AtomicBool,
    /// Long jobs of commands that work without an open profile.
    jobs: Jobs,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host {
    /// Takes hold of a profile; nothing is opened until somebody asks.
    pub fn new(options: ProfileOptions) -> Arc<Self> {
        let events = broadcast::channel(EVENT_BACKLOG).0;
        Arc::new(Self {
            options: Mutex::new(options),
            standing: watch::channel(Standing::Untried).0,
            jobs: Jobs::new(events.clone()),
            events,
            attempts: Mutex::default(),
            one: tokio::sync::Mutex::default(),
            watching: AtomicBool::new(false),
        })
    }

    /// Says how the profile stands, without waiting.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Returns the profile's places.
    pub fn dirs(&self) -> Result<Dirs, ApiError> {
        lock(&self.options).dirs()
    }

    /// Returns the jobs of commands that work without an open profile.
    pub(crate) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Listens to events, those of the open profile among them.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Lets the profile, whenever it is open, synchronise and be watched. For long-running programs.
    pub fn keep_watch(&self) {
        self.watching.store(true, Ordering::Relaxed);
        if let Standing::Open(app) = self.standing() {
            app.keep_watch();
        }
    }

    /// Returns the open profile, opening it at the first call. Needs a Tokio runtime.
    ///
    /// # Errors
    /// `Locked` while it is locked; what else keeps it from opening.
    pub async fn app(self: &Arc<Self>) -> Result<Arc<App>, ApiError> {
        let mut standing = self.standing.subscribe();
        let first = self.standing.send_if_modified(|standing| {
            let untried = matches!(standing, Standing::Untried);
            if untried {
                *standing = Standing::Opening;
            }
            untried
        });
        if first {
            let host = Arc::clone(self);
            tokio::spawn(async move {
                let _one = host.one.lock().await;
                let options = lock(&host.options).clone();
                if let Err(error) = host.open(options).await {
                    host.standing.send_replace(Standing::Shut(error));
                    host.tell();
                }
            });
        }
        let settled = standing.wait_for(|standing| matches!(standing, Standing::Open(_) | Standing::Shut(_)));
        match tokio::time::timeout(PATIENCE, settled).await {
            Ok(Ok(standing)) => match &*standing {
                Standing::Open(app) => Ok(Arc::clone(app)),
                Standing::Shut(error) => Err(error.clone()),
                Standing::Untried | Standing::Opening => Err(opening()),
            },
            Ok(Err(_)) | Err(_) => Err(opening()),
        }
    }

    /// Opens the profile with a key from elsewhere. What stood before stays if that fails.
    ///
    /// # Errors
    /// Those of opening; `RateLimited` after too many wrong passphrases.
    pub(crate) async fn open_with(&self, key: KeyOptions, create: bool) -> Result<(), ApiError> {
        let _one = self.one.lock().await;
        if matches!(self.standing(), Standing::Open(_)) {
            return Ok(());
        }
        self.allowed()?;
        let options = ProfileOptions { key, create, ..lock(&self.options).clone() };
        let opened = self.open(options).await;
        self.judge(&opened);
        if let Err(error) = &opened
            && !is_wrong_passphrase(error)
            && error.code != ErrorCode::InvalidInput
        {
            self.standing.send_replace(Standing::Shut(error.clone()));
        }
        opened
    }

    async fn open(&self, options: ProfileOptions) -> Result<(), ApiError> {
        let events = self.events.clone();
        // Blocks on the keyring, the passphrase's stretching and the disk.
        let app = blocking(move || App::open_with(&options, events)).await?;
        // The passphrase has done its work.
        lock(&self.options).key = KeyOptions::default();
        if self.watching.load(Ordering::Relaxed) {
            app.keep_watch();
        }
        self.standing.send_replace(Standing::Open(app));
        self.tell();
        Ok(())
    }

    /// Closes the stores and forgets the key. Commands under way are broken off.
    ///
    /// # Errors
    /// `StoreBusy` if one of them does not end: the key is forgotten when it does.
    pub(crate) async fn close(&self) -> Result<(), ApiError> {
        let _one = self.one.lock().await;
        lock(&self.options).key = KeyOptions::default();
        let before = self.standing.send_replace(Standing::Shut(locked()));
        let gone = match before {
            Standing::Open(app) => {
                app.leave().await;
                app.stop_sync();
                Arc::downgrade(&app)
            }
            Standing::Untried | Standing::Opening | Standing::Shut(_) => Weak::new(),
        };
        // Wakes everybody who listens, the watchers of the closed profile among them.
        self.tell();
        let ended = async {
            while gone.strong_count() > 0 {
                tokio::time::sleep(CLOSING.1).await;
            }
        };
        tokio::time::timeout(CLOSING.0, ended).await.map_err(|_| {
            ApiError::new(
                ErrorCode::StoreBusy,
                "A command is still running.",
                "The profile is locked for everybody else, and the key is forgotten when the command ends.",
            )
        })
    }

    /// Tells other devices that nobody looks at the open workspace here any more: the last interface was closed, or the
    /// program is about to end. Takes half a second at most.
    pub async fn leave(&self) {
        if let Standing::Open(app) = self.standing() {
            app.leave().await;
        }
    }

    /// Does something about the key of the open profile, one at a time; wrong passphrases are counted.
    pub(crate) async fn with_key<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.app().await?;
        let _one = self.one.lock().await;
        self.allowed()?;
        let done = blocking(move || act(&app)).await;
        self.judge(&done);
        done
    }

    /// Completes when this open profile is the open one no longer.
    pub(crate) async fn closed(&self, app: &Arc<App>) {
        let mut standing = self.standing.subscribe();
        let other = |now: &Standing| !matches!(now, Standing::Open(open) if Arc::ptr_eq(open, app));
        // Without a sender there is no host, and nobody to call.
        drop(standing.wait_for(other).await);
    }

    fn tell(&self) {
        // Nobody listening is fine.
        let _ = self.events.send(Event::Profile);
    }

    fn allowed(&self) -> Result<(), ApiError> {
        lock(&self.attempts).check(std::time::Instant::now())
    }

    fn judge<T>(&self, outcome: &Result<T, ApiError>) {
        let mut attempts = lock(&self.attempts);
        match outcome {
            Ok(_) => *attempts = Attempts::default(),
            Err(error) if is_wrong_passphrase(error) => attempts.wrong(std::time::Instant::now()),
            Err(_) => {}
        }
    }
}

fn is_wrong_passphrase(error: &ApiError) -> bool {
    error.code == ErrorCode::KeyWrong && error.field.as_deref() == Some("passphrase")
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(act).await.unwrap_or_else(|error| {
        tracing::error!(error = %error, "opening the profile broke off");
        Err(ApiError::new(
            ErrorCode::StorageFailed,
            "Opening the profile broke off.",
            "Start Groundplan again; please report this with the log if it stays so.",
        ))
    })
}

/// What everything answers while the profile is locked.
pub(crate) fn locked() -> ApiError {
    ApiError::new(ErrorCode::Locked, "This profile is locked.", "Unlock it to go on.")
}

fn opening() -> ApiError {
    ApiError::new(
        ErrorCode::Locked,
        "The system\u{2019}s keyring has not handed over the key yet.",
        "Look whether it is asking you to unlock it; Groundplan opens as soon as it answers.",
    )
}

#[cfg(test)]
mod tests;
