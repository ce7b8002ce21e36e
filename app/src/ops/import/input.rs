//! Reading what is to be imported: a path on this machine or uploaded files.

use std::ops::ControlFlow;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_import::{
    DiskTree, FileTree, ImportError, ImportSet, Limits, MemoryTree, Options, ServiceKinds, SourceKind, Stage,
    detect, extract,
};
use groundplan_shared::api::{ApiError, ErrorCode, ImportInput};

use crate::jobs::Job;

/// What was read.
pub(super) struct Read {
    /// Format in the command table's spelling.
    pub format: &'static str,
    /// Where it came from, as remembered.
    pub path: String,
    /// What it says.
    pub set: ImportSet,
    /// Where the bytes of its files are read from when they are needed.
    pub tree: Box<dyn FileTree>,
}

pub(super) fn read(input: &ImportInput, job: &Job<'_>) -> Result<Read, ApiError> {
    job.step("read", 0, 0)?;
    let (tree, path): (Box<dyn FileTree>, String) = match (&input.path, input.files.as_slice()) {
        (Some(path), []) => {
            let tree = DiskTree::open(Path::new(path), Limits::default()).map_err(refused)?;
            let full =
                std::fs::canonicalize(path).map_or_else(|_| path.clone(), |full| full.display().to_string());
            (Box::new(tree), full)
        }
        (None, [_, ..]) => uploaded(input)?,
        _ => {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "Nothing to import was named.",
                "Name a file or a folder, or choose files.",
            ));
        }
    };
    let kind = kind(input, tree.as_ref())?;
    // Services are counted and listed as what their file calls them; what they are inside stays in their type.
    let options = Options { services: ServiceKinds::Components, ..Options::default() };
    let set = extract(kind, tree.as_ref(), &options, &mut |progress| {
        let step = match progress.stage {
            Stage::Listing => "read",
            Stage::Reading => "parse",
            Stage::Linking => "compare",
        };
        match job.step(step, progress.done as u64, progress.total as u64) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })
    .map_err(refused)?;
    let format = match kind {
        SourceKind::Compose => "compose",
        SourceKind::Backstage => "backstage",
        SourceKind::MarkdownVault | SourceKind::MarkdownPage => "markdown",
    };
    Ok(Read { format, path, set, tree })
}

fn uploaded(input: &ImportInput) -> Result<(Box<dyn FileTree>, String), ApiError> {
    let first = input.files.first().map(|file| file.path.clone()).unwrap_or_default();
    let folder = first.split_once('/').map(|(folder, _)| folder.to_owned());
    let title = folder.clone().unwrap_or_else(|| first.clone());
    let mut tree = MemoryTree::new(title.clone(), Limits::default());
    for file in &input.files {
        let bytes = BASE64.decode(&file.base64).map_err(|_| {
            ApiError::new(
                ErrorCode::InvalidInput,
                format!("The upload of \u{201c}{}\u{201d} was damaged on the way.", file.path),
                "Choose the files again.",
            )
        })?;
        // A chosen folder's own name leads every path; inside the source it says nothing.
        let path = match &folder {
            Some(folder) => file.path.strip_prefix(&format!("{folder}/")).unwrap_or(&file.path),
            None => &file.path,
        };
        tree.insert(path, bytes).map_err(refused)?;
    }
    if input.files.len() == 1 && folder.is_none() {
        tree.set_primary(&first);
    }
    Ok((Box::new(tree), format!("upload:{title}")))
}

fn kind(input: &ImportInput, tree: &dyn FileTree) -> Result<SourceKind, ApiError> {
    let found = match input.format.as_deref() {
        Some("compose") => Some(SourceKind::Compose),
        Some("backstage") => Some(SourceKind::Backstage),
        Some("markdown") if tree.primary().is_some() => Some(SourceKind::MarkdownPage),
        Some("markdown") => Some(SourceKind::MarkdownVault),
        Some(other) => {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                format!("\u{201c}{other}\u{201d} is no format that can be imported."),
                "Use compose, backstage or markdown, or leave it out.",
            ));
        }
        None => detect(tree).map_err(refused)?,
    };
    found.ok_or_else(|| {
        ApiError::new(
            ErrorCode::ImportRefused,
            format!("{} is no kind of source that can be imported.", tree.title()),
            "Choose a compose file, a Backstage catalogue, a Markdown page, or a folder of Markdown.",
        )
    })
}

/// Puts a refusal into words.
pub(super) fn refused(error: ImportError) -> ApiError {
    match error.refusal() {
        Some(refusal) => {
            let mut place = refusal.file.clone();
            if let Some(line) = refusal.line {
                place = format!("{place}:{line}");
            }
            ApiError::new(
                ErrorCode::ImportRefused,
                format!("{place}: {}. Nothing was imported.", refusal.reason),
                refusal.remedy.clone(),
            )
        }
        None => ApiError::new(
            ErrorCode::Cancelled,
            "The import was cancelled; nothing was changed.",
            "Start it again when you like.",
        ),
    }
}
