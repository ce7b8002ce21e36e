//! The table of what the build and the tests need from the system, with the Debian package that brings each.
//!
//! A need is met when its probe says so, however it came to the machine.

use std::path::Path;
use std::process::Command;

use crate::process;

/// How to find out whether a need is met.
pub enum Probe {
    /// One of these programs can be found.
    Program(&'static [&'static str]),
    /// `pkg-config` knows this library, headers included.
    Library(&'static str),
    /// Anything else.
    Other(fn() -> bool),
}

/// One thing that must be on the machine.
pub struct Need {
    /// What it is, for people.
    pub name: &'static str,
    /// The Debian packages that bring it.
    pub packages: &'static [&'static str],
    /// How to look for it.
    pub probe: Probe,
}

impl Need {
    const fn new(name: &'static str, packages: &'static [&'static str], probe: Probe) -> Self {
        Self { name, packages, probe }
    }

    /// Looks for it now.
    pub fn is_met(&self) -> bool {
        match &self.probe {
            Probe::Program(names) => names.iter().any(|name| process::find(name).is_some()),
            Probe::Library(name) => process::succeeds(Command::new("pkg-config").args(["--exists", name])),
            Probe::Other(probe) => probe(),
        }
    }
}

/// What building the UI needs.
pub const UI: [Need; 3] = [
    Need::new("C compiler", &["gcc", "libc6-dev"], Probe::Program(&["cc"])),
    Need::new("Node.js 18 or newer", &["nodejs"], Probe::Other(node_is_recent)),
    Need::new("npm", &["npm"], Probe::Program(&["npm"])),
];

/// What building the programs without a window needs.
pub const PROGRAMS: [Need; 3] = [
    Need::new("C compiler", &["gcc", "libc6-dev"], Probe::Program(&["cc"])),
    Need::new("pkg-config", &["pkg-config"], Probe::Program(&["pkg-config"])),
    Need::new("OpenSSL headers (for SQLCipher)", &["libssl-dev"], Probe::Library("openssl")),
];

/// What building the desktop window needs.
pub const DESKTOP: [Need; 2] = [
    Need::new("WebKitGTK 4.1 headers", &["libwebkit2gtk-4.1-dev"], Probe::Library("webkit2gtk-4.1")),
    Need::new("GTK 3 headers", &["libgtk-3-dev"], Probe::Library("gtk+-3.0")),
];

/// What the tests need on top.
pub const TESTS: [Need; 9] = [
    Need::new("Chromium", &["chromium"], Probe::Program(&["chromium", "chromium-browser", "google-chrome"])),
    Need::new("virtual X server", &["xvfb"], Probe::Program(&["Xvfb"])),
    Need::new("xvfb-run", &["xvfb", "xauth"], Probe::Other(xvfb_run_works)),
    Need::new("WebDriver of WebKitGTK", &["webkit2gtk-driver"], Probe::Program(&["WebKitWebDriver"])),
    Need::new("D-Bus session", &["dbus"], Probe::Program(&["dbus-run-session"])),
    Need::new("D-Bus daemon", &["dbus-daemon"], Probe::Program(&["dbus-daemon"])),
    Need::new("keyring", &["gnome-keyring"], Probe::Program(&["gnome-keyring-daemon"])),
    Need::new("PostgreSQL server", &["postgresql"], Probe::Other(|| postgres_programs().is_some())),
    Need::new("strace", &["strace"], Probe::Program(&["strace"])),
];

/// Every need there is.
pub fn all() -> impl Iterator<Item = &'static Need> {
    static ALL: [&[Need]; 4] = [&UI, &PROGRAMS, &DESKTOP, &TESTS];
    ALL.iter().flat_map(|group| group.iter())
}

/// The folder with PostgreSQL's server programs: `GROUNDPLAN_PG_BIN_DIR`, else the newest that Debian installed,
/// else what `pg_config` names.
pub fn postgres_programs() -> Option<std::path::PathBuf> {
    let complete =
        |folder: &Path| ["initdb", "postgres", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
    if let Some(given) = std::env::var_os("GROUNDPLAN_PG_BIN_DIR") {
        return Some(given.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .max();
    if let Some((_, folder)) = newest {
        return Some(folder);
    }
    let named = process::answer(Command::new("pg_config").arg("--bindir"))?;
    Some(named.into()).filter(|folder: &std::path::PathBuf| complete(folder))
}

fn node_is_recent() -> bool {
    process::answer(Command::new("node").arg("--version")).and_then(|text| major_version(&text)) >= Some(18)
}

fn xvfb_run_works() -> bool {
    process::find("xvfb-run").is_some() && process::find("xauth").is_some()
}

fn major_version(text: &str) -> Option<u32> {
    text.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(major_version("v20.20.2"), Some(20));
        assert_eq!(major_version("v8.1"), Some(8));
        assert_eq!(major_version("nonsense"), None);
    }

    #[test]
    fn a_missing_program_is_noticed() {
        let absent = Need::new("x", &["x"], Probe::Program(&["surely-no-such-program"]));
        assert!(!absent.is_met());
        let present = Need::new("x", &["x"], Probe::Program(&["surely-no-such-program", "sh"]));
        assert!(present.is_met());
    }
}
