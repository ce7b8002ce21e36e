//! The system's dialogs for choosing a file or a folder. The path goes to the window as text; reading it is the
//! client core's business.

use groundplan_shared::api::{ApiError, ErrorCode};
use rfd::AsyncFileDialog;
use serde::Deserialize;
use tauri::WebviewWindow;

/// What is to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One existing file.
    File,
    /// One existing folder.
    Folder,
}

/// Shows the dialog above the window and waits for the answer.
pub async fn pick(window: &WebviewWindow, kind: Kind) -> Result<Option<String>, ApiError> {
    let dialog = AsyncFileDialog::new().set_parent(window);
    let chosen = match kind {
        Kind::File => dialog.set_title("Choose a file").pick_file().await,
        Kind::Folder => dialog.set_title("Choose a folder").pick_folder().await,
    };
    chosen.map(|file| to_text(file.path())).transpose()
}

fn to_text(path: &std::path::Path) -> Result<String, ApiError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        ApiError::new(
            ErrorCode::Unsupported,
            "The name of what you chose is not valid Unicode.",
            "Rename it, or import it with the command line.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_kinds_are_taken() {
        assert_eq!(serde_json::from_str::<Kind>("\"file\"").unwrap(), Kind::File);
        assert_eq!(serde_json::from_str::<Kind>("\"folder\"").unwrap(), Kind::Folder);
        assert!(serde_json::from_str::<Kind>("\"File\"").is_err());
    }
}
