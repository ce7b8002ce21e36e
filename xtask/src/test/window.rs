//! Tests of the real desktop window: `tests/window/*.test.mjs` against tauri-driver, on a virtual screen, in a
//! D-Bus session of their own with a keyring of their own.
//!
//! Nothing of the user's own settings, keyring or data is seen or touched: home and runtime folders are fresh.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Context;
use super::browser::node_tests;
use super::report::Report;
use crate::failure::{self, Outcome};
use crate::setup::{apt, tools};
use crate::{paths, process};

/// Runs the window tests.
pub fn run(report: &mut Report, context: &Context) -> Outcome<()> {
    report.check("window", |tally| {
        let driver = tools::provide(&tools::TAURI_DRIVER)?;
        let home = Home::fresh()?;
        let mut command = process::command("xvfb-run");
        command.args(["--auto-servernum", "--server-args=-screen 0 1600x1000x24", "dbus-run-session", "--"]);
        command.arg("bash").arg(paths::root().join("tests/window/with-keyring.sh")).arg("node");
        command.env("GROUNDPLAN_TAURI_DRIVER", driver);
        home.apply(&mut command);
        if apt::is_root() {
            // WebKit's sandbox cannot start as root; continuous integration usually is root.
            command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
        }
        node_tests(&mut command, "window", context, tally)
    });
    Ok(())
}

/// A home folder that exists for one run.
struct Home(PathBuf);

impl Home {
    fn fresh() -> Outcome<Self> {
        let home = Self(std::env::temp_dir().join(format!("groundplan-window-{}", std::process::id())));
        for folder in ["home", "runtime"] {
            let path = home.0.join(folder);
            failure::Context::context(fs::create_dir_all(&path), path.display())?;
        }
        let private = fs::Permissions::from_mode(0o700);
        let runtime = home.0.join("runtime");
        failure::Context::context(fs::set_permissions(&runtime, private), runtime.display())?;
        Ok(home)
    }

    fn apply(&self, command: &mut std::process::Command) {
        let folder = |name: &str| -> PathBuf { Path::new(&self.0).join(name) };
        command.env("HOME", folder("home")).env("XDG_RUNTIME_DIR", folder("runtime"));
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            crate::say::problem(&format!("could not remove {}: {error}", self.0.display()));
        }
    }
}
