//! What stops `xtask`: one message that says what happened to which thing and what to do about it.
//!
//! Failed checks of the project itself are not failures of the tool; the test command counts those.

use std::fmt;

/// Why a command of `xtask` could not go on.
#[derive(Debug)]
pub struct Failure(String);

/// The result of everything in `xtask` that can fail.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// Makes a failure from its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Adds to an I/O error the thing it happened to.
pub trait Context<T> {
    /// Turns the error into a [`Failure`] that starts with `what`.
    fn context(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{what}: {error}")))
    }
}
