//! The npm packages of the UI: `npm ci` when what is installed differs from the lock file.
//!
//! Lifecycle scripts of packages are not run.

use std::fs;

use crate::failure::Outcome;
use crate::{paths, process, say};

/// Makes `ui/node_modules` agree with `ui/package-lock.json`.
pub fn provide() -> Outcome<()> {
    if is_current() {
        return Ok(());
    }
    say::step("Installing the npm packages of the UI");
    process::run(process::command("npm").args(["ci", "--ignore-scripts"]).current_dir(paths::ui()))
}

/// npm keeps a copy of the lock file among what it installed; packages and versions in it tell what is there.
fn is_current() -> bool {
    let wanted = fs::read_to_string(paths::ui().join("package-lock.json"));
    let present = fs::read_to_string(paths::ui().join("node_modules/.package-lock.json"));
    match (wanted, present) {
        (Ok(wanted), Ok(present)) => {
            integrities(&present).iter().all(|line| wanted.contains(*line))
                && {
                    // Optional packages of other platforms are locked but not installed, hence no equality.
                    let (wanted, present) = (integrities(&wanted).len(), integrities(&present).len());
                    present > 0 && present <= wanted
                }
                && newer_than_lock()
        }
        _ => false,
    }
}

fn newer_than_lock() -> bool {
    let time = |name: &str| fs::metadata(paths::ui().join(name)).and_then(|data| data.modified()).ok();
    time("node_modules/.package-lock.json") >= time("package-lock.json")
}

fn integrities(lock: &str) -> Vec<&str> {
    lock.lines()
        .map(str::trim)
        .filter(|line| line.starts_with("\"integrity\""))
        .map(|line| line.trim_end_matches(','))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::integrities;

    #[test]
    fn integrity_lines_are_compared_without_their_comma() {
        let lock =
            "{\n  \"version\": \"1\",\n  \"integrity\": \"sha512-a\",\n  \"integrity\": \"sha512-b\"\n}";
        assert_eq!(integrities(lock), ["\"integrity\": \"sha512-a\"", "\"integrity\": \"sha512-b\""]);
    }
}
