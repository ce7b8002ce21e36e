//! Knows whether `ui/dist` was made from the sources as they are: a hash of every input, kept beside it.
//!
//! The compiled module is an input; whether *it* is current is for cargo to know.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::failure::{Context, Outcome};
use crate::paths;

/// What, within `ui`, ends up in `ui/dist` or decides how.
const INPUTS: [&str; 6] = ["index.html", "icon.svg", "editor", "styles", "tools", "package-lock.json"];

/// Hashes the bundle's inputs and the given files.
pub fn of(more: &[PathBuf]) -> Outcome<String> {
    let mut files = more.to_vec();
    for input in INPUTS {
        collect(&paths::ui().join(input), &mut files)?;
    }
    files.sort();
    // Not a cryptographic hash: a stamp only has to notice changes nobody makes on purpose to collide.
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file).context(file.display())?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path).context(path.display())? {
            collect(&entry.context(path.display())?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

/// True if `ui/dist` exists and was made from inputs with this hash.
pub fn is_current(stamp: &str) -> bool {
    paths::ui().join("dist/index.html").is_file()
        && fs::read_to_string(file()).is_ok_and(|recorded| recorded == stamp)
}

/// Records what `ui/dist` was made from.
pub fn record(stamp: &str) -> Outcome<()> {
    fs::write(file(), stamp).context(file().display())
}

fn file() -> PathBuf {
    paths::ui().join(".dist-stamp")
}
