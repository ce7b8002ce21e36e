//! The one event: what the client core announces, handed to the window as it is.

use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::error::RecvError;

use crate::bridge::Core;
use crate::window::MAIN;

/// The event's name in the window.
const NAME: &str = "groundplan://event";

/// Forwards the core's announcements for as long as both live.
pub fn forward(core: &Core, app: &AppHandle) {
    let Some(mut announcements) = core.subscribe() else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            let announcement = match announcements.recv().await {
                Ok(announcement) => announcement,
                // The window was too slow. What it missed it reads again: an event never carries content.
                Err(RecvError::Lagged(_)) => Core::everything_changed(),
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = app.emit_to(MAIN, NAME, announcement) {
                tracing::warn!(error.message = %error, "an event did not reach the window: {error}");
            }
        }
    });
}
