//! Undo and redo.

use groundplan_shared::api::{ApiError, EditRedoParams, EditState, EditStateParams, EditUndoParams};

use crate::core::{journal_state, step_over};
use crate::runtime::App;

/// Takes the latest edit back.
pub fn undo(app: &App, _: EditUndoParams) -> Result<EditState, ApiError> {
    app.edit("Undo", |tx| step_over(tx, "undo", "redo"))
}

/// Repeats the edit taken back last.
pub fn redo(app: &App, _: EditRedoParams) -> Result<EditState, ApiError> {
    app.edit("Redo", |tx| step_over(tx, "redo", "undo"))
}

/// Says what undo and redo would do.
pub fn state(app: &App, _: EditStateParams) -> Result<EditState, ApiError> {
    app.read(|tx| journal_state(tx))
}
