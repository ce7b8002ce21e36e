//! The product's programs: how they are built, started, and what their flags are called. The only file of
//! `xtask` that knows.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::process::{self, Background};
use crate::{paths, say};

/// Package and program of each part.
const COMMAND_LINE: (&str, &str) = ("groundplan-app", "groundplan");
const SERVER: (&str, &str) = ("groundplan-server", "groundplan-server");
const DESKTOP: (&str, &str) = ("groundplan-desktop", "groundplan-desktop");

/// What the server writes to its log.
const SERVER_LOG: &str = "GROUNDPLAN_SERVER_LOG_FILTER";

/// The built programs.
pub struct Programs {
    profile: &'static str,
}

impl Programs {
    /// Builds the programs; the desktop shell only if asked.
    pub fn build(desktop: bool, release: bool) -> Outcome<Self> {
        say::step("Building the programs");
        let start = Instant::now();
        let mut command = process::cargo("build");
        command.arg("--locked");
        let parts = [Some(COMMAND_LINE), Some(SERVER), desktop.then_some(DESKTOP)];
        for (package, program) in parts.into_iter().flatten() {
            command.args(["--package", package, "--bin", program]);
        }
        if release {
            command.arg("--release");
        }
        process::run(&mut command)?;
        say::note(&format!("took {}", say::duration(start.elapsed())));
        Ok(Self { profile: if release { "release" } else { "debug" } })
    }

    /// The command-line program, which is also the agent.
    pub fn command_line_path(&self) -> PathBuf {
        paths::program(self.profile, COMMAND_LINE.1)
    }

    /// The server program.
    pub fn server_path(&self) -> PathBuf {
        paths::program(self.profile, SERVER.1)
    }

    /// The desktop program.
    pub fn desktop_path(&self) -> PathBuf {
        paths::program(self.profile, DESKTOP.1)
    }

    /// `groundplan` with everything of its profile under one folder.
    pub fn command_line(&self, data_dir: &Path) -> Command {
        let mut command = process::command(self.command_line_path());
        command.arg("--data-dir").arg(data_dir);
        command
    }

    /// Starts the server with its embedded store and waits until it accepts connections.
    pub fn serve(&self, address: SocketAddr, data_dir: &Path) -> Outcome<Background> {
        let mut server = Background::start(&self.server_path(), |command| {
            command.arg("serve").arg("--listen").arg(address.to_string());
            command.arg("--data-dir").arg(data_dir);
            // Every request at a time is nothing for whoever looks at the app; who wants it says so.
            if std::env::var_os(SERVER_LOG).is_none() {
                command.env(SERVER_LOG, "warn");
            }
        })?;
        let ready = process::wait_until(Duration::from_secs(30), || {
            !server.is_alive() || std::net::TcpStream::connect(address).is_ok()
        });
        if ready && server.is_alive() {
            return Ok(server);
        }
        Err(Failure::new(format!("the server did not start on {address}; its messages are above")))
    }

    /// Opens the desktop window.
    pub fn desktop(&self, data_dir: Option<&Path>) -> Outcome<Background> {
        Background::start(&self.desktop_path(), |command| with_data_dir(command, data_dir))
    }

    /// Starts the agent, which prints the address of the UI with its one-time token.
    pub fn agent(&self, data_dir: Option<&Path>) -> Outcome<Background> {
        Background::start(&self.command_line_path(), |command| {
            with_data_dir(command, data_dir);
            command.arg("agent");
        })
    }
}

fn with_data_dir(command: &mut Command, data_dir: Option<&Path>) {
    if let Some(folder) = data_dir {
        command.arg("--data-dir").arg(folder);
    }
}
