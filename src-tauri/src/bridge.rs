//! The only file that knows the client core: opening it, calling it, hearing from it.
//!
//! Not here: what callers may do (the core's dispatcher decides) and how the window speaks (`commands`, `events`).

use std::sync::Arc;

use groundplan_app::dispatch;
use groundplan_app::profile::ProfileOptions;
use groundplan_app::runtime::App;
use groundplan_shared::api::{ApiError, ErrorCode};
use serde_json::Value;
use tauri::AppHandle;
use tokio::sync::OnceCell;

use crate::events;

/// The client core as the shell sees it: opened on first use, and again if that failed.
pub struct Core {
    profile: ProfileOptions,
    shell: AppHandle,
    app: OnceCell<Arc<App>>,
}

impl Core {
    /// Prepares the core for a profile; nothing is opened yet, so that the window is there first.
    pub fn new(profile: ProfileOptions, shell: AppHandle) -> Self {
        Self { profile, shell, app: OnceCell::new() }
    }

    /// The running core. While the profile cannot be opened (no key, another program holds it), each call tries anew
    /// and says why not, so that the interface can explain and offer to try again.
    async fn app(&self) -> Result<&Arc<App>, ApiError> {
        self.app
            .get_or_try_init(async || {
                let profile = self.profile.clone();
                // Opening waits for the keyring, which may be asking its owner.
                let opened = tauri::async_runtime::spawn_blocking(move || App::open(&profile)).await;
                let app = opened.map_err(|error| {
                    tracing::error!(error.message = %error, "opening the profile broke off: {error}");
                    ApiError::new(
                        ErrorCode::StorageFailed,
                        "Opening the profile broke off.",
                        "Start Groundplan again; please report this with the log if it stays so.",
                    )
                })??;
                events::forward(app.subscribe(), self.shell.clone());
                app.keep_watch();
                Ok(app)
            })
            .await
    }

    /// Performs one command of the command table.
    pub async fn call(
        &self,
        caller: dispatch::Caller,
        method: &str,
        params: Value,
    ) -> Result<Value, ApiError> {
        self.app().await?.call(caller, method, params).await
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
