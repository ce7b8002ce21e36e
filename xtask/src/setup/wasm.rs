//! A compiler for `wasm32-unknown-unknown`: rustup's where the sources of the standard library can be had, Debian's
//! otherwise.
//!
//! The standard library is built with the interface (`-Zbuild-std`), small and without the messages of panics: that is a
//! tenth of what a browser loads. Debian ships a second compiler for browsers (`rustc-web`) with those sources; it takes
//! the linker of the rustup toolchain. Where only the target itself can be had, the interface is larger.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use crate::failure::{Failure, Outcome};
use crate::{process, say};

/// The target triple of the UI.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The standard library is built too, for size.
const BUILD_STD: [&str; 2] = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
/// A panic stops the program at once, without saying why: the same code says it in native tests.
const SMALL: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// A way to compile for the browser that was found to be complete.
pub enum Toolchain {
    /// The usual compiler has the target, with or without the sources of the standard library.
    Rustup {
        /// Whether the sources are there.
        sources: bool,
    },
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
            Self::Rustup { sources: true } => {
                "the usual compiler, building the standard library (-Zbuild-std)"
            }
            Self::Rustup { sources: false } => "the target wasm32-unknown-unknown of the usual compiler",
            Self::Debian { .. } => "Debian's rustc-web, building the standard library (-Zbuild-std)",
        }
    }

    /// Whether the interface comes out as small as it can.
    pub fn is_small(&self) -> bool {
        !matches!(self, Self::Rustup { sources: false })
    }

    /// A `cargo build` for the browser.
    pub fn cargo_build(&self) -> Command {
        let mut command = match self {
            Self::Rustup { .. } => process::cargo("build"),
            Self::Debian { linker } => {
                let mut command = process::command("/usr/bin/cargo");
                command.arg("build").env("RUSTC", "/usr/bin/rustc");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                // Set by the rustup proxy for xtask; it would point Debian's cargo to the wrong compiler.
                command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env_remove("RUSTDOC");
                command
            }
        };
        command.args(["--target", TARGET]);
        if self.is_small() {
            // Building the standard library is for nightly compilers only, unless one insists.
            command.env("RUSTC_BOOTSTRAP", "1").args(BUILD_STD);
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", SMALL);
        }
        command
    }
}

/// Finds a way to compile for the browser, installing one if need be.
pub fn provide() -> Outcome<Toolchain> {
    if std::env::var_os("GROUNDPLAN_WASM_FROM_DEBIAN").is_none() {
        if has_sources() || add_sources() {
            return Ok(Toolchain::Rustup { sources: true });
        }
        // Without sources, but Debian has them too.
        if !debian_has_compiler() && target_is_installed() {
            return Ok(Toolchain::Rustup { sources: false });
        }
    }
    if !debian_has_compiler() {
        say::note("falling back to Debian's compiler for browsers, rustc-web");
        apt::install(&["rustc-web", "cargo-web", "rust-web-src"]).map_err(|problem| {
            Failure::new(format!(
                "the UI needs a compiler for {TARGET}. With rustup: `rustup component add rust-src`. \
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

fn has_sources() -> bool {
    let sysroot = process::answer(Command::new("rustc").args(["--print", "sysroot"]));
    sysroot.is_some_and(|sysroot| {
        Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    })
}

fn add_sources() -> bool {
    if process::find("rustup").is_none() {
        return false;
    }
    say::step("Adding the sources of the standard library with rustup");
    let added = process::run(process::command("rustup").args(["component", "add", "rust-src"]));
    if added.is_err() || !has_sources() {
        say::note("rustup could not add them");
    }
    has_sources()
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
