//! The only file that knows the client core: holding it, calling it, hearing from it.
//!
//! Not here: what callers may do (the core's dispatcher decides) and how the window speaks (`commands`, `events`).

use std::sync::Arc;

use groundplan_app::dispatch;
use groundplan_app::host::Host;
use groundplan_app::profile::ProfileOptions;
use groundplan_shared::api::{ApiError, ErrorCode};
use serde_json::Value;
use tauri::AppHandle;

use crate::events;

/// The client core as the shell sees it. It is opened at the first call, so that the window is there first, and may be
/// locked: the interface then asks for the passphrase.
pub struct Core {
    host: Arc<Host>,
}

impl Core {
    /// Takes hold of a profile; nothing is opened yet.
    pub fn new(profile: ProfileOptions, shell: AppHandle) -> Self {
        let host = Host::new(profile);
        host.keep_watch();
        events::forward(host.subscribe(), shell);
        Self { host }
    }

    /// Tells other devices that the window is closed; takes half a second at most.
    pub fn leave(&self) {
        tauri::async_runtime::block_on(self.host.leave());
    }

    /// Performs one command of the command table.
    pub async fn call(
        &self,
        caller: dispatch::Caller,
        method: &str,
        params: Value,
    ) -> Result<Value, ApiError> {
        tracing::trace!(command.method = method, "called");
        self.host.call(caller, method, params).await
    }
}

/// Tells the caller by the label of its window. Labels are given by the shell, never by the page.
pub fn caller(label: &str) -> Result<dispatch::Caller, ApiError> {
    if label == crate::window::MAIN {
        return Ok(dispatch::Caller::Window);
    }
    Err(ApiError::new(
        ErrorCode::NotAllowed,
        "This window may not use the workspace.",
        "Use the main window of Groundplan.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_window_is_a_caller() {
        assert_eq!(caller("main").unwrap(), dispatch::Caller::Window);
        for label in ["", "Main", "other", "main2"] {
            assert_eq!(caller(label).unwrap_err().code, ErrorCode::NotAllowed, "{label}");
        }
    }
}
