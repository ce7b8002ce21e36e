//! A compiler for `wasm32-unknown-unknown`: rustup's target where it can be had, Debian's otherwise.
//!
//! Debian ships a second compiler for browsers (`rustc-web`) with the sources of the standard library but not
//! the library built for wasm; cargo then builds it (`-Zbuild-std`) with the linker of the rustup toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use crate::failure::{Failure, Outcome};
use crate::{process, say};

/// The target triple of the UI.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A way to compile for the browser that was found to be complete.
pub enum Toolchain {
    /// The usual compiler has the target.
    Rustup,
    /// Debian's compiler for browsers, building the standard library itself.
    Debian {
        /// A linker for wasm.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Says which one it is.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Rustup => "the target wasm32-unknown-unknown of the usual compiler",
            Self::Debian { .. } => "Debian's rustc-web, building the standard library (-Zbuild-std)",
        }
    }

    /// A `cargo build` for the browser.
    pub fn cargo_build(&self) -> Command {
        match self {
            Self::Rustup => {
                let mut command = process::cargo("build");
                command.args(["--target", TARGET]);
                command
            }
            Self::Debian { linker } => {
                let mut command = process::command("/usr/bin/cargo");
                command.args(["build", "-Zbuild-std=std,panic_abort", "--target", TARGET]);
                command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                // Set by the rustup proxy for xtask; it would point Debian's cargo to the wrong compiler.
                command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTDOC");
                command
            }
        }
    }
}

/// Finds a way to compile for the browser, installing one if need be.
pub fn provide() -> Outcome<Toolchain> {
    if std::env::var_os("GROUNDPLAN_WASM_FROM_DEBIAN").is_none() {
        if target_is_installed() {
            return Ok(Toolchain::Rustup);
        }
        if process::find("rustup").is_some() {
            say::step("Adding the target wasm32-unknown-unknown with rustup");
            let added = process::run(process::command("rustup").args(["target", "add", TARGET]));
            if added.is_ok() && target_is_installed() {
                return Ok(Toolchain::Rustup);
            }
            say::note("rustup could not add it");
        }
    }
    if !debian_has_compiler() {
        say::note("falling back to Debian's compiler for browsers, rustc-web");
        apt::install(&["rustc-web", "cargo-web", "rust-web-src"]).map_err(|problem| {
            Failure::new(format!(
                "the UI needs the Rust target {TARGET}. With rustup: `rustup target add {TARGET}`. \
                 The way over Debian failed: {problem}"
            ))
        })?;
    }
    match linker() {
        Some(linker) if debian_has_compiler() => Ok(Toolchain::Debian { linker }),
        Some(_) => Err(Failure::new("rustc-web was installed, but /usr/bin/rustc cannot build for wasm")),
        None => Err(Failure::new(
            "no linker for wasm: neither rust-lld of the toolchain nor wasm-ld; install `lld`",
        )),
    }
}

fn target_is_installed() -> bool {
    let folder = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder =
        folder.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
}

fn debian_has_compiler() -> bool {
    let Some(sysroot) = process::answer(Command::new("/usr/bin/rustc").args(["--print", "sysroot"])) else {
        return false;
    };
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    source.join("std/Cargo.toml").is_file() && Path::new("/usr/bin/cargo").is_file()
}

fn linker() -> Option<PathBuf> {
    let sysroot = process::answer(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = process::answer(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let bundled = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    bundled.is_file().then_some(bundled).or_else(|| process::find("wasm-ld"))
}
