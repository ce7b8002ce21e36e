//! The only file that knows the client core: opening it, calling it, hearing from it, closing it.
//!
//! The core is not part of the shell yet: every call answers so, until `groundplan_app` has its runtime.

use std::path::PathBuf;

use groundplan_shared::api::{ApiError, ErrorCode, Event};
use serde_json::Value;
use tokio::sync::broadcast;

/// Where the profile lies that the shell opens.
#[derive(Debug, Default)]
pub struct Profile {
    /// Its name, if not the default one.
    pub name: Option<String>,
    /// The folder that holds everything of it, if not the usual places.
    pub data_dir: Option<PathBuf>,
}

/// Who calls: the shell only ever speaks for its own window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The main window.
    Window,
}

impl Caller {
    /// Tells the caller by the label of its window. Labels are given by the shell, never by the page.
    pub fn from_label(label: &str) -> Result<Self, ApiError> {
        if label == crate::window::MAIN {
            return Ok(Self::Window);
        }
        Err(ApiError::new(
            ErrorCode::NotAllowed,
            "This window may not use the workspace.",
            "Use the main window of Groundplan.",
        ))
    }
}

/// The client core as the shell sees it.
pub struct Core {
    profile: Profile,
}

impl Core {
    /// Opens the core for a profile.
    pub fn open(profile: Profile) -> Self {
        Self { profile }
    }

    /// Performs one command of the command table.
    pub fn call(
        &self,
        caller: Caller,
        method: &str,
        _params: Value,
    ) -> impl Future<Output = Result<Value, ApiError>> + use<> {
        let Profile { name, data_dir } = &self.profile;
        tracing::warn!(?caller, method, profile.name = ?name, profile.folder = ?data_dir, "called without a core");
        std::future::ready(Err(ApiError::new(
            ErrorCode::Unsupported,
            "This build of the desktop shell has no client core.",
            "Build it from a newer source.",
        )))
    }

    /// What the core announces.
    pub fn subscribe(&self) -> Option<broadcast::Receiver<Event>> {
        None
    }

    /// The announcement that makes an interface read everything again.
    pub fn everything_changed() -> Event {
        Event::Workspaces
    }

    /// Finishes what is being written and closes the store.
    pub fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_window_is_a_caller() {
        assert_eq!(Caller::from_label("main").unwrap(), Caller::Window);
        for label in ["", "Main", "other", "main2"] {
            assert_eq!(Caller::from_label(label).unwrap_err().code, ErrorCode::NotAllowed, "{label}");
        }
    }
}
