//! Set-up: finds out what this machine lacks, installs exactly that, or says how to.
//!
//! Nothing is remembered between runs: every need is probed where it would be used. Set-up installs on
//! Debian-like systems; elsewhere it names what is missing and stops.

pub mod apt;
pub mod needs;
pub mod npm;
pub mod tools;
pub mod wasm;

use crate::failure::Outcome;
use crate::say;
use needs::Need;

/// Prepares for building the UI.
pub fn for_ui() -> Outcome<()> {
    apt::provide(&needs::UI)
}

/// Prepares for building and running everything; the desktop's libraries only if it is to be built.
pub fn for_run(desktop: bool) -> Outcome<()> {
    let mut wanted: Vec<&Need> = needs::UI.iter().chain(&needs::PROGRAMS).collect();
    if desktop {
        wanted.extend(&needs::DESKTOP);
    }
    apt::provide(wanted)
}

/// Prepares for the test run.
pub fn for_test() -> Outcome<()> {
    apt::provide(needs::all())
}

/// Installs everything, tools included, and says what there is.
pub fn everything() -> Outcome<()> {
    let mut named = std::collections::BTreeSet::new();
    for need in needs::all().filter(|need| named.insert(need.name)) {
        say::note(&format!("{} {}", if need.is_met() { "present" } else { "missing" }, need.name));
    }
    for_test()?;
    let toolchain = wasm::provide()?;
    say::note(&format!("wasm: {}", toolchain.describe()));
    npm::provide()?;
    let driver = tools::provide(&tools::TAURI_DRIVER)?;
    say::note(&format!("tauri-driver: {}", driver.display()));
    say::step("Everything is in place: `cargo xtask run` or `cargo xtask test`");
    Ok(())
}
