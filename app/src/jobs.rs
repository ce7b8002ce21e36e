//! Long jobs under way, by the names that callers gave them: they tell how far they are, and can be stopped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use groundplan_shared::api::{ApiError, ErrorCode, Event, JobProgress};
use tokio::sync::broadcast;

/// Jobs of an open profile, or of a program without one.
#[derive(Debug)]
pub struct Jobs {
    running: Mutex<HashMap<String, Arc<AtomicBool>>>,
    events: broadcast::Sender<Event>,
}

impl Jobs {
    pub(crate) fn new(events: broadcast::Sender<Event>) -> Self {
        Self { running: Mutex::default(), events }
    }

    /// Starts a job; one without a name is neither told of nor stopped.
    pub(crate) fn start(&self, name: Option<&str>) -> Job<'_> {
        let cancelled = Arc::new(AtomicBool::new(false));
        if let Some(name) = name {
            self.running().insert(name.to_owned(), Arc::clone(&cancelled));
        }
        Job { jobs: self, name: name.map(str::to_owned), cancelled }
    }

    /// Asks a job to stop. Says whether there is such a job.
    pub(crate) fn cancel(&self, name: &str) -> bool {
        let running = self.running();
        let found = running.get(name);
        if let Some(cancelled) = found {
            cancelled.store(true, Ordering::Relaxed);
        }
        found.is_some()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<AtomicBool>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A long job. Ends when dropped.
#[derive(Debug)]
pub struct Job<'a> {
    jobs: &'a Jobs,
    name: Option<String>,
    cancelled: Arc<AtomicBool>,
}

impl Job<'_> {
    /// Reports progress; fails with `Cancelled` once the job was asked to stop.
    ///
    /// # Errors
    /// `Cancelled`.
    pub fn step(&self, step: &str, done: u64, total: u64) -> Result<(), ApiError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ApiError::new(
                ErrorCode::Cancelled,
                "It was cancelled; nothing was changed.",
                "Start it again when you like.",
            ));
        }
        if let Some(job) = &self.name {
            let (job, step, detail) = (job.clone(), step.to_owned(), String::new());
            // Nobody listening is fine.
            let _ = self.jobs.events.send(Event::Job(JobProgress { job, step, done, total, detail }));
        }
        Ok(())
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.jobs.running().remove(name);
        }
    }
}
