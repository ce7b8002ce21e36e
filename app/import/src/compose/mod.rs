//! docker-compose: services, what they depend on, their volumes and networks.
//!
//! Lives here: the order of the steps. The file format is in `file`, `service` and `merge`, its meaning in
//! `infer`, `environment` and `emit`.

mod comment;
mod emit;
mod environment;
mod file;
mod infer;
mod interpolate;
mod merge;
mod parts;
mod service;

use crate::limits::{OnProgress, Stage, report};
use crate::set::ImportSet;
use crate::tree::{FileTree, path};
use crate::{ImportError, Options};

/// File names in the order in which docker looks for them.
pub(crate) const NAMES: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Finds the compose file of a source.
pub(crate) fn find(tree: &dyn FileTree) -> Result<Option<String>, ImportError> {
    if let Some(file) = tree.primary() {
        return Ok(Some(file.to_owned()));
    }
    for name in NAMES {
        if tree.size(name)?.is_some() {
            return Ok(Some((*name).to_owned()));
        }
    }
    Ok(None)
}

/// Reads a compose project.
pub(crate) fn extract(
    tree: &dyn FileTree,
    options: &Options,
    progress: &mut OnProgress<'_>,
) -> Result<ImportSet, ImportError> {
    let Some(start) = find(tree)? else {
        return Err(ImportError::file(
            tree.title(),
            format!("holds none of {}", NAMES.join(", ")),
            "Choose the compose file itself.",
        ));
    };
    report(progress, Stage::Reading, 0, 1, &start)?;
    let mut project = file::Project::new(tree, &options.limits);
    project.read(&start)?;
    report(progress, Stage::Linking, 0, 1, &start)?;
    let title = project.name.clone().unwrap_or_else(|| title(tree, &start));
    Ok(emit::emit(project, title, options.services))
}

/// The project is called like its folder, as docker does, unless the file has a name of its own.
fn title(tree: &dyn FileTree, file: &str) -> String {
    if NAMES.contains(&path::name(file)) { tree.title() } else { path::stem(file).to_owned() }
}
