//! Where the real inputs lie, which are not part of the repository.

use std::path::{Path, PathBuf};

use crate::tell;

/// Returns the folder of the corpora, or prints a counted skip.
pub fn find() -> Option<PathBuf> {
    let root = std::env::var_os("GROUNDPLAN_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    tell("SKIPPED 1 tests: the corpora are not beside the repository");
    None
}
