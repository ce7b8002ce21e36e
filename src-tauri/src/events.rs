//! The one event: what the client core announces, handed to the window as it is.

use groundplan_shared::api::Event;
use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::window::MAIN;

/// The event's name in the window.
const NAME: &str = "groundplan://event";

/// Forwards the core's announcements for as long as the core lives.
pub fn forward(mut announcements: Receiver<Event>, shell: AppHandle) {
    tauri::async_runtime::spawn(async move {
        loop {
            let announcement = match announcements.recv().await {
                Ok(announcement) => announcement,
                // The window was too slow. What it missed it reads again: an event never carries content.
                Err(RecvError::Lagged(_)) => Event::Workspaces,
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = shell.emit_to(MAIN, NAME, announcement) {
                tracing::warn!(error.message = %error, "an event did not reach the window: {error}");
            }
        }
    });
}
