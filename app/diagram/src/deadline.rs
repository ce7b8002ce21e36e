//! How long a layout may take: counted work, an injected clock and a cancel flag. Reads no clock itself.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Work units between two looks at the injected clock.
const CLOCK_EVERY: u64 = 4096;

/// A bound on a layout. Once it has passed, the engine finishes with cruder means instead of failing.
///
/// Work is counted in visited vertices, edges and cells; a million units take some ten milliseconds.
#[derive(Default)]
pub struct Deadline {
    budget: Option<u64>,
    passed: Option<Box<dyn Fn() -> bool + Send>>,
    cancelled: Option<Arc<AtomicBool>>,
    spent: Cell<u64>,
    looked: Cell<u64>,
    expired: Cell<bool>,
}

impl Deadline {
    /// Never passes.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Passes after so many units of work: deterministic on every machine.
    #[must_use]
    pub fn work(units: u64) -> Self {
        Self { budget: Some(units), ..Self::default() }
    }

    /// Also passes when `passed` says so; it is asked every few thousand units of work.
    #[must_use]
    pub fn with_clock(mut self, passed: impl Fn() -> bool + Send + 'static) -> Self {
        self.passed = Some(Box::new(passed));
        self
    }

    /// Also ends with [`LayoutError::Cancelled`](crate::LayoutError::Cancelled) once the flag is set.
    #[must_use]
    pub fn with_cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancelled = Some(flag);
        self
    }

    /// Work done so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Counts work; returns true once the deadline has passed.
    pub(crate) fn spend(&self, units: u64) -> bool {
        let spent = self.spent.get().saturating_add(units);
        self.spent.set(spent);
        if self.expired.get() {
            return true;
        }
        let mut expired = self.budget.is_some_and(|budget| spent > budget);
        if !expired && spent - self.looked.get() >= CLOCK_EVERY {
            self.looked.set(spent);
            expired = self.passed.as_ref().is_some_and(|passed| passed()) || self.is_cancelled();
        }
        self.expired.set(expired);
        expired
    }

    /// True once the deadline has passed.
    pub(crate) fn is_past(&self) -> bool {
        self.expired.get()
    }

    /// True once the caller asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

impl std::fmt::Debug for Deadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deadline")
            .field("budget", &self.budget)
            .field("spent", &self.spent.get())
            .field("expired", &self.expired.get())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_bounded() {
        let deadline = Deadline::work(10);
        assert!(!deadline.spend(10));
        assert!(deadline.spend(1));
        assert!(deadline.is_past());
    }

    #[test]
    fn the_clock_and_the_flag_are_asked() {
        let deadline = Deadline::unlimited().with_clock(|| true);
        assert!(!deadline.spend(1), "the clock is not asked for every unit");
        assert!(deadline.spend(CLOCK_EVERY));
        let flag = Arc::new(AtomicBool::new(false));
        let deadline = Deadline::unlimited().with_cancel(Arc::clone(&flag));
        assert!(!deadline.spend(CLOCK_EVERY));
        flag.store(true, Ordering::Relaxed);
        assert!(deadline.spend(CLOCK_EVERY) && deadline.is_cancelled());
    }
}
