//! Tools from crates.io that only this project's checks use, kept in the cache at pinned versions.
//!
//! They are built in their own target directory, so that a build of the project and theirs do not disturb each
//! other.

use std::path::PathBuf;
use std::time::Instant;

use crate::failure::Outcome;
use crate::{paths, process, say};

/// A program that `cargo install` brings.
pub struct Tool {
    /// Name of crate and program.
    pub name: &'static str,
    /// The exact version.
    pub version: &'static str,
}

/// Drives a real Tauri window over WebDriver.
pub const TAURI_DRIVER: Tool = Tool { name: "tauri-driver", version: "2.1.0" };

/// Checks licences, sources and duplicates of dependencies.
pub const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Returns the program, installing it first if the cache does not have it.
pub fn provide(tool: &Tool) -> Outcome<PathBuf> {
    let program = paths::tools().join("bin").join(tool.name);
    if is_recorded(tool) && program.is_file() {
        return Ok(program);
    }
    say::step(&format!("Installing {} {}", tool.name, tool.version));
    let start = Instant::now();
    let mut install = process::cargo("install");
    install.args(["--quiet", "--locked", "--root"]).arg(paths::tools());
    install.args([tool.name, "--version", tool.version]);
    install.env("CARGO_TARGET_DIR", paths::cache().join("target-tools"));
    // They run for seconds: what counts is how soon they are there.
    for (name, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "false")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    process::run(&mut install)?;
    say::note(&format!("took {}", say::duration(start.elapsed())));
    Ok(program)
}

/// Cargo's own record in the root of installed tools names version and program.
fn is_recorded(tool: &Tool) -> bool {
    let record = std::fs::read_to_string(paths::tools().join(".crates.toml")).unwrap_or_default();
    record.lines().any(|line| line.starts_with(&format!("\"{} {} ", tool.name, tool.version)))
}
