//! The two commands that the window can invoke. They decode, hand over and encode.

use groundplan_shared::api::ApiError;
use serde_json::Value;
use tauri::{State, WebviewWindow};

use crate::bridge::{self, Core};
use crate::dialog::{self, Kind};

/// Performs one command of the command table. The window's label says who calls; the core says what it may do.
#[tauri::command]
pub async fn call(
    window: WebviewWindow,
    core: State<'_, Core>,
    method: String,
    params: Value,
) -> Result<Value, ApiError> {
    let caller = bridge::caller(window.label())?;
    core.call(caller, &method, params).await
}

/// Lets the user choose a file or folder with the system's dialog; nothing if they decline.
#[tauri::command]
pub async fn pick(window: WebviewWindow, kind: Kind) -> Result<Option<String>, ApiError> {
    bridge::caller(window.label())?;
    dialog::pick(&window, kind).await
}
